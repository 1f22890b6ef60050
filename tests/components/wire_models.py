"""What Microsoft's models say about a body: a walk over the classes of azure-mgmt-*.

Their own `deserialize` accepts unknown keys and values, so the classes are read instead. There are two generations: the
older keeps `_attribute_map` and `_validation`, with keys such as `properties.networkAcls`, and names its enums in the
constructor; the newer has a descriptor for each field and says the rest in its annotations. A model of the older
generation may stand for several: the body itself says which one it is (`endpointType: EventHub`).
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from enum import Enum
from types import NoneType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


@dataclass
class Field:
    shape: Any
    """The annotation of its value, or the `Fields` of a level that the older generation has no class for."""
    required: bool = False
    read_only: bool = False


@dataclass
class Fields:
    """What a mapping may hold, by wire name."""

    owner: str
    """The model's name."""
    members: dict[str, Field] = field(default_factory=dict)


def find_problems(body: object, model: type[Any]) -> list[str]:
    """A sentence for everything in the body that the model does not allow; each begins with the path.

    Raises:
        TypeError: the model says something that this walk does not know.
    """
    return list(_walk(body, model, ""))


def fields_of(model: type[Any]) -> Fields:
    """The fields of a model of either generation.

    Raises:
        TypeError: it is no such model, or one that stands for several others.
    """
    if hasattr(model, "_attribute_map"):
        return _fields_of_attribute_map(model)
    if hasattr(model, "_deserialize"):
        return _fields_of_descriptors(model)
    raise TypeError(f"{model} is no model of azure-mgmt-*")


def _hints(item: Any, module: str) -> dict[str, Any]:
    # The generated code imports its own package under this name, for type checkers alone.
    return get_type_hints(item, localns={"_models": sys.modules[module.rpartition(".")[0]]})


def _fields_of_attribute_map(model: Any) -> Fields:
    if vars(model).get("_subtype_map"):
        raise TypeError(f"{model.__name__} stands for several models: {model._subtype_map}")
    hints = {**_hints(model.__init__, model.__module__), **_own_discriminators(model)}
    fields = Fields(model.__name__)
    for attribute, entry in model._attribute_map.items():
        if not entry["key"]:
            # Whatever else there may be: let through, it would hide every misspelling.
            continue
        rules = model._validation.get(attribute, {})
        read_only = rules.get("readonly", False)
        # What the service alone sets is no argument of the constructor.
        shape = Any if read_only else hints[attribute]
        _place(fields, _wire_keys(entry), Field(shape, rules.get("required", False) and not read_only, read_only))
    return fields


def _wire_keys(entry: Mapping[str, str]) -> list[str]:
    # A dot that belongs to a name is escaped.
    return [key.replace("\\.", ".") for key in re.split(r"(?<!\\)\.", entry["key"])]


def _own_discriminators(model: Any) -> dict[str, Any]:
    """What tells the model from others of its family: attribute -> the only values that lead to it."""
    return {
        attribute: Literal[tuple(value for value, name in names.items() if name == model.__name__)]
        for kind in model.__mro__[1:]
        for attribute, names in vars(kind).get("_subtype_map", {}).items()
    }


def _place(fields: Fields, keys: list[str], item: Field) -> None:
    first, *rest = keys
    if not rest:
        fields.members[first] = item
        return
    level = fields.members.setdefault(first, Field(Fields(fields.owner)))
    level.required |= item.required
    _place(level.shape, rest, item)


def _fields_of_descriptors(model: type[Any]) -> Fields:
    hints = _hints(model, model.__module__)
    fields = Fields(model.__name__)
    for kind in reversed(model.__mro__):
        for attribute, descriptor in vars(kind).items():
            if type(descriptor).__name__ != "_RestField":
                continue
            if descriptor._is_discriminator:
                raise TypeError(f"{model.__name__} stands for several models, told apart by {attribute}")
            hint = hints[attribute]
            read_only = descriptor._visibility == ["read"]
            required = NoneType not in get_args(hint) and not read_only
            fields.members[descriptor._rest_name_input or attribute] = Field(hint, required, read_only)
    return fields


def _walk(value: object, shape: Any, path: str) -> Iterator[str]:
    origin, arguments = get_origin(shape), get_args(shape)
    if isinstance(shape, Fields):
        yield from _walk_fields(value, shape, path)
    elif shape in (Any, object):
        return
    elif origin is Union:
        yield from _walk_union(value, [item for item in arguments if item is not NoneType], path)
    elif origin is Literal:
        yield from _walk_choice(value, arguments, "the field", path)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _walk_mapping(value, arguments[1], path)
    elif isinstance(origin, type) and issubclass(origin, Sequence):
        yield from _walk_sequence(value, arguments[0], path)
    elif shape in _SCALARS:
        if not _SCALARS[shape](value):
            yield f"{path}: {value!r} is no {shape.__name__}"
    elif isinstance(shape, type) and issubclass(shape, Enum):
        yield from _walk_choice(value, [item.value for item in shape], shape.__name__, path)
    elif isinstance(shape, type) and vars(shape).get("_subtype_map"):
        yield from _walk_family(value, shape, path)
    elif isinstance(shape, type):
        yield from _walk_fields(value, fields_of(shape), path)
    else:
        raise TypeError(f"{path}: the walk does not know {shape}")


def _walk_family(value: object, model: Any, path: str) -> Iterator[str]:
    ((attribute, names),) = vars(model)["_subtype_map"].items()
    (key,) = _wire_keys(model._attribute_map[attribute])
    chosen = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(chosen, str) and chosen in names:
        yield from _walk(value, getattr(sys.modules[model.__module__], names[chosen]), path)
    else:
        # Without knowing which one it is, nothing else can be said of it.
        told_apart_by = Fields(model.__name__, {key: Field(Literal[tuple(names)], required=True)})
        known = {key: chosen} if chosen is not None else {}
        yield from _walk_fields(known if isinstance(value, Mapping) else value, told_apart_by, path)


def _walk_fields(value: object, fields: Fields, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is no {fields.owner}"
        return
    for key, item in value.items():
        place = f"{path}.{key}" if path else str(key)
        known = fields.members.get(key)
        if known is None:
            match = get_close_matches(key, fields.members, n=1)
            yield f"{place}: {fields.owner} has no such field" + (f"; did you mean {match[0]}?" if match else "")
        elif known.read_only:
            yield f"{place}: only the service sets this field of {fields.owner}"
        else:
            yield from _walk(item, known.shape, place)
    for key, known in fields.members.items():
        if known.required and key not in value:
            yield f"{path}.{key}".lstrip(".") + f": {fields.owner} requires this field, and it is missing"


def _walk_union(value: object, options: list[Any], path: str) -> Iterator[str]:
    # `Union[str, SomeEnum]` lets through what a later version of the service may know; here only the enum counts.
    enums = [item for item in options if isinstance(item, type) and issubclass(item, Enum)]
    found = [list(_walk(value, item, path)) for item in enums or options]
    yield from min(found, key=len)


def _walk_choice(value: object, choices: Sequence[object], owner: str, path: str) -> Iterator[str]:
    if value not in choices:
        yield f"{path}: {value!r} is no value of {owner}, which has: {', '.join(map(str, choices))}"


def _walk_mapping(value: object, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is no mapping"
        return
    for key, item in value.items():
        yield from _walk(item, shape, f"{path}[{key}]")


def _walk_sequence(value: object, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for index, item in enumerate(value):
        yield from _walk(item, shape, f"{path}[{index}]")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    # Pulumi's engine has one kind of number: 30 arrives as 30.0.
    return isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)


_SCALARS: Mapping[Any, Any] = {
    str: _is_text,
    bool: lambda value: isinstance(value, bool),
    int: _is_whole,
    float: _is_number,
    datetime: _is_text,
    timedelta: _is_text,
    bytes: _is_text,
}
"""Python's type in the model -> whether a value of JSON can stand for it."""
