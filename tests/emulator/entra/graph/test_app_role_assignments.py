from typing import Any

import pytest

EARTH = "0f3c0000-0000-4000-8000-000000000011"
EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000010"
WIND = "51aa0000-0000-4000-8000-000000000031"
NOBODY = "11111111-2222-4333-8444-555555555555"
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
ROLE_ID = "401e0000-0000-4000-8000-000000000001"


@pytest.fixture
def principal(graph: Any) -> Any:
    return graph.install(graph.register())


@pytest.mark.parametrize(
    ("principal_id", "principal_type", "name"),
    [(EARTH, "User", "earth"), (EARTH_TENANT, "Group", "earth-tenant"), (WIND, "ServicePrincipal", "wind")],
)
def test_a_user_a_group_or_an_application_is_assigned(
    principal_id: str, principal_type: str, name: str, principal: Any, graph: Any
) -> None:
    made = graph.assign(principal, principal_id)

    assert (made["principalId"], made["principalType"], made["principalDisplayName"]) == (
        principal_id,
        principal_type,
        name,
    )
    assert (made["resourceId"], made["resourceDisplayName"]) == (principal["id"], "gateway")
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"
    assert [item["id"] for item in graph.ask("GET", path)["value"]] == [made["id"]]
    assert graph.ask("GET", f"{path}/{made['id']}") == made


def test_so_is_the_identity_of_a_resource(principal: Any, graph: Any, emulator: Any) -> None:
    instance_id = emulator.make_instance()
    body = {"location": "westeurope", "identity": {"type": "SystemAssigned"}}
    instance = emulator.call("PUT", instance_id, body, version="2023-01-31").json()

    made = graph.assign(principal, instance["identity"]["principalId"])

    assert (made["principalType"], made["principalDisplayName"]) == ("ServicePrincipal", "adt-test")


def test_an_assignment_is_taken_away(principal: Any, graph: Any) -> None:
    made = graph.assign(principal, EARTH)
    path = f"/servicePrincipals/{principal['id']}/appRoleAssignedTo"

    graph.ask("DELETE", f"{path}/{made['id']}")

    assert graph.ask("GET", path)["value"] == []
    assert graph.refusal("DELETE", f"{path}/{made['id']}")[:2] == (404, "Request_ResourceNotFound")
    assert graph.refusal("GET", f"{path}/{made['id']}")[:2] == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"principalId": NOBODY}, "Not a valid reference update"),
        ({"principalId": "earth"}, "'earth' is no GUID"),
        ({"appRoleId": NOBODY}, "Permission being assigned was not found on application"),
        # The application declares a role: the default one is not for it.
        ({"appRoleId": DEFAULT_ROLE}, "Permission being assigned was not found on application"),
        ({"resourceId": NOBODY}, "the address names"),
        ({"role": ROLE_ID}, "unknown property role"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, str], problem: str, principal: Any, graph: Any) -> None:
    body = {"principalId": EARTH, "resourceId": principal["id"], "appRoleId": ROLE_ID, **change}

    status, _, message = graph.refusal("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body)

    assert status == 400
    assert problem in message


def test_the_same_assignment_again_is_refused(principal: Any, graph: Any) -> None:
    graph.assign(principal, EARTH)
    body = {"principalId": EARTH.upper(), "resourceId": principal["id"], "appRoleId": ROLE_ID}

    refusal = graph.refusal("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body)

    assert refusal == (400, "Request_BadRequest", "Permission being assigned already exists on the object")


@pytest.mark.parametrize(
    ("allowed", "principal_id", "problem"),
    [
        (["Application"], EARTH, "cannot be assigned to a User: it is for Application"),
        (["Application"], EARTH_TENANT, "cannot be assigned to a Group: it is for Application"),
        (["User"], WIND, "cannot be assigned to a ServicePrincipal: it is for User"),
    ],
)
def test_a_role_is_for_its_member_types_alone(allowed: list[str], principal_id: str, problem: str, graph: Any) -> None:
    role = {"id": ROLE_ID, "value": "r", "displayName": "r", "description": "d", "allowedMemberTypes": allowed}
    principal = graph.install(graph.register(appRoles=[role]))
    body = {"principalId": principal_id, "resourceId": principal["id"], "appRoleId": ROLE_ID}

    assert problem in graph.refusal("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body)[2]


def test_an_application_without_roles_has_the_default_one(graph: Any) -> None:
    principal = graph.install(graph.register(appRoles=[]))

    assert graph.assign(principal, EARTH, DEFAULT_ROLE)["appRoleId"] == DEFAULT_ROLE


def test_an_unknown_service_principal_is_named(graph: Any) -> None:
    status, code, message = graph.refusal("GET", f"/servicePrincipals/{NOBODY}/appRoleAssignedTo")

    assert (status, code) == (404, "Request_ResourceNotFound")
    assert NOBODY in message
