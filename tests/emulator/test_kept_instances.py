from emulator.kept_instances import kept_instances, record_host_name
from emulator.storage import Storage

GROUP = "/subscriptions/S/resourceGroups/rg"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-1"


def storage_of_an_earlier_start() -> Storage:
    storage = Storage()
    storage.put("resources", GROUP.lower(), {"id": GROUP, "type": "Microsoft.Resources/resourceGroups"})
    properties = {"hostName": "localhost:20003", "publicNetworkAccess": "Enabled"}
    document = {"id": INSTANCE, "type": "Microsoft.DigitalTwins/digitalTwinsInstances", "properties": properties}
    storage.put("resources", INSTANCE.lower(), document)
    return storage


def test_instances_are_those_that_resource_manager_has() -> None:
    assert kept_instances(storage_of_an_earlier_start()) == [INSTANCE]
    assert kept_instances(Storage()) == []


def test_resource_manager_is_told_where_an_instance_has_moved() -> None:
    storage = storage_of_an_earlier_start()

    record_host_name(storage, INSTANCE, "localhost:43002")

    document = storage.get("resources", INSTANCE.lower())
    assert document is not None
    assert document["properties"] == {"hostName": "localhost:43002", "publicNetworkAccess": "Enabled"}


def test_nothing_is_written_for_an_instance_that_is_gone() -> None:
    storage = Storage()

    record_host_name(storage, INSTANCE, "localhost:43002")

    assert storage.items("resources") == []
