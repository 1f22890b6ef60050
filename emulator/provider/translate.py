"""Pulumi's resources as requests of Resource Manager, and its answers as Pulumi's outputs, by the one table."""

import random
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from emulator.provider.wire import UNKNOWN, is_unknown
from emulator.resource_manager.resource_types import ResourceType
from emulator.resource_manager.schema import Shape, find_problems

Values = dict[str, Any]


def input_shapes(row: ResourceType) -> dict[str, Shape]:
    """Pulumi's inputs of the resource and the shape of each."""
    inner = row.body.properties.get("properties")
    wire = {name: input_name for input_name, name in row.renamed.items()}
    flattened = {wire.get(name, name): shape for name, shape in (inner.properties if inner else {}).items()}
    top = {name: row.body.properties[name] for name in row.top_level}
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
    complete = {**row.defaults, **inputs}
    if row.takes_location and location and not complete.get("location"):
        complete["location"] = location
    if not complete.get(row.name_input) and row.auto_name:
        complete[row.name_input] = old_inputs.get(row.name_input) or _make_name(row, name, seed)
    return complete


def find_input_problems(row: ResourceType, inputs: Values) -> list[tuple[str, str]]:
    """What is wrong with the inputs: property and reason. What is unknown yet is judged when it is known."""
    shapes = input_shapes(row)
    unknown = [
        (key, f"unknown property {key}; {row.token} has: {', '.join(shapes)}") for key in inputs if key not in shapes
    ]
    # A missing location is the resource group's.
    excused = {"location"} if row.takes_location else set()
    missing = [
        (key, f"missing required property '{key}'")
        for key, shape in shapes.items()
        if shape.required and key not in excused and inputs.get(key) is None
    ]
    wrong = [
        (key, problem)
        for key, value in inputs.items()
        if key in shapes and value is not None and not is_unknown(value)
        for problem in find_problems(value, shapes[key], key)
    ]
    return [*unknown, *missing, *wrong, *_name_problems(row, inputs)]


def make_id(row: ResourceType, inputs: Values, subscription_id: str) -> str:
    """The resource's id."""
    values = {key: str(inputs[key]).strip("/") if key == "scope" else inputs[key] for key in row.path_inputs}
    path = row.path.format(subscriptionId=subscription_id, **values)
    return path if path.startswith("/") else f"/{path}"


def make_body(row: ResourceType, inputs: Values) -> Values:
    """What a PUT sends."""
    beside = {key: inputs[key] for key in row.top_level if inputs.get(key) is not None}
    if "identity" in beside:
        beside["identity"] = _send_identity(beside["identity"])
    if "properties" not in row.body.properties:
        return beside
    apart = {*row.top_level, *row.path_inputs}
    inner = {
        row.renamed.get(key, key): value for key, value in inputs.items() if key not in apart and value is not None
    }
    return {**beside, "properties": inner}


def make_outputs(row: ResourceType, document: Mapping[str, Any]) -> Values:
    """The resource's outputs from Resource Manager's answer: `properties` flattened, as azure-native does it."""
    wire = {name: output for output, name in row.renamed.items()}
    inner = {wire.get(key, key): value for key, value in document.get("properties", {}).items()}
    beside = {key: value for key, value in document.items() if key not in {"properties", "id"}}
    return {**inner, **beside, "azureApiVersion": row.api_versions[0]}


def preview_outputs(row: ResourceType, inputs: Values, known: Values) -> Values:
    """The outputs of a preview: the inputs, what is known for certain, and everything else unknown."""
    hidden = {"identity"} & inputs.keys()
    return {
        **dict.fromkeys(row.computed, UNKNOWN),
        **{key: value for key, value in inputs.items() if key not in {*row.path_inputs, *hidden}},
        **known,
    }


def _make_name(row: ResourceType, name: str, seed: bytes) -> str:
    source = random.Random(seed)  # noqa: S311  # a name, no secret
    if row.auto_name == "guid":
        return str(UUID(int=source.getrandbits(128), version=4))
    return f"{name}{source.getrandbits(32):08x}"


def _name_problems(row: ResourceType, inputs: Values) -> list[tuple[str, str]]:
    name = inputs.get(row.name_input)
    if not isinstance(name, str) or name == UNKNOWN or re.fullmatch(row.name_pattern, name):
        return []
    return [(row.name_input, f"{row.name_input} is {name!r}, and must be {row.name_rule}")]


def _send_identity(identity: Values) -> Values:
    # A list of ids in Pulumi, a map in Resource Manager (fact sheet pulumi-azure, section 0).
    ids = identity.get("userAssignedIdentities")
    return {**identity, "userAssignedIdentities": {key: {} for key in ids}} if isinstance(ids, list) else identity
