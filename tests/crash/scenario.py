"""What the crash runs write: twins with tags before, and what they are to carry; expectations are spelled out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.role_tags.model import Encoding, TagRules

MODEL: Mapping[str, Any] = {
    "@context": "dtmi:dtdl:context;3",
    "@id": "dtmi:crash:Room;1",
    "@type": "Interface",
    "contents": [
        {"@type": "Property", "name": "floor", "schema": "integer"},
        {
            "@type": "Property",
            "name": "tags",
            "schema": {
                "@type": "Map",
                "mapKey": {"name": "key", "schema": "string"},
                "mapValue": {"name": "value", "schema": "string"},
            },
        },
        {
            "@type": "Property",
            "name": "marks",
            "schema": {
                "@type": "Map",
                "mapKey": {"name": "key", "schema": "string"},
                "mapValue": {"name": "value", "schema": "boolean"},
            },
        },
    ],
}

Tags = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """A kind of twin: its tags before, its role in the manifest (None: it has left it), its tags after."""

    before: Tags
    role: str | None
    after: Tags


_BY_VALUE = (
    Case({}, "Earth", {"role": "Earth"}),
    Case({"note": "n"}, "Earth", {"note": "n", "role": "Earth"}),
    Case({"role": "Fire", "note": "n"}, "Earth", {"role": "Earth", "note": "n"}),
    Case({"role": "Wind"}, None, {}),
    Case({"role": "elsewhere"}, "Fire", {"role": "Fire"}),
    Case({"role": "Earth"}, "Earth", {"role": "Earth"}),
)
_BY_MARKER = (
    Case({}, "Earth", {"Earth": True}),
    Case({"note": True}, "Earth,Fire", {"note": True, "Earth": True, "Fire": True}),
    Case({"Fire": True, "note": False}, "Earth", {"Earth": True, "note": False}),
    Case({"Wind": True, "note": True}, None, {"note": True}),
    Case({"Earth": True, "Wind": True}, "Earth,Fire", {"Earth": True, "Fire": True}),
    Case({"Earth": True}, "Earth", {"Earth": True}),
)


@dataclass(frozen=True)
class Scenario:
    """One manifest over the twins."""

    encoding: Encoding
    count: int

    @property
    def rules(self) -> TagRules:
        return TagRules(
            property="tags" if self.encoding == "value" else "marks",
            encoding=self.encoding,
            roles=("Earth", "Fire", "Wind"),
        )

    @property
    def cases(self) -> dict[str, Case]:
        cases = _BY_VALUE if self.encoding == "value" else _BY_MARKER
        return {f"room-{number:03}": cases[number % len(cases)] for number in range(self.count)}

    @property
    def changing(self) -> list[str]:
        return [twin_id for twin_id, case in self.cases.items() if case.before != case.after]


def twin(number: int) -> dict[str, Any]:
    """A twin as it is before everything; where there is nothing to hold, the map is not there."""
    maps = {"tags": _BY_VALUE[number % len(_BY_VALUE)].before, "marks": _BY_MARKER[number % len(_BY_MARKER)].before}
    present = {name: dict(tags) for name, tags in maps.items() if tags}
    return {"$metadata": {"$model": MODEL["@id"]}, "floor": number, **present}
