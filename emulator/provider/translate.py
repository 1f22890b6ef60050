"""Pulumi's resources as requests of Resource Manager, and its answers as Pulumi's outputs, by the one table."""

import random
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from emulator.provider.changes import carry_drift
from emulator.provider.nesting import from_wire, pulumi_shape, to_wire
from emulator.provider.wire import UNKNOWN, is_unknown
from emulator.resource_manager.resource_types import ResourceType
from emulator.resource_manager.schema import Shape, find_problems, keep_known

Values = dict[str, Any]

AUTO_NAMED = "__createBeforeDelete"
"""The input that notes a made-up name, as azure-native does: the next resource can be made before this one goes."""


def input_shapes(row: ResourceType) -> dict[str, Shape]:
    """Pulumi's inputs of the resource and the shape of each."""
    pulumi_names = {name: input_name for input_name, name in row.renamed.items()}
    flattened = {pulumi_names.get(name, name): pulumi_shape(shape) for name, shape in _inner_shapes(row).items()}
    top = {name: pulumi_shape(row.body.properties[name]) for name in row.top_level}
    path = {name: Shape(required=name != row.name_input or not row.auto_name) for name in row.path_inputs}
    return {**flattened, **top, **path}


def complete_inputs(
    row: ResourceType, inputs: Values, old_inputs: Values, *, name: str, seed: bytes, location: str | None
) -> Values:
    """The inputs with the defaults that azure-native fills in.

    Args:
        row: the resource's type.
        inputs: what the program said.
        old_inputs: what was kept from the last run; a name that was made up stays.
        name: the logical name.
        seed: makes the same name up again when the engine asks twice.
        location: the provider's own, if it has one.
    """
    complete = {**row.defaults, **{key: value for key, value in inputs.items() if value is not None}}
    if row.takes_location and location:
        complete.setdefault("location", location)
    if row.name_input not in complete and row.auto_name:
        complete[row.name_input] = old_inputs.get(row.name_input) or _make_name(row, name, seed)
        if row.auto_name != "copy":
            complete[AUTO_NAMED] = True
    return complete


def find_input_problems(row: ResourceType, inputs: Values) -> list[tuple[str, str]]:
    """What is wrong with the inputs: property and reason. What is unknown yet is judged when it is known."""
    shapes = input_shapes(row)
    unknown = [(key, _unknown(row, key, shapes)) for key in inputs if key not in {*shapes, AUTO_NAMED}]
    # A missing location is the resource group's.
    excused = {"location"} if row.takes_location else set()
    missing = [
        (key, f"missing required property '{key}'")
        for key, shape in shapes.items()
        if shape.required and key not in excused and key not in inputs
    ]
    wrong = [
        (key, problem)
        for key, value in inputs.items()
        if key in shapes and not is_unknown(value)
        for problem in find_problems(_as_sent(key, value), shapes[key], key)
    ]
    return [*unknown, *missing, *wrong, *_name_problems(row, inputs)]


def make_id(row: ResourceType, inputs: Values, subscription_id: str) -> str:
    """The resource's id."""
    values = {key: str(inputs[key]).strip("/") if key == row.scope_input else inputs[key] for key in row.path_inputs}
    return "/" + row.path.format(subscriptionId=subscription_id, **values).strip("/")


def make_body(row: ResourceType, inputs: Values) -> Values:
    """What a PUT sends."""
    sent = {key: _as_sent(key, value) for key, value in inputs.items() if key not in {*row.path_inputs, AUTO_NAMED}}
    top, within = row.body.properties, _inner_shapes(row)
    beside = {key: to_wire(value, top[key]) for key, value in sent.items() if key in row.top_level}
    named = {row.renamed.get(key, key): value for key, value in sent.items() if key not in row.top_level}
    inner = {key: to_wire(value, within[key]) for key, value in named.items()}
    return {**beside, "properties": inner} if _is_flattened(row) else beside


def is_default(row: ResourceType, document: Mapping[str, Any]) -> bool:
    """Whether a resource that comes with its parent is still as it came, as far as the default says."""
    return _holds(document.get("properties", {}), row.default_body)


def make_outputs(row: ResourceType, document: Mapping[str, Any]) -> Values:
    """The resource's outputs from Resource Manager's answer."""
    outputs = {key: value for key, value in document.items() if key not in {"properties", "id"}}
    inner = document.get("properties", {})
    if row.flat:
        pulumi_names = {name: input_name for input_name, name in row.renamed.items()}
        within = _inner_shapes(row)
        values = {key: from_wire(value, within[key]) if key in within else value for key, value in inner.items()}
        outputs = {**{pulumi_names.get(key, key): value for key, value in values.items()}, **outputs}
    else:
        outputs["properties"] = from_wire(inner, row.body.properties.get("properties", Shape(type="object")))
    return {**outputs, "azureApiVersion": row.api_versions[0]}


def preview_outputs(row: ResourceType, inputs: Values, known: Values) -> Values:
    """The outputs of a preview: the inputs, what is known for certain, and everything else unknown."""
    # What stands in the id is an output only where the service answers it; an identity's principal it alone knows.
    hidden = {*row.path_inputs} - {*row.computed} | {"identity", AUTO_NAMED}
    certain = {key: value for key, value in inputs.items() if key not in hidden}
    return {**dict.fromkeys(row.computed, UNKNOWN), **certain, **known}


def refresh_inputs(row: ResourceType, inputs: Values, before: Values, after: Values) -> Values:
    """The inputs with what changed between old and new outputs, as a refresh of azure-native keeps them."""
    shapes = {key: shape for key, shape in input_shapes(row).items() if key not in row.path_inputs}
    carried = {
        key: carry_drift(inputs.get(key), _as_input(key, before, shape), _as_input(key, after, shape))
        for key, shape in shapes.items()
    }
    kept = {key: value for key, value in inputs.items() if key not in shapes}
    return {**kept, **{key: value for key, value in carried.items() if value is not None}}


def imported_inputs(row: ResourceType, resource_id: str, outputs: Values) -> Values:
    """The inputs of a resource that Pulumi did not make."""
    shapes = input_shapes(row)
    values = {key: _as_input(key, outputs, shape) for key, shape in shapes.items() if key not in row.path_inputs}
    match = row.pattern.fullmatch(resource_id)
    path = {key: match[key] for key in row.path_inputs} if match else {}
    return {**{key: value for key, value in values.items() if value is not None}, **path}


def _is_flattened(row: ResourceType) -> bool:
    """Whether Pulumi's inputs hold what stands in `properties`, in place of `properties` itself."""
    return "properties" in row.body.properties and "properties" not in row.top_level


def _inner_shapes(row: ResourceType) -> Mapping[str, Shape]:
    """What stands in `properties`, where Pulumi has that in its inputs."""
    return row.body.properties["properties"].properties if _is_flattened(row) else {}


def _holds(live: Any, wanted: Any) -> bool:
    """Whether everything wanted stands in the value, whatever else does."""
    if not isinstance(wanted, Mapping):
        return bool(live == wanted)
    return isinstance(live, Mapping) and all(_holds(live.get(key), item) for key, item in wanted.items())


def _make_name(row: ResourceType, name: str, seed: bytes) -> str:
    if row.auto_name == "copy":
        return name
    source = random.Random(seed)  # noqa: S311  # a name, no secret
    if row.auto_name == "guid":
        return str(UUID(int=source.getrandbits(128), version=4))
    return f"{name}{source.getrandbits(32):08x}"


def _unknown(row: ResourceType, key: str, shapes: Mapping[str, Shape]) -> str:
    if key in row.not_supported:
        return f"{key} is not supported by the local Azure; see docs/emulator-differences.md"
    return f"unknown property {key}; {row.token} has: {', '.join(shapes)}"


def _name_problems(row: ResourceType, inputs: Values) -> list[tuple[str, str]]:
    name = inputs.get(row.name_input)
    if not isinstance(name, str) or name == UNKNOWN or re.fullmatch(row.name_pattern, name):
        return []
    return [(row.name_input, f"{row.name_input} is {name!r}, and must be {row.name_rule}")]


def _as_sent(key: str, value: Any) -> Any:
    # A list of ids in Pulumi, a map in Resource Manager (fact sheet pulumi-azure, section 0).
    if key == "identity" and isinstance(value, Mapping) and isinstance(value.get("userAssignedIdentities"), list):
        return {**value, "userAssignedIdentities": {item: {} for item in value["userAssignedIdentities"]}}
    return value


def _as_input(key: str, outputs: Values, shape: Shape) -> Any:
    """An output as the input of the same name would be spelled; None when there is none."""
    value = keep_known(outputs.get(key), shape)
    if key == "identity" and isinstance(value, Mapping) and "userAssignedIdentities" in value:
        return {**value, "userAssignedIdentities": list(value["userAssignedIdentities"])}
    return value
