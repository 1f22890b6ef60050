"""twin-rbac tags: which twin carries which role, as a manifest says."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from twin_rbac.cli.output import Format, note, render_as, show, show_progress
from twin_rbac.cli.subject import Subject, find_subject, find_target, resume_subject
from twin_rbac.role_tags import render, runs
from twin_rbac.role_tags.adopt import adopt as adopt_tags
from twin_rbac.role_tags.apply import Applied
from twin_rbac.role_tags.journal import DEFAULT_FOLDER
from twin_rbac.role_tags.limits import find_breaches
from twin_rbac.role_tags.manifest_writer import manifest_text
from twin_rbac.role_tags.model import Encoding, TagRules
from twin_rbac.role_tags.plan import Plan
from twin_rbac.role_tags.plan_file import load_plan, save_plan
from twin_rbac.role_tags.reconcile import plan_tags, read_existing, require_present, verify_tags
from twin_rbac.role_tags.schema import manifest_schema
from twin_rbac.role_tags.target import Target
from twin_rbac.role_tags.verify import Findings

CHANGES_PENDING = 2
"""Exit code: changes are pending, or something was found."""
UNSAFE = 3
"""Exit code: refused, because it changes more than the manifest allows at once."""

app = typer.Typer(no_args_is_help=True, help="Which twin carries which role, as the manifest says.")

Stack = Annotated[str | None, typer.Option(help="The Pulumi stack whose instance and manifest are meant.")]
Endpoint = Annotated[str | None, typer.Option(help="The instance's data-plane URL, in place of a stack.")]
ManifestFile = Annotated[
    Path | None, typer.Option(help="The manifest, a file or a folder; the stack's own when left out.")
]
InstanceId = Annotated[
    str | None, typer.Option(help="With --endpoint: the instance's resource id, so that a 403 can be explained.")
]
Prune = Annotated[bool, typer.Option("--prune", help="Take the role tag from unlisted twins too, in this run.")]
AllowUnsafe = Annotated[bool, typer.Option("--allow-unsafe", help="Let this run past the manifest's limits.")]
UpgradeModels = Annotated[
    bool, typer.Option("--upgrade-models", help="Make models that can hold the tag, and move the twins to them.")
]
JournalFolder = Annotated[Path, typer.Option("--journal", help="The folder of the runs' journals.")]
Output = Annotated[Format, typer.Option(help="How the result is written.")]


@app.command()
def plan(
    *,
    stack: Stack = None,
    endpoint: Endpoint = None,
    manifest: ManifestFile = None,
    instance_id: InstanceId = None,
    prune: Prune = False,
    upgrade_models: UpgradeModels = False,
    allow_unsafe: AllowUnsafe = False,
    save: Annotated[Path | None, typer.Option(help="Keep the plan in this file, for `apply FILE`.")] = None,
    output: Output = Format.TEXT,
) -> None:
    """Show what `apply` would change; exit 2 when there are changes, 3 when they are past the manifest's limits."""
    subject = find_subject(stack=stack, endpoint=endpoint, manifest=manifest, instance_id=instance_id, prune=prune)
    made = asyncio.run(_plan(subject, upgrade_models=upgrade_models))
    with subject.places_named():
        require_present(made)
    show(render_as(output, made, render.PLAN), output=output)
    unsafe = find_breaches(made) and not allow_unsafe
    if unsafe:
        note(f"refused as unsafe: {runs.WAY_OUT}")
    if save:
        save_plan(made, save, endpoint=subject.target.endpoint, digest=subject.manifest.digest)
        place = f"--stack {stack}" if stack else f"--endpoint {endpoint}"
        named = f" --manifest {manifest}" if manifest else ""
        allowed = " --allow-unsafe" if allow_unsafe else ""
        note(f"saved; to carry it out: twin-rbac tags apply {save} {place}{named}{allowed}")
    raise typer.Exit(UNSAFE if unsafe else CHANGES_PENDING if made.changes or made.untaggable else 0)


@app.command()
def apply(
    *,
    file: Annotated[Path | None, typer.Argument(help="A plan that `plan --save` made; plans anew without it.")] = None,
    stack: Stack = None,
    endpoint: Endpoint = None,
    manifest: ManifestFile = None,
    instance_id: InstanceId = None,
    prune: Prune = False,
    upgrade_models: UpgradeModels = False,
    allow_unsafe: AllowUnsafe = False,
    journal: JournalFolder = DEFAULT_FOLDER,
    output: Output = Format.TEXT,
) -> None:
    """Make the twins carry what the manifest says, or carry out a saved plan; exit 3 past the manifest's limits."""
    subject = find_subject(stack=stack, endpoint=endpoint, manifest=manifest, instance_id=instance_id, prune=prune)
    with show_progress("Writing role tags") as on_write, subject.places_named():
        run = subject.run(journal, allow_unsafe=allow_unsafe, on_write=on_write)
        work = runs.apply_saved(run, load_plan(file)) if file else _apply(subject, run, upgrade_models=upgrade_models)
        applied = asyncio.run(work)
    show(render_as(output, applied, render.APPLIED), output=output)


@app.command()
def resume(
    *,
    stack: Stack = None,
    endpoint: Endpoint = None,
    instance_id: InstanceId = None,
    upgrade_models: UpgradeModels = False,
    journal: JournalFolder = DEFAULT_FOLDER,
    output: Output = Format.TEXT,
) -> None:
    """Go on with the last run, an apply or an undo that was interrupted."""
    target = find_target(stack=stack, endpoint=endpoint, instance_id=instance_id)
    record = runs.require_latest(journal, target.endpoint)
    if record.undo == "begun":
        _undo(target, record.path, output)
        return
    subject = resume_subject(record, stack=stack, endpoint=endpoint, instance_id=instance_id)
    with show_progress("Writing role tags") as on_write, subject.places_named():
        run = subject.run(journal, allow_unsafe=False, on_write=on_write)
        applied = asyncio.run(_apply(subject, run, upgrade_models=upgrade_models))
    show(render_as(output, applied, render.APPLIED), output=output)


@app.command()
def undo(
    *,
    file: Annotated[
        Path | None, typer.Argument(help="A run's journal; the last run on the instance without it.")
    ] = None,
    stack: Stack = None,
    endpoint: Endpoint = None,
    instance_id: InstanceId = None,
    journal: JournalFolder = DEFAULT_FOLDER,
    output: Output = Format.TEXT,
) -> None:
    """Put back the role tags of a run's twins; exit 2 when one was left as it is, because somebody changed it since."""
    target = find_target(stack=stack, endpoint=endpoint, instance_id=instance_id)
    _undo(target, file or runs.require_latest(journal, target.endpoint).path, output)


@app.command()
def verify(
    *,
    stack: Stack = None,
    endpoint: Endpoint = None,
    manifest: ManifestFile = None,
    instance_id: InstanceId = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="Name twins, too, that no rule and no `ignore` covers.")
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Check that the twins carry what the manifest says and nothing else; exit 2 when one does not."""
    subject = find_subject(stack=stack, endpoint=endpoint, manifest=manifest, instance_id=instance_id)
    findings = asyncio.run(_verify(subject, complete=complete))
    show(render_as(output, findings, render.FINDINGS), output=output)
    raise typer.Exit(CHANGES_PENDING if findings.findings else 0)


@app.command()
def adopt(
    *,
    stack: Stack = None,
    endpoint: Endpoint = None,
    instance_id: InstanceId = None,
    tag_property: Annotated[str, typer.Option("--property", help="The Map property that holds the tags.")] = "tags",
    key: Annotated[str, typer.Option(help="The tag whose value is the role.")] = "role",
    marker: Annotated[
        list[str] | None, typer.Option(help="A role that is a marker tag of its own; once for each.")
    ] = None,
) -> None:
    """Write a manifest of the role tags that are live, to stdout; exit 2 when a tag could not be taken up."""
    target = find_target(stack=stack, endpoint=endpoint, instance_id=instance_id)
    encoding: Encoding = "marker" if marker else "value"
    rules = TagRules(property=tag_property, key=key, encoding=encoding, roles=tuple(marker or ()))
    adopted = adopt_tags(rules, asyncio.run(read_existing(target, rules, (), progress=note)).values())
    for twin_id, reason in adopted.left.items():
        note(f"left out: twin {twin_id}: {reason}")
    show(manifest_text(adopted.rules, adopted.twins).splitlines(), output=Format.JSON)
    raise typer.Exit(CHANGES_PENDING if adopted.left else 0)


@app.command()
def schema() -> None:
    """Write the JSON Schema of manifests, for editors."""
    show(render.as_json(manifest_schema()), output=Format.JSON)


async def _plan(subject: Subject, *, upgrade_models: bool) -> Plan:
    wanted = await subject.want()
    return await plan_tags(subject.target, wanted, upgrade_models=upgrade_models, progress=note)


async def _apply(subject: Subject, run: runs.Run, *, upgrade_models: bool) -> Applied:
    return await runs.apply_manifest(run, await subject.want(), upgrade_models=upgrade_models)


async def _verify(subject: Subject, *, complete: bool) -> Findings:
    wanted = await subject.want()
    # Selectors had to wait already.
    settled = bool(subject.manifest.selectors)
    return await verify_tags(subject.target, wanted, complete=complete, settled=settled, progress=note)


def _undo(target: Target, journal: Path, output: Format) -> None:
    with show_progress("Putting role tags back") as on_write:
        undone = asyncio.run(runs.undo_run(target, journal, progress=note, on_write=on_write))
    show(render_as(output, undone, render.UNDONE), output=output)
    raise typer.Exit(CHANGES_PENDING if undone.left else 0)
