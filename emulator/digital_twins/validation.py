"""A twin against its model, and a relationship against its source's model.

The texts are those observed for an unknown property, a wrong type and a missing model (fact sheets
adt-observed-behaviour section 3, adt-data-plane section 4); the others follow their pattern.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.digital_twins.errors import EnvelopeError, ValidationFailed
from emulator.digital_twins.inheritance import Contents
from emulator.digital_twins.models import Models
from emulator.digital_twins.schemas import Schema, is_date_time

ROOT = "Twin"
"""What the service calls the twin itself in a violation."""
METADATA = "$metadata"


def check_twin(values: Mapping[str, Any], model_id: str, models: Models) -> Contents:
    """Checks the properties and components of a twin.

    Args:
        values: by name; a component holds its own values and `$metadata`.
        model_id: the twin's model.
        models: the instance's models.

    Returns:
        What the model allows.

    Raises:
        ValidationFailed: the model is gone, or the twin does not fit it; every violation is named.
    """
    contents = models.contents(model_id)
    if contents is None:
        raise _model_missing(model_id)
    violations = list(_twin_violations(values, contents, models))
    if violations:
        raise ValidationFailed(violations)
    return contents


def check_relationship(name: str, properties: Mapping[str, Any], model_id: str, models: Models) -> None:
    """Checks a relationship of a twin of that model.

    Raises:
        ValidationFailed: the model is gone, or a property does not fit.
        EnvelopeError: the model has no relationship of that name.
    """
    contents = models.contents(model_id)
    if contents is None:
        raise _model_missing(model_id)
    if name not in contents.relationships:
        raise EnvelopeError(
            400,
            "InvalidRelationship",
            "Twin relationship does not align with the model. Please ensure that the relationship is in alignment "
            "with the model. See section on listing models https://aka.ms/adtv2models.",
        )
    violations = [
        violation
        for each, value in properties.items()
        for violation in _property_violations(each, value, contents.relationships[name].properties, name)
    ]
    if violations:
        raise ValidationFailed(violations, of="relationship")


def check_source_time(value: object, path: str) -> None:
    """Checks the time that a client says a property's value is from.

    Raises:
        ValidationFailed: it is no ISO 8601 time.
    """
    if not is_date_time(value):
        raise ValidationFailed([f"Expected value of type dateTime for {path} on {ROOT}."])


def _model_missing(model_id: str) -> ValidationFailed:
    return ValidationFailed([f"{model_id} or one of its dependencies does not exist."])


def _twin_violations(values: Mapping[str, Any], contents: Contents, models: Models) -> Iterator[str]:
    for name, value in values.items():
        if name in contents.components:
            yield from _component_violations(name, value, contents.components[name], models)
        elif name in contents.telemetries:
            yield f"{name} is not a property - it is a Telemetry."
        elif name in contents.relationships:
            yield f"{name} is not a property - it is a Relationship."
        else:
            yield from _property_violations(name, value, contents.properties, ROOT)
    for name in contents.components:
        if name not in values:
            yield f"Component {name} is missing on {ROOT}."


def _component_violations(name: str, value: object, model_id: str, models: Models) -> Iterator[str]:
    contents = models.contents(model_id)
    if contents is None:
        yield f"{model_id} or one of its dependencies does not exist."
    elif not isinstance(value, dict):
        yield f"Expected value of type object for {name} on {ROOT}."
    elif not isinstance(value.get(METADATA), dict):
        yield f"{METADATA} is missing on {name}."
    else:
        for each, item in value.items():
            if each in contents.telemetries:
                yield f"{each} is not a property - it is a Telemetry."
            elif each != METADATA:
                yield from _property_violations(each, item, contents.properties, name)


def _property_violations(name: str, value: object, properties: Mapping[str, Schema], owner: str) -> Iterator[str]:
    schema = properties.get(name)
    if schema is None:
        yield f"{name} does not appear on the DTDL for {owner}."
    else:
        for violation in schema.violations(value, name):
            yield f"{violation} on {owner}."
