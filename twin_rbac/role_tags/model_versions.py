"""Whether twins of one version of a model can go on as twins of another; pure.

A twin moves to another model if it conforms to it (fact sheet adt-models-and-tags, section 4.1): everything that it
may have is there with the same schema, and nothing is required that it lacks. Only components are ever required.
"""

from collections.abc import Mapping
from typing import Any

from twin_rbac.role_tags.dtdl import (
    Element,
    Library,
    as_list,
    complex_kind,
    component_model,
    is_same_or_newer,
    kind_of,
)

_DEEPEST_SCHEMA = 10
"""Past which a schema is not looked into; DTDL allows 5 levels, and a schema may refer to itself by mistake."""


def takes_twins_of(library: Library, new: str, old: str) -> bool:
    """Whether every twin of the old model conforms to the new one, and still counts as one of all that it was.

    The new model has to inherit from all that the old one inherits from, in the same or a higher version: queries and
    relationships that name a base go on to find the twin.
    """
    lineage = library.lineage_of(new)
    is_still_one = all(any(is_same_or_newer(each, base) for each in lineage) for base in library.lineage_of(old))
    return is_still_one and _holds(library, new, old)


def _holds(library: Library, new: str, old: str) -> bool:
    ours, theirs = library.contents_of(old), library.contents_of(new)
    added = [element for name, element in theirs.items() if name not in ours]
    if any(kind_of(element) == "Component" for element in added):
        return False
    return all(name in theirs and _agrees(library, theirs[name], element) for name, element in ours.items())


def _agrees(library: Library, new: Element, old: Element) -> bool:
    kind = kind_of(old)
    if kind_of(new) != kind:
        return False
    if kind == "Component":
        return _component_agrees(library, component_model(new), component_model(old))
    if kind == "Relationship":
        return _relationship_agrees(library, new, old)
    return bool(_shape(library, new.get("schema")) == _shape(library, old.get("schema")))


def _component_agrees(library: Library, new: str | None, old: str | None) -> bool:
    if new is None or old is None or new == old:
        return new == old
    return is_same_or_newer(new, old) and library.defect_of(new) is None and _holds(library, new, old)


def _relationship_agrees(library: Library, new: Element, old: Element) -> bool:
    # Without a target a relationship leads to any twin.
    if new.get("target") not in (None, old.get("target")):
        return False
    ours, theirs = _properties(library, old), _properties(library, new)
    return all(theirs.get(name) == shape for name, shape in ours.items())


def _properties(library: Library, relationship: Element) -> dict[str, Any]:
    listed = (each for each in as_list(relationship.get("properties")) if isinstance(each, Mapping))
    return {str(each.get("name")): _shape(library, each.get("schema")) for each in listed}


def _shape(library: Library, schema: object, depth: int = 0) -> Any:
    """What a value of the schema looks like: without ids, names for people and other notes.

    The service gives definitions back equal in meaning, not in letter (section 4 of the fact sheet).
    """
    schema = library.resolve(schema)
    if not isinstance(schema, Mapping) or depth > _DEEPEST_SCHEMA:
        return schema

    def inner(holder: object) -> Any:
        return _shape(library, holder.get("schema"), depth + 1) if isinstance(holder, Mapping) else None

    match complex_kind(schema):
        case "Map":
            return "Map", inner(schema.get("mapValue"))
        case "Object":
            fields = (each for each in as_list(schema.get("fields")) if isinstance(each, Mapping))
            return "Object", {str(each.get("name")): inner(each) for each in fields}
        case "Enum":
            values = (each for each in as_list(schema.get("enumValues")) if isinstance(each, Mapping))
            return "Enum", schema.get("valueSchema"), sorted(str(each.get("enumValue")) for each in values)
        case "Array":
            return "Array", _shape(library, schema.get("elementSchema"), depth + 1)
    return schema
