import json

import pytest

from tests.twin_rbac.gateway.world import CLIENT, DEFINITIONS, ENVIRONMENT, INSTANCE, MARKER_ROLES, TENANT
from twin_rbac.access import Policy
from twin_rbac.gateway.errors import SettingsInvalid
from twin_rbac.gateway.settings import Settings


def test_the_settings_of_an_environment() -> None:
    settings = Settings.from_environment({**ENVIRONMENT, "TWIN_RBAC_CLOUD": "{}", "OTHER": "x"})

    assert settings.endpoint == "https://adt.api.weu.digitaltwins.azure.net"
    assert settings.instance_id == INSTANCE
    assert settings.marker_roles == MARKER_ROLES
    assert settings.policy == Policy(roles=frozenset({"Earth", "Fire", "Wind"}))
    assert settings.issuer == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert settings.audiences == {CLIENT, f"api://{CLIENT}"}


def test_every_missing_setting_is_named_in_one_error() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        Settings.from_environment({})

    assert [line.strip() for line in str(caught.value).splitlines()[1:]] == [
        f"{name} is missing"
        for name in sorted(
            ENVIRONMENT,
            key=[
                "TWIN_RBAC_ENDPOINT",
                "TWIN_RBAC_INSTANCE_ID",
                "TWIN_RBAC_MARKER_ROLES",
                "TWIN_RBAC_TENANT_ID",
                "TWIN_RBAC_CLIENT_ID",
                "TWIN_RBAC_CLOUD",
                "AZURE_CLIENT_ID",
                "TWIN_RBAC_PROPERTY",
                "TWIN_RBAC_KEY",
                "TWIN_RBAC_ENCODING",
            ].index,
        )
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TWIN_RBAC_ENDPOINT", "http://adt.example", "a token is sent over https only"),
        ("TWIN_RBAC_ENDPOINT", "ftp://adt.example", "give an address such as"),
        ("TWIN_RBAC_INSTANCE_ID", "/subscriptions/s", "is no id of an Azure Digital Twins instance"),
        ("TWIN_RBAC_INSTANCE_ID", f"{INSTANCE}/endpoints/e", "is no id of an Azure Digital Twins instance"),
        ("TWIN_RBAC_MARKER_ROLES", "Earth", "Expecting value"),
        ("TWIN_RBAC_MARKER_ROLES", '["Earth"]', "is no JSON object of texts"),
        ("TWIN_RBAC_MARKER_ROLES", '{"Earth": 1}', "is no JSON object of texts"),
        ("TWIN_RBAC_MARKER_ROLES", '{"Earth": "Reader"}', "'reader' is no name of a role definition"),
        (
            "TWIN_RBAC_MARKER_ROLES",
            json.dumps({"Earth": MARKER_ROLES["Earth"], "Fire": MARKER_ROLES["Earth"].upper()}),
            "two role tags have the same role definition",
        ),
        (
            "TWIN_RBAC_MARKER_ROLES",
            json.dumps({"Earth']": f"{DEFINITIONS}/e0000000-0000-0000-0000-000000000000"}),
            'TWIN_RBAC_ROLES: "Earth\']" is no role',
        ),
        ("TWIN_RBAC_PROPERTY", "tags.role", "TWIN_RBAC_PROPERTY: 'tags.role' is no name"),
        ("TWIN_RBAC_KEY", "ro le", "TWIN_RBAC_KEY: 'ro le' is no name"),
        ("TWIN_RBAC_ENCODING", "marker", "TWIN_RBAC_ENCODING: 'marker' is not supported"),
        ("TWIN_RBAC_TENANT_ID", "common", "TWIN_RBAC_TENANT_ID: 'common' is no GUID"),
        ("TWIN_RBAC_CLIENT_ID", "api://x", "TWIN_RBAC_CLIENT_ID: 'api://x' is no GUID"),
        ("TWIN_RBAC_CLOUD", '{"login": "https://x"}', "cloud has no such key"),
        ("TWIN_RBAC_CLOUD", '{"authority": "http://login.example"}', "a token is sent over https only"),
        ("TWIN_RBAC_CLOUD", '{"resourceManager": "http://arm.example"}', "a token is sent over https only"),
        ("AZURE_CLIENT_ID", "me", "AZURE_CLIENT_ID: 'me' is no GUID"),
        ("AZURE_CLIENT_ID", "  ", "AZURE_CLIENT_ID is missing"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        Settings.from_environment({**ENVIRONMENT, name: value})

    assert message in str(caught.value)


def test_ids_are_compared_in_lower_case() -> None:
    settings = Settings.from_environment({**ENVIRONMENT, "TWIN_RBAC_TENANT_ID": "AAAAAAAA-1111-1111-1111-111111111111"})

    assert settings.tenant_id == "aaaaaaaa-1111-1111-1111-111111111111"
