"""Management locks as resources; what they hold is in `emulator.resource_manager.locks`."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.kinds.kind import Kind, Put


class LockKind(Kind):
    """Locks, at any scope."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """As they were sent."""
        return put.properties
