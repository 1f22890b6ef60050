import pytest

from components.resource_ids import (
    BLOB_CONTAINER,
    DATABASE,
    EVENT_HUB,
    INSTANCE,
    TOPIC,
    ResourceKind,
    parse_resource_id,
    service_bus_address,
)

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-1"
NAMESPACE = f"{GROUP}/providers/Microsoft.EventHub/namespaces/ns"


@pytest.mark.parametrize(
    ("kind", "tail", "names"),
    [
        (INSTANCE, "Microsoft.DigitalTwins/digitalTwinsInstances/adt", ("adt",)),
        (EVENT_HUB, "Microsoft.EventHub/namespaces/ns/eventhubs/changes", ("ns", "changes")),
        (TOPIC, "Microsoft.ServiceBus/namespaces/ns/topics/orders", ("ns", "orders")),
        (DATABASE, "Microsoft.Kusto/clusters/adx/databases/twins", ("adx", "twins")),
        (
            BLOB_CONTAINER,
            "Microsoft.Storage/storageAccounts/st/blobServices/default/containers/lost",
            ("st", "default", "lost"),
        ),
        # Azure's own answers differ in case from page to page.
        (EVENT_HUB, "microsoft.eventhub/Namespaces/ns/EventHubs/changes", ("ns", "changes")),
    ],
)
def test_an_id_is_taken_apart(kind: ResourceKind, tail: str, names: tuple[str, ...]) -> None:
    found = parse_resource_id(f"{GROUP}/providers/{tail}", kind)

    assert found.text == f"{GROUP}/providers/{tail}"
    assert found.subscription_id == "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
    assert (found.resource_group_name, found.names, found.name) == ("rg-1", names, names[-1])


def test_the_parent_is_the_resource_around_it() -> None:
    assert parse_resource_id(f"{NAMESPACE}/eventhubs/changes", EVENT_HUB).parent == NAMESPACE


@pytest.mark.parametrize(
    ("value", "kind", "advice"),
    [
        (NAMESPACE, EVENT_HUB, "is not the id of an event hub: it ends at namespaces; add /eventhubs/<name>"),
        (
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st",
            BLOB_CONTAINER,
            (
                "is not the id of a blob container: it ends at storageAccounts; "
                "add /blobServices/<name>/containers/<name>"
            ),
        ),
        (
            f"{NAMESPACE}/eventhubs/changes",
            TOPIC,
            (
                "is not the id of a Service Bus topic: it must be /subscriptions/<id>/resourceGroups/<name>"
                "/providers/Microsoft.ServiceBus/namespaces/<name>/topics/<name>"
            ),
        ),
        (
            f"{NAMESPACE}/eventhubs/changes/consumergroups/mine",
            EVENT_HUB,
            (
                "is not the id of an event hub: it must be /subscriptions/<id>/resourceGroups/<name>"
                "/providers/Microsoft.EventHub/namespaces/<name>/eventhubs/<name>"
            ),
        ),
    ],
)
def test_another_id_is_refused_with_what_it_should_be(value: str, kind: ResourceKind, advice: str) -> None:
    with pytest.raises(ValueError, match="is not the id of") as refusal:
        parse_resource_id(value, kind)

    assert str(refusal.value) == f"{value!r} {advice}"


def test_a_namespace_has_its_address_in_public_azure() -> None:
    assert service_bus_address("ns") == "sb://ns.servicebus.windows.net/"
