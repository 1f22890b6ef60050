from typing import Any

import pytest

TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
DEPLOYER = "77b20000-0000-4000-8000-000000000001"
DRIFT = "77b20000-0000-4000-8000-000000000003"
EARTH = "0f3c0000-0000-4000-8000-000000000011"
EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000010"
SCOPE_ID = "5c0be000-0000-4000-8000-000000000001"
ROLE_ID = "401e0000-0000-4000-8000-000000000001"


def role(**properties: object) -> dict[str, object]:
    usual = {"id": ROLE_ID, "displayName": "r", "description": "d", "allowedMemberTypes": ["User"], "value": "r"}
    return {**usual, **properties}


def test_a_new_application_has_what_graph_fills_in(graph: Any) -> None:
    application = graph.ask("POST", "/applications", {"displayName": "gateway"})

    assert application["@odata.context"] == "https://graph.microsoft.com/v1.0/$metadata#applications/$entity"
    assert application["displayName"] == "gateway"
    assert application["id"] != application["appId"]
    assert application["signInAudience"] == "AzureADMyOrg"
    assert application["identifierUris"] == application["appRoles"] == []
    assert application["api"]["requestedAccessTokenVersion"] is None
    assert "owners" not in application


def test_it_is_read_back_as_it_was_made(graph: Any) -> None:
    made = graph.register(groupMembershipClaims="ApplicationGroup")

    assert graph.ask("GET", f"/applications/{made['id']}") == made
    assert graph.ask("GET", "/applications")["value"] == [
        {key: value for key, value in made.items() if not key.startswith("@")}
    ]
    (scope,), (app_role,) = made["api"]["oauth2PermissionScopes"], made["appRoles"]
    assert (scope["id"], scope["isEnabled"], scope["type"]) == (SCOPE_ID, True, "User")
    assert (app_role["id"], app_role["isEnabled"]) == (ROLE_ID, True)


def test_a_patch_changes_what_it_names_and_leaves_the_rest(graph: Any) -> None:
    made = graph.register()
    uri = f"api://{made['appId']}"

    changed = graph.call("PATCH", f"/applications/{made['id']}", {"identifierUris": [uri], "api": {}})

    assert (changed.status_code, changed.content) == (204, b"")
    assert graph.ask("GET", f"/applications/{made['id']}") == {**made, "identifierUris": [uri]}


def test_null_puts_a_property_back_to_what_a_new_application_has(graph: Any) -> None:
    made = graph.register(description="d", signInAudience="AzureADMultipleOrgs")

    graph.ask("PATCH", f"/applications/{made['id']}", {"description": None, "signInAudience": None})

    read = graph.ask("GET", f"/applications/{made['id']}")
    assert (read["description"], read["signInAudience"]) == (None, "AzureADMyOrg")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "missing required property displayName"),
        ({"displayName": " "}, "Invalid value specified for property 'displayName'"),
        ({"displayName": "a", "colour": "red"}, "unknown property colour"),
        ({"displayName": "a", "signInAudience": "Everybody"}, "signInAudience is 'Everybody', and must be one of"),
        ({"displayName": "a", "groupMembershipClaims": "Groups"}, "groupMembershipClaims is 'Groups'"),
        ({"displayName": "a", "api": {"requestedAccessTokenVersion": 3}}, "requestedAccessTokenVersion"),
        ({"displayName": "a", "appRoles": [role(id="r")]}, "'r' is no GUID"),
        ({"displayName": "a", "appRoles": [role(allowedMemberTypes=["Group"])]}, "is 'Group', and must be one of"),
        ({"displayName": "a", "appRoles": [role(), role(value="s")]}, "must differ in their id"),
        (
            {
                "displayName": "a",
                "appRoles": [role()],
                "api": {"oauth2PermissionScopes": [{"id": SCOPE_ID, "value": "r"}]},
            },
            "must differ in their value: 'r'",
        ),
        ({"displayName": "a", "identifierUris": ["api://gateway"]}, "must use a verified domain"),
        ({"displayName": "a", "owners@odata.bind": [f"https://g/v1.0/directoryObjects/{EARTH_TENANT}"]}, "'owners'"),
    ],
)
def test_what_graph_would_not_take_is_refused(body: Any, problem: str, graph: Any) -> None:
    status, _, message = graph.refusal("POST", "/applications", body)

    assert status == 400
    assert problem in message
    assert graph.ask("GET", "/applications")["value"] == []


def test_an_identifier_uri_names_the_application_or_a_verified_domain(graph: Any) -> None:
    made, other = graph.register(), graph.register()
    path = f"/applications/{made['id']}"
    good = [
        f"api://{made['appId']}",
        f"api://{TENANT}/{made['appId']}",
        "https://api.digital-twins-rbac.onmicrosoft.com/twins",
        "api://digital-twins-rbac.onmicrosoft.com/twins",
    ]

    graph.ask("PATCH", path, {"identifierUris": good})

    assert graph.ask("GET", path)["identifierUris"] == good
    for bad in (f"api://{other['appId']}", "https://example.com", "https://digital-twins-rbac.onmicrosoft.com.example"):
        assert graph.refusal("PATCH", path, {"identifierUris": [bad]})[1] == "HostNameNotOnVerifiedDomain"
    assert graph.ask("GET", path)["identifierUris"] == good


def test_an_identifier_uri_is_one_applications_alone(graph: Any) -> None:
    uri = "api://digital-twins-rbac.onmicrosoft.com/twins"
    graph.register(identifierUris=[uri])

    status, code, message = graph.refusal("POST", "/applications", {"displayName": "b", "identifierUris": [uri]})

    assert (status, code) == (400, "Request_MultipleObjectsWithSameKeyValue")
    assert message == "Another object with the same value for property identifierUris already exists."


@pytest.mark.parametrize("name", ["appRoles", "oauth2PermissionScopes"])
def test_an_enabled_role_or_scope_is_disabled_before_it_goes(name: str, graph: Any) -> None:
    made = graph.register()
    path = f"/applications/{made['id']}"
    items = made["appRoles"] if name == "appRoles" else made["api"]["oauth2PermissionScopes"]

    def patch(value: Any) -> Any:
        return {name: value} if name == "appRoles" else {"api": {name: value}}

    status, code, _ = graph.refusal("PATCH", path, patch([]))
    assert (status, code) == (400, "CannotDeleteOrUpdateEnabledEntitlement")
    graph.ask("PATCH", path, patch([{**items[0], "isEnabled": False}]))
    graph.ask("PATCH", path, patch([]))

    read = graph.ask("GET", path)
    assert (read["appRoles"] if name == "appRoles" else read["api"][name]) == []


def test_who_registers_it_owns_it_and_names_others(graph: Any) -> None:
    address = f"https://graph.microsoft.com/v1.0/directoryObjects/{EARTH}"
    made = graph.register(**{"owners@odata.bind": [address, f"https://x/directoryObjects/{DEPLOYER}"]})

    owners = graph.ask("GET", f"/applications/{made['id']}/owners")["value"]

    assert owners == [{"id": DEPLOYER}, {"id": EARTH}]


def test_an_owner_is_added_and_removed(graph: Any) -> None:
    path = f"/applications/{graph.register()['id']}/owners"
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{DRIFT}"}

    graph.ask("POST", f"{path}/$ref", reference)
    assert graph.refusal("POST", f"{path}/$ref", reference)[0] == 400
    graph.ask("DELETE", f"{path}/{DEPLOYER}/$ref")

    assert graph.ask("GET", path, name="drift")["value"] == [{"id": DRIFT}]
    # What it does not own it can neither read nor write any more.
    assert graph.refusal("GET", path)[:2] == (403, "Authorization_RequestDenied")


def test_a_deleted_application_takes_its_service_principal_and_assignments_along(graph: Any, emulator: Any) -> None:
    application = graph.register()
    principal = graph.install(application)
    graph.assign(principal, EARTH)
    other = graph.register()
    kept = graph.assign(graph.install(other), EARTH)

    graph.ask("DELETE", f"/applications/{application['id']}")

    assert graph.refusal("GET", f"/applications/{application['id']}")[:2] == (404, "Request_ResourceNotFound")
    assert graph.refusal("GET", f"/servicePrincipals/{principal['id']}")[0] == 404
    assert graph.refusal("DELETE", f"/applications/{application['id']}")[0] == 404
    (left,) = graph.ask("GET", "/servicePrincipals")["value"]
    assert left["appId"] == other["appId"]
    assigned = graph.ask("GET", f"/servicePrincipals/{left['id']}/appRoleAssignedTo")["value"]
    assert [assignment["id"] for assignment in assigned] == [kept["id"]]
