from collections.abc import Callable
from typing import Any

from components import DigitalTwinsInstance, DigitalTwinsInstanceArgs

Build = Callable[..., Any]


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
