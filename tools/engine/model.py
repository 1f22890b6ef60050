"""Which engine we run, and what it consists of."""

import platform
import re
from dataclasses import dataclass
from pathlib import Path

VERSION = "3.259.0"
"""The engine that the tests run on, and the oldest one that a PATH may offer."""

LANGUAGE_HOST_VERSION = "3.79.0"
"""The Python language host that a build makes: the last one published as a Go module of its own kind (`sdk/v3`)."""

LANGUAGE_HOST = "pulumi-language-python"
FILES = ("pulumi", LANGUAGE_HOST, f"{LANGUAGE_HOST}-exec", "pulumi-resource-pulumi-python")
"""What a Python program needs, all in one folder: engine, language host, its shim, host of dynamic resources."""


@dataclass(frozen=True)
class Engine:
    """An engine that is ready to run."""

    folder: Path
    version: str
    origin: str
    """Where it was found, for the person: `PATH` or `cache`."""


def is_complete(folder: Path) -> bool:
    """Whether the folder holds everything that a Python program needs."""
    return all((folder / name).is_file() for name in FILES)


def is_supported(version: str) -> bool:
    """Whether `pulumi version` names a release we can run: ours or a later one of the same major version."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", version.strip())
    if match is None:
        return False
    wanted = tuple(int(part) for part in VERSION.split("."))
    found = tuple(int(part) for part in match.groups())
    return found[0] == wanted[0] and found >= wanted


def cache_key() -> str:
    """The version and the platform, since a home folder may be shared between machines."""
    return f"v{VERSION}-{platform.system().lower()}-{platform.machine().lower()}"
