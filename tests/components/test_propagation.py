import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components import build_stack
from components.config import parse_config
from components.propagation import wait_for_azure
from tests.components.scenario import ROLE_ASSIGNMENT, ROOT, local_config

NEW_PRINCIPAL = 'Status=400 Code="PrincipalNotFound" Message="Principal 0f3c does not exist in the directory."'
NEW_ROLE = 'Status=400 Code="RoleDefinitionDoesNotExist" Message="The specified role definition does not exist."'


def ask(*errors: str, operation: str = "create") -> tuple[bool, list[float]]:
    """Whether it is tried again after these errors, the newest first, and after which pause."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    args = pulumi.ErrorHookArgs(
        urn="urn", id="", name="tenants-Earth", type=ROLE_ASSIGNMENT, failed_operation=operation, errors=list(errors)
    )
    return asyncio.run(wait_for_azure(args, sleep=sleep)), slept


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", found.append)
    return found


@pytest.mark.parametrize("error", [NEW_PRINCIPAL, NEW_ROLE])
def test_what_azure_does_not_know_yet_is_tried_again_after_a_growing_pause(error: str) -> None:
    assert ask(error) == (True, [5])
    assert ask(error, error) == (True, [10])
    assert ask(*[error] * 8) == (True, [60])


def test_it_gives_up_after_some_minutes_and_then_says_what_may_be_wrong(told: list[str]) -> None:
    assert ask(*[NEW_PRINCIPAL] * 8) == (True, [60])
    assert told == []

    assert ask(*[NEW_PRINCIPAL] * 9) == (False, [])
    assert "for an app that is not its client id" in told[0]


@pytest.mark.parametrize("code", ["AuthorizationFailed", "RoleAssignmentExists", "UnmatchedPrincipalType"])
def test_what_stays_wrong_is_not_tried_again_and_is_explained(code: str, told: list[str]) -> None:
    assert ask(f'Status=403 Code="{code}" Message="No."') == (False, [])

    assert [text.startswith("tenants-Earth: ") for text in told] == [True]


@pytest.mark.parametrize("operation", ["update", "delete"])
def test_a_failed_update_or_removal_is_explained_too(operation: str, told: list[str]) -> None:
    error = 'Code="ScopeLocked" Message="… following scope(s) are locked: \'/subscriptions/s\'. Please …"'

    assert ask(error, operation=operation) == (False, [])
    assert "a lock at /subscriptions/s forbids it" in told[0]


def test_an_unknown_error_is_left_to_the_engine(told: list[str]) -> None:
    assert ask('Status=500 Code="InternalServerError" Message="PrincipalNotFoundYet"') == (False, [])
    assert told == []


def test_only_what_is_being_made_is_tried_again() -> None:
    assert ask(NEW_PRINCIPAL, operation="delete") == (False, [])


def test_every_role_assignment_of_the_program_is_tried_again(
    build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    values = {key.split(":", 1)[1]: value for key, value in local_config().items() if key.startswith("digital-twins")}

    built = build(lambda: build_stack(parse_config(values)))

    names = [item.name for item in built.of_type(ROLE_ASSIGNMENT)]
    assert len(names) == 13
    assert [name for name in names if list(built.requests[name].hooks.on_error) != ["retry-lagging"]] == []
