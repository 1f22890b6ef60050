from typing import Any

import pytest

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-test"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st1"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/c-1"
BODY = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}


def test_an_account_answers_where_its_services_are(arm: Any) -> None:
    made = arm.make("PUT", ACCOUNT, {**BODY, "properties": {"allowSharedKeyAccess": False}})

    properties = made["properties"]
    assert (made["sku"], made["kind"], made["location"]) == ({"name": "Standard_LRS"}, "StorageV2", "westeurope")
    assert properties["primaryEndpoints"]["blob"] == "https://localhost:21000/st1/"
    assert set(properties["primaryEndpoints"]) == {"blob", "queue", "table", "file", "dfs", "web"}
    assert len(set(properties["primaryEndpoints"].values())) == 6
    assert properties["allowSharedKeyAccess"] is False
    assert (properties["allowBlobPublicAccess"], properties["supportsHttpsTrafficOnly"]) == (False, True)
    assert properties["provisioningState"] == "Succeeded"


def test_a_change_keeps_the_time_of_creation(arm: Any) -> None:
    made = arm.make("PUT", ACCOUNT, BODY)

    changed = arm.make("PUT", ACCOUNT, {**BODY, "tags": {"a": "1"}})

    assert changed["properties"]["creationTime"] == made["properties"]["creationTime"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({**BODY, "sku": {"name": "Cheap"}}, "sku.name is 'Cheap'"),
        ({**BODY, "kind": "Bucket"}, "kind is 'Bucket'"),
        ({key: value for key, value in BODY.items() if key != "sku"}, "missing required property sku"),
        ({**BODY, "properties": {"minimumTlsVersion": "TLS9"}}, "properties.minimumTlsVersion is 'TLS9'"),
        ({**BODY, "properties": {"networkAcls": {"defaultAction": "Maybe"}}}, "defaultAction is 'Maybe'"),
        (
            {**BODY, "properties": {"networkAcls": {"defaultAction": "Deny", "ipRules": []}}},
            "properties.networkAcls.ipRules is not supported by the local Azure",
        ),
    ],
)
def test_an_account_that_azure_would_refuse_is_refused(arm: Any, body: Any, message: str) -> None:
    answer = arm.call("PUT", ACCOUNT, body)

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_the_name_of_an_account_is_unique_in_azure(arm: Any) -> None:
    other = GROUP.replace("rg-test", "rg-other")
    arm.make("PUT", other, {"location": "westeurope"})
    arm.make("PUT", ACCOUNT, BODY)

    assert arm.refusal("PUT", ACCOUNT.replace("rg-test", "rg-other"), BODY) == (409, "StorageAccountAlreadyTaken")


def test_a_container_needs_its_account(arm: Any) -> None:
    assert arm.refusal("PUT", CONTAINER, {}) == (404, "ParentResourceNotFound")
    assert arm.refusal("GET", CONTAINER) == (404, "ParentResourceNotFound")
    missing = CONTAINER.replace("rg-test", "rg-none")
    assert arm.refusal("PUT", missing, {}) == (404, "ResourceGroupNotFound")


def test_a_container_is_made_listed_and_deleted_with_its_blobs(arm: Any) -> None:
    arm.make("PUT", ACCOUNT, BODY)

    answer = arm.call("PUT", CONTAINER, {"properties": {"metadata": {"a": "1"}}})

    assert answer.status_code == 201
    assert answer.json()["name"] == "c-1"
    assert answer.json()["type"] == "Microsoft.Storage/storageAccounts/blobServices/containers"
    assert answer.json()["properties"]["publicAccess"] == "None"
    assert arm.call("PUT", CONTAINER, {}).status_code == 200
    assert [item["id"] for item in arm.list(f"{ACCOUNT}/blobServices/default/containers")] == [CONTAINER]
    arm.make("DELETE", CONTAINER)
    assert arm.blobs.dropped == [CONTAINER]
    assert arm.refusal("GET", CONTAINER) == (404, "ResourceNotFound")


def test_a_container_is_public_only_where_its_account_allows_it(arm: Any) -> None:
    public = {"properties": {"publicAccess": "Blob"}}
    arm.make("PUT", ACCOUNT, BODY)
    assert arm.refusal("PUT", CONTAINER, public) == (409, "PublicAccessNotPermitted")

    arm.make("PUT", ACCOUNT, {**BODY, "properties": {"allowBlobPublicAccess": True}})

    assert arm.make("PUT", CONTAINER, public)["properties"]["publicAccess"] == "Blob"


def test_the_blobs_go_with_the_account_and_with_the_group(arm: Any) -> None:
    arm.make("PUT", ACCOUNT, BODY)
    arm.make("PUT", CONTAINER, {})

    arm.make("DELETE", GROUP)

    assert arm.blobs.dropped == [CONTAINER, ACCOUNT]


def test_a_data_role_acts_in_the_container_that_it_is_assigned_at_and_in_no_other(arm: Any) -> None:
    drift = "77b20000-0000-4000-8000-000000000003"
    role = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    arm.make("PUT", ACCOUNT, BODY)
    arm.make("PUT", CONTAINER, {})
    asked = {"principalId": drift, "roleDefinitionId": role}
    arm.put_assignment("11111111-0000-4000-8000-000000000001", asked, scope=CONTAINER).raise_for_status()
    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"

    assert arm.access.allows_data(drift, f"{blobs}/read", CONTAINER)
    assert not arm.access.allows_data(drift, f"{blobs}/write", CONTAINER)
    assert not arm.access.allows_data(drift, f"{blobs}/read", f"{CONTAINER}2")
    assert not arm.access.allows_data(drift, f"{blobs}/read", ACCOUNT)
