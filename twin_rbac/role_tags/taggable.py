"""Which models cannot hold the role tag, and why; pure.

Rules: fact sheet adt-models-and-tags, sections 1 and 4.2. A twin carries the tag in a Map property of its model, its
own or inherited; a model has at most one thing of that name, so one that is no fitting map leaves no room for it.
"""

from collections.abc import Mapping
from typing import Any

from twin_rbac.role_tags.dtdl import Element, Library, bases_of, complex_kind, contents_of, kind_of
from twin_rbac.role_tags.model import Encoding, TagRules

VALUE_SCHEMAS: Mapping[Encoding, str] = {"value": "string", "marker": "boolean"}
"""What the map's values have to be: a role is any text, and a marker is written as `true`."""


def find_untaggable(rules: TagRules, models: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The models whose twins cannot hold the role tag, each with the reason, which reads on from the model's id.

    Args:
        rules: the manifest's rules: the property's name, and what its map has to hold.
        models: id -> DTDL definition, all of the instance.
    """
    library = Library(models)
    holders = find_holders(rules.property, library)
    reasons = {
        model_id: library.defect_of(model_id) or _reason(rules, library, holders[model_id]) for model_id in models
    }
    return {model_id: reason for model_id, reason in reasons.items() if reason is not None}


def find_holders(name: str, library: Library) -> dict[str, tuple[str, Element] | None]:
    """Model -> what it has of that name, with the model that declares it; for those that are in no circle."""
    found: dict[str, tuple[str, Element] | None] = {}
    for model_id in library.order:
        own = ((model_id, element) for element in contents_of(library[model_id]) if element["name"] == name)
        inherited = (found.get(base) for base in bases_of(library[model_id]))
        found[model_id] = next((each for each in (*own, *inherited) if each is not None), None)
    return found


def _reason(rules: TagRules, library: Library, holder: tuple[str, Element] | None) -> str | None:
    if holder is None:
        return f"it has no property '{rules.property}', of its own or inherited"
    owner, element = holder
    fault = _fault(rules.encoding, library, element)
    return None if fault is None else f"its '{rules.property}', which {owner} declares, {fault}"


def _fault(encoding: Encoding, library: Library, element: Element) -> str | None:
    kind = kind_of(element)
    if kind != "Property":
        return f"is a {kind}, not a Property" if kind else "is not a Property"
    schema = library.resolve(element.get("schema"))
    if not isinstance(schema, Mapping) or complex_kind(schema) != "Map":
        return f"is not a Map but {_describe(schema)}"
    value = schema.get("mapValue")
    found = library.resolve(value.get("schema")) if isinstance(value, Mapping) else None
    if found == VALUE_SCHEMAS[encoding]:
        return None
    return f"is a Map of {_describe(found)}, where encoding '{encoding}' needs a Map of {VALUE_SCHEMAS[encoding]}"


def _describe(schema: object) -> str:
    """The schema in a word; a text that is no plain word is no schema of DTDL's own."""
    if isinstance(schema, str) and schema.isalpha():
        return schema
    return complex_kind(schema) or "a schema that is not known"
