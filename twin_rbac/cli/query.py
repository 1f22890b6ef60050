"""`twin-rbac query`: is a query valid, and what is sent for a caller with given roles. JSON lines in and out."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from twin_rbac.access import Policy, PolicyInvalid
from twin_rbac.cli.errors import CommandError
from twin_rbac.query import EmptyAnswer, QueryError, parse, secure_query

app = typer.Typer(
    no_args_is_help=True,
    help='Queries, one {"query": "…"} a line on stdin, one line out for each; exit 0 whatever the verdicts.',
)

Roles = Annotated[str, typer.Option(help="The caller's roles, joined by commas; without any, nothing is seen.")]
Property = Annotated[str, typer.Option("--property", help="The Map property that holds the tags.")]
Key = Annotated[str, typer.Option(help="The key in it whose value is the role.")]
Encoding = Annotated[str, typer.Option(help="How a tag names a role; value is the one that is supported.")]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Refuse what Microsoft does not document and a rewrite cannot sidestep. "
        "Of the shapes that are read today none is of that kind.",
    ),
]


@app.command()
def check() -> None:
    """Say of each query whether it is valid, and if not, what is wrong and where."""
    _answer_lines(_verdict)


@app.command()
def scope(
    *,
    roles: Roles = "",
    tag_property: Property = "tags",
    key: Key = "role",
    encoding: Encoding = "value",
    _strict: Strict = False,
) -> None:
    """Rewrite each query to find only the twins that a caller with the roles may see."""
    held = frozenset(role.strip() for role in roles.split(",") if role.strip())
    try:
        policy = Policy(property=tag_property, key=key, encoding=encoding, roles=held)
    except PolicyInvalid as error:
        raise typer.BadParameter(str(error)) from error
    _answer_lines(lambda text: _scoped(text, held, policy))


def _verdict(text: str) -> dict[str, Any]:
    try:
        parse(text)
    except QueryError as error:
        return {"valid": False, "error": error.message, "line": error.line, "column": error.column}
    return {"valid": True}


def _scoped(text: str, roles: frozenset[str], policy: Policy) -> dict[str, Any]:
    try:
        answer = secure_query(text, roles, policy)
    except QueryError as error:
        return {"refused": type(error).__name__, "reason": str(error)}
    return {"empty": True} if isinstance(answer, EmptyAnswer) else {"scoped": answer.text}


def _answer_lines(answer: Callable[[str], dict[str, Any]]) -> None:
    """Answers each line before the next is read, so that a program may ask and wait."""
    for text in _queries():
        sys.stdout.write(json.dumps(answer(text), separators=(",", ":")) + "\n")
        sys.stdout.flush()


def _queries() -> Iterator[str]:
    """The queries on stdin; empty lines are none.

    Raises:
        CommandError: a line is something else; the lines before it are answered.
    """
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _unreadable(number) from error
        if not isinstance(document, dict) or not isinstance(document.get("query"), str):
            raise _unreadable(number)
        yield document["query"]


def _unreadable(number: int) -> CommandError:
    return CommandError(f'line {number} of the input is no JSON object with a text "query", such as {{"query": "…"}}')
