"""What a Pulumi stack knows: where its instance is, its manifest, and what it last declared."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from twin_rbac.cli.errors import CommandError
from twin_rbac.role_tags.digest import unpack
from twin_rbac.role_tags.errors import RoleTagsError

LOCAL = "local"
"""The stack of the local Azure; it is read through tools/pulumi-local, with the credentials that this sets."""
_NAMESPACE = "digital-twins-rbac"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack's outputs and config, as far as role tags go."""

    endpoint: str
    instance_id: str
    declared: Mapping[str, str]
    """Twin -> role, as last applied by the stack."""
    manifest: Path
    cloud: Mapping[str, str]


def read_stack(name: str) -> Stack:
    """Reads a stack of the project in the working folder or one above it.

    For the local stack the environment of this process is changed to the credentials of the local Azure.

    Raises:
        CommandError: there is no project, Pulumi fails, or the stack has no instance yet.
    """
    project = _find_project(Path.cwd())
    if name == LOCAL:
        wrapper = str(project / "tools" / "pulumi-local")
        _take_over(json.loads(_run([wrapper, "--environment"], project)))
        outputs = json.loads(_run([wrapper, "stack", "output", "--json"], project))
        config_file = Path(os.environ.get("TWIN_RBAC_LOCAL") or project / ".local") / "Pulumi.local.yaml"
    else:
        outputs = json.loads(_run(["pulumi", "stack", "output", "--json", "--stack", name], project))
        config_file = project / f"Pulumi.{name.rsplit('/', 1)[-1]}.yaml"
    if not outputs.get("digitalTwinsEndpoint"):
        raise CommandError(f"stack {name!r} has no instance yet (no output digitalTwinsEndpoint); deploy it first")
    config = _read_config(config_file)
    if "manifest" not in config:
        raise CommandError(f"{config_file} has no {_NAMESPACE}:manifest; add it, or give --manifest")
    return Stack(
        endpoint=outputs["digitalTwinsEndpoint"],
        instance_id=outputs["instanceId"],
        declared=_read_declared(outputs, name),
        manifest=_shorten(project / str(config["manifest"])),
        cloud=config.get("cloud") or {},
    )


def _read_declared(outputs: Mapping[str, Any], name: str) -> dict[str, str]:
    try:
        return unpack(outputs.get("declared"))
    except RoleTagsError as error:
        raise CommandError(f"stack {name!r}, output declared: {error}") from error


def _find_project(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise CommandError("there is no Pulumi.yaml here or above; run this in the project's folder, or give --endpoint")


def _run(command: Sequence[str], project: Path) -> str:
    try:
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    except OSError as error:
        raise CommandError(f"{command[0]} cannot be run ({error.strerror}); install it, or give --endpoint") from error
    if done.returncode:
        reason = (done.stderr or done.stdout).strip() or f"exit {done.returncode}"
        raise CommandError(f"{' '.join(command)} failed: {reason}")
    return done.stdout


def _take_over(settings: Mapping[str, str]) -> None:
    # A real secret in the shell must not reach the local Azure, nor decide who the caller is there.
    for name in [name for name in os.environ if name.startswith(("ARM_", "AZURE_"))]:
        del os.environ[name]
    os.environ.update(settings)


def _read_config(file: Path) -> dict[str, Any]:
    try:
        document = YAML(typ="safe").load(file) or {}
    except OSError as error:
        raise CommandError(f"{file} cannot be read ({error.strerror}); it is the stack's config") from error
    except YAMLError as error:
        raise CommandError(f"{file} is not YAML; mend it: {' '.join(str(error).split())}") from error
    prefix = f"{_NAMESPACE}:"
    values = document.get("config") or {}
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _shorten(path: Path) -> Path:
    # Messages name the manifest as the person would.
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
