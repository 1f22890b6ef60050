import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue

from emulator.provider.errors import AlreadyExists, NotInLocalAzure, NotReachable, ProviderError, Refused
from emulator.provider.wire import UNKNOWN

APPLICATION = "azuread:index/application:Application"
IDENTIFIER_URI = "azuread:index/applicationIdentifierUri:ApplicationIdentifierUri"
PRE_AUTHORIZED = "azuread:index/applicationPreAuthorized:ApplicationPreAuthorized"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"
DEPLOYER = "77b20000-0000-4000-8000-000000000001"
DRIFT = "77b20000-0000-4000-8000-000000000003"
EARTH = "0f3c0000-0000-4000-8000-000000000011"
FIRE = "0f3c0000-0000-4000-8000-000000000021"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
OTHER_CLIENT = "c11e0000-0000-4000-8000-000000000002"
SCOPE_ID = "5c0be000-0000-4000-8000-000000000001"
ROLE_ID = "401e0000-0000-4000-8000-000000000001"
OTHER_ROLE_ID = "401e0000-0000-4000-8000-000000000002"
SCOPE = {"id": SCOPE_ID, "value": "user_impersonation", "type": "User", "enabled": True}
ROLE = {
    "id": ROLE_ID,
    "value": "Twins.Read",
    "displayName": "Twins.Read",
    "description": "Reads twins.",
    "allowedMemberTypes": ["User", "Application"],
    "enabled": True,
}
GATEWAY = {
    "displayName": "gateway",
    "owners": [DEPLOYER],
    "signInAudience": "AzureADMyOrg",
    "groupMembershipClaims": ["ApplicationGroup"],
    "api": {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [SCOPE]},
    "appRoles": [ROLE],
    "web": {"redirectUris": ["https://a/callback"], "implicitGrant": {"idTokenIssuanceEnabled": True}},
}


@pytest.fixture
def application(engine: Any) -> Any:
    """Id and state of the gateway's registration."""
    return engine.create(APPLICATION, GATEWAY)


@pytest.fixture
def principal(engine: Any, application: Any) -> Any:
    """Id and state of its service principal."""
    return engine.create(PRINCIPAL, {"clientId": application[1]["clientId"], "owners": [DEPLOYER]})


@pytest.fixture
def authorized(engine: Any, application: Any) -> Any:
    """Id and state of the Azure CLI as a client that needs no consent."""
    inputs = {"applicationId": application[0], "authorizedClientId": AZURE_CLI, "permissionIds": [SCOPE_ID]}
    return engine.create(PRE_AUTHORIZED, inputs)


@pytest.mark.parametrize(
    ("pulumi_type", "inputs", "problems"),
    [
        (APPLICATION, GATEWAY, {}),
        (APPLICATION, {}, {"displayName": "missing required property 'displayName'"}),
        (APPLICATION, {"displayName": ""}, {"displayName": "missing required property 'displayName'"}),
        (APPLICATION, {"displayName": "a", "colour": "red"}, {"colour": "unknown property colour; azuread:index/app"}),
        (APPLICATION, {"displayName": "a", "logoImage": "x"}, {"logoImage": "logoImage is not supported by the local"}),
        (
            APPLICATION,
            {"displayName": "a", "signInAudience": "All"},
            {"signInAudience": "signInAudience is 'All', and"},
        ),
        (
            APPLICATION,
            {"displayName": "a", "groupMembershipClaims": ["Groups"]},
            {"groupMembershipClaims": "groupMembershipClaims[0] is 'Groups', and must be one of: None, SecurityGroup"},
        ),
        (APPLICATION, {"displayName": "a", "api": {"requestedAccessTokenVersion": 3}}, {"api": "api.requestedAccess"}),
        (
            APPLICATION,
            {"displayName": "a", "appRoles": [{**ROLE, "id": "r"}]},
            {"appRoles": "appRoles[0].id is 'r', an"},
        ),
        (APPLICATION, {"displayName": "a", "appRoles": [{"id": ROLE_ID}]}, {"appRoles": "missing required property"}),
        (APPLICATION, {"displayName": "a", "owners": ["me"]}, {"owners": "owners[0] is 'me', and must be a GUID"}),
        (PRINCIPAL, {"clientId": "gateway"}, {"clientId": "clientId is 'gateway', and must be a GUID"}),
        (PRINCIPAL, {"clientId": SCOPE_ID, "useExisting": True}, {"useExisting": "useExisting is not supported by"}),
        (IDENTIFIER_URI, {"applicationId": "/applications/x"}, {"identifierUri": "missing required property"}),
        (
            PRE_AUTHORIZED,
            {"applicationId": "/applications/x", "authorizedClientId": "azure-cli"},
            {"authorizedClientId": "authorizedClientId is 'azure-cli'", "permissionIds": "missing required property"},
        ),
        (
            PRE_AUTHORIZED,
            {"applicationId": UNKNOWN, "authorizedClientId": AZURE_CLI, "permissionIds": ["user_impersonation"]},
            {"permissionIds": "permissionIds[0] is 'user_impersonation', and must be a GUID"},
        ),
        (
            ASSIGNMENT,
            {"appRoleId": "Twins.Read", "principalObjectId": EARTH},
            {"appRoleId": "appRoleId is 'Twins.Read'", "resourceObjectId": "missing required property"},
        ),
    ],
)
def test_what_azuread_would_refuse_is_named(pulumi_type: str, inputs: Any, problems: Any, offline: Any) -> None:
    found = offline.problems(pulumi_type, inputs)

    assert found.keys() == problems.keys()
    assert all(found[key].startswith(problem) for key, problem in problems.items())


def test_what_is_unknown_yet_is_judged_later(offline: Any) -> None:
    assert (
        offline.problems(ASSIGNMENT, dict.fromkeys(("appRoleId", "principalObjectId", "resourceObjectId"), UNKNOWN))
        == {}
    )
    assert offline.problems(APPLICATION, {"displayName": UNKNOWN, "owners": [UNKNOWN, DEPLOYER]}) == {}


def test_a_type_or_function_that_the_local_azure_does_not_have_is_named(offline: Any) -> None:
    with pytest.raises(NotInLocalAzure, match="the local Azure has no azuread:index/group:Group; see docs/"):
        offline.check("azuread:index/group:Group", {})
    with pytest.raises(NotInLocalAzure, match="function azuread:index/getUser:getUser"):
        offline.invoke("azuread:index/getUser:getUser")


def test_a_secret_stays_one(engine: Any) -> None:
    inputs = {**GATEWAY, "notes": PropertyValue("hidden", is_secret=True)}

    assert (engine.check(APPLICATION, inputs).inputs or {})["notes"].is_secret


def test_an_application_is_made_and_answers_what_others_need(application: Any) -> None:
    resource_id, state = application

    assert resource_id == f"/applications/{state['objectId']}"
    assert state["appRoleIds"] == {"Twins.Read": ROLE_ID}
    assert state["oauth2PermissionScopeIds"] == {"user_impersonation": SCOPE_ID}
    assert state["owners"] == [DEPLOYER]
    assert state["groupMembershipClaims"] == ["ApplicationGroup"]
    assert state["api"]["requestedAccessTokenVersion"] == 2
    assert state["web"]["redirectUris"] == ["https://a/callback"]
    assert state["clientId"] != state["objectId"]


def test_the_same_inputs_again_are_no_difference(application: Any, offline: Any) -> None:
    # The service answers more than was said, and lists in whatever order.
    shuffled = {**GATEWAY, "appRoles": [{**ROLE, "allowedMemberTypes": ["Application", "User"]}]}

    assert offline.diff(APPLICATION, application[1], GATEWAY).changes is False
    assert offline.diff(APPLICATION, application[1], shuffled).changes is False


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"displayName": "b"}, {"displayName": "UPDATE"}),
        ({"description": "d"}, {"description": "ADD"}),
        ({"groupMembershipClaims": None}, {"groupMembershipClaims": "DELETE"}),
        (
            {"api": {"requestedAccessTokenVersion": 1, "oauth2PermissionScopes": [SCOPE]}},
            {"api.requestedAccessTokenVersion": "DELETE"},
        ),
        ({"appRoles": [{**ROLE, "enabled": False}]}, {"appRoles[0].enabled": "ADD"}),
        ({"appRoles": []}, {"appRoles": "DELETE"}),
        ({"owners": [DEPLOYER, DRIFT]}, {"owners[1]": "ADD"}),
        ({"tags": ["a"]}, {"tags": "ADD"}),
        ({"signInAudience": None, "tags": None}, {}),
    ],
)
def test_a_change_is_an_update_in_place(change: Any, paths: Any, application: Any, offline: Any) -> None:
    inputs = {key: value for key, value in {**GATEWAY, **change}.items() if value is not None}

    diff = offline.diff(APPLICATION, application[1], inputs)

    assert {path: entry.kind.name for path, entry in diff.detailed_diff.items()} == paths
    assert (diff.replaces, diff.delete_before_replace) == ([], False)


@pytest.mark.parametrize(
    ("pulumi_type", "key"),
    [
        (PRINCIPAL, "clientId"),
        (IDENTIFIER_URI, "applicationId"),
        (IDENTIFIER_URI, "identifierUri"),
        (PRE_AUTHORIZED, "applicationId"),
        (PRE_AUTHORIZED, "authorizedClientId"),
        (ASSIGNMENT, "appRoleId"),
        (ASSIGNMENT, "principalObjectId"),
        (ASSIGNMENT, "resourceObjectId"),
    ],
)
@pytest.mark.parametrize("new", ["b", UNKNOWN])
def test_what_cannot_change_is_replaced(pulumi_type: str, key: str, new: str, offline: Any) -> None:
    diff = offline.diff(pulumi_type, {key: "a"}, {key: new})

    assert diff.replaces == [key]
    assert diff.delete_before_replace is True
    assert diff.detailed_diff[key].kind.name == "UPDATE_REPLACE"


def test_a_preview_of_something_new_asks_nobody(offline: Any) -> None:
    made, state = offline.create(APPLICATION, {**GATEWAY, "displayName": UNKNOWN}, preview=True)
    _, principal = offline.create(PRINCIPAL, {"clientId": UNKNOWN}, preview=True)

    assert made == ""
    assert state["clientId"] == state["appRoleIds"] == state["displayName"] == UNKNOWN
    assert state["owners"] == [DEPLOYER]
    assert principal["appRoleIds"] == principal["objectId"] == UNKNOWN


def test_a_preview_of_a_change_knows_what_stays(application: Any, offline: Any) -> None:
    resource_id, state = application

    renamed = offline.update(APPLICATION, resource_id, state, {**GATEWAY, "displayName": "b"}, preview=True)
    without_roles = offline.update(APPLICATION, resource_id, state, {**GATEWAY, "appRoles": []}, preview=True)

    assert renamed["displayName"] == "b"
    assert renamed["clientId"] == state["clientId"]
    assert renamed["appRoleIds"] == {"Twins.Read": ROLE_ID}
    assert without_roles["appRoleIds"] == UNKNOWN
    assert without_roles["oauth2PermissionScopeIds"] == {"user_impersonation": SCOPE_ID}


def test_an_update_sends_what_changed_and_takes_away_what_is_said_no_more(application: Any, engine: Any) -> None:
    resource_id, state = application
    new = {**GATEWAY, "displayName": "b", "appRoles": [{**ROLE, "id": OTHER_ROLE_ID, "value": "Twins.Write"}]}
    del new["groupMembershipClaims"], new["web"]

    changed = engine.update(APPLICATION, resource_id, state, new)

    assert changed["displayName"] == "b"
    # Graph wants a role disabled before it goes; the provider sees to that.
    assert changed["appRoleIds"] == {"Twins.Write": OTHER_ROLE_ID}
    assert "groupMembershipClaims" not in changed
    assert changed["web"]["redirectUris"] == []
    assert changed["clientId"] == state["clientId"]
    assert engine.diff(APPLICATION, changed, new).changes is False


def test_a_scope_that_goes_is_disabled_first_too(application: Any, engine: Any) -> None:
    resource_id, state = application

    changed = engine.update(APPLICATION, resource_id, state, {**GATEWAY, "api": {"requestedAccessTokenVersion": 2}})

    assert changed["oauth2PermissionScopeIds"] == {}
    assert changed["api"]["requestedAccessTokenVersion"] == 2


def test_owners_are_added_and_removed(application: Any, engine: Any) -> None:
    resource_id, state = application

    two = engine.update(APPLICATION, resource_id, state, {**GATEWAY, "owners": [DEPLOYER, DRIFT]})
    one = engine.update(APPLICATION, resource_id, two, GATEWAY)

    assert two["owners"] == [DEPLOYER, DRIFT]
    assert one["owners"] == [DEPLOYER]


def test_whoever_makes_it_owns_it_no_more_unless_the_inputs_say_so(engine_as: Any) -> None:
    # As azuread does it; the administrator may read what it does not own, the deployer may not.
    administrator = engine_as("owner")

    _, state = administrator.create(APPLICATION, {**GATEWAY, "owners": [DEPLOYER]})

    assert state["owners"] == [DEPLOYER]
    with pytest.raises(Refused, match="Authorization_RequestDenied"):
        engine_as("deployer").create(APPLICATION, {"displayName": "nobody's"})


def test_an_identifier_uri_shows_up_on_the_application_and_is_ignored_where_the_program_says_so(
    application: Any, engine: Any
) -> None:
    resource_id, state = application
    uri = f"api://{state['clientId']}"

    uri_id, uri_state = engine.create(IDENTIFIER_URI, {"applicationId": resource_id, "identifierUri": uri})

    assert uri_id == f"{resource_id}/identifierUris/{base64.b64encode(uri.encode()).decode()}"
    assert uri_state == {"applicationId": resource_id, "identifierUri": uri}
    _, live, inputs = engine.read(APPLICATION, resource_id, GATEWAY)
    assert live["identifierUris"] == [uri]
    assert inputs == GATEWAY
    assert engine.diff(APPLICATION, live, GATEWAY).diffs == ["identifierUris"]
    assert engine.diff(APPLICATION, live, GATEWAY, ignore=["identifierUris"]).changes is False
    changed = engine.update(APPLICATION, resource_id, live, {**GATEWAY, "displayName": "b"}, ignore=["identifierUris"])
    assert (changed["displayName"], changed["identifierUris"]) == ("b", [uri])


def test_one_identifier_uri_of_several_goes(application: Any, engine: Any) -> None:
    resource_id, state = application
    first, second = f"api://{state['clientId']}", f"api://{state['clientId']}/twins"
    first_id, _ = engine.create(IDENTIFIER_URI, {"applicationId": resource_id, "identifierUri": first})
    second_id, _ = engine.create(IDENTIFIER_URI, {"applicationId": resource_id, "identifierUri": second})
    with pytest.raises(AlreadyExists, match="identifierUris"):
        engine.create(IDENTIFIER_URI, {"applicationId": resource_id, "identifierUri": second})

    engine.delete(IDENTIFIER_URI, first_id)
    engine.delete(IDENTIFIER_URI, first_id)

    assert engine.read(IDENTIFIER_URI, first_id)[0] == ""
    assert engine.read(IDENTIFIER_URI, second_id)[0] == second_id
    engine.delete(APPLICATION, resource_id)
    assert engine.read(IDENTIFIER_URI, second_id)[0] == ""
    engine.delete(IDENTIFIER_URI, second_id)
    with pytest.raises(ProviderError, match="was not found; create the application first"):
        engine.create(IDENTIFIER_URI, {"applicationId": resource_id, "identifierUri": first})


def test_a_client_is_authorized_and_is_no_difference_of_the_application(
    authorized: Any, application: Any, engine: Any
) -> None:
    resource_id, state = authorized
    inputs = {"applicationId": application[0], "authorizedClientId": AZURE_CLI, "permissionIds": [SCOPE_ID]}

    # azuread's own form of the id, which is no path of Graph.
    assert resource_id == f"{application[1]['objectId']}/preAuthorizedApplication/{AZURE_CLI}"
    assert state == inputs
    assert engine.read(PRE_AUTHORIZED, resource_id, inputs) == (resource_id, inputs, inputs)
    assert engine.read(PRE_AUTHORIZED, resource_id) == (resource_id, inputs, inputs)
    assert engine.diff(PRE_AUTHORIZED, state, inputs).changes is False
    _, live, said = engine.read(APPLICATION, application[0], GATEWAY)
    assert (live, said) == (application[1], GATEWAY)
    assert engine.diff(APPLICATION, live, GATEWAY).changes is False


def test_a_change_of_the_applications_api_leaves_its_clients(authorized: Any, application: Any, engine: Any) -> None:
    api = {"oauth2PermissionScopes": [{**SCOPE, "adminConsentDisplayName": "Read"}]}

    engine.update(APPLICATION, application[0], application[1], {**GATEWAY, "api": api})

    assert engine.read(PRE_AUTHORIZED, authorized[0])[1] == authorized[1]


def test_a_clients_permissions_change_in_place(application: Any, engine: Any) -> None:
    two = {**GATEWAY, "api": {"oauth2PermissionScopes": [SCOPE, {**SCOPE, "id": OTHER_ROLE_ID, "value": "write"}]}}
    engine.update(APPLICATION, application[0], application[1], two)
    inputs = {"applicationId": application[0], "authorizedClientId": AZURE_CLI, "permissionIds": [SCOPE_ID]}
    resource_id, state = engine.create(PRE_AUTHORIZED, inputs)
    more = {**inputs, "permissionIds": [SCOPE_ID, OTHER_ROLE_ID]}

    diff = engine.diff(PRE_AUTHORIZED, state, more)
    changed = engine.update(PRE_AUTHORIZED, resource_id, state, more)

    assert (diff.diffs, diff.replaces) == (["permissionIds"], [])
    assert changed == more
    assert engine.diff(PRE_AUTHORIZED, changed, {**more, "permissionIds": [OTHER_ROLE_ID, SCOPE_ID]}).changes is False
    engine.delete(PRE_AUTHORIZED, resource_id)
    with pytest.raises(ProviderError, match="was not found; refresh the stack"):
        engine.update(PRE_AUTHORIZED, resource_id, changed, inputs)


def test_one_client_of_several_goes(authorized: Any, application: Any, engine: Any) -> None:
    other = {"applicationId": application[0], "authorizedClientId": OTHER_CLIENT, "permissionIds": [SCOPE_ID]}
    other_id, _ = engine.create(PRE_AUTHORIZED, other)
    with pytest.raises(AlreadyExists, match=f"preAuthorizedApplication/{OTHER_CLIENT}"):
        engine.create(PRE_AUTHORIZED, other)

    engine.delete(PRE_AUTHORIZED, authorized[0])
    engine.delete(PRE_AUTHORIZED, authorized[0])

    assert engine.read(PRE_AUTHORIZED, authorized[0])[0] == ""
    assert engine.read(PRE_AUTHORIZED, other_id)[1] == other
    engine.delete(APPLICATION, application[0])
    assert engine.read(PRE_AUTHORIZED, other_id)[0] == ""
    engine.delete(PRE_AUTHORIZED, other_id)
    with pytest.raises(ProviderError, match="was not found; create the application first"):
        engine.create(PRE_AUTHORIZED, other)


def test_clients_that_are_authorized_at_the_same_time_are_all_there(application: Any, engine: Any) -> None:
    clients = [f"c11e0000-0000-4000-8000-00000000010{digit}" for digit in range(8)]

    def authorize(client: str) -> str:
        inputs = {"applicationId": application[0], "authorizedClientId": client, "permissionIds": [SCOPE_ID]}
        return str(engine.create(PRE_AUTHORIZED, inputs)[0])

    engine.read(APPLICATION, application[0])
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(authorize, clients))

    assert [engine.read(PRE_AUTHORIZED, resource_id)[0] for resource_id in made] == made


def test_a_permission_that_the_application_does_not_have_cannot_be_given(application: Any, engine: Any) -> None:
    inputs = {"applicationId": application[0], "authorizedClientId": AZURE_CLI, "permissionIds": [OTHER_ROLE_ID]}

    with pytest.raises(Refused, match='Code="InvalidValue" Message="Property api'):
        engine.create(PRE_AUTHORIZED, inputs)


def test_a_service_principal_is_made_changed_and_deleted(principal: Any, application: Any, engine: Any) -> None:
    resource_id, state = principal
    inputs = {"clientId": state["clientId"], "owners": [DEPLOYER], "appRoleAssignmentRequired": True}

    changed = engine.update(PRINCIPAL, resource_id, state, inputs)

    assert resource_id == f"/servicePrincipals/{state['objectId']}"
    assert state["appRoleIds"] == {"Twins.Read": ROLE_ID}
    assert state["oauth2PermissionScopeIds"] == {"user_impersonation": SCOPE_ID}
    assert (state["displayName"], state["type"]) == ("gateway", "Application")
    assert changed["appRoleAssignmentRequired"] is True
    assert engine.diff(PRINCIPAL, changed, inputs).changes is False
    engine.delete(PRINCIPAL, resource_id)
    engine.delete(PRINCIPAL, resource_id)
    assert engine.read(PRINCIPAL, resource_id)[0] == ""


def test_an_assignment_is_made_read_and_deleted(principal: Any, engine: Any) -> None:
    inputs = {"appRoleId": ROLE_ID, "principalObjectId": EARTH, "resourceObjectId": principal[1]["objectId"]}

    resource_id, state = engine.create(ASSIGNMENT, inputs)

    assert resource_id.startswith(f"{principal[0]}/appRoleAssignedTo/")
    assert state == {
        **inputs,
        "principalDisplayName": "earth",
        "principalType": "User",
        "resourceDisplayName": "gateway",
    }
    assert engine.read(ASSIGNMENT, resource_id, inputs) == (resource_id, state, inputs)
    assert engine.diff(ASSIGNMENT, state, inputs).changes is False
    assert engine.diff(ASSIGNMENT, state, {**inputs, "principalObjectId": FIRE}).replaces == ["principalObjectId"]
    engine.delete(ASSIGNMENT, resource_id)
    assert engine.read(ASSIGNMENT, resource_id, inputs)[0] == ""


def test_a_refusal_has_graphs_code_and_message(principal: Any, engine: Any) -> None:
    inputs = {"appRoleId": SCOPE_ID, "principalObjectId": EARTH, "resourceObjectId": principal[1]["objectId"]}

    with pytest.raises(Refused) as failure:
        engine.create(ASSIGNMENT, inputs)

    message = f"Permission being assigned was not found on application '{principal[1]['clientId']}'."
    assert str(failure.value) == f'Status=400 Code="Request_BadRequest" Message="{message}"'


def test_a_refresh_shows_what_was_changed_by_hand(application: Any, engine: Any, emulator: Any) -> None:
    resource_id, _ = application
    engine.update(APPLICATION, resource_id, application[1], {**GATEWAY, "displayName": "by hand"})

    _, live, inputs = engine.read(APPLICATION, resource_id, GATEWAY)

    assert inputs == {**GATEWAY, "displayName": "by hand"}
    assert engine.diff(APPLICATION, live, GATEWAY).diffs == ["displayName"]


def test_an_import_says_what_is_not_usual(application: Any, engine: Any) -> None:
    resource_id, _ = application

    _, live, inputs = engine.read(APPLICATION, resource_id)

    assert inputs["displayName"] == "gateway"
    assert "signInAudience" not in inputs
    assert engine.problems(APPLICATION, inputs) == {}
    assert engine.diff(APPLICATION, live, inputs).changes is False


@pytest.mark.parametrize("name", ["drift", "pull-request"])
def test_who_only_previews_may_refresh_and_not_write(
    name: str, application: Any, authorized: Any, principal: Any, engine_as: Any
) -> None:
    reader = engine_as(name)

    assert reader.read(APPLICATION, application[0], GATEWAY)[0] == application[0]
    assert reader.read(PRE_AUTHORIZED, authorized[0])[0] == authorized[0]
    assert reader.read(PRINCIPAL, principal[0], {"clientId": principal[1]["clientId"]})[0] == principal[0]
    with pytest.raises(Refused, match="Authorization_RequestDenied"):
        reader.update(APPLICATION, application[0], application[1], {**GATEWAY, "displayName": "b"})
    with pytest.raises(Refused, match="Authorization_RequestDenied"):
        reader.create(APPLICATION, GATEWAY)
    with pytest.raises(Refused, match="Authorization_RequestDenied"):
        reader.delete(PRE_AUTHORIZED, authorized[0])


def test_a_call_that_may_succeed_later_is_tried_again(engine: Any, emulator: Any) -> None:
    fault = {"service": "graph", "method": "POST", "status": 503, "retry_after": 0}
    emulator.control("PUT", "faults", {"failing_calls": [fault]})

    assert engine.create(APPLICATION, GATEWAY)[1]["displayName"] == "gateway"


def test_it_says_when_nobody_answers(engine: Any) -> None:
    graph = engine.provider._connect()
    graph.address = graph.token_endpoint = "https://localhost:1"
    graph.sleep = lambda _: None
    engine.provider._connect = lambda: graph

    with pytest.raises(NotReachable, match=r"https://localhost:1 does not answer .*; is the local Azure running"):
        engine.read(APPLICATION, "/applications/x")


def test_it_tells_who_is_asking(engine: Any) -> None:
    assert engine.invoke("azuread:index/getClientConfig:getClientConfig") == {
        "clientId": "77b2a000-0000-4000-8000-000000000001",
        "objectId": DEPLOYER,
        "tenantId": "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01",
        "id": f"77b2a000-0000-4000-8000-000000000001-{DEPLOYER}-8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01",
    }
