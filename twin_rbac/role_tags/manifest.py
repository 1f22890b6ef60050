"""The role-tags manifest: a file that says which twin carries which role."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin_rbac.role_tags.errors import ManifestError, Problem
from twin_rbac.role_tags.manifest_shape import ManifestShape, check_shape, nearest
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.yaml_places import Document, parse_yaml


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest that can be used."""

    rules: TagRules
    """Everything but the twins."""
    twins: Mapping[str, str]
    """Twin -> role, in the manifest's order."""
    places: Mapping[str, str]
    """Twin -> where the manifest lists it, as `file:line:column`."""
    digest: str
    """SHA-256 of what the manifest says; comments and layout do not count."""


def load_manifest(path: Path) -> Manifest:
    """Reads a manifest.

    Raises:
        ManifestError: it cannot be used; the text names every problem as `file:line:column: what is wrong, and what
            to do`, the file as it was given.
    """
    document = parse_yaml(_read(path))
    if document.value is None and not document.problems:
        document.problems.append(Problem(1, 1, "the manifest is empty; start with version: 1, roles and tags"))
    if document.value is None:
        raise ManifestError(path, document.problems)
    shape = check_shape(document)
    shape_problems = shape if isinstance(shape, list) else []
    problems = [*document.problems, *shape_problems, *_find_conflicts(document)]
    if isinstance(shape, list) or problems:
        raise ManifestError(path, problems)
    return _build(shape, document, path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = Problem(1, 1, f"the manifest cannot be read ({error.strerror}); check the path")
        raise ManifestError(path, [problem]) from error


def _build(shape: ManifestShape, document: Document, path: Path) -> Manifest:
    rules = TagRules(
        property=shape.property,
        key=shape.key,
        roles=tuple(shape.roles),
        ignore=tuple(shape.ignore),
        missing=shape.missing,
        unlisted=shape.unlisted,
    )
    listed = list(_listed_twins(document))
    content = json.dumps(shape.model_dump(), sort_keys=True, ensure_ascii=False)
    return Manifest(
        rules=rules,
        twins={item.twin_id: item.role for item in listed},
        places={item.twin_id: f"{path}:{item.line}:{item.column}" for item in listed},
        digest=hashlib.sha256(content.encode()).hexdigest(),
    )


@dataclass(frozen=True)
class _Listed:
    twin_id: str
    role: str
    line: int
    column: int


# The checks below look at the file's plain values, whatever shape they have, so that these problems are reported
# together with those of the shape.


def _find_conflicts(document: Document) -> Iterator[Problem]:
    yield from _roles_alike(document)
    yield from _unknown_roles(document)
    yield from _duplicate_twins(document)
    yield from _ignored_twins(document)


def _roles_alike(document: Document) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for role in _mapping(document.value, "roles"):
        other = first.setdefault(role.lower(), role)
        if other != role:
            line, column = document.keys["roles", role]
            yield Problem(line, column, f"roles {other!r} and {role!r} differ only in case; rename one of the two")


def _unknown_roles(document: Document) -> Iterator[Problem]:
    roles = list(_mapping(document.value, "roles"))
    for position, entry in _entries(document):
        role = entry.get("role")
        if isinstance(role, str) and roles and role not in roles:
            line, column = document.place_of(("tags", position, "role"))
            yield Problem(line, column, f"unknown role {role!r}; {nearest(role, roles)} Or add it under roles")


def _duplicate_twins(document: Document) -> Iterator[Problem]:
    first: dict[str, _Listed] = {}
    for item in _listed_twins(document):
        other = first.setdefault(item.twin_id, item)
        if other is not item:
            yield Problem(
                item.line,
                item.column,
                f"twin {item.twin_id!r} is listed twice, first at {other.line}:{other.column} as {other.role!r}; "
                "keep one of the two, a twin has one role",
            )


def _ignored_twins(document: Document) -> Iterator[Problem]:
    patterns = document.value.get("ignore") if isinstance(document.value, dict) else None
    for position, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        if not isinstance(pattern, str):
            continue
        rules = TagRules(roles=(), ignore=(pattern,))
        line, column = document.place_of(("ignore", position))
        for item in _listed_twins(document):
            if rules.ignores(item.twin_id):
                text = f"twin {item.twin_id!r} is both listed and ignored, by {pattern!r} at {line}:{column}"
                yield Problem(item.line, item.column, f"{text}; take it out of one of the two")


def _listed_twins(document: Document) -> Iterator[_Listed]:
    for position, entry in _entries(document):
        twins = entry.get("twins")
        for index, twin_id in enumerate(twins if isinstance(twins, list) else ()):
            if isinstance(twin_id, str):
                place = document.place_of(("tags", position, "twins", index))
                yield _Listed(twin_id, str(entry.get("role")), *place)


def _entries(document: Document) -> Iterator[tuple[int, Mapping[str, Any]]]:
    entries = document.value.get("tags") if isinstance(document.value, dict) else None
    for position, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield position, entry


def _mapping(value: Any, key: str) -> Mapping[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}
