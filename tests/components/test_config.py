from collections.abc import Callable
from typing import Any

import pytest

from components.config import ConfigError, load_config, parse_config
from components.config_sections import PrincipalType, Profile

EARTH = "0f3c0000-0000-4000-8000-000000000010"
DEPLOYER = "77b20000-0000-4000-8000-000000000001"
VALID: dict[str, Any] = {
    "manifest": "examples/tenants/role-tags.yaml",
    "tenants": {"earth": {"principalId": EARTH, "principalType": "Group", "roles": ["Earth"]}},
    "deployers": [{"principalId": DEPLOYER, "principalType": "ServicePrincipal"}],
}


def tenant(**changes: object) -> dict[str, Any]:
    return {"tenants": {"earth": {**VALID["tenants"]["earth"], **changes}}}


def test_the_smallest_config_has_the_safe_defaults() -> None:
    config = parse_config(VALID)

    assert config.instance.protect is True
    assert config.tenants["earth"].principal_type is PrincipalType.GROUP
    assert (config.graph, config.drift_readers, config.taggers) == (None, (), ())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tenants": None}, "digital-twins-rbac:tenants must be a mapping"),
        ({"tenants": "[not JSON"}, "digital-twins-rbac:tenants must be a mapping"),
        ({"deployers": {}}, "digital-twins-rbac:deployers must be a list"),
        (
            {"tenants": {"a": VALID["tenants"]["earth"], "b": VALID["tenants"]["earth"]}},
            "tenants.a and tenants.b are the same principal",
        ),
        ({"tenants": {}}, "digital-twins-rbac:tenants must not be empty; give name: {principalId"),
        ({"deployers": []}, "digital-twins-rbac:deployers must not be empty; list {principalId"),
        ({"manifest": "no/such.yaml"}, "digital-twins-rbac:manifest: there is no file 'no/such.yaml'"),
        ({"graph": "no/such.ndjson"}, "digital-twins-rbac:graph: there is no file 'no/such.ndjson'"),
        ({"tenant": {}}, "digital-twins-rbac:tenant is not a setting; did you mean tenants?"),
        ({"upgradeModels": "perhaps"}, "digital-twins-rbac:upgradeModels must be true or false"),
        (
            {"allowUnsafe": "true"},
            "digital-twins-rbac:allowUnsafe: 'true' is no digest of a manifest; copy the 64 digits",
        ),
        ({"quux": 1}, "digital-twins-rbac:quux is not a setting; there are: manifest, tenants, deployers"),
        ({"instance": {"protct": True}}, "digital-twins-rbac:instance.protct is not a setting; did you mean protect?"),
        ({"cloud": {"accessKey": "x"}}, "digital-twins-rbac:cloud.accessKey is not a setting"),
        ({"instance": {"protect": "perhaps"}}, "digital-twins-rbac:instance.protect must be true or false; see docs"),
        (
            tenant(principalType="Person"),
            "digital-twins-rbac:tenants.earth.principalType is none of the values that it can have; one of User, Group",
        ),
        (
            tenant(principalId="earth@example.com"),
            "digital-twins-rbac:tenants.earth.principalId: must be the object id",
        ),
        (
            tenant(principalId="00000000-0000-0000-0000-000000000000"),
            "digital-twins-rbac:tenants.earth.principalId: is still the placeholder",
        ),
        (tenant(roles=[]), "digital-twins-rbac:tenants.earth.roles"),
        (tenant(roles=["Earth", "Earth"]), "digital-twins-rbac:tenants.earth.roles: 'Earth' stands there twice"),
        (tenant(role="Earth"), "digital-twins-rbac:tenants.earth.role is not a setting; did you mean roles?"),
        (tenant(principalId=DEPLOYER), "also stands in deployers, taggers or driftReaders"),
        ({"tenants": {"a b": VALID["tenants"]["earth"]}}, "the tenant's name 'a b' must be"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(changes: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({**VALID, **changes})

    assert expected in str(caught.value)


def test_a_config_without_tenants_says_how_to_give_them() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({key: value for key, value in VALID.items() if key != "tenants"})

    assert "digital-twins-rbac:tenants is missing; give name: {principalId: …, principalType: " in str(caught.value)


def test_a_list_whose_items_are_wrong_is_not_called_too_short_as_well() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({**VALID, "deployers": [{"principalId": "me", "principalType": "User"}]})

    assert len(caught.value.problems) == 1


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"quux": 1})

    assert len(caught.value.problems) == 4  # manifest, tenants, deployers, quux


def test_the_running_stacks_config_is_read_whole_other_namespaces_apart(build: Callable[..., Any]) -> None:
    values = {f"digital-twins-rbac:{key}": value for key, value in VALID.items()}
    read: list[object] = []

    build(lambda: read.append(load_config()), config={**values, "azure-native:location": "westeurope"})

    assert read == [parse_config(VALID)]


def test_a_manifest_may_be_a_folder_and_a_graph_may_not() -> None:
    assert parse_config({**VALID, "manifest": "examples/tenants"}).manifest == "examples/tenants"
    with pytest.raises(ConfigError, match="graph: there is no file 'examples/tenants'"):
        parse_config({**VALID, "graph": "examples/tenants"})


def test_a_text_that_starts_like_json_is_a_text(build: Callable[..., Any]) -> None:
    values = {f"digital-twins-rbac:{key}": value for key, value in {**VALID, "manifest": "[x].yaml"}.items()}

    with pytest.raises(ConfigError, match=r"manifest: there is no file '\[x\]\.yaml'"):
        build(load_config, config=values)


def test_an_unknown_key_of_the_running_stack_is_found(build: Callable[..., Any]) -> None:
    values = {f"digital-twins-rbac:{key}": value for key, value in VALID.items()}

    with pytest.raises(ConfigError, match="tennants is not a setting; did you mean tenants"):
        build(load_config, config={**values, "digital-twins-rbac:tennants": {}})


HUB = (
    "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-events/providers/"
    "Microsoft.EventHub/namespaces/events/eventhubs/twins"
)
INSTANCE = (
    "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-twins/providers/"
    "Microsoft.DigitalTwins/digitalTwinsInstances/adt"
)
SUBNET = (
    "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-hub/providers/"
    "Microsoft.Network/virtualNetworks/hub/subnets/endpoints"
)
SITE_ZONE = (
    "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-hub/providers/"
    "Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net"
)


def test_dev_is_open_to_nobody_until_addresses_are_listed_and_costs_little() -> None:
    config = parse_config(VALID)

    assert config.profile is Profile.DEV
    assert config.gateway.allowed_addresses is None
    assert (config.is_private, config.gateway_is_private, config.calls_from_network) == (False, False, False)
    assert (config.zone_redundant, config.alerts, config.has_diagnostics) == (False, False, True)


def test_prod_is_private_redundant_and_watched() -> None:
    config = parse_config({**VALID, "profile": "prod"})

    assert (config.is_private, config.gateway_is_private, config.calls_from_network) == (True, True, True)
    assert (config.zone_redundant, config.alerts, config.has_diagnostics) == (True, True, True)


def test_each_default_of_a_profile_can_be_set_by_itself() -> None:
    config = parse_config(
        {
            **VALID,
            "profile": "prod",
            "instance": {"privateEndpoint": False, "diagnostics": "off"},
            "gateway": {"privateEndpoint": False, "zoneRedundant": False, "alerts": False},
        }
    )

    assert (config.is_private, config.gateway_is_private, config.calls_from_network) == (False, False, False)
    assert (config.zone_redundant, config.alerts, config.has_diagnostics) == (False, False, False)


def test_an_existing_instance_keeps_its_own_network_and_diagnostics() -> None:
    config = parse_config({**VALID, "profile": "prod", "instance": {"resourceId": INSTANCE}})

    assert (config.is_private, config.has_diagnostics) == (False, False)
    assert config.gateway_is_private is True


def test_a_bare_off_of_yaml_turns_diagnostics_off() -> None:
    assert parse_config({**VALID, "instance": {"diagnostics": False}}).has_diagnostics is False


def test_an_address_range_is_kept_in_its_usual_form() -> None:
    config = parse_config({**VALID, "gateway": {"allowedAddresses": ["203.0.113.7", "2001:DB8::/32"]}})

    assert config.gateway.allowed_addresses == ("203.0.113.7/32", "2001:db8::/32")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"profile": "production"}, "digital-twins-rbac:profile is none of the values that it can have; dev or prod"),
        (
            {"instance": {"resourceId": "adt-a"}},
            "instance.resourceId: 'adt-a' is not the id of an Azure Digital Twins instance: it must be /subscrip",
        ),
        (
            {"instance": {"resourceId": INSTANCE, "lock": "CanNotDelete"}},
            "instance: resourceId names an instance that is not the program's: leave lock out",
        ),
        (
            {"instance": {"resourceId": INSTANCE, "privateEndpoint": True}},
            "instance: resourceId names an instance that is not the program's: leave privateEndpoint out",
        ),
        (
            {"instance": {"lock": "ReadOnly"}},
            "instance.lock is none of the values that it can have; CanNotDelete is the",
        ),
        ({"instance": {"name": "-adt"}}, "instance.name: is '-adt', and must be 3-63 letters, digits and hyphens"),
        (
            {"instance": {"endpoints": {"events": {"eventGrid": "x"}}}},
            "instance.endpoints.events: Event Grid endpoints are not offered: Azure Digital Twins reaches a topic of",
        ),
        (
            {"instance": {"endpoints": {"events": {"eventHub": HUB.rsplit("/", 2)[0]}}}},
            "namespaces/events' is not the id of an event hub: it ends at namespaces; add /eventhubs/<name>",
        ),
        (
            {"instance": {"endpoints": {"events": {"connectionString": "Endpoint=sb://x"}}}},
            "instance.endpoints.events.connectionString is not a setting; there are: eventHub, serviceBus, endpointUri",
        ),
        (
            {"instance": {"endpoints": {"123": {"eventHub": HUB}}}},
            "instance: endpoints.123: a name has 3-50 letters, digits and hyphens",
        ),
        (
            {"instance": {"endpoints": {"events": {"eventHub": HUB}}, "routes": {"all": {"endpoint": "event"}}}},
            "instance: routes.all.endpoint: instance.endpoints has no 'event'; there are: events",
        ),
        (
            {"instance": {"history": {"database": HUB}}},
            "instance.history.database: '" + HUB + "' is not the id of an Azure Data Explorer database",
        ),
        ({"instance": {"diagnostics": "on"}}, "instance.diagnostics: 'on' is not the id of a Log Analytics workspace"),
        (
            {"gateway": {"allowedAddresses": ["10.0.0.1/8"]}},
            "gateway.allowedAddresses.0: must be an address range, such as 203.0.113.0/24",
        ),
        (
            {"profile": "prod", "network": {"privateEndpointSubnetId": SUBNET}},
            "network.privateEndpointSubnetId is given and gatewaySubnetId is not",
        ),
        (
            {"profile": "prod", "network": {"gatewaySubnetId": SUBNET}},
            "network.gatewaySubnetId is given and privateEndpointSubnetId is not",
        ),
        (
            {"network": {"subnet": SUBNET}},
            "network.subnet is not a setting; there are: privateEndpointSubnetId, gateway",
        ),
    ],
)
def test_a_wrong_setting_of_an_environment_is_named_with_what_would_be_right(
    changes: dict[str, object], expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({**VALID, **changes})

    assert expected in str(caught.value)
