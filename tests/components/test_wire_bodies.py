"""What azure-native sends for the program, held against the models that Microsoft publishes of the same API."""

import inspect
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.storage.models import StorageAccountCreateParameters
from azure.mgmt.web.models import Site
from ruamel.yaml import YAML

from tests.components.scenario import EARTH, REGISTRATION, ROOT, WIND, local_config, run_program
from tests.components.wire_models import find_problems
from tests.components.wire_table import NEAREST, WIRE_TYPES, model_version, wire_body

Build = Callable[..., Any]
LOCATION = "westeurope"
PREFIX = "azure-native:"

SITE: Mapping[str, Any] = {
    "location": "westeurope",
    "kind": "functionapp,linux",
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/id": {}}},
    "properties": {
        "serverFarmId": "/subscriptions/s/plan",
        "siteConfig": {"ftpsState": "Disabled", "appSettings": [{"name": "A", "value": "1"}]},
        "functionAppConfig": {
            "runtime": {"name": "python", "version": "3.12"},
            "scaleAndConcurrency": {"instanceMemoryMB": 2048.0, "alwaysReady": []},
        },
    },
}
"""A right body of the newer generation of models."""
ACCOUNT: Mapping[str, Any] = {
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "properties": {"minimumTlsVersion": "TLS1_2", "networkAcls": {"defaultAction": "Allow"}},
}
"""A right body of the older generation of models."""


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def first_environment() -> dict[str, Any]:
    config: dict[str, Any] = YAML(typ="safe").load(ROOT / "Pulumi.dev.yaml")["config"]
    # The file has zeros where ids are to be filled in.
    config["digital-twins-rbac:tenants"]["earth"]["principalId"] = EARTH
    config["digital-twins-rbac:deployers"][0]["principalId"] = WIND
    return config


def local_cloud() -> dict[str, Any]:
    cloud = {
        "resourceManager": "https://localhost:1",
        "authority": "https://localhost:2",
        "resourceManagerAudience": "https://localhost:1",
        "digitalTwinsAudience": "https://localhost:3",
        "functionWheels": "host",
    }
    return {**local_config(), "digital-twins-rbac:cloud": cloud}


def own_registration() -> dict[str, Any]:
    return {**local_config(), "digital-twins-rbac:gateway": {"createRegistration": False, "clientId": REGISTRATION}}


@pytest.mark.parametrize("config", [local_config, local_cloud, first_environment, own_registration])
def test_every_body_of_the_program_is_one_that_microsofts_models_allow(
    build: Build, config: Callable[[], dict[str, Any]]
) -> None:
    built = build(run_program({}), config=config())

    declared = [item for item in built.created if item.type.startswith(PREFIX)]
    assert {item.type for item in declared} == set(WIRE_TYPES)
    problems = [
        f"{item.name} ({item.type}): {problem}"
        for item in declared
        for problem in find_problems(wire_body(item.type, item.inputs, LOCATION), WIRE_TYPES[item.type].model)
    ]
    assert problems == []


@pytest.mark.parametrize("type_", WIRE_TYPES)
def test_the_models_are_of_the_api_version_that_azure_native_speaks_or_of_one_that_is_listed(type_: str) -> None:
    module, name = type_.removeprefix(PREFIX).split(":")
    declared = getattr(import_module(f"pulumi_azure_native.{module}"), name)
    spoken = re.findall(r"Uses Azure REST API version (\S+)\. ?", Path(inspect.getfile(declared)).read_text())

    assert set(spoken) == {WIRE_TYPES[type_].version}
    assert model_version(WIRE_TYPES[type_].model) == NEAREST.get(type_, WIRE_TYPES[type_].version)


def test_the_list_of_nearest_versions_has_no_type_too_many() -> None:
    assert [type_ for type_, version in NEAREST.items() if version == WIRE_TYPES[type_].version] == []
    assert set(NEAREST) <= set(WIRE_TYPES)


def test_the_body_has_neither_the_address_nor_the_names_that_azure_native_changes() -> None:
    account = {
        "resourceGroupName": "rg",
        "accountName": "st",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "enableHttpsTrafficOnly": True,
        "networkRuleSet": {"defaultAction": "Allow"},
    }
    site = {
        "resourceGroupName": "rg",
        "name": "func",
        "location": "northeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/one", "/two"]},
        "httpsOnly": True,
    }

    assert wire_body("azure-native:storage:StorageAccount", account, LOCATION) == {
        "location": LOCATION,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {"supportsHttpsTrafficOnly": True, "networkAcls": {"defaultAction": "Allow"}},
    }
    assert wire_body("azure-native:web:WebApp", site, LOCATION) == {
        "location": "northeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/one": {}, "/two": {}}},
        "properties": {"httpsOnly": True},
    }


def altered(body: Mapping[str, Any], *path: str | int, **values: object) -> dict[str, Any]:
    """The body with some values at a path; None takes one away."""
    copy = deepcopy(dict(body))
    place: Any = copy
    for step in path:
        place = place[step]
    for name, value in values.items():
        place.pop(name, None)
        if value is not None:
            place[name] = value
    return copy


def test_the_walk_finds_nothing_in_a_right_body() -> None:
    assert find_problems(SITE, Site) == []
    assert find_problems(ACCOUNT, StorageAccountCreateParameters) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            altered(SITE, "properties", httpOnly=True),
            "properties.httpOnly: SiteProperties has no such field; did you mean httpsOnly?",
        ),
        (
            altered(SITE, "properties", "siteConfig", "appSettings", 0, nam="A"),
            "properties.siteConfig.appSettings[0].nam: NameValuePair has no such field; did you mean name?",
        ),
        (
            altered(SITE, "properties", "siteConfig", ftpsState="Off"),
            (
                "properties.siteConfig.ftpsState: 'Off' is no value of FtpsState, "
                "which has: AllAllowed, FtpsOnly, Disabled"
            ),
        ),
        (altered(SITE, location=None), "location: Site requires this field, and it is missing"),
        (
            altered(SITE, "properties", "siteConfig", push={"properties": {}}),
            (
                "properties.siteConfig.push.properties.isPushEnabled: "
                "PushSettingsProperties requires this field, and it is missing"
            ),
        ),
        (
            altered(SITE, "properties", defaultHostName="a.net"),
            "properties.defaultHostName: only the service sets this field of SiteProperties",
        ),
        (altered(SITE, "properties", httpsOnly="true"), "properties.httpsOnly: 'true' is no bool"),
        (
            altered(SITE, "properties", "functionAppConfig", "scaleAndConcurrency", instanceMemoryMB=0.5),
            "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB: 0.5 is no int",
        ),
        (altered(SITE, "properties", "siteConfig", appSettings={}), "properties.siteConfig.appSettings: {} is no list"),
        (
            altered(SITE, "identity", userAssignedIdentities=["/subscriptions/s/id"]),
            "identity.userAssignedIdentities: ['/subscriptions/s/id'] is no mapping",
        ),
    ],
)
def test_the_walk_names_what_is_wrong_in_a_body_of_the_newer_models(body: dict[str, Any], problem: str) -> None:
    assert find_problems(body, Site) == [problem]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            altered(ACCOUNT, "properties", enableHttpsTrafficOnly=True),
            (
                "properties.enableHttpsTrafficOnly: StorageAccountCreateParameters has no such field; "
                "did you mean supportsHttpsTrafficOnly?"
            ),
        ),
        (
            altered(ACCOUNT, "properties", "networkAcls", bypas="None"),
            "properties.networkAcls.bypas: NetworkRuleSet has no such field; did you mean bypass?",
        ),
        (
            altered(ACCOUNT, kind="StorageV3"),
            (
                "kind: 'StorageV3' is no value of Kind, which has: "
                "Storage, StorageV2, BlobStorage, FileStorage, BlockBlobStorage"
            ),
        ),
        (
            altered(ACCOUNT, "properties", "networkAcls", defaultAction="allow"),
            "properties.networkAcls.defaultAction: 'allow' is no value of DefaultAction, which has: Allow, Deny",
        ),
        (altered(ACCOUNT, sku=None), "sku: StorageAccountCreateParameters requires this field, and it is missing"),
        (
            altered(ACCOUNT, "properties", "networkAcls", defaultAction=None),
            "properties.networkAcls.defaultAction: NetworkRuleSet requires this field, and it is missing",
        ),
        (altered(ACCOUNT, "sku", tier="Standard"), "sku.tier: only the service sets this field of Sku"),
    ],
)
def test_the_walk_names_what_is_wrong_in_a_body_of_the_older_models(body: dict[str, Any], problem: str) -> None:
    assert find_problems(body, StorageAccountCreateParameters) == [problem]


def test_the_walk_finds_a_required_field_to_be_missing_with_the_whole_level_that_it_stands_in() -> None:
    missing = "RoleAssignmentCreateParameters requires this field, and it is missing"

    assert find_problems({}, RoleAssignmentCreateParameters) == [f"properties: {missing}"]
    assert find_problems({"properties": {"principalId": EARTH}}, RoleAssignmentCreateParameters) == [
        f"properties.roleDefinitionId: {missing}"
    ]


def test_the_walk_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError, match=r"is no model of azure-mgmt-"):
        find_problems({}, Path)
