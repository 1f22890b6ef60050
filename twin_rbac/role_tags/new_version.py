"""Writing the definition of a model's next version; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.role_tags.dtdl import Definition, Element, as_list, component_model, named_schemas, split_version
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.taggable import VALUE_SCHEMAS


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """In what a model's next version differs from it."""

    model_id: str
    bases: list[str]
    """What it extends."""
    components: Mapping[str, str]
    """Model of a component -> the one in its place."""
    declares: bool
    """Whether it declares the map of tags; else it inherits it."""


def write_version(definition: Definition, version: NewVersion, rules: TagRules) -> dict[str, Any]:
    """The definition of the next version.

    What a relationship leads to stays as it is: a target is named by id, need not exist, and takes a higher version as
    well as its own (fact sheet adt-models-and-tags, sections 4 and 4.1 on IS_OF_MODEL).
    """
    contents = [_with_component(element, version.components) for element in as_list(definition.get("contents"))]
    if version.declares:
        contents.append(tags_property(rules))
    # Ids inside the definition are as unique as its own.
    names = _inner_ids(definition, version.model_id)
    written = _renamed({**definition, **({"contents": contents} if contents else {})}, names)
    extends = {"extends": version.bases[0] if len(version.bases) == 1 else version.bases} if version.bases else {}
    return {**written, "@id": version.model_id, **extends}


def tags_property(rules: TagRules) -> dict[str, Any]:
    """The map of tags as a model declares it (section 1 of the fact sheet)."""
    return {
        "@type": "Property",
        "name": rules.property,
        "schema": {
            "@type": "Map",
            "mapKey": {"name": "tagName", "schema": "string"},
            "mapValue": {"name": "tagValue", "schema": VALUE_SCHEMAS[rules.encoding]},
        },
    }


def _with_component(element: Element, components: Mapping[str, str]) -> Element:
    model_id = component_model(element) if isinstance(element, Mapping) else None
    return {**element, "schema": components[model_id]} if model_id and model_id in components else element


def _inner_ids(definition: Definition, new_id: str) -> dict[str, str]:
    """Id inside the definition -> what it is called in the next version; one that is not a plain DTMI stays."""
    names: dict[str, str] = {}
    major = split_version(new_id)[1][0]
    for inner, _ in named_schemas(definition):
        path, version = split_version(inner)
        if inner.startswith("dtmi:") and "#" not in inner:
            names[inner] = f"{path};{max(major, version[0] + 1)}"
    return names


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case str():
            return names.get(value, value)
        case list():
            return [_renamed(each, names) for each in value]
        case dict():
            return {key: _renamed(each, names) for key, each in value.items()}
    return value
