"""`twin-rbac tags`: plan, apply and verify role tags."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from twin_rbac.cli.output import Format, note, show, show_progress
from twin_rbac.cli.subject import Subject, find_subject
from twin_rbac.role_tags import reconcile, render
from twin_rbac.role_tags.apply import Applied
from twin_rbac.role_tags.errors import MissingTwins

CHANGES_PENDING = 2
"""Exit code: changes are pending, or something was found."""

app = typer.Typer(no_args_is_help=True, help="Which twin carries which role, as the manifest says.")

Stack = Annotated[str | None, typer.Option(help="The Pulumi stack whose instance and manifest are meant.")]
Endpoint = Annotated[str | None, typer.Option(help="The instance's data-plane URL, in place of a stack.")]
ManifestFile = Annotated[Path | None, typer.Option(help="The manifest; the stack's own when left out.")]
InstanceId = Annotated[
    str | None, typer.Option(help="With --endpoint: the instance's resource id, so that a 403 can be explained.")
]
Prune = Annotated[bool, typer.Option("--prune", help="Take the role tag from unlisted twins too, in this run.")]
Output = Annotated[Format, typer.Option(help="How the result is written.")]


@app.command()
def plan(
    *,
    stack: Stack = None,
    endpoint: Endpoint = None,
    manifest: ManifestFile = None,
    instance_id: InstanceId = None,
    prune: Prune = False,
    output: Output = Format.TEXT,
) -> None:
    """Show what `apply` would change; exit 2 when there are changes."""
    subject = find_subject(stack=stack, endpoint=endpoint, manifest=manifest, instance_id=instance_id, prune=prune)
    made = asyncio.run(
        reconcile.plan_tags(subject.target, subject.rules, subject.manifest.twins, subject.declared, progress=note)
    )
    if made.missing and subject.rules.missing == "error":
        raise MissingTwins(made.missing, subject.manifest.places)
    show(
        {
            Format.TEXT: render.plan_as_text,
            Format.JSON: lambda made: render.as_json(render.plan_as_mapping(made)),
            Format.MARKDOWN: render.plan_as_markdown,
        }[output](made),
        output=output,
    )
    raise typer.Exit(CHANGES_PENDING if made.changes else 0)


@app.command()
def apply(
    *,
    stack: Stack = None,
    endpoint: Endpoint = None,
    manifest: ManifestFile = None,
    instance_id: InstanceId = None,
    prune: Prune = False,
    output: Output = Format.TEXT,
) -> None:
    """Make the twins carry what the manifest says."""
    subject = find_subject(stack=stack, endpoint=endpoint, manifest=manifest, instance_id=instance_id, prune=prune)
    applied = _apply(subject)
    show(
        {
            Format.TEXT: render.applied_as_text,
            Format.JSON: lambda applied: render.as_json(render.applied_as_mapping(applied)),
            Format.MARKDOWN: render.applied_as_markdown,
        }[output](applied),
        output=output,
    )


@app.command()
def verify(
    *,
    stack: Stack = None,
    endpoint: Endpoint = None,
    manifest: ManifestFile = None,
    instance_id: InstanceId = None,
    output: Output = Format.TEXT,
) -> None:
    """Check that the twins carry what the manifest says and nothing else; exit 2 when one does not."""
    subject = find_subject(stack=stack, endpoint=endpoint, manifest=manifest, instance_id=instance_id)
    findings = asyncio.run(
        reconcile.verify_tags(subject.target, subject.rules, subject.manifest.twins, subject.declared, progress=note)
    )
    show(
        {
            Format.TEXT: render.findings_as_text,
            Format.JSON: lambda findings: render.as_json(render.findings_as_mapping(findings)),
            Format.MARKDOWN: render.findings_as_markdown,
        }[output](findings),
        output=output,
    )
    raise typer.Exit(CHANGES_PENDING if findings.findings else 0)


def _apply(subject: Subject) -> Applied:
    with show_progress("Writing role tags") as on_write:
        try:
            return asyncio.run(
                reconcile.apply_tags(
                    subject.target,
                    subject.rules,
                    subject.manifest.twins,
                    subject.declared,
                    progress=note,
                    on_write=on_write,
                )
            )
        except MissingTwins as error:
            raise MissingTwins(error.twin_ids, subject.manifest.places) from error
