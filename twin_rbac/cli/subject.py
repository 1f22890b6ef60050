"""What a command is about: which instance, which manifest, and what was declared before."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from twin_rbac.cli.output import note
from twin_rbac.cli.stack import Stack, read_stack
from twin_rbac.clients.address import is_loopback
from twin_rbac.clients.cloud import Cloud
from twin_rbac.role_tags.apply import OnWrite
from twin_rbac.role_tags.errors import MissingTwins
from twin_rbac.role_tags.journal import JournalRecord
from twin_rbac.role_tags.manifest import Manifest, load_manifest
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.runs import Run, require_resumable
from twin_rbac.role_tags.selecting import want_tags
from twin_rbac.role_tags.target import Target
from twin_rbac.role_tags.wanted import Wanted

TOKEN = "TWIN_RBAC_TOKEN"  # noqa: S105  # the variable's name
CA_FILE = "TWIN_RBAC_CA"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An instance and what its twins should carry."""

    target: Target
    path: Path
    """The manifest's, as it was given."""
    manifest: Manifest
    rules: TagRules
    """The manifest's rules, with what the command line changes of them."""
    declared: Mapping[str, str]
    """Twin -> role, as last applied through the stack; nothing is known without one."""

    async def want(self) -> Wanted:
        """What the twins are to carry, selectors expanded."""
        return await want_tags(self.target, self.manifest, self.rules, declared=self.declared, progress=note)

    def run(self, folder: Path, *, allow_unsafe: bool, on_write: OnWrite) -> Run:
        """A run that writes."""
        return Run(
            target=self.target,
            manifest=self.path,
            digest=self.manifest.digest,
            folder=folder,
            allow_unsafe=allow_unsafe,
            progress=note,
            on_write=on_write,
        )

    @contextmanager
    def places_named(self) -> Iterator[None]:
        """Says of missing twins where the manifest lists them."""
        try:
            yield
        except MissingTwins as error:
            raise MissingTwins(error.twin_ids, self.manifest.places) from error


def find_subject(
    *, stack: str | None, endpoint: str | None, manifest: Path | None, instance_id: str | None, prune: bool = False
) -> Subject:
    """The subject from a command's options.

    Raises:
        BadParameter: the options do not go together.
        CommandError: the stack cannot be read.
        ManifestError: the manifest cannot be used.
    """
    target, found = _find(stack=stack, endpoint=endpoint, instance_id=instance_id)
    path = manifest or (found.manifest if found else None)
    if path is None:
        raise typer.BadParameter("--endpoint needs --manifest")
    loaded = load_manifest(path)
    rules = replace(loaded.rules, unlisted="remove") if prune else loaded.rules
    declared = found.declared if found else {}
    return Subject(target=target, path=path, manifest=loaded, rules=rules, declared=declared)


def find_target(*, stack: str | None, endpoint: str | None, instance_id: str | None) -> Target:
    """The instance from a command's options, for commands that need no manifest.

    Raises:
        BadParameter, CommandError: as `find_subject`.
    """
    return _find(stack=stack, endpoint=endpoint, instance_id=instance_id)[0]


def resume_subject(
    record: JournalRecord, *, stack: str | None, endpoint: str | None, instance_id: str | None
) -> Subject:
    """The subject of a run that was interrupted: its own manifest and rules.

    Raises:
        NothingToResume: the run cannot be gone on with.
        BadParameter, CommandError, ManifestError: as `find_subject`.
    """
    rules = require_resumable(record, lambda path: load_manifest(path).digest)
    path = Path(record.header.manifest)
    subject = find_subject(stack=stack, endpoint=endpoint, manifest=path, instance_id=instance_id)
    return replace(subject, rules=rules)


def _find(*, stack: str | None, endpoint: str | None, instance_id: str | None) -> tuple[Target, Stack | None]:
    if (stack is None) == (endpoint is None):
        raise typer.BadParameter("give either --stack or --endpoint")
    if stack is None:
        return _with_given_token(Target(endpoint=str(endpoint), instance_id=instance_id)), None
    if instance_id is not None:
        raise typer.BadParameter("--instance-id goes with --endpoint; a stack knows its own")
    found = read_stack(stack)
    target = Target(endpoint=found.endpoint, instance_id=found.instance_id, cloud=Cloud.from_mapping(found.cloud))
    return _with_given_token(target), found


def _with_given_token(target: Target) -> Target:
    token, ca_file = os.environ.get(TOKEN), os.environ.get(CA_FILE)
    if not token and not ca_file:
        return target
    if not is_loopback(target.endpoint):
        note(f"{TOKEN} and {CA_FILE} are for loopback endpoints only, and are not used for {target.endpoint}")
        return target
    return replace(target, token=token or None, ca_file=ca_file or None)
