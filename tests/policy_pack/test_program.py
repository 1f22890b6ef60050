"""Our own program breaks no rule, and a change that takes one of its guards away breaks exactly that rule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from policy_pack.rules import RULES, UNKNOWN, Resource, Stack
from tests.components.scenario import EARTH, local_config, run_program
from tests.policy_pack.conftest import declared, findings, resource

ASSIGNMENT = "azure-native:authorization:RoleAssignment"
SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
ROLES = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
DATA_OWNER = f"{ROLES}/bcd981a7-7f74-457b-83e1-cceb9e632ffe"
VERSION_5 = "6fa459ea-ee8a-5ca4-894e-db77e160355e"


def broken_rules(stack: Stack) -> dict[str, list[tuple[str, str]]]:
    found = {rule.name: findings(rule.name, stack) for rule in RULES}
    return {name: sentences for name, sentences in found.items() if sentences}


@pytest.fixture(scope="module")
def ours() -> Stack:
    """What the stack `local` declares."""
    return declared(run_program({}), local_config())


def production_config() -> dict[str, object]:
    return {**local_config(), "digital-twins-rbac:profile": "prod", "digital-twins-rbac:gateway": {}}


@pytest.mark.parametrize("config", [local_config, production_config])
@pytest.mark.parametrize("preview", [False, True], ids=["in an update", "in a preview"])
def test_our_program_breaks_no_rule(
    preview: bool,  # noqa: FBT001  # a parameter of the test
    config: Callable[[], dict[str, object]],
) -> None:
    stack = declared(run_program({}), config(), preview=preview)

    assert len(stack.resources) > 50
    assert broken_rules(stack) == {}


def test_a_preview_has_values_that_nobody_knows_yet() -> None:
    stack = declared(run_program({}), local_config(), preview=True)

    assert any(item.get("roleAssignmentName") is UNKNOWN for item in stack.of_type(ASSIGNMENT))
    definitions = stack.of_type("azure-native:authorization:RoleDefinition")
    markers = {item.urn for item in definitions if item.name.startswith("marker-roles-")}
    tenants = [item for item in stack.of_type(ASSIGNMENT) if item.name.startswith("tenants-")]
    assert all(item.refers["roleDefinitionId"] & markers for item in tenants)


def test_a_program_of_which_nothing_is_known_breaks_no_rule(ours: Stack) -> None:
    nothing = {urn: replace(item, props=UNKNOWN) for urn, item in ours.resources.items()}

    assert broken_rules(Stack(nothing)) == {}


def changed(stack: Stack, name: str, *path: str, to: Any) -> Stack:
    """The stack with another value at one input of a resource that Azure knows."""
    (found,) = [item for item in stack.resources.values() if item.name == name and not _is_component(item)]
    return Stack({**stack.resources, found.urn: replace(found, props=_with(found.props, path, to))}, stack.settings)


def _with(props: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    inner = props.get(path[0], {}) if isinstance(props, dict) else {}
    return {**props, path[0]: _with(inner, path[1:], value)}


def _is_component(item: Resource) -> bool:
    return item.type.startswith("digital-twins-rbac:")


def without(stack: Stack, type_: str) -> Stack:
    return Stack({urn: item for urn, item in stack.resources.items() if item.type != type_})


def added(stack: Stack, item: Resource) -> Stack:
    return Stack({**stack.resources, item.urn: item})


def assignment(name: str, **props: Any) -> Resource:
    explicit = {"principalType": "Group", "roleAssignmentName": VERSION_5, "scope": f"{SUBSCRIPTION}/resourceGroups/rg"}
    return resource(ASSIGNMENT, name, **{**explicit, **props})


EVERYTHING = [{"actions": [], "dataActions": ["Microsoft.DigitalTwins/*"]}]
SETTINGS_OF_SIGN_IN = "azure-native:web:WebAppAuthSettingsV2"

# What somebody changes -> the rules that say so.
CHANGES: dict[str, tuple[Callable[[Stack], Stack], set[str]]] = {
    "an instance for everybody, in production": (
        lambda stack: Stack(stack.resources, {"profile": "prod"}),
        {"no-public-access-in-prod"},
    ),
    "the gateway as Data Owner": (
        lambda stack: added(
            stack, assignment("owner", principalType="ServicePrincipal", roleDefinitionId=DATA_OWNER, principalId="g")
        ),
        {"no-data-owner-for-an-app", "query-only-for-known-roles"},
    ),
    "a storage key in the app's settings": (
        lambda stack: changed(
            stack, "gateway", "siteConfig", "appSettings", to=[{"name": "STORE", "value": "AccountKey=abc;"}]
        ),
        {"no-keys"},
    ),
    "storage that takes keys": (
        lambda stack: changed(stack, "host-storage", "allowSharedKeyAccess", to=True),
        {"no-keys"},
    ),
    "the tagger role at the subscription": (
        lambda stack: changed(stack, "tagger-role", "assignableScopes", to=[SUBSCRIPTION]),
        {"no-data-role-above-the-group"},
    ),
    "a loader that may do everything": (
        lambda stack: changed(stack, "loader-role", "permissions", to=EVERYTHING),
        {"query-only-for-known-roles"},
    ),
    "a tenant that reads the instance": (
        lambda stack: added(
            stack,
            assignment(
                "earth-reads",
                principalId=EARTH,
                roleDefinitionId=f"{ROLES}/d57506d4-4c8d-48b1-8587-93c323f6a5a3",
            ),
        ),
        {"no-data-role-for-a-tenant", "query-only-for-known-roles"},
    ),
    "a marker role that reads twins": (
        lambda stack: changed(
            stack,
            "marker-roles-Earth",
            "permissions",
            to=[
                {
                    "actions": ["Microsoft.DigitalTwins/operations/read"],
                    "dataActions": ["Microsoft.DigitalTwins/models/read"],
                }
            ],
        ),
        # Whoever holds it is a tenant.
        {"markers-allow-nothing", "no-data-role-for-a-tenant"},
    ),
    "a role with a random name": (
        lambda stack: changed(stack, "tagger-role", "roleDefinitionId", to="0f8fad5b-d9cb-469f-a165-70867728950e"),
        {"names-deterministic"},
    ),
    "an assignment to nobody in particular": (
        lambda stack: added(stack, assignment("somebody", principalType=None, principalId="p", roleDefinitionId="r")),
        {"assignments-explicit"},
    ),
    "sign-in taken out": (lambda stack: without(stack, SETTINGS_OF_SIGN_IN), {"sign-in-required"}),
    "sign-in that lets everybody in": (
        lambda stack: changed(stack, "gateway-sign-in", "globalValidation", "requireAuthentication", to=False),
        {"sign-in-complete"},
    ),
    "passwords for publishing": (lambda stack: changed(stack, "gateway-scm", "allow", to=True), {"sign-in-complete"}),
    "no diagnostics": (
        lambda stack: without(stack, "azure-native:monitor:DiagnosticSetting"),
        {"diagnostics-present"},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_guard_taken_away_breaks_its_rule_and_no_other(change: str, ours: Stack) -> None:
    make, rules = CHANGES[change]

    assert set(broken_rules(make(ours))) == rules


def test_every_rule_is_broken_by_one_of_these_changes() -> None:
    assert {rule for _, rules in CHANGES.values() for rule in rules} == {rule.name for rule in RULES}
