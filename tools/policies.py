"""Gets the policy pack ready to run: it has an environment of its own, since it and the program pin other libraries."""

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.checkout import CHECKOUT, VENV
from tools.errors import PolicyPackUnavailable, WayFailed
from tools.locks import file_lock
from tools.steps import Report, run_step

PACK = CHECKOUT / "policy_pack"


def get_policy_pack(*, report: Report, pack: Path = PACK) -> Path:
    """What `--policy-pack` is given: the file that starts the pack, whose environment is made where it is missing.

    Of two runs at once the second waits, and uses what the first one made.

    Raises:
        PolicyPackUnavailable: it cannot be made.
    """
    if not _is_ready(pack):
        with file_lock(pack / ".venv.lock", on_busy=lambda: report("Another run is preparing the policy pack …")):
            if not _is_ready(pack):
                _make_environment(pack, report)
    return pack / "run"


def _is_ready(pack: Path) -> bool:
    stamp = _stamp(pack)
    return stamp.is_file() and stamp.read_text() == _fingerprint(pack)


def _make_environment(pack: Path, report: Report) -> None:
    place, uv = pack / ".venv", str(VENV / "bin" / "uv")
    # --seed: the official CLI asks the environment's own pip which plugins there are.
    make = [uv, "venv", "--quiet", "--clear", "--seed", "--python", sys.executable, str(place)]
    requirements = str(pack / "requirements.txt")
    fill = [uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), "--require-hashes"]
    try:
        with TemporaryDirectory(prefix="twin-rbac-policies-") as scratch:
            _run("Making an environment for the policy pack", make, Path(scratch), report)
            _run("Installing Pulumi's policy SDK into it", [*fill, "-r", requirements], Path(scratch), report)
    except WayFailed as exc:
        raise PolicyPackUnavailable(str(exc)) from exc
    _stamp(pack).write_text(_fingerprint(pack))


def _run(title: str, command: Sequence[str], scratch: Path, report: Report) -> None:
    run_step(title, command, log=scratch / "step.log", report=report, environ=_environment())


def _environment() -> Mapping[str, str]:
    # An activated environment of the person's is not where this goes.
    return {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}}


def _stamp(pack: Path) -> Path:
    return pack / ".venv" / "made-from"


def _fingerprint(pack: Path) -> str:
    pins = (pack / "requirements.txt").read_bytes()
    return hashlib.sha256(pins + sys.version.encode()).hexdigest()
