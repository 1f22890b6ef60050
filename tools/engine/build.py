"""Builds the engine from its published Go modules, with checksums from the two `go.sum` files beside this one.

Two modules, two builds: engine and language host need different versions of Pulumi's `sdk/v3`, and one go.mod (or
go.work) can hold only one.
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.engine.cache import Workplace
from tools.engine.go import find_go
from tools.engine.model import LANGUAGE_HOST, LANGUAGE_HOST_VERSION, VERSION
from tools.errors import WayFailed

MODULES = Path(__file__).parent
SDK = "github.com/pulumi/pulumi/sdk/v3"
SCRIPTS = (f"python/cmd/{LANGUAGE_HOST}-exec", "python/dist/pulumi-resource-pulumi-python")
"""What the language host calls, as it lies in the engine's copy of the SDK."""


@dataclass(frozen=True)
class Program:
    """One executable to build."""

    title: str
    module: Path
    package: str
    version: str
    file: str


PROGRAMS = (
    Program(
        "Building Pulumi's Python language host (1 of 2, usually half a minute)",
        MODULES / "language",
        f"{SDK}/python/cmd/{LANGUAGE_HOST}",
        LANGUAGE_HOST_VERSION,
        LANGUAGE_HOST,
    ),
    Program(
        "Building the Pulumi engine (2 of 2, usually five minutes on two cores)",
        MODULES / "engine",
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        VERSION,
        "pulumi",
    ),
)


def build(workplace: Workplace) -> None:
    """Fills the workplace with an engine built here. Needs about 4 GB of disk while it builds.

    Raises:
        WayFailed: there is no Go and none to be had, or a build fails (its output is in the message).
    """
    go = find_go(workplace)
    environ = _go_environment(workplace)
    try:
        for program in PROGRAMS:
            _build(go, program, workplace, environ)
        _copy_scripts(go, workplace, environ)
    finally:
        # Gigabytes that nobody needs again; in our own folder, so that the person's Go caches stay as they are.
        shutil.rmtree(workplace.scratch / "go", ignore_errors=True)


def _go_environment(workplace: Workplace) -> Mapping[str, str]:
    caches = workplace.scratch / "go"
    return {
        **workplace.environ,
        "CGO_ENABLED": "0",
        # Go makes the files of its module cache read-only, and so its folders impossible to remove.
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOMODCACHE": str(caches / "modules"),
        "GOCACHE": str(caches / "build"),
    }


def _build(go: str, program: Program, workplace: Workplace, environ: Mapping[str, str]) -> None:
    flags = f"-s -w -X {SDK}/go/common/version.Version=v{program.version}"
    output = str(workplace.target / program.file)
    command = [go, "build", "-trimpath", "-ldflags", flags, "-o", output, program.package]
    workplace.run(program.title, command, cwd=program.module, environ=environ)


def _copy_scripts(go: str, workplace: Workplace, environ: Mapping[str, str]) -> None:
    listing = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", SDK],
        cwd=MODULES / "engine",
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        raise WayFailed(f"`go list -m {SDK}` failed: {listing.stderr.strip()}")
    for script in SCRIPTS:
        source = Path(listing.stdout.strip()) / script
        target = workplace.target / source.name
        shutil.copyfile(source, target)
        target.chmod(0o755)
