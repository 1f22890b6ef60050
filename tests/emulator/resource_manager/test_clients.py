"""Azure's own client of role definitions and role assignments, unmodified."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import Permission, RoleAssignmentCreateParameters, RoleDefinition

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000010"
ROLE, ASSIGNMENT = "aaaaaaaa-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000001"


@pytest.fixture
def client(arm: Any) -> Iterator[AuthorizationManagementClient]:
    with AuthorizationManagementClient(
        arm.credential(),
        SUBSCRIPTION_ID,
        api_version="2022-04-01",
        base_url=arm.address,
        credential_scopes=["https://management.azure.com/.default"],
        transport=RequestsTransport(session=arm.session, session_owner=False),
    ) as client:
        yield client


def test_a_role_is_made_assigned_listed_and_taken_away_again(client: AuthorizationManagementClient) -> None:
    reads = Permission(data_actions=["Microsoft.DigitalTwins/digitaltwins/read"])
    definition = RoleDefinition(role_name="Twin reader", permissions=[reads], assignable_scopes=[GROUP])

    role = client.role_definitions.create_or_update(GROUP, ROLE, definition)
    client.role_definitions.create_or_update(GROUP, ROLE, definition)
    parameters = RoleAssignmentCreateParameters(
        role_definition_id=role.id, principal_id=EARTH_TENANT, principal_type="Group"
    )
    made = client.role_assignments.create(INSTANCE, ASSIGNMENT, parameters)

    assert client.role_definitions.get_by_id(role.id).permissions[0].data_actions == reads.data_actions
    assert made.created_on is not None
    found = client.role_assignments.list_for_scope(INSTANCE, filter=f"principalId eq '{EARTH_TENANT}'")
    assert [item.name for item in found] == [ASSIGNMENT]
    at_scope = client.role_assignments.list_for_scope(INSTANCE, filter="atScope()")
    assert {item.principal_type for item in at_scope} == {"ServicePrincipal", "Group"}
    assert client.role_assignments.delete_by_id(made.id).name == ASSIGNMENT
    assert client.role_definitions.delete(GROUP, ROLE).role_name == "Twin reader"
    assert client.role_definitions.delete(GROUP, ROLE) is None


def test_the_permissions_of_a_resource_are_listed(client: AuthorizationManagementClient) -> None:
    at_group = client.permissions.list_for_resource_group("rg-test")
    at_instance = client.permissions.list_for_resource(
        "rg-test", "Microsoft.DigitalTwins", "", "digitalTwinsInstances", "adt-test"
    )

    assert [item.actions for item in at_group] == [["*"]]
    assert [item.actions for item in at_instance] == [["*"]]


def test_a_refusal_reaches_the_caller_with_its_code(client: AuthorizationManagementClient) -> None:
    parameters = RoleAssignmentCreateParameters(
        role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        principal_id=EARTH_TENANT,
        principal_type="User",
    )

    with pytest.raises(HttpResponseError, match="UnmatchedPrincipalType"):
        client.role_assignments.create(INSTANCE, ASSIGNMENT, parameters)
