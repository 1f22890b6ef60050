import re
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.digitaltwins import AzureDigitalTwinsManagementClient
from azure.mgmt.digitaltwins.models import DigitalTwinsDescription, DigitalTwinsIdentity, DigitalTwinsPatchDescription

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000010"
DATA_READER = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/d57506d4-4c8d-48b1-8587-93c323f6a5a3"


@pytest.fixture
def client(arm: Any) -> Iterator[AzureDigitalTwinsManagementClient]:
    """Azure's own client, as it is."""
    transport = RequestsTransport(session=arm.session, session_owner=False)
    with AzureDigitalTwinsManagementClient(
        arm.credential(), SUBSCRIPTION_ID, base_url=arm.address, transport=transport, polling_interval=0
    ) as client:
        yield client


def test_azures_client_makes_changes_lists_and_deletes_an_instance(
    client: AzureDigitalTwinsManagementClient,
) -> None:
    wanted = DigitalTwinsDescription(location="westeurope", identity=DigitalTwinsIdentity(type="SystemAssigned"))

    made = client.digital_twins.begin_create_or_update("rg-test", "adt-2", wanted).result()
    changed = client.digital_twins.begin_update(
        "rg-test", "adt-2", DigitalTwinsPatchDescription(tags={"team": "a"})
    ).result()

    assert re.fullmatch(r"localhost:\d+", made.host_name or "")
    assert made.provisioning_state == "Succeeded"
    assert made.created_time is not None
    assert made.identity.principal_id is not None
    assert made.identity.tenant_id == "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
    assert (changed.tags, changed.host_name, changed.public_network_access) == (
        {"team": "a"},
        made.host_name,
        "Enabled",
    )
    assert changed.identity.principal_id == made.identity.principal_id
    assert [item.name for item in client.digital_twins.list()] == ["adt-test", "adt-2"]
    assert [item.name for item in client.digital_twins.list_by_resource_group("rg-test")] == ["adt-test", "adt-2"]

    client.digital_twins.begin_delete("rg-test", "adt-2").result()

    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        client.digital_twins.get("rg-test", "adt-2")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({}, "LocationRequired", "location"),
        ({"location": "westeurope", "sku": "S1"}, "InvalidRequestContent", "unknown property sku"),
        (
            {"location": "westeurope", "properties": {"publicNetworkAccess": "Maybe"}},
            "InvalidRequestContent",
            "publicNetworkAccess is 'Maybe', and must be one of: Enabled, Disabled",
        ),
        (
            {"location": "westeurope", "identity": {"type": "SystemAssigned, UserAssigned"}},
            "InvalidRequestContent",
            "SystemAssigned,UserAssigned",
        ),
        (
            {"location": "westeurope", "identity": {}},
            "InvalidRequestContent",
            "missing required property identity.type",
        ),
        ({"location": "westeurope", "identity": {"type": "UserAssigned"}}, "InvalidIdentity", "userAssignedIdentities"),
        (
            {"location": "westeurope", "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/x": {}}}},
            "FailedIdentityOperation",
            "'/x' was not found",
        ),
        (
            {"location": "westeurope", "identity": {"type": "None", "userAssignedIdentities": {"/x": {}}}},
            "InvalidIdentity",
            "cannot stand beside",
        ),
    ],
)
def test_an_instance_that_azure_would_refuse_is_refused(arm: Any, body: Any, code: str, message: str) -> None:
    answer = arm.call("PUT", f"{INSTANCE}-2", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert message in answer.json()["error"]["message"]
    assert arm.call("GET", f"{INSTANCE}-2").status_code == 404
    assert arm.host.served == [INSTANCE]


def test_a_name_against_the_rule_is_refused_with_the_rule(arm: Any) -> None:
    answer = arm.call("PUT", f"{INSTANCE}_", {"location": "westeurope"})

    assert answer.json()["error"]["code"] == "InvalidResourceName"
    assert "3-63 letters, digits and hyphens" in answer.json()["error"]["message"]


def test_an_instance_needs_its_resource_group(arm: Any) -> None:
    elsewhere = INSTANCE.replace("rg-test", "rg-none")

    assert arm.refusal("PUT", elsewhere, {"location": "westeurope"}) == (404, "ResourceGroupNotFound")


def test_neither_a_group_nor_an_instance_moves_to_another_region(arm: Any) -> None:
    assert arm.refusal("PUT", GROUP, {"location": "northeurope"}) == (409, "InvalidResourceGroupLocation")
    assert arm.refusal("PUT", INSTANCE, {"location": "northeurope"}) == (409, "InvalidResourceLocation")
    assert arm.make("PUT", INSTANCE, {"location": "West Europe"})["location"] == "westeurope"


def test_an_id_in_other_letters_means_the_same_resource_which_keeps_its_name(arm: Any) -> None:
    answer = arm.call("PUT", INSTANCE.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), {"location": "westeurope"})

    assert answer.status_code == 200
    assert answer.json()["id"] == INSTANCE
    assert answer.json()["name"] == "adt-test"


def test_the_identity_of_an_instance_can_hold_roles_and_is_the_same_each_time(arm: Any) -> None:
    body = {"location": "westeurope", "identity": {"type": "SystemAssigned"}}
    principal_id = arm.make("PUT", INSTANCE, body)["identity"]["principalId"]
    guid = "11111111-0000-4000-8000-000000000001"

    answer = arm.put_assignment(
        guid, {"principalId": principal_id, "principalType": "ServicePrincipal", "roleDefinitionId": DATA_READER}
    )

    assert answer.status_code == 201
    arm.make("DELETE", INSTANCE)
    assert arm.make("PUT", INSTANCE, body)["identity"]["principalId"] == principal_id


def test_deleting_a_group_removes_everything_in_it_and_every_assignment_below(arm: Any) -> None:
    guid = "11111111-0000-4000-8000-000000000001"
    arm.put_assignment(guid, {"principalId": EARTH_TENANT, "roleDefinitionId": DATA_READER}).raise_for_status()

    assert arm.call("DELETE", GROUP).status_code == 200

    assert arm.refusal("GET", INSTANCE) == (404, "ResourceGroupNotFound")
    assert arm.make("GET", f"{SUBSCRIPTION}/resourceGroups") == {"value": []}
    scopes = [
        item["properties"]["scope"]
        for item in arm.list(f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments")
    ]
    assert INSTANCE not in scopes
    assert arm.host.served == []
    # A group that is gone is said to be, where a resource that is gone is no error.
    assert arm.refusal("DELETE", GROUP) == (404, "ResourceGroupNotFound")
    assert arm.call("DELETE", INSTANCE).status_code == 204


def test_what_is_sent_as_null_says_nothing(arm: Any) -> None:
    body = {"location": "westeurope", "tags": None, "properties": {"publicNetworkAccess": None}}

    made = arm.make("PUT", INSTANCE, body)

    assert made["properties"]["publicNetworkAccess"] == "Enabled"
    assert "tags" not in made


def test_a_patch_changes_what_it_names_and_keeps_the_rest(arm: Any) -> None:
    arm.make("PUT", INSTANCE, {"location": "westeurope", "tags": {"a": "1"}})

    disabled = arm.make("PATCH", INSTANCE, {"properties": {"publicNetworkAccess": "Disabled"}})
    tagged = arm.make("PATCH", INSTANCE, {"tags": {"b": "2"}, "properties": None})

    assert (disabled["tags"], disabled["properties"]["publicNetworkAccess"]) == ({"a": "1"}, "Disabled")
    assert (tagged["tags"], tagged["properties"]["publicNetworkAccess"]) == ({"b": "2"}, "Disabled")


@pytest.mark.parametrize("body", [None, [], {"properties": "x"}, {"properties": [1]}, {"sku": "S1"}])
def test_a_patch_of_another_shape_is_refused(arm: Any, body: Any) -> None:
    assert arm.refusal("PATCH", INSTANCE, body) == (400, "InvalidRequestContent")


@pytest.mark.parametrize(
    ("name", "reads", "writes"), [("deployer", 200, 200), ("tagger", 403, 403), ("earth", 403, 403)]
)
def test_a_resource_opens_for_those_who_hold_the_action(arm: Any, name: str, reads: int, writes: int) -> None:
    assert arm.call("GET", INSTANCE, name=name).status_code == reads
    assert arm.call("PUT", INSTANCE, {"location": "westeurope"}, name=name).status_code == writes


def test_a_reader_reads_and_is_refused_the_rest(arm: Any) -> None:
    reader = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    drift = "77b20000-0000-4000-8000-000000000003"
    guid = "11111111-0000-4000-8000-000000000002"
    arm.put_assignment(guid, {"principalId": drift, "roleDefinitionId": reader}, scope=GROUP).raise_for_status()

    assert arm.call("GET", INSTANCE, name="drift").status_code == 200
    assert arm.refusal("DELETE", INSTANCE, name="drift") == (403, "AuthorizationFailed")
    assert arm.refusal("GET", f"{SUBSCRIPTION}/resourceGroups", name="drift") == (403, "AuthorizationFailed")


def test_a_pull_request_reads_the_stacks_group_and_writes_nothing(arm: Any) -> None:
    group = f"{SUBSCRIPTION}/resourceGroups/rg-digital-twins-rbac-local"
    instance = f"{group}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
    role = f"{group}/providers/Microsoft.Authorization/roleDefinitions/11111111-0000-4000-8000-000000000003"
    body = {"location": "westeurope"}
    properties = {"roleName": "r", "assignableScopes": [group]}
    arm.make("PUT", group, body)
    arm.make("PUT", instance, body)
    arm.make("PUT", role, {"properties": properties})

    for path in (group, instance, role, f"{instance}/providers/Microsoft.Authorization/roleAssignments"):
        assert arm.call("GET", path, name="pull-request").status_code == 200
    for method in ("PUT", "PATCH", "DELETE"):
        assert arm.refusal(method, group, body, name="pull-request") == (403, "AuthorizationFailed")
        assert arm.refusal(method, instance, body, name="pull-request") == (403, "AuthorizationFailed")
    assert arm.refusal("PUT", role, {"properties": properties}, name="pull-request") == (403, "AuthorizationFailed")
    assert arm.refusal("DELETE", role, name="pull-request") == (403, "AuthorizationFailed")
