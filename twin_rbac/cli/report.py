"""`twin-rbac report`: pages and comments about access."""

from pathlib import Path
from typing import Annotated

import typer

from twin_rbac.cli.output import Format, show
from twin_rbac.insight.base import read_base
from twin_rbac.insight.comment import as_comment
from twin_rbac.insight.plain import as_mapping, as_text
from twin_rbac.insight.preview_file import load_preview
from twin_rbac.insight.report import make_report
from twin_rbac.role_tags.render import as_json

CHANGES_PENDING = 2
"""Exit code: an update would change something."""

app = typer.Typer(no_args_is_help=True, help="Pages and comments about who sees what.")


@app.callback()
def _group() -> None:
    """Keeps the group a group while it has one command."""


@app.command()
def pr(
    *,
    preview: Annotated[Path, typer.Option(help="What `pulumi preview --json` wrote.")],
    base: Annotated[str, typer.Option(help="The revision that the pull request starts from, such as origin/main.")],
    manifest: Annotated[
        Path | None, typer.Option(help="The manifest; the one that the preview's config names when left out.")
    ] = None,
    output: Annotated[Format, typer.Option(help="How the result is written; markdown is the comment.")] = (
        Format.MARKDOWN
    ),
) -> None:
    """Write the comment on a pull request: who gains or loses sight of which twins, and what else would change.

    Exits with 2 when there are changes, with 1 when the preview failed.
    """
    document = load_preview(preview)
    report = make_report(document, read_base(base, stack=document.stack, config=document.config, manifest=manifest))
    lines = {
        Format.MARKDOWN: as_comment(report),
        Format.TEXT: as_text(report),
        Format.JSON: as_json(as_mapping(report)),
    }[output]
    show(lines, output=output)
    raise typer.Exit(1 if report.errors else CHANGES_PENDING if report.has_changes else 0)
