from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from pulumi_azure_native import resources

from components.endpoints import Endpoints, EndpointsArgs, EndpointTarget
from components.propagation import retry_lagging
from tests.components.scenario import ROLE_ASSIGNMENT, SUBSCRIPTION

Build = Callable[..., Any]
ENDPOINT = "azure-native:digitaltwins:DigitalTwinsEndpoint"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-events/providers"
HUB = f"{GROUP}/Microsoft.EventHub/namespaces/ns-hub/eventhubs/changes"
TOPIC = f"{GROUP}/Microsoft.ServiceBus/namespaces/ns-bus/topics/orders"
CONTAINER = f"{GROUP}/Microsoft.Storage/storageAccounts/stlost/blobServices/default/containers/lost"
ROLES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
EVENT_HUBS_DATA_SENDER = f"{ROLES}/2b629674-e913-4c01-ae53-ef4638d8f975"
SERVICE_BUS_DATA_SENDER = f"{ROLES}/69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"
STORAGE_BLOB_DATA_CONTRIBUTOR = f"{ROLES}/ba92f5b4-2d11-453d-a403-e96b0029c9fe"
TO_HUB = EndpointTarget(event_hub_id=HUB)
TO_TOPIC = EndpointTarget(service_bus_topic_id=TOPIC)


def program(
    endpoints: Mapping[str, EndpointTarget], *, principal_id: str = "principal", retry: bool = False, **options: Any
) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        made = Endpoints(
            "endpoints",
            EndpointsArgs(
                resource_group_name="rg",
                instance_name="adt-1",
                instance_principal_id=principal_id,
                endpoints=endpoints,
                retry=retry_lagging() if retry else None,
            ),
            pulumi.ResourceOptions(**options),
        )
        return {"waits_for": pulumi.Output.all(*[resource.urn for resource in made.resources])}

    return build


def waited_for(built: Any, name: str) -> set[str]:
    return {urn.rsplit("::", 1)[1] for urn in built.requests[name].dependencies}


def granted(built: Any) -> list[tuple[str, ...]]:
    """Principal, its type, scope and role of each assignment; sorted, since they are made side by side."""
    keys = ("principalId", "principalType", "scope", "roleDefinitionId")
    return sorted(tuple(str(item.inputs[key]) for key in keys) for item in built.of_type(ROLE_ASSIGNMENT))


def test_an_event_hub_is_reached_by_identity_and_no_key_is_named(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program({"events": TO_HUB}))

    assert built.one(ENDPOINT).inputs == {
        "resourceGroupName": "rg",
        "resourceName": "adt-1",
        "endpointName": "events",
        "properties": {
            "endpointType": "EventHub",
            "authenticationType": "IdentityBased",
            "endpointUri": "sb://ns-hub.servicebus.windows.net/",
            "entityPath": "changes",
            "identity": {"type": "SystemAssigned"},
        },
    }
    assert granted(built) == [("principal", "ServicePrincipal", HUB, EVENT_HUBS_DATA_SENDER)]


def test_a_topic_is_reached_by_identity_and_no_key_is_named(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program({"orders": TO_TOPIC}))

    assert built.one(ENDPOINT).inputs["properties"] == {
        "endpointType": "ServiceBus",
        "authenticationType": "IdentityBased",
        "endpointUri": "sb://ns-bus.servicebus.windows.net/",
        "entityPath": "orders",
        "identity": {"type": "SystemAssigned"},
    }
    assert granted(built) == [("principal", "ServicePrincipal", TOPIC, SERVICE_BUS_DATA_SENDER)]


def test_what_cannot_be_delivered_goes_to_a_container_that_the_instance_may_write(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program({"events": EndpointTarget(event_hub_id=HUB, dead_letter_id=CONTAINER)}))

    properties = built.one(ENDPOINT).inputs["properties"]
    assert properties["deadLetterUri"] == "https://stlost.blob.core.windows.net/lost"
    assert "deadLetterSecret" not in properties
    assert granted(built) == [
        ("principal", "ServicePrincipal", HUB, EVENT_HUBS_DATA_SENDER),
        ("principal", "ServicePrincipal", CONTAINER, STORAGE_BLOB_DATA_CONTRIBUTOR),
    ]


def test_an_address_of_another_cloud_is_handed_on(build_in_both_modes: Build) -> None:
    target = EndpointTarget(event_hub_id=HUB, endpoint_uri="sb://ns-hub.servicebus.chinacloudapi.cn/")

    built = build_in_both_modes(program({"events": target}))

    assert built.one(ENDPOINT).inputs["properties"]["endpointUri"] == "sb://ns-hub.servicebus.chinacloudapi.cn/"


def test_the_instance_has_its_roles_before_the_endpoint(build: Build) -> None:
    built = build(program({"events": EndpointTarget(event_hub_id=HUB, dead_letter_id=CONTAINER)}))

    assignments = {item.name for item in built.of_type(ROLE_ASSIGNMENT)}
    assert len(assignments) == 2
    assert waited_for(built, "endpoints-events") == assignments


def test_another_target_is_another_endpoint_and_the_old_one_goes_first(build: Build) -> None:
    request = build(program({"events": TO_HUB})).requests["endpoints-events"]

    assert list(request.replaceOnChanges) == ["properties"]
    assert request.deleteBeforeReplace


def test_an_endpoint_and_its_role_are_tried_again_while_azure_does_not_know_the_identity(build: Build) -> None:
    built = build(program({"events": TO_HUB}, retry=True))

    (assignment,) = built.of_type(ROLE_ASSIGNMENT)
    for name in ("endpoints-events", assignment.name):
        assert list(built.requests[name].hooks.on_error) == ["retry-lagging"]


def test_two_endpoints_with_one_target_share_its_role_since_azure_takes_it_once(build: Build) -> None:
    other_spelling = EndpointTarget(event_hub_id=HUB.replace("ns-hub", "NS-HUB"))

    built = build(program({"events": TO_HUB, "copies": other_spelling}))

    (assignment,) = built.of_type(ROLE_ASSIGNMENT)
    assert waited_for(built, "endpoints-events") == waited_for(built, "endpoints-copies") == {assignment.name}


def test_a_shared_role_stays_the_same_resource_when_the_first_of_the_endpoints_goes(build: Build) -> None:
    both, second = (build(program(items)) for items in ({"events": TO_HUB, "copies": TO_HUB}, {"copies": TO_HUB}))

    assert both.one(ROLE_ASSIGNMENT) == second.one(ROLE_ASSIGNMENT)


def test_two_hubs_of_one_name_have_roles_of_their_own(build: Build) -> None:
    other = EndpointTarget(event_hub_id=HUB.replace("ns-hub", "ns-other"))

    built = build(program({"events": TO_HUB, "copies": other}))

    assert len(granted(built)) == len(set(granted(built))) == 2


def test_endpoints_are_as_protected_as_their_component(build: Build) -> None:
    built = build(program({"events": TO_HUB}, protect=True))

    assert [built.requests[name].protect for name in ("endpoints-events", built.one(ROLE_ASSIGNMENT).name)] == [
        True,
        True,
    ]


def test_event_routes_can_wait_for_every_endpoint(build: Build) -> None:
    outputs = build(program({"events": TO_HUB, "orders": TO_TOPIC})).outputs

    names = [urn.rsplit("::", 1)[1] for urn in outputs["waits_for"]]
    assert names == ["endpoints-events", "endpoints-orders"]


@pytest.mark.parametrize(
    ("name", "target", "problem"),
    [
        ("events", EndpointTarget(), "neither of event_hub_id and service_bus_topic_id are given; give exactly one"),
        (
            "events",
            EndpointTarget(event_hub_id=HUB, service_bus_topic_id=TOPIC),
            "both of event_hub_id and service_bus_topic_id are given; give exactly one",
        ),
        (
            "events",
            EndpointTarget(event_hub_id=HUB.rpartition("/eventhubs")[0]),
            "is not the id of an event hub: it ends at namespaces; add /eventhubs/<name>",
        ),
        (
            "events",
            EndpointTarget(service_bus_topic_id=TOPIC.rpartition("/topics")[0]),
            "is not the id of a Service Bus topic: it ends at namespaces; add /topics/<name>",
        ),
        (
            "events",
            EndpointTarget(event_hub_id=HUB, dead_letter_id=CONTAINER.rpartition("/blobServices")[0]),
            "is not the id of a blob container: it ends at storageAccounts",
        ),
        ("a", TO_HUB, "a name has 3-50 letters"),
        ("123", TO_HUB, "not digits alone"),
    ],
)
def test_a_wrong_endpoint_is_refused_by_its_name_before_anything_is_made(
    build: Build, name: str, target: EndpointTarget, problem: str
) -> None:
    seen = {}

    def refused() -> None:
        resources.ResourceGroup("group", resource_group_name="rg")
        with pytest.raises(ValueError, match=problem) as refusal:
            program({"good": TO_HUB, name: target})()
        seen["text"] = str(refusal.value)

    built = build(refused)

    assert seen["text"].startswith(f"endpoint {name!r}: ")
    assert {item.type for item in built.created if item.custom} == {"azure-native:resources:ResourceGroup"}


def test_an_instance_without_an_identity_is_refused_with_what_to_do(build: Build) -> None:
    with pytest.raises(pulumi.RunError, match="turn its system-assigned identity on"):
        build(program({"events": TO_HUB}, principal_id=""))
