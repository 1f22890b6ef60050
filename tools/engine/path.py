"""The engine on PATH, if it is one we can run."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.engine.model import VERSION, Engine, is_complete, is_supported
from tools.errors import WayFailed

SECONDS_FOR_VERSION = 30


def engine_on_path(environ: Mapping[str, str]) -> Engine:
    """The engine that `pulumi` on PATH is.

    Raises:
        WayFailed: there is none, it is too old, or its Python language host does not lie beside it.
    """
    found = shutil.which("pulumi", path=environ.get("PATH", ""))
    if found is None:
        raise WayFailed("there is none")
    # The engine looks for its language hosts beside the real file, whatever links lead to it.
    folder = Path(found).resolve().parent
    version = _version(found, environ)
    if not is_supported(version):
        raise WayFailed(f"{found} is version {version}; {VERSION} or a later 3.x is needed")
    if not is_complete(folder):
        raise WayFailed(f"{found} comes without its Python language host: {folder} has no pulumi-language-python")
    return Engine(folder, version, "PATH")


def _version(executable: str, environ: Mapping[str, str]) -> str:
    quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        done = subprocess.run(
            [executable, "version"], env=quiet, capture_output=True, text=True, check=True, timeout=SECONDS_FOR_VERSION
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise WayFailed(f"`{executable} version` does not work ({exc})") from exc
    return done.stdout.strip().removeprefix("v")
