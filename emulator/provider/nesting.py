"""Objects within a resource as Pulumi has them, and as Resource Manager does.

A part of a resource that is written like one, with a name and `properties` of its own, is one flat object in Pulumi:

    {"name": "API", "groupIds": ["API"]}  is  {"name": "API", "properties": {"groupIds": ["API"]}}
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.resource_manager.schema import Shape, variant_of


def pulumi_shape(shape: Shape) -> Shape:
    """The shape as Pulumi has it."""
    if shape.variants:
        variants = {said: pulumi_shape(variant) for said, variant in shape.variants.items()}
        return replace(shape, variants=variants, discriminator=_discriminator(shape))
    if shape.items is not None:
        return replace(shape, items=pulumi_shape(shape.items))
    properties: dict[str, Shape] = {}
    not_supported = shape.not_supported
    for name, item in shape.properties.items():
        inner = pulumi_shape(item)
        if item.inlined:
            properties.update(inner.properties)
            not_supported += inner.not_supported
        else:
            properties[item.pulumi_name or name] = inner
    return replace(shape, properties=properties, not_supported=not_supported)


def to_wire(value: Any, shape: Shape) -> Any:
    """A value of Pulumi's as Resource Manager takes it; what does not fit the shape stays as it is."""
    if isinstance(value, list) and shape.items is not None:
        return [to_wire(item, shape.items) for item in value]
    if not isinstance(value, Mapping) or shape.type != "object":
        return value
    shape = shape.variants.get(str(value.get(_discriminator(shape))), shape)
    written: dict[str, Any] = {}
    for name, item in shape.properties.items():
        if item.inlined:
            within = {item.properties[key].pulumi_name or key for key in item.properties}
            written[name] = to_wire({key: value[key] for key in value if key in within}, item)
        elif (key := item.pulumi_name or name) in value:
            written[name] = to_wire(value[key], item)
    return written if shape.properties else value


def from_wire(value: Any, shape: Shape) -> Any:
    """A value of Resource Manager's as Pulumi answers it; what only the service knows is in it too."""
    if isinstance(value, list) and shape.items is not None:
        return [from_wire(item, shape.items) for item in value]
    if not isinstance(value, Mapping):
        return value
    shapes = variant_of(value, shape).properties
    read: dict[str, Any] = {}
    for name, found in value.items():
        item = shapes.get(name, Shape())
        if item.inlined:
            read.update(from_wire(found, item))
        else:
            read[item.pulumi_name or name] = from_wire(found, item)
    return read


def _discriminator(shape: Shape) -> str:
    """What Pulumi calls the property that tells the variants."""
    for variant in shape.variants.values():
        return variant.properties[shape.discriminator].pulumi_name or shape.discriminator
    return shape.discriminator
