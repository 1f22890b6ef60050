"""What a row of the table of resource types says, and the shapes that many rows share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from emulator.resource_manager.schema import Shape, an_object

IN_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
"""The path of a resource group: where ids of resources begin."""
TAGS = Shape(type="map", items=Shape())
REQUIRED = Shape(required=True)
SWITCH = Shape(enum=("Enabled", "Disabled"))


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One row."""

    type: str
    """The name in Resource Manager."""
    token: str
    """Pulumi's type token."""
    path: str
    """The id, with the names of Pulumi's inputs where the values go; one that it begins with stands for any scope."""
    name_input: str
    """The input that names the resource."""
    name_pattern: str
    """What the whole name must match."""
    name_rule: str
    """The same, for people."""
    api_versions: tuple[str, ...]
    """The first is what Pulumi's SDK sends."""
    body: Shape
    """What a PUT takes."""
    action: str = ""
    """The actions' common beginning, where it is not the type."""
    parent_type: str = ""
    """The type of the resource that it is a part of; empty for one that lies in a resource group."""
    top_level: tuple[str, ...] = ()
    """Pulumi's inputs that stand beside `properties` in the body; the others stand in it."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Pulumi's name -> the name in `properties`, where they differ."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Pulumi's inputs that its SDK or the service fills in."""
    answered: Mapping[str, Any] = field(default_factory=dict)
    """What the service answers in `properties` where a PUT says nothing."""
    default_body: Mapping[str, Any] | None = None
    """What stands in `properties` from the start; a resource with it comes and goes with its parent alone."""
    outlives: bool = False
    """Whether it stays when what it stands at is deleted, and is there again when that is made again."""
    created_status: int = 201
    """The status of a PUT that makes one."""
    taken_code: str = ""
    """The code of a refusal when the name is in use anywhere in Azure; empty where others may have the same name."""
    replaces: tuple[str, ...] = ()
    """Pulumi's inputs whose change needs a new resource."""
    takes_location: bool = False
    """Whether a missing location is the provider's own, or else the resource group's."""
    flat: bool = True
    """Whether Pulumi's outputs hold what stands in `properties`, in place of `properties` itself."""
    computed: tuple[str, ...] = ("name", "type")
    """Pulumi's outputs that only the service knows."""
    auto_name: str = ""
    """How a missing name is made: empty, it must be given; "hex", logical name and 8 hex digits; "copy", the logical
    name; "guid"."""

    @property
    def path_inputs(self) -> tuple[str, ...]:
        """Pulumi's inputs that stand in the id."""
        return tuple(re.findall(r"{(\w+)}", self.path.replace("{subscriptionId}", "")))

    @property
    def scope_input(self) -> str:
        """Pulumi's input that is the scope, for a type that stands at any; empty for one that lies in a group."""
        return self.path_inputs[0] if self.path.startswith("{") else ""

    @property
    def not_supported(self) -> tuple[str, ...]:
        """Pulumi's inputs that Azure takes and the local Azure does not."""
        inner = self.body.properties.get("properties", Shape()).not_supported
        pulumi_names = {name: input_name for input_name, name in self.renamed.items()}
        return (*self.body.not_supported, *(pulumi_names.get(name, name) for name in inner))

    @property
    def operations(self) -> str:
        """What its actions begin with, before `/read`, `/write` and `/delete`."""
        return self.action or self.type

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What an id matches; the values of the path's inputs are its groups."""
        parts = re.split(r"{(\w+)}", self.path)
        written = [self._group(part) if position % 2 else re.escape(part) for position, part in enumerate(parts)]
        return re.compile("".join(written), re.IGNORECASE)

    def name_of(self, resource_id: str) -> str:
        """The name in an id of this type."""
        match = self.pattern.fullmatch(resource_id)
        return match[self.name_input] if match else ""

    def parent_of(self, resource_id: str) -> str:
        """The id of the resource that one of this type is a part of."""
        return "/".join(resource_id.split("/")[: 7 + 2 * self.parent_type.count("/")])

    def scope_of(self, resource_id: str) -> str:
        """The scope in the id of a type that stands at any."""
        match = self.pattern.fullmatch(resource_id)
        return match[self.scope_input] if match else ""

    def _group(self, name: str) -> str:
        return f"(?P<{name}>{'.*' if name == self.scope_input else '[^/]+'})"


def identity_shape(both: str, *, required: bool = True) -> Shape:
    """The shape of `identity`.

    Args:
        both: how the service spells the type of a resource with both kinds of identities.
        required: whether the type must be said.
    """
    return an_object(
        {
            "type": Shape(required=required, enum=("None", "SystemAssigned", "UserAssigned", both)),
            "userAssignedIdentities": Shape(type="map", items=Shape(type="object")),
        }
    )


def tracked(properties: Mapping[str, Shape], *, not_supported: tuple[str, ...] = (), **beside: Shape) -> Shape:
    """The body of a resource with a place and resource tags, and what else stands beside `properties`."""
    inner = an_object(properties, not_supported=not_supported)
    return an_object({"location": REQUIRED, "tags": TAGS, **beside, "properties": inner})
