from typing import Any

import pytest

DEPLOYER = "77b20000-0000-4000-8000-000000000001"
EARTH = "0f3c0000-0000-4000-8000-000000000011"


def test_a_service_principal_shows_what_its_application_offers(graph: Any) -> None:
    application = graph.register()
    principal = graph.install(application, appRoleAssignmentRequired=True)
    uri = f"api://{application['appId']}"
    graph.ask("PATCH", f"/applications/{application['id']}", {"identifierUris": [uri]})

    read = graph.ask("GET", f"/servicePrincipals/{principal['id']}")

    assert read["appId"] == application["appId"]
    assert (read["displayName"], read["servicePrincipalType"]) == ("gateway", "Application")
    assert (read["accountEnabled"], read["appRoleAssignmentRequired"]) == (True, True)
    assert [role["value"] for role in read["appRoles"]] == ["Twins.Read"]
    assert [scope["value"] for scope in read["oauth2PermissionScopes"]] == ["user_impersonation"]
    assert read["servicePrincipalNames"] == [application["appId"], uri]
    assert "owners" not in read
    assert graph.ask("GET", f"/servicePrincipals/{principal['id']}/owners")["value"] == [{"id": DEPLOYER}]


def test_it_is_changed_in_place(graph: Any) -> None:
    principal = graph.install(graph.register(), notes="n")
    path = f"/servicePrincipals/{principal['id']}"

    graph.ask("PATCH", path, {"appRoleAssignmentRequired": True, "notes": None})

    read = graph.ask("GET", path)
    assert (read["appRoleAssignmentRequired"], read["notes"]) == (True, None)


def test_an_application_has_one_of_them(graph: Any) -> None:
    application = graph.register()
    graph.install(application)

    status, code, message = graph.refusal("POST", "/servicePrincipals", {"appId": application["appId"]})

    assert (status, code) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert application["appId"] in message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "Request_BadRequest"),
        ({"appId": "gateway"}, "Request_BadRequest"),
        ({"appId": "11111111-2222-4333-8444-555555555555"}, "NoBackingApplicationObject"),
        ({"appId": "11111111-2222-4333-8444-555555555555", "accountEnabled": "yes"}, "Request_BadRequest"),
    ],
)
def test_one_without_an_application_is_refused(body: Any, code: str, graph: Any) -> None:
    assert graph.refusal("POST", "/servicePrincipals", body)[:2] == (400, code)


def test_a_deleted_one_takes_its_assignments_along_and_leaves_the_application(graph: Any) -> None:
    application = graph.register()
    principal = graph.install(application)
    graph.assign(principal, EARTH)

    graph.ask("DELETE", f"/servicePrincipals/{principal['id']}")

    assert graph.refusal("GET", f"/servicePrincipals/{principal['id']}")[0] == 404
    again = graph.install(application)
    assert graph.ask("GET", f"/servicePrincipals/{again['id']}/appRoleAssignedTo")["value"] == []
