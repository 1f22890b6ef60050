"""The wheels of the function app's package, by uv from the hash-locked requirements."""

import re
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Self

from twin_rbac.providers.errors import PackageNotBuilt

_PLATFORM = "x86_64-manylinux_2_28"
_LIMIT = 600.0
"""Seconds that the registry may take."""
_DROPPED_FOLDERS = ("bin", "__pycache__")
"""Scripts name the interpreter of the machine that built them, and nothing runs them there."""
_DROPPED_FILES = ("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/*.json", ".lock")
"""An installer's notes: hashes of the scripts above, and its own name."""
_RUNTIME = re.compile(r"3\.\d{1,2}")
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")
_UNREACHABLE = ("Failed to fetch", "error sending request", "Request failed", "network was disabled")
_REASON = re.compile(r"^\s*(?:error|cause): (?P<text>.+)$", re.MULTILINE)


class Wheels(StrEnum):
    """Which platform a package's wheels are for."""

    LINUX = "linux"
    """Azure's: Linux on x86-64, and the app's Python."""
    HOST = "host"
    """The local stack's: this machine and the running interpreter."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The platform of that name.

        Raises:
            PackageNotBuilt: there is none.
        """
        try:
            return cls(text)
        except ValueError:
            raise PackageNotBuilt(f"wheels is {text!r}; it is one of: {', '.join(cls)}") from None


def install_wheels(requirements: Path, target: Path, *, wheels: Wheels, runtime: str) -> None:
    """Puts the locked packages into a folder, without what differs from one machine to another.

    Raises:
        PackageNotBuilt: there is no uv, the registry does not answer, or a package has no wheel for the platform.
    """
    command = [_find_uv(), "pip", "install", "--requirements", str(requirements), "--target", str(target)]
    command += ["--require-hashes", "--only-binary", ":all:", "--python", sys.executable, "--no-python-downloads"]
    # The lock is complete: what a package asks for besides is not looked for.
    command += ["--no-deps", "--no-compile-bytecode", "--no-progress", "--color", "never"]
    if wheels is Wheels.LINUX:
        if not _RUNTIME.fullmatch(runtime):
            raise PackageNotBuilt(f"the runtime {runtime!r} is no version of Python; give one such as 3.12")
        command += ["--python-platform", _PLATFORM, "--python-version", runtime]
    _run(command, f"Python {runtime} on {_PLATFORM}" if wheels is Wheels.LINUX else f"{sys.executable} on this machine")
    _drop_what_differs(target)


def _find_uv() -> str:
    try:
        import uv  # noqa: PLC0415  # the command alone does without; only a package needs it

        return uv.find_uv_bin()
    except (ImportError, FileNotFoundError) as error:
        found = shutil.which("uv")
        if found is None:
            raise PackageNotBuilt("there is no uv to get the package's wheels with; run pip install uv") from error
        return found


def _run(command: list[str], platform: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False)  # noqa: S603  # ours
    except OSError as error:
        raise PackageNotBuilt(f"uv cannot be run: {error}; run pip install --force-reinstall uv") from error
    except subprocess.TimeoutExpired as error:
        raise PackageNotBuilt(_unreachable(f"it took more than {_LIMIT / 60:g} minutes")) from error
    if done.returncode:
        raise PackageNotBuilt(_explain(_PASSWORD.sub("", done.stderr), platform))


def _explain(output: str, platform: str) -> str:
    reasons = [" ".join(match["text"].split()) for match in _REASON.finditer(output)]
    reason = (": ".join(reasons) or output.strip() or "it gave no reason")[:600]
    if any(text in output for text in _UNREACHABLE):
        return _unreachable(reason)
    if "No solution found" in output:
        return (
            f"a package of the gateway has no wheel for {platform}; choose another runtime, or lock another version "
            f"in function_root/requirements.txt (uv says: {reason})"
        )
    return f"the gateway's wheels cannot be installed for {platform} (uv says: {reason}); mend this and run again"


def _unreachable(reason: str) -> str:
    return (
        "the package registry does not answer; check the network, or name a mirror in UV_DEFAULT_INDEX, and run again "
        f"(uv says: {reason})"
    )


def _drop_what_differs(target: Path) -> None:
    shutil.rmtree(target / _DROPPED_FOLDERS[0], ignore_errors=True)
    for folder in list(target.rglob(_DROPPED_FOLDERS[1])):
        shutil.rmtree(folder)
    for pattern in _DROPPED_FILES:
        for path in list(target.glob(pattern)):
            path.unlink()
