"""What authsettingsV2 makes of a call: a table of settings and callers, then the same through a real site."""

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import pytest

from emulator.app_service.easy_auth import EasyAuth, Passed, Refused
from emulator.clock import Clock
from emulator.commands import DIRECTORY
from emulator.entra.directory_file import load_directory
from emulator.entra.tokens import TokenIssuer
from emulator.storage import Storage
from tests.emulator.app_service.local_site import LocalSite, make_package

AUTHORITY = "https://entra.example"
TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
OTHER_TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "c0ffee00-0000-4000-8000-000000000001"
EARTH = "0f3c0000-0000-4000-8000-000000000011"
WIND, WINDS_APP = "51aa0000-0000-4000-8000-000000000031", "51aaa000-0000-4000-8000-000000000031"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
FORGED = {
    "x-ms-client-principal": "forged",
    "x-ms-client-principal-id": "forged",
    "x-ms-client-principal-name": "forged",
    "x-ms-client-principal-idp": "forged",
    "x-ms-client-principal-anything": "forged",
    "x-ms-token-aad-access-token": "forged",
}


@pytest.fixture(scope="module")
def issuer() -> TokenIssuer:
    return TokenIssuer(Storage(), Clock(), load_directory(DIRECTORY), AUTHORITY)


def settings_with(
    *,
    enabled: bool = True,
    required: bool = True,
    action: str = "Return401",
    excluded: tuple[str, ...] = (),
    audiences: tuple[str, ...] = (f"api://{CLIENT}",),
    issuer: str | None = f"{AUTHORITY}/{TENANT}/v2.0",
    policy: Mapping[str, Any] | None = None,
    provider: bool = True,
    store: bool = False,
) -> Mapping[str, Any]:
    return {
        "platform": {"enabled": enabled},
        "globalValidation": {
            "requireAuthentication": required,
            "unauthenticatedClientAction": action,
            "excludedPaths": list(excluded),
        },
        "identityProviders": {
            "azureActiveDirectory": {
                "enabled": provider,
                "registration": {"clientId": CLIENT, "openIdIssuer": issuer},
                "validation": {"allowedAudiences": list(audiences), "defaultAuthorizationPolicy": policy or {}},
            }
        },
        "login": {"tokenStore": {"enabled": store}},
    }


def judge(
    issuer: TokenIssuer,
    settings: Mapping[str, Any],
    token: str | None,
    *,
    path: str = "/query",
    app_settings: Mapping[str, str] | None = None,
) -> Passed | Refused:
    auth = EasyAuth(settings=settings, app_settings=app_settings or {}, validate=issuer.validate_header)
    headers = {"host": "localhost:1", "x-other": "kept", **FORGED}
    return auth.judge(path, headers if token is None else {**headers, "authorization": f"Bearer {token}"})


def token_of(issuer: TokenIssuer, audience: str = CLIENT, *, name: str = "earth", **options: Any) -> str:
    return issuer.issue(load_directory(DIRECTORY).by_name(name), audience, **options)


TOKENS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "its own": {},
    "for the identifier uri": {"audience": f"api://{CLIENT}"},
    "for another audience": {"audience": "https://digitaltwins.azure.net"},
    "that has expired": {"lifetime": -10},
    "that is not valid yet": {"nbf": 4_000_000_000},
    "of another tenant": {"tid": OTHER_TENANT},
    "of an application": {"name": "wind"},
}
ALLOWED_APP = {"allowedApplications": [WINDS_APP]}
ALLOWED_PRINCIPAL = {"allowedPrincipals": {"identities": [EARTH]}}
# settings, token, path -> a status, None for "passes without a principal", or the principal's object id
TABLE: list[tuple[str, dict[str, Any], str, str, int | str | None]] = [
    ("a good token", {}, "its own", "/query", EARTH),
    ("the client id is an audience unlisted", {"audiences": ()}, "its own", "/query", EARTH),
    ("a listed audience", {}, "for the identifier uri", "/query", EARTH),
    ("an audience that is not listed", {"audiences": ()}, "for the identifier uri", "/query", 401),
    ("another audience", {}, "for another audience", "/query", 401),
    ("no token", {}, "none", "/query", 401),
    ("an expired token", {}, "that has expired", "/query", 401),
    ("a token of tomorrow", {}, "that is not valid yet", "/query", 401),
    ("another tenant", {}, "of another tenant", "/query", 401),
    ("another tenant, any issuer", {"issuer": None}, "of another tenant", "/query", EARTH),
    ("another authority", {"issuer": "https://login.microsoftonline.com/x/v2.0"}, "its own", "/query", 401),
    ("a provider that is off", {"provider": False}, "its own", "/query", 401),
    ("no token, 403 wanted", {"action": "Return403"}, "none", "/query", 403),
    ("no token, a login page wanted", {"action": "RedirectToLoginPage"}, "none", "/query", 302),
    ("no token, anonymous allowed", {"action": "AllowAnonymous"}, "none", "/query", None),
    ("a token, anonymous allowed", {"action": "AllowAnonymous"}, "its own", "/query", EARTH),
    ("a bad token, anonymous allowed", {"action": "AllowAnonymous"}, "that has expired", "/query", None),
    ("no token, none required", {"required": False}, "none", "/query", None),
    ("an excluded path", {"excluded": ("/healthz",)}, "none", "/healthz", None),
    ("an excluded path with a token", {"excluded": ("/healthz",)}, "its own", "/healthz", None),
    ("an excluded path in other case", {"excluded": ("/healthz",)}, "none", "/HealthZ", None),
    ("below an excluded path", {"excluded": ("/healthz",)}, "none", "/healthz/x", 401),
    ("beside an excluded path", {"excluded": ("/healthz",)}, "none", "/healthzz", 401),
    ("below an excluded folder", {"excluded": ("/open/*",)}, "none", "/open/x", None),
    ("beside an excluded folder", {"excluded": ("/open/*",)}, "none", "/opened", 401),
    ("an application", {}, "of an application", "/query", WIND),
    ("an allowed application", {"policy": ALLOWED_APP}, "of an application", "/query", WIND),
    ("an application that is not allowed", {"policy": ALLOWED_APP}, "its own", "/query", 403),
    ("an allowed principal", {"policy": ALLOWED_PRINCIPAL}, "its own", "/query", EARTH),
    ("a principal that is not allowed", {"policy": ALLOWED_PRINCIPAL}, "of an application", "/query", 403),
    ("both lists, one missed", {"policy": ALLOWED_APP | ALLOWED_PRINCIPAL}, "its own", "/query", 403),
]


@pytest.mark.parametrize(("settings", "token", "path", "wanted"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
def test_a_call_becomes_what_the_settings_say(
    settings: dict[str, Any], token: str, path: str, wanted: int | str | None, issuer: TokenIssuer
) -> None:
    options = TOKENS[token]
    given = None if options is None else token_of(issuer, **options)

    verdict = judge(issuer, settings_with(**settings), given, path=path)

    assert (verdict.status if isinstance(verdict, Refused) else verdict.headers.get("x-ms-client-principal-id")) == (
        wanted
    )


@pytest.mark.parametrize("row", [row for row in TABLE if not isinstance(row[4], int)], ids=lambda row: str(row[0]))
def test_no_header_of_the_platforms_own_comes_through_from_outside(row: Any, issuer: TokenIssuer) -> None:
    _, settings, token, path, _ = row
    options = TOKENS[token]
    given = None if options is None else token_of(issuer, **options)

    verdict = judge(issuer, settings_with(**settings), given, path=path)

    assert isinstance(verdict, Passed)
    assert "forged" not in verdict.headers.values()
    assert verdict.headers["x-other"] == "kept"


@pytest.mark.parametrize("settings", [{}, settings_with(enabled=False), {"platform": {}}])
def test_without_authentication_everything_comes_through(settings: Mapping[str, Any], issuer: TokenIssuer) -> None:
    verdict = judge(issuer, settings, None)

    assert verdict == Passed({"host": "localhost:1", "x-other": "kept", **FORGED})


def principal_of(verdict: Passed | Refused) -> Any:
    assert isinstance(verdict, Passed)
    return json.loads(b64decode(verdict.headers["x-ms-client-principal"]))


def test_the_principal_is_the_tokens_claims_one_entry_a_value(issuer: TokenIssuer) -> None:
    token = token_of(issuer, roles=["Twins.Read", "Twins.Look"])
    verdict = judge(issuer, settings_with(), token)

    principal = principal_of(verdict)

    assert (principal["auth_typ"], principal["role_typ"]) == ("aad", ROLE)
    assert {"typ": "oid", "val": EARTH} in principal["claims"]
    assert [claim["val"] for claim in principal["claims"] if claim["typ"] == "roles"] == ["Twins.Read", "Twins.Look"]
    assert isinstance(verdict, Passed)
    assert verdict.headers["x-ms-client-principal-idp"] == "aad"


def test_with_the_token_store_claims_have_their_long_names(issuer: TokenIssuer) -> None:
    claims = principal_of(judge(issuer, settings_with(store=True), token_of(issuer, roles=["Twins.Read"])))["claims"]

    assert {"typ": "http://schemas.microsoft.com/identity/claims/objectidentifier", "val": EARTH} in claims
    assert {"typ": ROLE, "val": "Twins.Read"} in claims
    assert not [claim for claim in claims if claim["typ"] in {"oid", "tid", "scp", "roles"}]


@pytest.mark.parametrize(
    ("tenants", "status"), [(TENANT, None), (f"{OTHER_TENANT}, {TENANT}", None), (OTHER_TENANT, 403)]
)
def test_the_setting_of_allowed_tenants_is_heeded(tenants: str, status: int | None, issuer: TokenIssuer) -> None:
    app_settings = {"WEBSITE_AUTH_AAD_ALLOWED_TENANTS": tenants}

    verdict = judge(issuer, settings_with(), token_of(issuer), app_settings=app_settings)

    assert (verdict.status if isinstance(verdict, Refused) else None) == status


def test_a_site_lets_in_who_has_a_token_and_takes_away_what_they_forge(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package())
    before = site.call("/", x_ms_client_principal="forged")
    site.put_auth(settings_with(excluded=("/healthz",), audiences=("https://gateway.example",), issuer=None))
    token = emulator.token("earth", "https://gateway.example")

    anonymous = site.call("/")
    invited = site.ask("/", Authorization=f"Bearer {token}", x_ms_client_principal="forged")
    health = site.ask("/healthz", x_ms_client_principal="forged", x_ms_client_principal_id="forged")

    assert "forged" in before.text
    assert (anonymous.status_code, anonymous.headers["www-authenticate"].startswith("Bearer realm=")) == (401, True)
    headers = dict(invited["headers"])
    assert headers["x-ms-client-principal-id"] == EARTH
    assert headers["authorization"] == f"Bearer {token}"
    assert "forged" not in str(invited["headers"])
    assert not [name for name, _ in health["headers"] if name.startswith("x-ms-client-principal")]
