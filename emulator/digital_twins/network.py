"""Whether an instance takes a call at all: with public network access off, only from inside a network.

What the service answers to others is unverified: here it is the answer to a missing right.
"""

from emulator.digital_twins.errors import FromOutside
from emulator.digital_twins.instance import Instance
from emulator.resource_manager.kinds.kind import RESOURCES
from emulator.resource_manager.private_links import has_private_endpoint


def refuse_from_outside(instance: Instance) -> None:
    """Returns when the call comes from where the instance takes calls.

    Raises:
        FromOutside: it does not.
    """
    document = instance.storage.get(RESOURCES, instance.key)
    if document is None or document["properties"].get("publicNetworkAccess") != "Disabled":
        return
    # Loopback is inside every network that a private endpoint leads from.
    if instance.faults.outside or not has_private_endpoint(instance.storage, instance.key):
        raise FromOutside
