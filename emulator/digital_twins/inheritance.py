"""How interfaces stand to each other: what one inherits, and what several have to agree on.

Rules: fact sheet adt-models-and-tags, sections 4.2 and 5.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from emulator.digital_twins.interfaces import Interface, Relationship
from emulator.digital_twins.schemas import Schema

_MAX_DEPTH = 10
_MAX_CONTENTS_V2 = 300
_MAX_INTERFACES_V3 = 1024


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What twins of a model may hold, with what the model inherits."""

    properties: Mapping[str, Schema]
    telemetries: frozenset[str]
    relationships: Mapping[str, Relationship]
    components: Mapping[str, str]
    """Name to the id of the component's model."""


def ancestry(known: Mapping[str, Interface], model_id: str) -> Sequence[Interface]:
    """The interface and everything it extends, each once."""
    found = {model_id: known[model_id]}
    waiting = [model_id]
    while waiting:
        for base in known[waiting.pop()].bases:
            if base not in found:
                found[base] = known[base]
                waiting.append(base)
    return list(found.values())


def merge(lineage: Sequence[Interface]) -> Contents:
    """The contents of interfaces whose names do not clash."""
    return Contents(
        properties={name: schema for each in lineage for name, schema in each.properties.items()},
        telemetries=frozenset(name for each in lineage for name in each.telemetries),
        relationships={name: each for interface in lineage for name, each in interface.relationships.items()},
        components={name: model_id for each in lineage for name, model_id in each.components.items()},
    )


def check_together(known: Mapping[str, Interface], added: Sequence[Interface]) -> list[str]:
    """What is wrong with the added interfaces among all that are known, the added ones included."""
    missing = Counter(each for interface in added for each in interface.references if each not in known)
    if missing:
        places = ", ".join(
            f"{each} (referenced in {count} place{'s' if count > 1 else ''})" for each, count in missing.items()
        )
        return [f"DtmiResolverAsync failed to resolve requisite references to element(s): {places}"]
    depths: dict[str, float] = {}
    return [problem for interface in added for problem in _problems(known, interface, depths)]


def _problems(known: Mapping[str, Interface], interface: Interface, depths: dict[str, float]) -> Iterator[str]:
    model_id = interface.model_id
    depth = _depth(known, model_id, depths)
    if depth > _MAX_DEPTH:
        levels = "an endless loop" if depth == math.inf else f"{depth:g} levels"
        yield f"{model_id} has {levels} of 'extends', but at most {_MAX_DEPTH} levels are allowed."
    lineage = ancestry(known, model_id)
    if interface.language == 3 and len(lineage) > _MAX_INTERFACES_V3:
        yield (
            f"{model_id} has {len(lineage)} interfaces in its hierarchy of 'extends', "
            f"but at most {_MAX_INTERFACES_V3} are allowed."
        )
    names = Counter(name for each in lineage for name in each.names)
    for name, count in names.items():
        if count > 1:
            yield f"{model_id} has or inherits more than one 'contents' value with name '{name}'. Names must be unique."
    if interface.language == 2 and names.total() > _MAX_CONTENTS_V2:
        yield f"{model_id} has {names.total()} contents, but at most {_MAX_CONTENTS_V2} are allowed."
    if interface.language == 2 and any(known[each].language == 3 for each in interface.references):
        yield f"{model_id} is written in DTDL version 2 and refers to an interface in version 3."
    for name, component in interface.components.items():
        if any(each.components for each in ancestry(known, component)):
            yield f"{model_id} has component '{name}' whose interface has components. Only one level is allowed."


def _depth(known: Mapping[str, Interface], model_id: str, depths: dict[str, float]) -> float:
    """How many levels of extends lie above the interface; infinite when they lead to a loop."""
    if model_id not in depths:
        depths[model_id] = math.inf
        depths[model_id] = max((_depth(known, base, depths) + 1 for base in known[model_id].bases), default=0)
    return depths[model_id]
