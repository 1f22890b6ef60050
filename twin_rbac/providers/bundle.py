"""The function app's package: our own files at the root of a zip, and the wheels that they need below it.

The hash that a preview compares covers our own files and the locked requirements, not the wheels: it is the same in
every checkout and for every platform, and takes no network. The wheels come when the package is built.
"""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import twin_rbac
from twin_rbac.providers.wheels import Wheels, install_wheels

HASH_FILE = "package_hash.txt"
"""Stands at the zip's root; the gateway's health endpoint tells what it says."""
SITE_PACKAGES = ".python_packages/lib/site-packages"
"""Where the Functions host looks for packages (fact sheet pulumi-azure, section 2.5)."""

_LIBRARY = Path(twin_rbac.__file__).parent
_ROOT = _LIBRARY / "gateway" / "function_root"
_PACKAGES = ("access", "query", "clients", "gateway")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16
_UNIX = 3


@dataclass(frozen=True, kw_only=True)
class Package:
    """A zip for the publish endpoint."""

    hash: str
    content: bytes


def package_hash() -> str:
    """What identifies the package: `sha256:` and the hash over paths and contents of our own files."""
    return _hash(_own_files())


def build_package(*, wheels: str, runtime: str) -> Package:
    """Makes the zip; the same bytes each time, as long as our own files are the same.

    Args:
        wheels: `linux`, packages for Azure's Linux and `runtime`, or `host`, for the running interpreter.
        runtime: the app's Python, such as `3.12`.

    Raises:
        PackageNotBuilt: the wheels cannot be had.
    """
    own = _own_files()
    package = _hash(own)
    with tempfile.TemporaryDirectory(prefix="digital-twins-rbac-") as folder:
        target = Path(folder)
        install_wheels(_ROOT / "requirements.txt", target, wheels=Wheels.parse(wheels), runtime=runtime)
        foreign = {f"{SITE_PACKAGES}/{name}": content for name, content in _read_files(target).items()}
    return Package(hash=package, content=_zip({**foreign, **own, HASH_FILE: f"{package}\n".encode()}))


def _own_files() -> dict[str, bytes]:
    """Path in the zip -> content."""
    paths = {path.relative_to(_ROOT).as_posix(): path for path in _ROOT.rglob("*") if _is_source(path)}
    paths["twin_rbac/__init__.py"] = _LIBRARY / "__init__.py"
    for package in _PACKAGES:
        for path in (_LIBRARY / package).rglob("*.py"):
            if _ROOT not in path.parents:
                paths[f"twin_rbac/{path.relative_to(_LIBRARY).as_posix()}"] = path
    # A checkout on Windows may end lines its own way.
    return {name: path.read_bytes().replace(b"\r\n", b"\n") for name, path in paths.items()}


def _is_source(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")


def _read_files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _hash(files: Mapping[str, bytes]) -> str:
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = _UNIX
            entry.external_attr = _READABLE_FILE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return buffer.getvalue()
