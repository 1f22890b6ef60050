"""Who gets a token for the gateway: assignments, and what is said where the deployer may not make them."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.registration import AppRegistration, AppRegistrationArgs, explain_refusal
from tests.components.scenario import EARTH, WIND

Build = Callable[..., Any]
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"
RESOURCE, ROLE = "service-principal-object", "app-role-id"
NOT_ALLOWED = "403: Authorization_RequestDenied: Insufficient privileges to complete the operation."


def command_for(tenant: str) -> str:
    """What an administrator runs, written out."""
    return (
        "az rest --method POST --uri https://graph.microsoft.com/v1.0/servicePrincipals/service-principal-object/"
        f'appRoleAssignedTo --body \'{{"principalId": "{tenant}", "resourceId": "service-principal-object", '
        '"appRoleId": "app-role-id"}\''
    )


def program(**changes: Any) -> Callable[[], None]:
    arguments: dict[str, Any] = {"display_name": "Gateway", "owners": (), "tenants": {"earth": EARTH, "wind": WIND}}

    def declare() -> None:
        AppRegistration("registration", AppRegistrationArgs(**{**arguments, **changes}))

    return declare


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: said.append(text))
    return said


def refusal(**changes: Any) -> pulumi.ErrorHookArgs:
    inputs = {"principalObjectId": EARTH, "resourceObjectId": RESOURCE, "appRoleId": ROLE}
    facts: dict[str, Any] = {
        "urn": "urn",
        "id": "",
        "name": "registration-earth",
        "type": ASSIGNMENT,
        "new_inputs": inputs,
        "failed_operation": "create",
        "errors": [NOT_ALLOWED],
    }
    return pulumi.ErrorHookArgs(**{**facts, **changes})


def test_entra_gives_a_token_to_nobody_but_who_is_assigned(build_in_both_modes: Build) -> None:
    assert build_in_both_modes(program()).one(PRINCIPAL).inputs["appRoleAssignmentRequired"] is True


def test_everybody_may_be_let_have_one_who_then_sees_nothing(build: Build) -> None:
    assert build(program(assignment_required=False)).one(PRINCIPAL).inputs["appRoleAssignmentRequired"] is False


def test_each_tenant_is_assigned_with_the_role_that_names_its_groups(build: Build) -> None:
    made = [item.inputs for item in build(program()).of_type(ASSIGNMENT)]

    assert {item["principalObjectId"] for item in made} == {EARTH, WIND}
    assert {(item["resourceObjectId"], item["appRoleId"]) for item in made} == {(RESOURCE, ROLE)}


def test_every_assignment_says_what_to_do_when_it_is_refused(build: Build) -> None:
    built = build(program())

    hooks = {tuple(built.requests[item.name].hooks.on_error) for item in built.of_type(ASSIGNMENT)}
    assert hooks == {("registration-assignment",)}


def test_where_an_administrator_assigns_the_program_does_not_and_prints_every_command_in_one_message(
    build: Build, warnings: list[str]
) -> None:
    built = build(program(assign_tenants=False))

    assert built.of_type(ASSIGNMENT) == []
    (text,) = warnings
    assert text.split("\n  ") == [
        "an administrator of the directory assigns the tenants, unless that is done already:",
        command_for(EARTH),
        command_for(WIND),
    ]


def test_before_the_registration_is_made_there_is_no_command_to_print(build: Build, warnings: list[str]) -> None:
    build(program(assign_tenants=False), preview=True)

    assert warnings == []


def test_a_command_carries_a_body_of_json() -> None:
    body = command_for(EARTH).partition("--body ")[2].strip("'")

    assert json.loads(body) == {"principalId": EARTH, "resourceId": RESOURCE, "appRoleId": ROLE}


def test_a_deployer_that_may_not_assign_is_told_the_command_and_the_setting(warnings: list[str]) -> None:
    assert explain_refusal(refusal()) is False
    (text,) = warnings
    assert text == (
        "registration-earth: you may not assign principals to the application; let an administrator of the directory "
        f"run\n  {command_for(EARTH)}\nand set gateway.assignTenants to false, so that the program leaves the "
        "assignments alone"
    )


@pytest.mark.parametrize(
    "changes", [{"errors": ["400: Request_BadRequest"]}, {"failed_operation": "delete", "new_inputs": None}]
)
def test_another_failure_is_left_as_it_is(warnings: list[str], changes: dict[str, Any]) -> None:
    assert explain_refusal(refusal(**changes)) is False
    assert warnings == []
