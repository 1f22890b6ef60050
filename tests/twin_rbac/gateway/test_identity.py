import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from ruamel.yaml import YAML

from tests.twin_rbac.gateway.world import CLIENT, EARTH, FIRE, NOON, TENANT, World, jwk_of, signing_key

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).parents[2] / "cases" / "gateway" / "tokens.yaml")
ALL = "SELECT * FROM DIGITALTWINS"
TIMES = {"exp", "nbf", "iat"}


def filled(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("CLIENT", CLIENT).replace("TENANT", TENANT)
    return [filled(item) for item in value] if isinstance(value, list) else value


def claims_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """The case's claims, with times that count from now and places filled."""
    return {
        name: int(NOON) + value if name in TIMES and type(value) is int else filled(value)
        for name, value in case["claims"].items()
    }


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def is_refused(world: World, authorization: Any) -> bool:
    """Whether the call gets the one 401 that tells nothing, and nobody upstream was asked."""
    values = authorization if isinstance(authorization, list) else [authorization]
    headers = [("Authorization", value) for value in values]
    query = world.call("POST", "/query", {"query": ALL}, headers=headers)
    twin = world.call("GET", "/digitaltwins/A", headers=headers)
    assert (world.resource_manager.asked, world.instance.asked) == (0, [])
    expected = (401, b'{"statusCode":401,"message":"Unauthorized"}')
    return expected == (query.status, query.body) == (twin.status, twin.body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_token_of_the_tenant_that_is_not_for_a_caller_of_ours_is_refused(world: World, case: dict[str, Any]) -> None:
    make = world.entra.app_token if case.get("app") else world.entra.token

    assert is_refused(world, f"Bearer {make(EARTH, **claims_of(case))}")


@pytest.mark.parametrize(
    ("is_app", "changes"),
    [
        (False, {}),
        (False, {"aud": f"api://{CLIENT}"}),
        (False, {"scp": "openid user_impersonation profile"}),
        (False, {"idtyp": "user"}),
        (False, {"oid": EARTH.upper()}),
        (False, {"tid": TENANT.upper()}),
        (False, {"exp": int(NOON) + 1}),
        (False, {"nbf": int(NOON) + 30, "iat": int(NOON) + 30}),
        (False, {"roles": []}),
        (True, {}),
        (True, {"roles": ["Other", "Twins.Read"]}),
        (True, {"idtyp": None, "sub": EARTH}),
    ],
)
def test_a_token_for_the_gateway_is_accepted(*, world: World, is_app: bool, changes: dict[str, Any]) -> None:
    make = world.entra.app_token if is_app else world.entra.token
    reply = world.call("POST", "/query", {"query": ALL}, token=make(EARTH, **changes))

    assert (reply.status, reply.ids) == (200, ["1", "2", "A"])


def test_an_unsigned_token_is_refused(world: World) -> None:
    claims = world.entra.claims(EARTH)
    for algorithm in ("none", "None", "NONE", ""):
        for signature in ("", "AAAA"):
            token = f"{part({'alg': algorithm, 'kid': 'current'})}.{part(claims)}.{signature}"
            assert is_refused(world, f"Bearer {token}")


def test_a_token_that_is_signed_with_the_public_key_as_a_secret_is_refused(world: World) -> None:
    public = signing_key("current").public_key()
    formats = serialization.PublicFormat
    secrets = [
        public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.DER, formats.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.PEM, formats.PKCS1),
        json.dumps(jwk_of("current")).encode(),
        jwk_of("current")["n"].encode(),
        b"",
    ]
    for secret in secrets:
        for header in ({"alg": "HS256"}, {"alg": "RS256"}):
            assert is_refused(world, f"Bearer {hmac_signed(world.entra.claims(EARTH), secret, header)}")


def hmac_signed(claims: Mapping[str, Any], secret: bytes, header: Mapping[str, Any]) -> str:
    signed = f"{part({**header, 'typ': 'JWT', 'kid': 'current'})}.{part(claims)}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384"])
def test_another_algorithm_with_the_right_key_is_refused(world: World, algorithm: str) -> None:
    token = jwt.encode(world.entra.claims(EARTH), signing_key("current"), algorithm, headers={"kid": "current"})

    assert is_refused(world, f"Bearer {token}")


@pytest.mark.parametrize(
    "headers",
    [
        {"kid": "current"},
        {"kid": "unknown"},
        {"kid": None},
        {"kid": ""},
        {"kid": ["current"]},
        {"kid": {"current": 1}},
        {"kid": "../../../dev/null"},
        {"kid": "current' OR '1'='1"},
        {"kid": "attacker", "jwk": jwk_of("attacker")},
        {"kid": "current", "jwk": jwk_of("attacker")},
        {"kid": "attacker", "jku": "https://evil.example/keys"},
        {"kid": "current", "jku": "https://evil.example/keys"},
        {"kid": "attacker", "x5u": "https://evil.example/cert.pem"},
        {"kid": "attacker", "x5c": ["MIIB"]},
    ],
    ids=range(14),
)
def test_a_token_that_somebody_else_signed_is_refused_whatever_it_says_of_its_key(
    world: World, headers: dict[str, Any]
) -> None:
    claims = world.entra.claims(EARTH)
    signed = jwt.encode(claims, signing_key("attacker"), "RS256", headers={"kid": "x"})
    header = part({"alg": "RS256", "typ": "JWT", **headers})
    # Signed over the very header, so that nothing but the key is wrong.
    token = resign(f"{header}.{signed.split('.')[1]}", "attacker")

    assert is_refused(world, f"Bearer {token}")
    assert all("evil" not in address for address in world.entra.asked)


def resign(signed: str, key: str) -> str:
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(signed.encode(), signing_key(key))
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_the_id_of_another_key_of_the_tenant_does_not_pass(world: World) -> None:
    world.entra.keys.append(jwk_of("next"))
    token = world.entra.sign(world.entra.claims(EARTH), key="current", headers={"kid": "next"})

    assert is_refused(world, f"Bearer {token}")


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": []}, {"b64": False, "crit": ["b64"]}], ids=str)
def test_a_token_with_critical_headers_is_refused(world: World, header: dict[str, Any]) -> None:
    first = part({"alg": "RS256", "kid": "current", **header})

    assert is_refused(world, f"Bearer {resign(f'{first}.{part(world.entra.claims(EARTH))}', 'current')}")


def test_a_token_whose_claims_were_changed_after_signing_is_refused(world: World) -> None:
    header, _, signature = world.entra.token(FIRE).split(".")

    assert is_refused(world, f"Bearer {header}.{part(world.entra.claims(EARTH))}.{signature}")


def test_texts_that_are_no_token_are_refused(world: World) -> None:
    good = world.entra.token(EARTH)
    header, claims, signature = good.split(".")
    for text in (
        "",
        "Bearer",
        "Bearer ",
        good,
        f"Basic {good}",
        f"Bearer {good} {good}",
        f"Bearer {good},{good}",
        f"Bearer\t{good}",
        f"Bearer {header}.{claims}",
        f"Bearer {header}.{claims}.",
        f"Bearer .{claims}.{signature}",
        f"Bearer {good}.{signature}",
        f"Bearer {good}=",
        f"Bearer {good}\x00",
        f"Bearer {good[:-3]}",
        f"Bearer {header}.{part([1])}.{signature}",
        f"Bearer {part('text')}.{claims}.{signature}",
        f"Bearer {part({'alg': 'RS256', 'kid': 'current', 'x': 'y' * 20_000})}.{claims}.{signature}",
        "Bearer " + "A" * 200_000,
        "Bearer " + ".".join(["A" * 5000] * 3),
        f"Bearer {'[' * 4000}.{claims}.{signature}",
        f"Bearer {base64.urlsafe_b64encode(b'[' * 9000).rstrip(b'=').decode()}.{claims}.{signature}",
    ):
        assert is_refused(world, text), text[:50]


def test_a_signed_token_that_is_huge_is_refused(world: World) -> None:
    assert is_refused(world, f"Bearer {world.entra.token(EARTH, padding='x' * 20_000)}")


def test_two_tokens_in_one_call_are_refused_whichever_is_good(world: World) -> None:
    earth, fire = f"Bearer {world.entra.token(EARTH)}", f"Bearer {world.entra.token(FIRE)}"

    assert is_refused(world, [earth, fire])
    assert is_refused(world, [earth, "Bearer x"])
    assert is_refused(world, ["Bearer x", earth])


def test_a_call_without_a_token_is_refused_and_told_where_tokens_come_from(world: World) -> None:
    reply = world.call("POST", "/query", {"query": ALL})

    assert reply.status == 401
    assert reply.headers["www-authenticate"] == (
        f'Bearer authorization_uri="https://entra.example/{TENANT}/oauth2/v2.0/authorize", resource_id="{CLIENT}"'
    )


FORGED = {
    "X-MS-CLIENT-PRINCIPAL-ID": EARTH,
    "X-MS-CLIENT-PRINCIPAL-NAME": "earth",
    "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
    "X-MS-CLIENT-PRINCIPAL": base64.b64encode(
        json.dumps({"auth_typ": "aad", "claims": [{"typ": "oid", "val": EARTH}]}).encode()
    ).decode(),
    "X-MS-TOKEN-AAD-ACCESS-TOKEN": "x.y.z",
    "X-MS-TOKEN-AAD-ID-TOKEN": "x.y.z",
    "X-ZUMO-AUTH": "x.y.z",
    "X-Forwarded-User": EARTH,
}


def test_headers_that_only_the_platform_should_set_change_nothing(world: World) -> None:
    without_token = world.call("POST", "/query", {"query": ALL}, headers=FORGED)
    as_fire = world.query(FIRE, ALL, headers=FORGED)

    assert without_token.status == 401
    assert as_fire.ids == ["3", "B"]


def test_a_good_token_in_another_header_or_in_the_query_does_not_count(world: World) -> None:
    good = world.entra.token(EARTH)
    for headers in ({"X-MS-TOKEN-AAD-ACCESS-TOKEN": good}, {"X-ZUMO-AUTH": good}, {"Cookie": f"AppServiceAuth={good}"}):
        assert world.call("POST", "/query", {"query": ALL}, headers=headers).status == 401
    assert world.call("GET", "/digitaltwins/A", api_version=f"2023-10-31&access_token={good}").status == 401


def test_nothing_of_a_token_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    tokens = [world.entra.token(EARTH), world.entra.token(EARTH, aud="other")]
    for token in tokens:
        world.call("POST", "/query", {"query": ALL}, token=token)

    assert [record.name for record in caplog.records if record.name.startswith("twin_rbac")] != []
    for secret in (*(piece for token in tokens for piece in token.split(".")), EARTH, TENANT):
        assert secret not in caplog.text
