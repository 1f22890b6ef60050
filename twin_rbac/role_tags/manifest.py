"""The role-tags manifest: a file, or several, that say which twin carries which role."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from twin_rbac.role_tags.errors import ManifestError, Problem
from twin_rbac.role_tags.manifest_checks import Listed, find_conflicts, list_twins
from twin_rbac.role_tags.manifest_files import Source, read_files
from twin_rbac.role_tags.manifest_problems import check_shape
from twin_rbac.role_tags.manifest_shape import SETTINGS, ManifestShape, SubtreeShape, TagShape
from twin_rbac.role_tags.model import Limits, TagRules, join_roles
from twin_rbac.role_tags.selectors import Selector, SelectorKind, Subtree

_KINDS = get_args(SelectorKind)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest that can be used."""

    rules: TagRules
    """Everything but the twins."""
    twins: Mapping[str, str]
    """Twin that is listed -> its role, in the manifest's order; with markers its roles, as `join_roles` gives them."""
    places: Mapping[str, str]
    """Twin that is listed -> where, first, as `file:line:column`."""
    selectors: tuple[Selector, ...] = ()
    """What selects further twins, in the manifest's order."""
    digest: str
    """SHA-256 of what the manifest says; comments, layout, order and the split into files do not count."""
    files: tuple[Path, ...] = ()
    """The files that it is made of, in the order in which they were read."""


def load_manifest(path: Path) -> Manifest:
    """Reads a manifest: a file, or each `*.yaml` and `*.yml` of a folder, and what they include.

    Raises:
        ManifestError: it cannot be used; the text names every problem as `file:line:column: what is wrong, and what
            to do`, the file as it was given or included.
    """
    files = read_files(path)
    shapes: list[tuple[Source, ManifestShape]] = []
    problems: list[Problem] = list(files.problems)
    for source in files.sources:
        shape = check_shape(source.document) if source.document.value is not None else []
        if isinstance(shape, ManifestShape):
            shapes.append((source, shape))
        else:
            problems += (replace(problem, file=str(source.path)) for problem in shape)
    problems += find_conflicts(files.sources, complete=not files.problems)
    if problems:
        raise ManifestError(path, problems)
    return _build(shapes)


def _build(shapes: Sequence[tuple[Source, ManifestShape]]) -> Manifest:
    rules = _rules([shape for _, shape in shapes])
    listed = list(list_twins([source for source, _ in shapes]))
    twins = _twins(listed)
    selectors = tuple(_selectors(shapes))
    return Manifest(
        rules=rules,
        twins=twins,
        places={item.twin_id: str(item.spot) for item in reversed(listed)},
        selectors=selectors,
        digest=_digest(rules, [shape for _, shape in shapes], twins, selectors),
        files=tuple(source.path for source, _ in shapes),
    )


def _rules(shapes: Iterable[ManifestShape]) -> TagRules:
    settings: dict[str, Any] = {}
    limits: dict[str, int] = {}
    roles: dict[str, None] = {}
    ignore: dict[str, None] = {}
    for shape in shapes:
        settings |= {name: getattr(shape, name) for name in SETTINGS if name in shape.model_fields_set}
        limits |= shape.limits.model_dump(exclude_none=True)
        roles |= dict.fromkeys(shape.roles)
        ignore |= dict.fromkeys(shape.ignore)
    return TagRules(**settings, roles=tuple(roles), ignore=tuple(ignore), limits=Limits(**limits))


def _twins(listed: Iterable[Listed]) -> dict[str, str]:
    roles: dict[str, list[str]] = {}
    for item in listed:
        roles.setdefault(item.twin_id, []).append(item.role)
    return {twin_id: join_roles(names) or "" for twin_id, names in roles.items()}


def _selectors(shapes: Iterable[tuple[Source, ManifestShape]]) -> Iterator[Selector]:
    for source, shape in shapes:
        for position, entry in enumerate(shape.tags):
            kind: SelectorKind | None = next((kind for kind in _KINDS if getattr(entry, kind) is not None), None)
            if kind:
                line, column = source.document.keys["tags", position, kind]
                place = f"{source.path}:{line}:{column}"
                yield Selector(role=entry.role, kind=kind, value=_value(entry, kind), place=place)


def _value(entry: TagShape, kind: SelectorKind) -> str | Subtree:
    value: str | SubtreeShape = getattr(entry, kind)
    if isinstance(value, str):
        return value
    return Subtree(of=value.of, via=tuple(value.via), depth=value.depth, stop=tuple(value.stop))


def _digest(
    rules: TagRules, shapes: Iterable[ManifestShape], twins: Mapping[str, str], selectors: Iterable[Selector]
) -> str:
    said = {role: about.description for shape in shapes for role, about in shape.roles.items() if about.description}
    content = {
        **rules.to_mapping(),
        "roles": {role: said.get(role) for role in rules.roles},
        "ignore": sorted(rules.ignore),
        "twins": twins,
        "selectors": sorted({_to_json({**asdict(selector), "place": ""}) for selector in selectors}),
    }
    return hashlib.sha256(_to_json(content).encode()).hexdigest()


def _to_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
