from collections.abc import Callable
from typing import Any

import pytest

from components import CustomRole, CustomRoleArgs, MarkerRoles, MarkerRolesArgs, built_in_role_id

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


def test_a_built_in_role_is_found_by_its_name_in_the_form_that_azure_answers_with() -> None:
    # The id of Reader: fact sheet pulumi-azure, section 4.2.
    expected = (
        "/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    )
    assert built_in_role_id("sub", "Reader") == expected

    with pytest.raises(ValueError, match="unknown built-in role 'Owner'; there are: Azure Digital Twins Data Owner"):
        built_in_role_id("sub", "Owner")
