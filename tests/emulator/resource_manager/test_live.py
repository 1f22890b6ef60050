"""Resource Manager as a client meets it: over TLS, with real tokens, beside the data plane that it decides about."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import Permission, RoleAssignmentCreateParameters, RoleDefinition
from azure.mgmt.digitaltwins import AzureDigitalTwinsManagementClient
from azure.mgmt.digitaltwins.models import DigitalTwinsDescription

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-test"
EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000010"
DATA_READER = (
    f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/"
    "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
)
ROLE, ASSIGNMENT = "aaaaaaaa-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000001"


class StaticToken:
    """A credential that has its token already."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, 4_000_000_000)


@pytest.fixture
def options(emulator: Any) -> dict[str, Any]:
    """What makes Azure's own clients talk to the local Azure; nothing else does."""
    return {
        "credential": StaticToken(emulator.token("deployer")),
        "subscription_id": SUBSCRIPTION_ID,
        "base_url": emulator.resource_manager,
        "credential_scopes": ["https://management.azure.com/.default"],
        "connection_verify": emulator.ca_file,
        "polling_interval": 0,
    }


@pytest.fixture
def client(options: dict[str, Any]) -> Iterator[AuthorizationManagementClient]:
    """With its own choice of API versions."""
    with AuthorizationManagementClient(**options) as client:
        yield client


def test_azures_client_makes_an_instance_that_answers_and_takes_it_away(emulator: Any, options: dict[str, Any]) -> None:
    emulator.call("PUT", GROUP, {"location": "westeurope"}, version="2021-04-01").raise_for_status()

    with AzureDigitalTwinsManagementClient(**options) as client:
        instances = client.digital_twins
        made = instances.begin_create_or_update(
            "rg-test", "adt-1", DigitalTwinsDescription(location="westeurope")
        ).result()
        read = instances.get("rg-test", "adt-1")
        models = f"https://{read.host_name}/models?api-version=2023-10-31"
        anonymous = requests.get(models, verify=emulator.ca_file, timeout=30)
        assert [item.name for item in instances.list()] == ["adt-1"]
        instances.begin_delete("rg-test", "adt-1").result()

        assert (read.id, read.host_name) == (made.id, made.host_name)
        assert anonymous.status_code == 401
        with pytest.raises(ResourceNotFoundError):
            instances.get("rg-test", "adt-1")


def test_azures_client_makes_reads_lists_and_deletes_a_role_and_its_assignment(
    emulator: Any, client: AuthorizationManagementClient
) -> None:
    instance = emulator.make_instance()
    definition = RoleDefinition(
        role_name="Twin reader",
        permissions=[Permission(data_actions=["Microsoft.DigitalTwins/digitaltwins/read"])],
        assignable_scopes=[GROUP],
    )

    role = client.role_definitions.create_or_update(GROUP, ROLE, definition)
    grant = RoleAssignmentCreateParameters(
        role_definition_id=role.id, principal_id=EARTH_TENANT, principal_type="Group"
    )
    made = client.role_assignments.create(instance, ASSIGNMENT, grant)

    named = client.role_definitions.list(GROUP, filter="roleName eq 'Twin reader'")
    assert [item.id for item in named] == [role.id] == [client.role_definitions.get(GROUP, ROLE).id]
    assert client.role_assignments.get(instance, ASSIGNMENT).id == made.id
    listed = client.role_assignments.list_for_resource(
        "rg-test", "Microsoft.DigitalTwins", "digitalTwinsInstances", "adt-test", filter="atScope()"
    )
    assert made.id in [item.id for item in listed]
    assert [item.actions for item in client.permissions.list_for_resource_group("rg-test")] == [["*"]]
    client.role_assignments.delete(instance, ASSIGNMENT)
    client.role_definitions.delete(GROUP, ROLE)
    with pytest.raises(ResourceNotFoundError):
        client.role_assignments.get(instance, ASSIGNMENT)
    with pytest.raises(ResourceNotFoundError):
        client.role_definitions.get(GROUP, ROLE)


@pytest.fixture
def reads(emulator: Any) -> Callable[[], bool]:
    """Whether earth, a member of the tenant's group, may read at the instance's data plane now."""
    endpoint = emulator.endpoint(emulator.make_instance())

    def ask() -> bool:
        # A token of its own each time: the clock that a test moves makes the last one old.
        headers = {"Authorization": f"Bearer {emulator.token('earth', 'instance')}"}
        url = f"{endpoint}/models?api-version=2023-10-31"
        status = requests.get(url, headers=headers, verify=emulator.ca_file, timeout=30).status_code
        assert status in {200, 403}
        return status == 200

    return ask


def test_a_new_and_a_removed_assignment_reach_the_data_plane_after_the_delay(
    emulator: Any, reads: Callable[[], bool]
) -> None:
    path = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}"
    emulator.control("PUT", "faults", {"role_propagation": 600})

    emulator.call("PUT", path, {"properties": {"principalId": EARTH_TENANT, "roleDefinitionId": DATA_READER}})
    assert emulator.call("GET", path).status_code == 200
    assert not reads()
    emulator.control("POST", "clock", {"advance": 601})
    assert reads()

    emulator.call("DELETE", path).raise_for_status()
    assert emulator.call("GET", path).status_code == 404
    assert reads()
    emulator.control("POST", "clock", {"advance": 601})
    assert not reads()


def test_without_the_fault_an_assignment_acts_at_once(emulator: Any, reads: Callable[[], bool]) -> None:
    path = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}"

    emulator.call("PUT", path, {"properties": {"principalId": EARTH_TENANT, "roleDefinitionId": DATA_READER}})
    assert reads()
    emulator.call("DELETE", path).raise_for_status()
    assert not reads()
