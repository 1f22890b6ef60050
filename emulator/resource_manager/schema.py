"""Which shape a body must have; what does not fit is refused, as the service refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JsonType = Literal["string", "boolean", "integer", "number", "object", "array", "map"]

_TYPES: Mapping[JsonType, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
    "map": dict,
}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The shape of one value of a body."""

    type: JsonType = "string"
    required: bool = False
    enum: tuple[str, ...] = ()
    longest: int | None = None
    """How many characters a text, or items an array, may have."""
    least: int | None = None
    """The smallest number."""
    most: int | None = None
    """The largest number."""
    properties: Mapping[str, "Shape"] = field(default_factory=dict)
    """An object's properties; no others may stand in it."""
    not_supported: tuple[str, ...] = ()
    """An object's properties that Azure takes and the local Azure does not."""
    items: "Shape | None" = None
    """The shape of an array's items or a map's values."""
    discriminator: str = ""
    """The property of an object that says which of the variants it is."""
    variants: Mapping[str, "Shape"] = field(default_factory=dict)
    """What the discriminator may say -> the shape of such an object."""
    inlined: bool = False
    """Whether Pulumi writes an object's properties straight into the object that holds it."""
    pulumi_name: str = ""
    """What Pulumi calls the value, where that is another name."""


def strings(*names: str) -> dict[str, Shape]:
    """Properties that are texts."""
    return {name: Shape() for name in names}


def booleans(*names: str) -> dict[str, Shape]:
    """Properties that are true or false."""
    return {name: Shape(type="boolean") for name in names}


def an_object(properties: Mapping[str, Shape], *, required: bool = False, not_supported: tuple[str, ...] = ()) -> Shape:
    """An object with these properties."""
    return Shape(type="object", properties=properties, required=required, not_supported=not_supported)


def a_list(items: Shape | None = None) -> Shape:
    """A list, of texts unless the shape of its items is given."""
    return Shape(type="array", items=items or Shape())


def inner(properties: Mapping[str, Shape], *, not_supported: tuple[str, ...] = (), **beside: Shape) -> Shape:
    """A part of a resource that is written like one, with `properties` of its own, which Pulumi leaves out."""
    inlined = Shape(type="object", properties=properties, inlined=True, not_supported=not_supported)
    return an_object({**beside, "properties": inlined})


def one_of(discriminator: str, variants: Mapping[str, Shape], *, required: bool = True) -> Shape:
    """An object of one of these kinds, which the discriminator tells."""
    return Shape(type="object", required=required, discriminator=discriminator, variants=variants)


def variant_of(value: Mapping[str, Any], shape: Shape) -> Shape:
    """The shape of the object that the value is; the shape itself where there is only one, or none that fits."""
    return shape.variants.get(str(value.get(shape.discriminator)), shape)


def find_problems(value: Any, shape: Shape, path: str = "") -> list[str]:
    """Everything in the value that does not fit, each as one sentence that names the place."""
    if not _is_of_type(value, shape.type):
        return [f"{path or 'the body'} must be {_article(shape.type)}"]
    if shape.variants:
        return _variant_problems(value, shape, path)
    if shape.type in {"integer", "number"}:
        return _number_problems(value, shape, path)
    if shape.enum and value not in shape.enum:
        return [f"{path} is {value!r}, and must be one of: {', '.join(shape.enum)}"]
    if shape.longest is not None and len(value) > shape.longest:
        return [f"{path} has {len(value)} {_unit(shape.type)}, and may have {shape.longest}"]
    if shape.type == "object":
        return _object_problems(value, shape, path)
    if shape.items is None:
        return []
    pairs = enumerate(value) if shape.type == "array" else value.items()
    return [problem for key, item in pairs for problem in find_problems(item, shape.items, f"{path}[{key}]")]


def keep_known(value: Any, shape: Shape) -> Any:
    """The part of a value that its shape knows: what a caller may send of what the service answered."""
    if shape.type == "object" and isinstance(value, Mapping):
        known = variant_of(value, shape).properties
        return {key: keep_known(value[key], item) for key, item in known.items() if key in value}
    if shape.type == "map" and shape.items is not None and isinstance(value, Mapping):
        return {key: keep_known(item, shape.items) for key, item in value.items()}
    if shape.type == "array" and shape.items is not None and isinstance(value, list):
        return [keep_known(item, shape.items) for item in value]
    return value


def drop_nulls(value: Any) -> Any:
    """The value without the properties that were sent as null, which say nothing, at any depth."""
    if isinstance(value, Mapping):
        return {key: drop_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [drop_nulls(item) for item in value]
    return value


def _object_problems(value: Mapping[str, Any], shape: Shape, path: str) -> list[str]:
    prefix = f"{path}." if path else ""
    unknown = [_unknown(prefix, key, shape) for key in value if key not in shape.properties]
    missing = [
        f"missing required property {prefix}{key}"
        for key, item in shape.properties.items()
        if item.required and value.get(key) is None
    ]
    inner = [
        problem
        for key, item in shape.properties.items()
        if value.get(key) is not None
        for problem in find_problems(value[key], item, f"{prefix}{key}")
    ]
    return [*unknown, *missing, *inner]


def _variant_problems(value: Mapping[str, Any], shape: Shape, path: str) -> list[str]:
    place = f"{path}.{shape.discriminator}" if path else shape.discriminator
    said = value.get(shape.discriminator)
    if said is None:
        return [f"missing required property {place}"]
    if said not in shape.variants:
        return [f"{place} is {said!r}, and must be one of: {', '.join(shape.variants)}"]
    return find_problems(value, shape.variants[said], path)


def _number_problems(value: float, shape: Shape, path: str) -> list[str]:
    if shape.least is not None and value < shape.least:
        return [f"{path} is {value}, and must be at least {shape.least}"]
    if shape.most is not None and value > shape.most:
        return [f"{path} is {value}, and must be at most {shape.most}"]
    return []


def _unknown(prefix: str, key: str, shape: Shape) -> str:
    if key in shape.not_supported:
        return f"{prefix}{key} is not supported by the local Azure; see docs/emulator-differences.md"
    return f"unknown property {prefix}{key}; there are: {', '.join(shape.properties)}"


def _is_of_type(value: Any, json_type: JsonType) -> bool:
    # Python's true and false are integers, JSON's are not.
    is_boolean = isinstance(value, bool)
    return isinstance(value, _TYPES[json_type]) and (json_type == "boolean" or not is_boolean)


def _article(json_type: JsonType) -> str:
    special = {"array": "an array", "integer": "an integer", "object": "an object", "map": "an object of values"}
    return special.get(json_type, f"a {json_type}")


def _unit(json_type: JsonType) -> str:
    return "characters" if json_type == "string" else "items"
