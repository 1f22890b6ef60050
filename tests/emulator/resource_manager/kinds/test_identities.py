from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-1"
ROLES = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
CONTRIBUTOR = f"{ROLES}/b24988ac-6180-42a0-ab88-20f7382dd24c"
DATA_READER = f"{ROLES}/d57506d4-4c8d-48b1-8587-93c323f6a5a3"
WEBSITE_CONTRIBUTOR = f"{ROLES}/de139f84-1756-47ae-9be6-808fbbe84772"
DRIFT = "77b20000-0000-4000-8000-000000000003"
GUID = "11111111-0000-4000-8000-000000000001"


def assign(arm: Any, identity_id: str) -> Any:
    body = {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity_id: {}}},
    }
    return arm.call("PUT", INSTANCE, body)


def test_a_user_assigned_identity_is_a_principal_with_a_client_id_of_its_own(arm: Any) -> None:
    made = arm.make("PUT", IDENTITY, {"location": "West Europe", "tags": {"a": "1"}})

    properties = made["properties"]
    assert (made["location"], made["tags"], made["type"]) == (
        "westeurope",
        {"a": "1"},
        "Microsoft.ManagedIdentity/userAssignedIdentities",
    )
    assert properties["tenantId"] == "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
    assert properties["principalId"] != properties["clientId"]
    assert arm.storage.get("managed-identities", properties["principalId"]) == {
        "resourceId": IDENTITY,
        "clientId": properties["clientId"],
    }
    assert arm.make("PUT", IDENTITY, {"location": "westeurope"})["properties"] == properties


def test_a_user_assigned_identity_holds_roles_which_stay_when_it_is_gone(arm: Any) -> None:
    principal_id = arm.make("PUT", IDENTITY, {"location": "westeurope"})["properties"]["principalId"]
    asked = {"principalId": principal_id, "principalType": "ServicePrincipal", "roleDefinitionId": DATA_READER}
    assert arm.put_assignment(GUID, asked).status_code == 201

    arm.make("DELETE", IDENTITY)

    listed = arm.list(
        f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments", f"principalId eq '{principal_id}'"
    )
    assert [item["name"] for item in listed] == [GUID]
    other = "22222222-0000-4000-8000-000000000002"
    assert arm.refusal_of(arm.put_assignment(other, asked, scope=GROUP)) == (400, "PrincipalNotFound")


def test_a_resource_answers_the_ids_of_the_identities_that_are_assigned_to_it(arm: Any) -> None:
    facts = arm.make("PUT", IDENTITY, {"location": "westeurope"})["properties"]

    answer = assign(arm, IDENTITY)

    assert answer.json()["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {
            IDENTITY: {"clientId": facts["clientId"], "principalId": facts["principalId"]},
        },
    }


def test_a_resource_can_have_both_kinds_of_identities(arm: Any) -> None:
    arm.make("PUT", IDENTITY, {"location": "westeurope"})
    both = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}

    identity = arm.make("PUT", INSTANCE, {"location": "westeurope", "identity": both})["identity"]

    assert {"principalId", "tenantId", "type", "userAssignedIdentities"} == set(identity)
    assert identity["principalId"] != identity["userAssignedIdentities"][IDENTITY]["principalId"]


def test_an_identity_that_is_no_identity_is_not_found(arm: Any) -> None:
    assert arm.refusal_of(assign(arm, IDENTITY)) == (400, "FailedIdentityOperation")
    assert arm.refusal_of(assign(arm, INSTANCE)) == (400, "FailedIdentityOperation")


@pytest.mark.parametrize(("role", "status"), [(CONTRIBUTOR, 200), (WEBSITE_CONTRIBUTOR, 403)])
def test_assigning_an_identity_to_a_site_takes_a_right_on_the_identity(web: Any, role: str, status: int) -> None:
    web.arm.put_assignment(GUID, {"principalId": DRIFT, "roleDefinitionId": role}, scope=GROUP).raise_for_status()

    answer = web.arm.call("PUT", web.site, web.body(), name="drift")

    assert answer.status_code == status
    assert (status == 200) or answer.json()["error"]["code"] == "LinkedAuthorizationFailed"


def test_a_refused_identity_is_named_with_the_action_that_is_missing(web: Any) -> None:
    asked = {"principalId": DRIFT, "roleDefinitionId": WEBSITE_CONTRIBUTOR}
    web.arm.put_assignment(GUID, asked, scope=GROUP).raise_for_status()

    message = web.arm.call("PUT", web.site, web.body(), name="drift").json()["error"]["message"]

    assert "'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'" in message
    assert web.identity in message
