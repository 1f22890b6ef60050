"""A graph as an import-job file: NDJSON with models, twins and relationships (fact sheet adt-data-plane, section 8)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from twin_rbac.role_tags.errors import GraphFileError, Problem

_SECTIONS = ("Header", "Models", "Twins", "Relationships")


@dataclass(frozen=True, kw_only=True)
class Relationship:
    """A relationship of the file."""

    source_id: str
    relationship_id: str
    body: Mapping[str, Any]
    """What the instance is sent: target, name and properties."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """What a graph file holds, by id, in the file's order."""

    models: Mapping[str, Mapping[str, Any]]
    twins: Mapping[str, Mapping[str, Any]]
    relationships: Mapping[str, Relationship]
    """By `source/relationship`, both percent-encoded: an id is unique for its source only."""

    def hashes(self) -> dict[str, dict[str, str]]:
        """Id -> SHA-256 of each item, by section: enough to see a change, with no property's value in it."""
        relationships = {key: {**item.body, "$sourceId": item.source_id} for key, item in self.relationships.items()}
        sections = {"models": self.models, "twins": self.twins, "relationships": relationships}
        return {name: {key: _hash(item) for key, item in items.items()} for name, items in sections.items()}


def load_graph(path: Path) -> Graph:
    """Reads a graph file.

    Raises:
        GraphFileError: it is no import-job file; the text names every problem as `file:line:column: …`.
    """
    reader = _Reader()
    for number, line in enumerate(_read_lines(path), start=1):
        if line.strip():
            reader.read(number, line)
    reader.finish()
    if reader.problems:
        raise GraphFileError(path, reader.problems)
    return Graph(models=reader.models, twins=reader.twins, relationships=reader.relationships)


@dataclass
class _Reader:
    """Takes the file line by line."""

    models: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    twins: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    relationships: dict[str, Relationship] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    section: str = ""
    _lines: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(self, number: int, line: str) -> None:
        try:
            item = json.loads(line, parse_constant=_refuse_constant)
            # Half of a surrogate pair is JSON, and no text that can be sent.
            json.dumps(item, ensure_ascii=False).encode()
        except json.JSONDecodeError as error:
            self.problems.append(Problem(number, error.colno, f"this is not JSON: {error.msg}; one object a line"))
            return
        except UnicodeEncodeError:
            self._report(number, "the line holds half of a surrogate pair; write the whole character")
            return
        except (ValueError, RecursionError) as error:
            self._report(number, f"this cannot be read: {error}; write it in a simpler way")
            return
        if not isinstance(item, dict):
            self._report(number, "this line is no JSON object; each line is one")
        elif "Section" in item:
            self._enter(number, item["Section"])
        elif self.section == "Header":
            self._read_header(number, item)
        elif self.section == "Models":
            self._read_model(number, item)
        elif self.section == "Twins":
            self._read_twin(number, item)
        elif self.section == "Relationships":
            self._read_relationship(number, item)
        elif not self.problems:
            self._report(number, 'the file must start with {"Section": "Header"}; put it first')

    def finish(self) -> None:
        if not self.section and not self.problems:
            self._report(1, 'the file holds no section; start with {"Section": "Header"}')

    def _enter(self, number: int, name: Any) -> None:
        allowed = _SECTIONS[_SECTIONS.index(self.section) + 1 :] if self.section else _SECTIONS[:1]
        if name not in allowed:
            choices = ", ".join(allowed) or "none"
            self._report(number, f"section {name!r} cannot stand here; possible are: {choices}")
        if name in _SECTIONS:
            self.section = name

    def _read_header(self, number: int, item: Mapping[str, Any]) -> None:
        if item.get("fileVersion") != "1.0.0":
            self._report(number, 'the header must say "fileVersion": "1.0.0"; add it')

    def _read_model(self, number: int, item: Mapping[str, Any]) -> None:
        if self._has_texts(number, item, "@id") and self._is_new(number, "model", item["@id"]):
            self.models[item["@id"]] = item

    def _read_twin(self, number: int, item: Mapping[str, Any]) -> None:
        metadata = item.get("$metadata")
        if not isinstance(metadata, dict) or not isinstance(metadata.get("$model"), str):
            self._report(number, 'the twin names no model; add "$metadata": {"$model": "dtmi:…;1"}')
        if self._has_texts(number, item, "$dtId") and self._is_new(number, "twin", item["$dtId"]):
            self.twins[item["$dtId"]] = item

    def _read_relationship(self, number: int, item: Mapping[str, Any]) -> None:
        if not self._has_texts(number, item, "$dtId", "$relationshipId", "$targetId", "$relationshipName"):
            return
        source_id, relationship_id = item["$dtId"], item["$relationshipId"]
        key = f"{quote(source_id, safe='')}/{quote(relationship_id, safe='')}"
        if self._is_new(number, "relationship", key):
            body = {name: value for name, value in item.items() if name != "$dtId"}
            self.relationships[key] = Relationship(source_id=source_id, relationship_id=relationship_id, body=body)

    def _has_texts(self, number: int, item: Mapping[str, Any], *names: str) -> bool:
        wrong = [name for name in names if not isinstance(item.get(name), str) or not item[name]]
        for name in wrong:
            self._report(number, f"{name} is missing or no text; give it")
        return not wrong

    def _is_new(self, number: int, kind: str, key: str) -> bool:
        first = self._lines.setdefault((kind, key), number)
        if first != number:
            self._report(number, f"{kind} {key!r} stands in line {first} too; keep one of the two")
        return first == number

    def _report(self, number: int, text: str) -> None:
        self.problems.append(Problem(number, 1, text))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        reason = f"the graph cannot be read ({error.strerror}); check the path"
    except UnicodeDecodeError:
        reason = "this is not UTF-8 text; save the file as UTF-8"
    raise GraphFileError(path, [Problem(1, 1, reason)])


def _hash(item: Mapping[str, Any]) -> str:
    text = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
