from collections.abc import Callable
from typing import Any

import pytest
from pulumi import ResourceOptions

from components import DigitalTwinsInstance, DigitalTwinsInstanceArgs
from components.instance import ExistingInstance, ExistingInstanceArgs
from tests.components.conftest import ANSWERS
from tests.components.scenario import SUBSCRIPTION

Build = Callable[..., Any]
TYPE = "azure-native:digitaltwins:DigitalTwin"
EXISTING = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-theirs/providers/Microsoft.DigitalTwins"
    "/digitalTwinsInstances/adt-theirs"
)


def program(**changes: Any) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        args = DigitalTwinsInstanceArgs(resource_group_name="rg", instance_name="adt-1", **changes)
        instance = DigitalTwinsInstance("instance", args)
        return {"endpoint": instance.endpoint, "id": instance.instance_id, "principal": instance.principal_id}

    return build


def test_an_instance_is_asked_for_with_an_identity_of_its_own_and_no_key(build_in_both_modes: Build) -> None:
    created = build_in_both_modes(program()).one("azure-native:digitaltwins:DigitalTwin")

    assert created.inputs == {
        "resourceGroupName": "rg",
        "resourceName": "adt-1",
        "identity": {"type": "SystemAssigned"},
        "publicNetworkAccess": "Enabled",
    }


def test_location_and_resource_tags_are_handed_on(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program(location="northeurope", resource_tags={"cost": "42"}))

    inputs = built.one("azure-native:digitaltwins:DigitalTwin").inputs
    assert (inputs["location"], inputs["tags"]) == ("northeurope", {"cost": "42"})


def test_the_outputs_say_where_it_is_and_who_it_is(build: Build) -> None:
    outputs = build(program()).outputs

    assert outputs["endpoint"] == "https://adt.api.weu.digitaltwins.azure.net"
    assert outputs["id"].endswith("/resourceGroups/rg/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-1")
    assert outputs["principal"] == "instance-principal"


def test_in_a_preview_the_endpoint_is_unknown_and_nobody_acts_on_it(build: Build) -> None:
    assert build(program(), preview=True).outputs == {}


def test_without_access_from_the_internet_the_instance_is_closed_from_the_start(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program(public_network_access=False))

    assert built.one("azure-native:digitaltwins:DigitalTwin").inputs["publicNetworkAccess"] == "Disabled"


def test_an_instance_is_as_protected_as_its_component(build: Build) -> None:
    args = DigitalTwinsInstanceArgs(resource_group_name="rg", instance_name="adt-1")

    built = build(lambda: DigitalTwinsInstance("instance", args, ResourceOptions(protect=True)))

    assert [built.requests["instance"].protect, build(program()).requests["instance"].protect] == [True, False]


def existing(resource_id: str = EXISTING) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        instance = ExistingInstance("instance", ExistingInstanceArgs(resource_id=resource_id))
        return {
            "endpoint": instance.endpoint,
            "id": instance.instance_id,
            "principal": instance.principal_id,
            "names": [instance.resource_group_name, instance.instance_name],
        }

    return build


def test_an_existing_instance_is_read_and_nothing_is_made_of_it(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(existing())

    assert [item for item in built.created if item.custom] == []
    assert built.read == [EXISTING]
    assert built.outputs == {
        "endpoint": "https://adt.api.weu.digitaltwins.azure.net",
        "id": EXISTING,
        "principal": "instance-principal",
        "names": ["rg-theirs", "adt-theirs"],
    }


@pytest.mark.parametrize("identity", [None, {"type": "UserAssigned", "tenantId": "t"}])
def test_an_existing_instance_without_an_identity_of_its_own_has_an_empty_one(
    build: Build, monkeypatch: pytest.MonkeyPatch, identity: object
) -> None:
    monkeypatch.setitem(ANSWERS, TYPE, {**ANSWERS[TYPE], "identity": identity})

    assert build(existing()).outputs["principal"] == ""


def test_another_id_than_an_instances_is_refused_before_anything_is_read(build: Build) -> None:
    with pytest.raises(ValueError, match="'/subscriptions/s' is not the id of an Azure Digital Twins instance"):
        build(existing("/subscriptions/s"))
