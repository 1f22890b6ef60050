"""Makes `.venv`: run by make with any Python that fits, before there is an environment. Standard library only.

uv does it in seconds: the one on PATH, else one from PyPI in a throwaway environment. Where neither is to be had, the
standard library's venv and pip do it more slowly.
"""

# So that a Python that is too old gets as far as the message that says so.
from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

OLDEST = (3, 11)
UV = "uv==0.13.9"
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
CHECKOUT = Path(__file__).parent.parent
VENV = CHECKOUT / ".venv"


class VenvFailed(Exception):
    """The environment cannot be made; the message says what to do."""


def main() -> int:
    """Returns the exit code."""
    if sys.version_info < OLDEST:
        print(
            f"error: Python {sys.version.split()[0]} is too old; use `make PYTHON=python3.11 …` or later",
            file=sys.stderr,
        )
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="twin-rbac-uv-") as scratch:
            uv = find_uv(Path(scratch))
            make_with_uv(uv) if uv else make_with_pip()
    except VenvFailed as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    return 0


def find_uv(scratch: Path) -> str | None:
    """The uv on PATH, else one from PyPI in `scratch`, else None."""
    if on_path := shutil.which("uv"):
        return on_path
    print("Fetching uv …", flush=True)
    try:
        _run([sys.executable, "-m", "venv", str(scratch)])
        _run([str(scratch / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", UV])
    except VenvFailed:
        print("uv is not to be had; going on with pip, which takes longer.", flush=True)
        return None
    return str(scratch / "bin" / "uv")


def make_with_uv(uv: str) -> None:
    """Makes the environment, or brings it up to date."""
    if not _works():
        # --seed: Pulumi's language host calls the environment's own pip.
        _run([uv, "venv", "--quiet", "--clear", "--seed", "--python", sys.executable, str(VENV)])
    into = ["--python", str(VENV / "bin" / "python")]
    _run([uv, "pip", "sync", "--quiet", *into, *REQUIREMENTS])
    _run([uv, "pip", "install", "--quiet", *into, "--no-deps", "-e", "."])


def make_with_pip() -> None:
    """The same, without uv; what an earlier requirements file installed stays."""
    if not _works():
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    _run([*pip, *(part for file in REQUIREMENTS for part in ("-r", file))])
    _run([*pip, "--no-deps", "-e", "."])


def _works() -> bool:
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--version"]
    try:
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return False


def _run(command: Sequence[str]) -> None:
    if code := subprocess.run(command, cwd=CHECKOUT, check=False).returncode:
        raise VenvFailed(f"`{' '.join(command)}` failed (exit code {code}); what went wrong stands above")


if __name__ == "__main__":
    sys.exit(main())
