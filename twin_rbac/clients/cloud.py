"""Where Azure is: the public cloud, a sovereign one, or the local stack."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from twin_rbac.clients.errors import EndpointRefused

_NO_ADDRESSES = frozenset({"functionWheels"})
"""What the config's `cloud` may hold besides addresses."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The addresses and audiences of one Azure; the defaults are the public cloud's."""

    resource_manager: str = "https://management.azure.com"
    """Resource Manager's address."""
    authority: str = "https://login.microsoftonline.com"
    """Where tokens come from."""
    resource_manager_audience: str = "https://management.azure.com/"
    """Whom Resource Manager's tokens are for."""
    digital_twins_audience: str = "https://digitaltwins.azure.net"
    """Whom an instance's tokens are for."""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, str] | None) -> Self:
        """The cloud from the config's `cloud`, with its camelCase keys; what is left out is the public cloud's.

        Raises:
            EndpointRefused: an unknown key; the text names those that there are.
        """
        names = {_camel(field.name): field.name for field in fields(cls)}
        addresses = {key: value for key, value in (mapping or {}).items() if key not in _NO_ADDRESSES}
        for key in addresses:
            if key not in names:
                raise EndpointRefused(key, f"cloud has no such key; it has: {', '.join(names)}")
        return cls(**{names[key]: value for key, value in addresses.items()})


PUBLIC_CLOUD = Cloud()
"""Azure as most people know it."""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
