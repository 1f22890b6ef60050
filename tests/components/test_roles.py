from collections.abc import Callable
from typing import Any

import pytest

from components import CustomRole, CustomRoleArgs, MarkerRoles, MarkerRolesArgs
from components.propagation import retry_lagging

Build = Callable[..., Any]
ROLE = "azure-native:authorization:RoleDefinition"
SCOPE = "/subscriptions/sub/resourceGroups/rg"


def test_a_custom_role_holds_what_it_is_composed_of_and_nothing_else(build_in_both_modes: Build) -> None:
    def program() -> None:
        CustomRole(
            "reader",
            CustomRoleArgs(
                title="Twin reader",
                description="Reads twins.",
                subscription_id="sub",
                resource_group_name="rg",
                permissions={"twins": ["read"], "query": ["action"]},
            ),
        )

    inputs = build_in_both_modes(program).one(ROLE).inputs

    assert inputs["permissions"] == [
        {
            "actions": [],
            "notActions": [],
            "dataActions": ["Microsoft.DigitalTwins/query/action", "Microsoft.DigitalTwins/digitaltwins/read"],
            "notDataActions": [],
        }
    ]
    assert (inputs["scope"], inputs["assignableScopes"], inputs["roleType"]) == (SCOPE, [SCOPE], "CustomRole")
    assert inputs["description"] == "Reads twins."
    assert inputs["roleName"].startswith("Twin reader (digital-twins-rbac/local/reader ")


def test_marker_roles_are_one_definition_a_role_with_public_information_alone(build_in_both_modes: Build) -> None:
    def program() -> None:
        MarkerRoles(
            "markers", MarkerRolesArgs(roles=["Earth", "Fire"], subscription_id="sub", resource_group_name="rg")
        )

    roles = {item.name: item.inputs for item in build_in_both_modes(program).of_type(ROLE)}

    assert set(roles) == {"markers-Earth", "markers-Fire"}
    for inputs in roles.values():
        (permission,) = inputs["permissions"]
        assert permission["actions"] == ["Microsoft.DigitalTwins/operations/read"]
        assert permission["dataActions"] == permission["notActions"] == permission["notDataActions"] == []
    assert roles["markers-Earth"]["roleDefinitionId"] != roles["markers-Fire"]["roleDefinitionId"]


def test_the_marker_roles_ids_are_told_by_role(build: Build) -> None:
    def program() -> dict[str, Any]:
        args = MarkerRolesArgs(roles=["Earth"], subscription_id="sub", resource_group_name="rg")
        return dict(MarkerRoles("markers", args).role_definition_ids)

    built = build(program)

    assert built.outputs["Earth"].endswith(f"/roleDefinitions/{built.one(ROLE).inputs['roleDefinitionId']}")


def define(**args: Any) -> Callable[[], None]:
    def program() -> None:
        CustomRole("reader", CustomRoleArgs(title="Twin reader", description="", subscription_id="sub", **args))

    return program


def test_a_custom_role_of_a_subscription_can_be_assigned_all_over_it(build_in_both_modes: Build) -> None:
    inputs = build_in_both_modes(define()).one(ROLE).inputs

    assert (inputs["scope"], inputs["assignableScopes"]) == ("/subscriptions/sub", ["/subscriptions/sub"])


def test_a_custom_role_can_be_assigned_in_further_groups_under_the_same_id(build_in_both_modes: Build) -> None:
    other = "/subscriptions/sub/resourceGroups/other"

    alone = build_in_both_modes(define(resource_group_name="rg")).one(ROLE).inputs
    both = build_in_both_modes(define(resource_group_name="rg", assignable_at=[other])).one(ROLE).inputs

    assert both["assignableScopes"] == [SCOPE, other]
    assert both["roleDefinitionId"] == alone["roleDefinitionId"]


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (
            "/providers/Microsoft.Management/managementGroups/all",
            "no custom role with data actions at a management group",
        ),
        (f"{SCOPE}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt", "give the resource's group"),
    ],
)
def test_a_custom_role_is_refused_where_azure_would_not_take_it(build: Build, scope: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(define(resource_group_name="rg", assignable_at=[scope]), preview=True)


def test_an_unknown_verb_is_refused_before_anything_is_declared(build: Build) -> None:
    with pytest.raises(ValueError, match="query has no 'read'; it has: action"):
        build(define(permissions={"query": ["read"]}))


def test_a_role_can_be_imported_at_the_stacks_top_and_azures_refusals_of_it_are_explained(build: Build) -> None:
    def program() -> None:
        retry = retry_lagging()
        CustomRole("reader", CustomRoleArgs(title="Twin reader", description="", subscription_id="sub", retry=retry))
        MarkerRoles(
            "markers",
            MarkerRolesArgs(roles=["Earth"], subscription_id="sub", resource_group_name="rg", retry=retry),
        )

    built = build(program)

    for item in built.of_type(ROLE):
        request = built.requests[item.name]
        assert any(alias.spec.noParent for alias in request.aliases)
        assert list(request.hooks.on_error) == ["retry-lagging"]


def test_an_imported_roles_id_is_told_in_the_form_that_azure_answers_with(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By the id in azure-native's refusal, which has the resource group in it.
    guid = "77777777-0000-5000-8000-000000000001"
    imported = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    monkeypatch.setattr("tests.components.conftest.Recorder._id", lambda _self, _args: imported)

    def program() -> dict[str, Any]:
        role = CustomRole("reader", CustomRoleArgs(title="Twin reader", description="", subscription_id="sub"))
        return {"id": role.role_definition_id}

    expected = f"/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    assert build(program).outputs["id"] == expected
