"""The command twin-rbac."""

import sys
from collections.abc import Sequence

import typer

# Typer brings its own copy of click, and exports no base class of its usage errors.
from typer._click.exceptions import ClickException

from twin_rbac.cli import query, report, tags
from twin_rbac.cli.errors import CommandError
from twin_rbac.cli.output import note
from twin_rbac.clients.errors import AzureError
from twin_rbac.insight.errors import InsightError
from twin_rbac.role_tags.errors import RoleTagsError, UnsafePlan

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Per-tenant access to one Azure Digital Twins graph. Exit codes: 0 in sync or done, 1 error, "
    "2 changes pending or findings, 3 refused as unsafe.",
)
app.add_typer(tags.app, name="tags")
app.add_typer(query.app, name="query")
app.add_typer(report.app, name="report")


def main() -> None:
    """Runs the command with the process's arguments and exits."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs the command and returns its exit code; what a person should know of a failure is on stderr."""
    try:
        code = app(args=list(arguments), prog_name="twin-rbac", standalone_mode=False)
    except ClickException as error:
        # Typer itself would exit with 2, which means changes here.
        error.show()
        return 1
    except UnsafePlan as error:
        _fail(str(error), error)
        code = tags.UNSAFE
    except RoleTagsError as error:
        # Their lines start with a place, which an editor may follow.
        code = _fail(str(error), error)
    except (AzureError, CommandError, InsightError) as error:
        code = _fail(f"error: {error}", error)
    except KeyboardInterrupt:
        code = 130
    if code == 130:
        note("stopped; what was written stays. A run of tags goes on with `resume`, and `undo` takes it back")
        return 1
    return int(code or 0)


def _fail(text: str, error: Exception) -> int:
    for line in (text, *getattr(error, "__notes__", ())):
        note(line)
    return 1


if __name__ == "__main__":
    main()
