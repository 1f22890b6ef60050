"""What a command is about: which instance, which manifest, and what was declared before."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from twin_rbac.cli.output import note
from twin_rbac.cli.stack import read_stack
from twin_rbac.clients.address import is_loopback
from twin_rbac.clients.cloud import Cloud
from twin_rbac.role_tags.manifest import Manifest, load_manifest
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.reconcile import Target

TOKEN = "TWIN_RBAC_TOKEN"  # noqa: S105  # the variable's name
CA_FILE = "TWIN_RBAC_CA"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An instance and what its twins should carry."""

    target: Target
    manifest: Manifest
    rules: TagRules
    """The manifest's rules, with what the command line changes of them."""
    declared: Mapping[str, str]
    """Twin -> role, as last applied through the stack; nothing is known without one."""


def find_subject(
    *, stack: str | None, endpoint: str | None, manifest: Path | None, instance_id: str | None, prune: bool = False
) -> Subject:
    """The subject from a command's options.

    Raises:
        BadParameter: the options do not go together.
        CommandError: the stack cannot be read.
        ManifestError: the manifest cannot be used.
    """
    if (stack is None) == (endpoint is None):
        raise typer.BadParameter("give either --stack or --endpoint")
    if endpoint is not None and manifest is None:
        raise typer.BadParameter("--endpoint needs --manifest")
    if stack is not None and instance_id is not None:
        raise typer.BadParameter("--instance-id goes with --endpoint; a stack knows its own")
    if stack is not None:
        found = read_stack(stack)
        target = Target(endpoint=found.endpoint, instance_id=found.instance_id, cloud=Cloud.from_mapping(found.cloud))
        path, declared = manifest or found.manifest, found.declared
    else:
        target, declared = Target(endpoint=str(endpoint), instance_id=instance_id), {}
        path = Path(str(manifest))
    loaded = load_manifest(path)
    rules = replace(loaded.rules, unlisted="remove") if prune else loaded.rules
    return Subject(target=_with_given_token(target), manifest=loaded, rules=rules, declared=declared)


def _with_given_token(target: Target) -> Target:
    token, ca_file = os.environ.get(TOKEN), os.environ.get(CA_FILE)
    if not token and not ca_file:
        return target
    if not is_loopback(target.endpoint):
        note(f"{TOKEN} and {CA_FILE} are for loopback endpoints only, and are not used for {target.endpoint}")
        return target
    return replace(target, token=token or None, ca_file=ca_file or None)
