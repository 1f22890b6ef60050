"""The instances of earlier starts. Resource Manager's state alone says which there are, so that an emulator that is
killed while it makes or removes one is in two minds about none.
"""

from emulator.resource_manager.resources import INSTANCE_TYPE, RESOURCES
from emulator.storage import Storage


def kept_instances(storage: Storage) -> list[str]:
    """The ARM ids of the instances, oldest first."""
    return [document["id"] for _, document in storage.items(RESOURCES) if document["type"] == INSTANCE_TYPE]


def record_host_name(storage: Storage, resource_id: str, host_name: str) -> None:
    """Lets Resource Manager answer with the host name that an instance has now: PORT may have moved it."""
    key = resource_id.lower()
    document = storage.get(RESOURCES, key)
    if document is not None and document["properties"]["hostName"] != host_name:
        storage.put(RESOURCES, key, {**document, "properties": {**document["properties"], "hostName": host_name}})
