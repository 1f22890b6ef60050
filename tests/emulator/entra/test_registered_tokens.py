"""Tokens for an application registration, as a service that it belongs to would read them."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from emulator.clock import Clock
from emulator.commands import DIRECTORY
from emulator.entra.directory import GROUP, USER, Directory, Principal
from emulator.entra.directory_file import load_directory
from emulator.entra.errors import NotAssigned, ResourceUnknown
from emulator.entra.gateway_audience import find_gateway_client_id
from emulator.entra.registrations import APP_ROLE_ASSIGNMENTS, APPLICATIONS, SERVICE_PRINCIPALS
from emulator.entra.tokens import TokenIssuer
from emulator.resource_manager.resources import RESOURCES
from emulator.storage import Storage
from tests.emulator.app_service.local_site import LocalSite

AUTHORITY = "https://localhost:20001"
TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
WIND_CLIENT_ID = "51aaa000-0000-4000-8000-000000000031"
EARTH, FIRE = "0f3c0000-0000-4000-8000-000000000011", "0f3c0000-0000-4000-8000-000000000021"
EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000010"
WIND = "51aa0000-0000-4000-8000-000000000031"
CLIENT_ID = "9a7e0000-0000-4000-8000-000000000001"
URI = f"api://{CLIENT_ID}"
PRINCIPAL_ID = "9a7e0000-0000-4000-8000-000000000002"
ROLE_ID, OTHER_ROLE_ID = "401e0000-0000-4000-8000-000000000001", "401e0000-0000-4000-8000-000000000002"
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"


class Registered:
    """A storage with one registration, and what is assigned to it."""

    def __init__(self, storage: Storage, directory: Directory) -> None:
        self.storage = storage
        self.directory = directory
        self.issuer = TokenIssuer(storage, Clock(), directory, AUTHORITY)

    def application(self, **properties: Any) -> None:
        document = {
            "id": "9a7e0000-0000-4000-8000-000000000003",
            "appId": CLIENT_ID,
            "displayName": "gateway",
            "identifierUris": [URI],
            "groupMembershipClaims": None,
            "api": {
                "requestedAccessTokenVersion": 2,
                "oauth2PermissionScopes": [
                    {"id": "1", "value": "user_impersonation", "isEnabled": True},
                    {"id": "2", "value": "Twins.Ask", "isEnabled": True},
                    {"id": "3", "value": "off", "isEnabled": False},
                ],
            },
            "appRoles": [
                {"id": ROLE_ID, "value": "Twins.Read", "isEnabled": True},
                {"id": OTHER_ROLE_ID, "value": "Twins.Off", "isEnabled": False},
            ],
            **properties,
        }
        self.storage.put(APPLICATIONS, CLIENT_ID, document)

    def service_principal(self, **properties: Any) -> None:
        document = {"id": PRINCIPAL_ID, "appId": CLIENT_ID, "appRoleAssignmentRequired": False, **properties}
        self.storage.put(SERVICE_PRINCIPALS, PRINCIPAL_ID, document)

    def assign(self, principal_id: str, role_id: str = ROLE_ID) -> None:
        document = {"principalId": principal_id, "resourceId": PRINCIPAL_ID, "appRoleId": role_id}
        self.storage.put(APP_ROLE_ASSIGNMENTS, f"{principal_id}|{role_id}", document)

    def claims(self, name: str, audience: str = CLIENT_ID) -> dict[str, Any]:
        token = self.issuer.issue(self.directory.by_name(name), audience)
        return dict(jwt.decode(token, options={"verify_signature": False}))


def make_registered(directory: Directory) -> Registered:
    registered = Registered(Storage(), directory)
    registered.application()
    registered.service_principal()
    return registered


@pytest.fixture
def registered() -> Iterator[Registered]:
    made = make_registered(load_directory(DIRECTORY))
    yield made
    made.storage.close()


def in_groups(count: int) -> Directory:
    """A directory whose one user is in that many groups, each of them in another group."""
    groups = [
        Principal(name=f"g{number}", object_id=f"10000000-0000-4000-8000-{number:012}", type=GROUP, members=(EARTH,))
        for number in range(count)
    ]
    around = Principal(
        name="around", object_id=EARTH_TENANT, type=GROUP, members=tuple(group.object_id for group in groups)
    )
    user = Principal(name="earth", object_id=EARTH, type=USER)
    return Directory(tenant_id=TENANT, subscription_id="s", principals=(user, *groups, around))


@pytest.mark.parametrize("audience", [CLIENT_ID, CLIENT_ID.upper(), URI])
def test_a_version_2_token_is_for_the_bare_client_id(audience: str, registered: Registered) -> None:
    claims = registered.claims("earth", audience)

    assert claims["aud"] == CLIENT_ID
    assert claims["iss"] == f"{AUTHORITY}/{TENANT}/v2.0"
    assert (claims["ver"], claims["azp"]) == ("2.0", AZURE_CLI)
    assert "appid" not in claims
    assert claims["oid"] == EARTH


@pytest.mark.parametrize("version", [None, 1])
@pytest.mark.parametrize("audience", [CLIENT_ID, URI])
def test_a_version_1_token_is_for_what_was_asked(audience: str, version: int | None, registered: Registered) -> None:
    registered.application(api={"requestedAccessTokenVersion": version, "oauth2PermissionScopes": []})

    claims = registered.claims("wind", audience)

    assert claims["aud"] == audience
    assert claims["iss"] == f"{AUTHORITY}/{TENANT}/"
    assert (claims["ver"], claims["appid"]) == ("1.0", WIND_CLIENT_ID)
    assert "azp" not in claims


def test_a_service_accepts_tokens_of_both_versions(registered: Registered) -> None:
    earth = registered.directory.by_name("earth")
    second = registered.issuer.issue(earth, URI)
    registered.application(api={"requestedAccessTokenVersion": 1, "oauth2PermissionScopes": []})
    first = registered.issuer.issue(earth, URI)

    assert registered.issuer.validate(second, {CLIENT_ID}).object_id == EARTH
    assert registered.issuer.validate(first, {URI}).object_id == EARTH


def test_a_users_token_names_the_enabled_scopes(registered: Registered) -> None:
    claims = registered.claims("earth")

    assert claims["scp"] == "user_impersonation Twins.Ask"
    assert not claims.keys() & {"roles", "idtyp", "groups"}


def test_roles_come_from_assignments_of_the_principal_and_of_its_own_groups(registered: Registered) -> None:
    registered.assign(EARTH_TENANT)
    registered.assign(EARTH, OTHER_ROLE_ID)
    registered.assign(WIND)

    assert registered.claims("earth")["roles"] == ["Twins.Read"]
    assert "roles" not in registered.claims("fire")
    assert registered.claims("wind")["roles"] == ["Twins.Read"]


def test_an_applications_token_has_no_scopes_and_no_groups(registered: Registered) -> None:
    registered.application(groupMembershipClaims="SecurityGroup")

    claims = registered.claims("wind")

    assert (claims["idtyp"], claims["roles"], claims["azp"]) == ("app", [], WIND_CLIENT_ID)
    assert not claims.keys() & {"groups", "scp"}


def test_the_default_role_is_an_assignment_without_a_name(registered: Registered) -> None:
    registered.service_principal(appRoleAssignmentRequired=True)
    registered.assign(EARTH, DEFAULT_ROLE)

    assert "roles" not in registered.claims("earth")


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        (None, None),
        ("None", None),
        ("DirectoryRole", None),
        ("ApplicationGroup", ["10000000-0000-4000-8000-000000000001"]),
        (
            "SecurityGroup",
            [EARTH_TENANT, *(f"10000000-0000-4000-8000-{number:012}" for number in range(3))],
        ),
        ("SecurityGroup, ApplicationGroup", [EARTH_TENANT, *(f"10000000-0000-4000-8000-{n:012}" for n in range(3))]),
        ("All", [EARTH_TENANT, *(f"10000000-0000-4000-8000-{number:012}" for number in range(3))]),
    ],
)
def test_groups_are_those_that_the_application_asks_for(claim: str | None, groups: list[str] | None) -> None:
    registered = make_registered(in_groups(3))
    registered.application(groupMembershipClaims=claim)
    # The group around the others holds the user only through them: it does not count as assigned.
    registered.assign("10000000-0000-4000-8000-000000000001")
    registered.assign(EARTH_TENANT)

    said = registered.claims("earth").get("groups")

    assert said == (None if groups is None else sorted(groups))
    registered.storage.close()


@pytest.mark.parametrize(("count", "fits"), [(199, True), (200, False)])
def test_too_many_groups_are_left_out_and_the_token_says_where_they_are(count: int, *, fits: bool) -> None:
    # With the group around them there is one more: 200 are the most.
    registered = make_registered(in_groups(count))
    registered.application(groupMembershipClaims="SecurityGroup")

    claims = registered.claims("earth")

    assert ("groups" in claims) is fits
    assert claims.get("_claim_names") == (None if fits else {"groups": "src1"})
    assert fits or EARTH in claims["_claim_sources"]["src1"]["endpoint"]
    registered.storage.close()


def test_who_has_no_assignment_is_refused_where_one_is_required(registered: Registered) -> None:
    registered.service_principal(appRoleAssignmentRequired=True)
    registered.assign(EARTH_TENANT)

    assert registered.claims("earth")["roles"] == ["Twins.Read"]
    with pytest.raises(NotAssigned, match=r"AADSTS50105: The signed in user 'fire' is not assigned to a role for the"):
        registered.claims("fire")
    with pytest.raises(NotAssigned, match=r"AADSTS501051: Application 'wind' is not assigned to a role for the"):
        registered.claims("wind")


@pytest.mark.parametrize("audience", ["api://nobody", "11111111-2222-4333-8444-555555555555"])
def test_an_audience_that_nobody_registered_is_refused(audience: str, registered: Registered) -> None:
    with pytest.raises(ResourceUnknown, match=f"AADSTS500011: The resource principal named {audience} was not found"):
        registered.issuer.require_resource(audience)


def test_so_is_a_registration_without_a_service_principal(registered: Registered) -> None:
    registered.issuer.require_resource(URI)
    registered.storage.delete(SERVICE_PRINCIPALS, PRINCIPAL_ID)

    for audience in (CLIENT_ID, URI):
        with pytest.raises(ResourceUnknown):
            registered.issuer.require_resource(audience)


@pytest.mark.parametrize(
    "audience",
    [
        "https://management.azure.com/",
        "https://digitaltwins.azure.net",
        "https://graph.microsoft.com",
        "https://storage.azure.com",
        "https://storage.azure.com/",
        "https://monitor.azure.com",
        "0b07f429-9f4b-4714-9392-cc5e8e80c8b0",
        "00000003-0000-0000-c000-000000000000",
    ],
)
def test_the_services_of_microsoft_are_everywhere(audience: str, registered: Registered) -> None:
    registered.issuer.require_resource(audience)

    assert registered.claims("earth", audience)["aud"] == audience


def test_the_gateways_client_id_stands_in_the_first_sites_authentication(registered: Registered) -> None:
    site = "/subscriptions/s/resourcegroups/rg/providers/microsoft.web/sites/app"
    registration = {"clientId": CLIENT_ID, "openIdIssuer": f"{AUTHORITY}/{TENANT}/v2.0"}
    provider = {"azureActiveDirectory": {"enabled": True, "registration": registration}}
    assert find_gateway_client_id(registered.storage) is None

    def put(key: str, properties: Any) -> None:
        registered.storage.put(RESOURCES, key, {"type": "Microsoft.Web/sites/config", "properties": properties})

    put(f"{site}/config/web", {"identityProviders": provider})
    put(f"{site}0/config/authsettingsv2", {"platform": {"enabled": False}})
    put(f"{site}1/config/authsettingsv2", {"identityProviders": {"azureActiveDirectory": None}})
    assert find_gateway_client_id(registered.storage) is None
    put(f"{site}2/config/authsettingsv2", {"identityProviders": provider})

    assert find_gateway_client_id(registered.storage) == CLIENT_ID


def ask_managed_identity(emulator: Any, name: str, resource: str) -> requests.Response:
    return requests.get(
        f"{emulator.entra}/msi/token",
        params={"api-version": "2019-08-01", "resource": resource},
        headers={"X-IDENTITY-HEADER": emulator.environment(name)["IDENTITY_HEADER"]},
        verify=emulator.ca_file,
        timeout=10,
    )


def test_an_identity_gets_a_token_for_what_graph_registered(graph: Any, emulator: Any) -> None:
    application = graph.register()
    uri = f"api://{application['appId']}"
    graph.ask("PATCH", f"/applications/{application['id']}", {"identifierUris": [uri]})
    assert "AADSTS500011" in ask_managed_identity(emulator, "wind", uri).json()["message"]

    principal = graph.install(application, appRoleAssignmentRequired=True)
    refused = ask_managed_identity(emulator, "wind", uri)
    graph.assign(principal, WIND)
    answer = ask_managed_identity(emulator, "wind", f"{uri}/.default").json()

    assert (refused.status_code, refused.json()["statusCode"]) == (400, 400)
    assert "AADSTS50105" in refused.json()["message"]
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["roles"]) == (application["appId"], ["Twins.Read"])


def test_a_test_may_set_claims_over_the_usual_ones(graph: Any, emulator: Any) -> None:
    application = graph.register()
    graph.install(application)

    token = emulator.token("earth", application["appId"], groups=["g"], scp="other")

    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["groups"], claims["scp"]) == (application["appId"], ["g"], "other")


def test_the_command_says_why_there_is_no_token(graph: Any, emulator: Any) -> None:
    application = graph.register()
    graph.install(application, appRoleAssignmentRequired=True)

    def refusal(audience: str) -> str:
        with pytest.raises(requests.HTTPError) as failure:
            emulator.token("fire", audience)
        assert failure.value.response is not None
        return str(failure.value.response.json()["error"])

    assert refusal(application["appId"]).startswith("AADSTS50105: The signed in user 'fire'")
    assert refusal("api://nobody").startswith("AADSTS500011: The resource principal named api://nobody")


def test_the_command_asks_for_the_gateways_audience_once_there_is_a_gateway(graph: Any, emulator: Any) -> None:
    application = graph.register()
    graph.install(application)
    site = LocalSite(emulator)
    site.make()
    registration = {
        "clientId": application["appId"],
        "openIdIssuer": f"{emulator.entra}/{TENANT}/v2.0",
    }
    provider = {
        "enabled": True,
        "registration": registration,
        "validation": {"allowedAudiences": [application["appId"]]},
    }
    site.put_auth(
        {
            "platform": {"enabled": True},
            "globalValidation": {"requireAuthentication": True, "unauthenticatedClientAction": "Return401"},
            "identityProviders": {"azureActiveDirectory": provider},
        }
    )

    def audience_of(body: Any) -> str:
        token = emulator.control("POST", "token", body)["token"]
        return str(jwt.decode(token, options={"verify_signature": False})["aud"])

    assert audience_of({"name": "earth"}) == application["appId"]
    assert audience_of({"name": "earth", "audience": "gateway"}) == application["appId"]
    assert audience_of({"name": "owner"}) == "https://digitaltwins.azure.net"
