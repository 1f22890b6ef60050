from typing import Any

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.locks.models import ManagementLockObject

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-test"
LOCKS = "/providers/Microsoft.Authorization/locks"
ASSIGNMENT = "11111111-0000-4000-8000-000000000001"
READS = {
    "principalId": "0f3c0000-0000-4000-8000-000000000010",
    "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
}
SETTING = {
    "properties": {"workspaceId": WORKSPACE, "logs": [{"categoryGroup": "allLogs", "enabled": True}], "metrics": []}
}
LOCKED = (409, "ScopeLocked")


def put_lock(arm: Any, scope: str = INSTANCE, level: str = "CanNotDelete") -> None:
    arm.make("PUT", f"{scope}{LOCKS}/keep", {"properties": {"level": level, "notes": "ask first"}})


def test_azures_client_locks_and_unlocks(arm: Any) -> None:
    transport = RequestsTransport(session=arm.session, session_owner=False)
    with ManagementLockClient(
        arm.credential(), SUBSCRIPTION_ID, base_url=arm.address, transport=transport, api_version="2016-09-01"
    ) as client:
        wanted = ManagementLockObject(level="CanNotDelete", notes="ask first")
        made = client.management_locks.create_or_update_by_scope(INSTANCE, "keep", wanted)
        assert (made.id, made.level) == (f"{INSTANCE}{LOCKS}/keep", "CanNotDelete")
        assert [lock.name for lock in client.management_locks.list_by_scope(GROUP)] == ["keep"]
        client.management_locks.delete_by_scope(INSTANCE, "keep")
        assert list(client.management_locks.list_by_scope(INSTANCE)) == []


def test_a_lock_holds_the_resource_what_it_lies_in_and_what_lies_in_it(arm: Any) -> None:
    arm.make("PUT", WORKSPACE, {"location": "westeurope"})
    arm.put_assignment(ASSIGNMENT, READS).raise_for_status()
    arm.make("PUT", f"{INSTANCE}/providers/Microsoft.Insights/diagnosticSettings/all", SETTING)
    put_lock(arm)

    assert arm.refusal("DELETE", INSTANCE) == LOCKED
    assert arm.refusal("DELETE", GROUP) == LOCKED
    assert arm.refusal("DELETE", f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}") == LOCKED
    assert arm.refusal("DELETE", f"{INSTANCE}/providers/Microsoft.Insights/diagnosticSettings/all") == LOCKED
    assert arm.call("DELETE", WORKSPACE).status_code == 200


def test_the_refusal_is_in_azures_words(arm: Any) -> None:
    put_lock(arm, GROUP)

    message = arm.call("DELETE", INSTANCE).json()["error"]["message"]

    assert message == (
        f"The scope '{INSTANCE}' cannot perform delete operation because following scope(s) are locked: "
        f"'{GROUP.lower()}'. Please remove the lock and try again."
    )


def test_a_lock_against_deletion_lets_everything_else_happen(arm: Any) -> None:
    put_lock(arm)

    arm.make("PUT", INSTANCE, {"location": "westeurope", "tags": {"a": "1"}})
    arm.make("PATCH", INSTANCE, {"tags": {"a": "2"}})
    assert arm.put_assignment(ASSIGNMENT, READS).status_code == 201


def test_what_is_read_only_takes_no_write_either(arm: Any) -> None:
    put_lock(arm, level="ReadOnly")

    assert arm.refusal("PUT", INSTANCE, {"location": "westeurope"}) == LOCKED
    assert arm.refusal("PATCH", INSTANCE, {"tags": {}}) == LOCKED
    assert arm.refusal_of(arm.put_assignment(ASSIGNMENT, READS)) == LOCKED
    assert arm.refusal("DELETE", INSTANCE) == LOCKED
    assert arm.call("GET", INSTANCE).status_code == 200
    arm.make("PUT", f"{INSTANCE}-2", {"location": "westeurope"})


def test_a_locked_subscription_keeps_its_role_definitions_and_a_locked_group_does_not(arm: Any) -> None:
    guid = "aaaaaaaa-0000-4000-8000-000000000001"
    definition = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    arm.put_role(guid).raise_for_status()

    put_lock(arm, SUBSCRIPTION)
    assert arm.refusal("DELETE", definition) == LOCKED
    arm.make("DELETE", f"{SUBSCRIPTION}{LOCKS}/keep")
    put_lock(arm, GROUP)
    arm.make("DELETE", definition)


def test_a_lock_itself_can_be_changed_and_taken_off(arm: Any) -> None:
    put_lock(arm, GROUP, "ReadOnly")
    put_lock(arm, INSTANCE)
    put_lock(arm, INSTANCE, "ReadOnly")

    arm.make("DELETE", f"{INSTANCE}{LOCKS}/keep")
    arm.make("DELETE", f"{GROUP}{LOCKS}/keep")
    arm.make("DELETE", INSTANCE)

    assert arm.call("GET", INSTANCE).status_code == 404


def test_a_lock_takes_a_right_of_its_own(arm: Any) -> None:
    contributor = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
    drift = "77b20000-0000-4000-8000-000000000003"
    asked = {"principalId": drift, "roleDefinitionId": contributor}
    arm.put_assignment(ASSIGNMENT, asked, scope=GROUP).raise_for_status()
    put_lock(arm)

    body = {"properties": {"level": "CanNotDelete"}}
    assert arm.refusal("PUT", f"{INSTANCE}{LOCKS}/mine", body, name="drift") == (403, "AuthorizationFailed")
    assert arm.refusal("DELETE", f"{INSTANCE}{LOCKS}/keep", name="drift") == (403, "AuthorizationFailed")
    assert arm.refusal("DELETE", INSTANCE, name="drift") == LOCKED


@pytest.mark.parametrize(
    ("scope", "properties", "status", "code"),
    [
        (INSTANCE, {"level": "CannotDelete"}, 400, "InvalidRequestContent"),
        (INSTANCE, {}, 400, "InvalidRequestContent"),
        (f"{INSTANCE}-2", {"level": "CanNotDelete"}, 404, "ResourceNotFound"),
    ],
)
def test_a_lock_that_azure_would_refuse_is_refused(
    arm: Any, scope: str, properties: Any, status: int, code: str
) -> None:
    assert arm.refusal("PUT", f"{scope}{LOCKS}/keep", {"properties": properties}) == (status, code)
