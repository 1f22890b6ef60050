"""Reading DTDL definitions as an instance gives them back; pure.

The service checked them when they were uploaded, so they are read leniently: what cannot be understood is passed over.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any

Definition = Mapping[str, Any]
Element = Mapping[str, Any]
"""One of an interface's contents, or a schema."""

_KINDS = ("Property", "Telemetry", "Relationship", "Component", "Command")
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")


def as_list(value: object) -> list[Any]:
    """DTDL's way with lists: one element may stand by itself."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def bases_of(definition: Definition) -> list[str]:
    """The models that it extends itself, in its order."""
    return [base for base in as_list(definition.get("extends")) if isinstance(base, str)]


def contents_of(definition: Definition) -> Iterator[Element]:
    """What it declares itself; what has no name is passed over."""
    for element in as_list(definition.get("contents")):
        if isinstance(element, Mapping) and isinstance(element.get("name"), str):
            yield element


def kind_of(element: Element) -> str:
    """Whether one of the contents is a Property, Telemetry, Relationship, Component or Command; else empty."""
    types = as_list(element.get("@type"))
    return next((kind for kind in _KINDS if kind in types), "")


def component_model(element: Element) -> str | None:
    """The model of a component; None of anything else."""
    schema = element.get("schema")
    return schema if kind_of(element) == "Component" and isinstance(schema, str) else None


def dependencies_of(definition: Definition) -> list[str]:
    """The models without which the service does not take this one.

    A relationship's target need not exist (fact sheet adt-models-and-tags, section 4), so it is no dependency.
    """
    components = (component_model(element) for element in contents_of(definition))
    return [*bases_of(definition), *(model_id for model_id in components if model_id is not None)]


def language_of(definition: Definition) -> int:
    """The version of DTDL that it is written in, 2 or 3."""
    return 2 if "dtmi:dtdl:context;2" in as_list(definition.get("@context"))[:1] else 3


def split_version(model_id: str) -> tuple[str, tuple[int, ...]]:
    """A DTMI's path and its version: (major), (major, minor), or (0) where it has none, as DTDL 3 allows."""
    path, _, text = model_id.partition(";")
    match = _VERSION.fullmatch(text)
    return path, tuple(int(part) for part in match.groups() if part) if match else (0,)


def is_same_or_newer(model_id: str, wanted: str) -> bool:
    """Whether it is the wanted model, or a higher version of it."""
    path, version = split_version(model_id)
    wanted_path, wanted_version = split_version(wanted)
    return path == wanted_path and version >= wanted_version


def complex_kind(schema: object) -> str:
    """Whether a schema is a Map, Object, Enum or Array; empty for any other."""
    types = as_list(schema.get("@type")) if isinstance(schema, Mapping) else []
    return next((kind for kind in ("Map", "Object", "Enum", "Array") if kind in types), "")


def named_schemas(value: object) -> Iterator[tuple[str, Element]]:
    """The parts of a definition with an id of their own: what other parts may refer to in place of a schema."""
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("@id"), str):
            yield item["@id"], item
        yield from named_schemas(item)


class Library:
    """All models of an instance, so that each can be seen together with what it inherits."""

    def __init__(self, models: Mapping[str, Definition]) -> None:
        """Takes the definitions by id; what has none, or an empty one, counts as not there."""
        self._definitions = {key: each for key, each in models.items() if isinstance(each, Mapping) and each}
        self.order = _in_order({key: dependencies_of(each) for key, each in self._definitions.items()})
        """Each model after those that it depends on; without those that depend on each other in a circle."""
        self._schemas: dict[str, Element] = {}
        self._depths: dict[str, int] = {}
        self._missing: dict[str, str | None] = {}
        self._lineages: dict[str, tuple[str, ...]] = {}
        self._names: dict[str, list[str]] = {}
        for model_id in self.order:
            self._note(model_id)

    def __contains__(self, model_id: str) -> bool:
        return model_id in self._definitions

    def __getitem__(self, model_id: str) -> Definition:
        return self._definitions[model_id]

    def __len__(self) -> int:
        return len(self._definitions)

    def add(self, model_id: str, definition: Definition) -> None:
        """Adds a model whose dependencies are there already."""
        self._definitions[model_id] = definition
        self._note(model_id)

    def defect_of(self, model_id: str) -> str | None:
        """Why no twin of the model can be written at all; None when nothing is missing for that."""
        if model_id not in self._definitions:
            return "its definition is not there"
        if model_id not in self._depths:
            return "it depends on models that depend on each other in a circle"
        missing = self._missing[model_id]
        return None if missing is None else f"{missing}, on which it depends, is not there"

    def depth_of(self, model_id: str) -> int:
        """How many levels of extends lie above it."""
        return self._depths.get(model_id, 0)

    def lineage_of(self, model_id: str) -> tuple[str, ...]:
        """The model and everything that it extends, each once; what is not there is left out."""
        if model_id not in self._lineages:
            found = dict.fromkeys([model_id] if model_id in self._definitions else [])
            waiting = list(found)
            while waiting:
                for base in bases_of(self._definitions[waiting.pop()]):
                    if base in self._definitions and base not in found:
                        found[base] = None
                        waiting.append(base)
            self._lineages[model_id] = tuple(found)
        return self._lineages[model_id]

    def names_of(self, model_id: str) -> list[str]:
        """The names of what it declares itself."""
        if model_id not in self._names:
            self._names[model_id] = [element["name"] for element in contents_of(self._definitions[model_id])]
        return self._names[model_id]

    def contents_of(self, model_id: str) -> dict[str, Element]:
        """What twins of it may have, by name, with what it inherits."""
        lineage = (self._definitions[each] for each in self.lineage_of(model_id))
        return {element["name"]: element for definition in lineage for element in contents_of(definition)}

    def resolve(self, schema: object) -> object:
        """The schema itself, where one stands for another by its id."""
        seen: set[str] = set()
        while isinstance(schema, str) and schema in self._schemas and schema not in seen:
            seen.add(schema)
            schema = self._schemas[schema]
        return schema

    def _note(self, model_id: str) -> None:
        definition = self._definitions[model_id]
        self._depths[model_id] = max((self.depth_of(base) + 1 for base in bases_of(definition)), default=0)
        needs = dependencies_of(definition)
        absent = (each if each not in self._definitions else self._missing[each] for each in needs)
        self._missing[model_id] = next((each for each in absent if each is not None), None)
        self._schemas.update(named_schemas(definition))


def _in_order(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    sorter = TopologicalSorter({key: [each for each in names if each in needs] for key, names in needs.items()})
    # After this error the sorter still gives everything that no circle holds up.
    with suppress(CycleError):
        sorter.prepare()
    order: list[str] = []
    while ready := sorter.get_ready():
        # Sorted, so that the order in which the instance lists its models does not count.
        order += sorted(ready, key=split_version)
        sorter.done(*ready)
    return tuple(order)
