"""The page docs/roles.md: its program runs, and its tables are those of the code."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from components.built_in_roles import BUILT_IN_ROLES
from components.refusals import _EXPLANATIONS
from components.role_templates import ROLE_TEMPLATES
from tests.components.scenario import ROLE_ASSIGNMENT, ROLE_DEFINITION, ROOT

PAGE = (ROOT / "docs" / "roles.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
INSTANCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_pages_program_makes_a_role_and_assigns_it_at_the_instance(
    build_in_both_modes: Callable[..., Any], program: str
) -> None:
    built = build_in_both_modes(
        lambda: exec(program, {"__name__": "__main__"}),
        config={"digital-twins-rbac:instanceId": INSTANCE},
    )

    (permission,) = built.one(ROLE_DEFINITION).inputs["permissions"]
    assert permission["dataActions"] == [
        "Microsoft.DigitalTwins/models/read",
        "Microsoft.DigitalTwins/models/write",
        "Microsoft.DigitalTwins/digitaltwins/read",
    ]
    assert built.one(ROLE_DEFINITION).inputs["assignableScopes"] == ["/subscriptions/s/resourceGroups/g"]
    assert built.one(ROLE_ASSIGNMENT).inputs["scope"] == INSTANCE


def test_there_is_one_program_on_the_page() -> None:
    assert len(PROGRAMS) == 1


def test_the_table_of_templates_has_each_template_and_no_other() -> None:
    lines = [line for line in PAGE.partition("## Azure's own")[0].splitlines() if line.startswith("|")]
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    named = {
        f"{row[0].strip('`')} {kind}" for row in rows for kind, cell in zip(head[1:], row[1:], strict=True) if cell
    }

    assert named - {"query reader"} | {"query user"} == set(ROLE_TEMPLATES)


def test_every_built_in_role_stands_on_the_page() -> None:
    # "A and B Data Owner" names two, hence the last words alone.
    assert [name for name in BUILT_IN_ROLES if name.rsplit(" Data ", 1)[-1] not in PAGE] == []


def test_every_refusal_that_a_run_explains_stands_on_the_page() -> None:
    rows = re.findall(r"^\| `([^`]+)`", PAGE.partition("## When Azure refuses")[2], re.MULTILINE)

    assert {row.removesuffix(" resource") for row in rows} == set(_EXPLANATIONS)
