import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.components.scenario import (
    EARTH,
    FIRE,
    GROUP,
    IDENTITY,
    ROLE_ASSIGNMENT,
    ROLE_DEFINITION,
    ROOT,
    WIND,
    local_config,
    run_program,
)

INSTANCE = "azure-native:digitaltwins:DigitalTwin"
ROLE_TAGS = "pulumi-python:dynamic/digital-twins-rbac:RoleTags"
TWIN_GRAPH = "pulumi-python:dynamic/digital-twins-rbac:TwinGraph"

Build = Callable[..., Any]


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_whole_program_declares_what_the_scenario_needs(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(run_program({}), config=local_config())

    # Tagger, loader, drift reader, Earth, Fire, Wind, gateway.
    assert len(built.of_type(ROLE_DEFINITION)) == 7
    # Tenants' roles; deployer twice and tagger; drift reader twice; the gateway at instance, storage and telemetry.
    assert len(built.of_type(ROLE_ASSIGNMENT)) == 5 + 3 + 2 + 3
    assert built.one(INSTANCE).inputs["publicNetworkAccess"] == "Enabled"
    assert built.one(INSTANCE).inputs["identity"] == {"type": "SystemAssigned"}
    assert built.one(ROLE_TAGS).inputs["twins"] == {"A": "Earth", "1": "Earth", "2": "Earth", "B": "Fire", "3": "Fire"}


def test_every_assignment_says_what_kind_of_principal_it_is_for(build: Build) -> None:
    built = build(run_program({}), config=local_config())

    kinds = {item.inputs["principalId"]: item.inputs["principalType"] for item in built.of_type(ROLE_ASSIGNMENT)}
    assert kinds == {
        "0f3c0000-0000-4000-8000-000000000010": "Group",
        "0f3c0000-0000-4000-8000-000000000021": "User",
        "51aa0000-0000-4000-8000-000000000031": "ServicePrincipal",
        "77b20000-0000-4000-8000-000000000001": "ServicePrincipal",
        "77b20000-0000-4000-8000-000000000002": "ServicePrincipal",
        "77b20000-0000-4000-8000-000000000003": "ServicePrincipal",
        IDENTITY: "ServicePrincipal",
    }


def test_a_marker_role_allows_nothing_but_public_information(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(run_program({}), config=local_config())

    for role in ("Earth", "Fire", "Wind"):
        (permission,) = built.named(f"marker-roles-{role}").inputs["permissions"]
        assert permission["actions"] == ["Microsoft.DigitalTwins/operations/read"]
        assert permission["dataActions"] == []


def test_a_tenant_is_given_marker_roles_alone_and_at_the_instance_alone(build: Build) -> None:
    built = build(run_program({}), config=local_config())

    tenants = [item for item in built.of_type(ROLE_ASSIGNMENT) if item.name.startswith("tenants-")]
    markers = {item.inputs["roleDefinitionId"] for item in built.of_type(ROLE_DEFINITION) if "marker" in item.name}
    grants = {(item.inputs["principalId"], item.name.split("-")[1]) for item in tenants}
    assert grants == {(EARTH, "Earth"), (FIRE, "Fire"), (WIND, "Earth"), (WIND, "Fire"), (WIND, "Wind")}
    assert {item.inputs["roleDefinitionId"].rsplit("/", 1)[1] for item in tenants} == markers
    instance = built.one(INSTANCE).inputs["resourceName"]
    provider = "providers/Microsoft.DigitalTwins/digitalTwinsInstances"
    assert {item.inputs["scope"] for item in tenants} == {f"{GROUP}/{provider}/{instance}"}


def test_a_tenant_that_is_called_otherwise_keeps_its_assignments(build: Build) -> None:
    config = local_config()
    before = build(run_program({}), config=config)
    tenants: Any = config["digital-twins-rbac:tenants"]
    config["digital-twins-rbac:tenants"] = {"terra" if key == "earth" else key: value for key, value in tenants.items()}

    after = build(run_program({}), config=config)

    assert {item.name for item in after.created} == {item.name for item in before.created}


def test_a_principal_in_two_lists_is_given_the_role_once(build: Build) -> None:
    config = local_config()
    config["digital-twins-rbac:taggers"] = config["digital-twins-rbac:deployers"]

    built = build(run_program({}), config=config)

    assert len([item for item in built.of_type(ROLE_ASSIGNMENT) if "-tagger-" in item.name]) == 1


def test_tenants_and_roles_whose_names_run_together_are_told_apart(build: Build, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text("version: 1\nroles: {b-c: {}, c: {}}\ntags: [{role: c, twins: [A]}]\n")
    config = local_config()
    config["digital-twins-rbac:manifest"] = str(manifest)
    config["digital-twins-rbac:tenants"] = {
        "fire": {"principalId": FIRE, "principalType": "User", "roles": ["b-c"]},
        "fire-b": {"principalId": WIND, "principalType": "ServicePrincipal", "roles": ["c"]},
    }

    built = build(run_program({}), config=config)

    tenants = [item for item in built.of_type(ROLE_ASSIGNMENT) if item.name.startswith("tenants-")]
    assert {item.inputs["principalId"] for item in tenants} == {FIRE, WIND}


def test_role_names_carry_project_stack_component_and_place(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(run_program({}), config=local_config())

    names = {item.name: item.inputs["roleName"] for item in built.of_type(ROLE_DEFINITION)}
    earth, place = names["marker-roles-Earth"].rsplit(" ", 1)
    assert earth == "Earth (digital-twins-rbac/local/marker-roles"
    assert len(place) == 9  # eight digits and the closing parenthesis
    assert len(set(names.values())) == 7


def test_a_custom_role_can_be_assigned_in_the_stacks_resource_group_only(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(run_program({}), config=local_config())

    assert {json.dumps(item.inputs["assignableScopes"]) for item in built.of_type(ROLE_DEFINITION)} == {f'["{GROUP}"]'}


def test_two_runs_name_everything_alike(build: Build) -> None:
    runs = [build(run_program({}), config=local_config()) for _ in range(2)]

    first, second = ({item.name: item.inputs.get("roleAssignmentName") for item in run.created} for run in runs)
    assert first == second


def test_the_graph_stands_in_the_state_as_hashes_not_as_values(build: Build) -> None:
    built = build(run_program({}), config=local_config())

    inputs = built.one(TWIN_GRAPH).inputs
    assert set(inputs["twins"]) == {"A", "B", "1", "2", "3"}
    assert all(len(digest) == 64 for digest in inputs["twins"].values())
    assert "North Street" not in json.dumps(inputs)


def test_the_outputs_are_those_that_other_tools_rely_on(build: Build) -> None:
    exports: dict[str, Any] = {}
    built = build(run_program(exports), config=local_config())

    assert set(exports) == {
        "declared",
        "digitalTwinsEndpoint",
        "gatewayEndpoint",
        "gatewayPrincipalId",
        "instanceId",
        "markerRoles",
        "roleTags",
    }
    assert built.outputs["digitalTwinsEndpoint"] == "https://adt.api.weu.digitaltwins.azure.net"
    assert built.outputs["roleTags"] == {"Earth": 3, "Fire": 2, "Wind": 0}
    assert set(built.outputs["markerRoles"]) == {"Earth", "Fire", "Wind"}


def test_without_a_graph_nobody_gets_the_loader_role(build: Build) -> None:
    config = {key: value for key, value in local_config().items() if key != "digital-twins-rbac:graph"}
    built = build(run_program({}), config=config)

    assert not [item for item in built.created if "loader" in item.name]
    assert built.of_type(TWIN_GRAPH) == []


def test_a_tenant_with_a_role_that_the_manifest_lacks_is_refused_before_anything_is_declared(build: Build) -> None:
    config = local_config()
    fire = {"principalId": "0f3c0000-0000-4000-8000-000000000021", "principalType": "User", "roles": ["fire"]}
    config["digital-twins-rbac:tenants"] = {"fire": fire}

    with pytest.raises(pulumi.RunError, match=r"tenants\.fire\.roles: .*role-tags\.yaml has no role 'fire'"):
        build(run_program({}), config=config)


def test_the_instance_is_protected_unless_the_config_says_otherwise(build: Build) -> None:
    config = local_config()
    assert build(run_program({}), config=config).requests["instance"].protect is False

    del config["digital-twins-rbac:instance"]
    assert build(run_program({}), config=config).requests["instance"].protect is True


def test_twins_are_tagged_only_after_the_deployer_was_given_its_roles(build: Build) -> None:
    built = build(run_program({}), config=local_config())

    dependencies = " ".join(built.requests["role-tags"].dependencies)
    assert "deployers-tagger-77b20000" in dependencies
    assert "::graph" in dependencies


def test_a_manifest_of_markers_is_refused_since_the_gateway_cannot_scope_by_them(build: Build, tmp_path: Path) -> None:
    manifest = tmp_path / "markers.yaml"
    manifest.write_text("version: 1\nencoding: marker\nroles: {Earth: {}, Fire: {}, Wind: {}}\ntags: []\n")
    config = {**local_config(), "digital-twins-rbac:manifest": str(manifest)}

    with pytest.raises(pulumi.RunError, match=r"markers\.yaml says encoding: marker, and the gateway"):
        build(run_program({}), config=config)
