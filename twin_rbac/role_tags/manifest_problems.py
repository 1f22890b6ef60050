"""Checks one file of a manifest against its shape, and says what is wrong where."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from twin_rbac.role_tags.errors import Problem
from twin_rbac.role_tags.manifest_shape import LimitsShape, ManifestShape, RoleShape, SubtreeShape, TagShape
from twin_rbac.role_tags.manifest_values import ShapeError, name_kind
from twin_rbac.role_tags.yaml_places import Document, Path

EXAMPLES = {
    "version": "version: 1",
    "roles": "roles: {Earth: {}, Fire: {}}",
    "tags": 'tags: [{role: Earth, twins: [A, "1"]}], or tags: [] for no twin at all',
    "role": "role: Earth",
    "twins": 'twins: [A, "1"]',
    "ignore": 'ignore: ["sandbox-*"]',
    "description": "description: what the role is for",
    "limits": "limits: {change: 30%}",
    "include": "include: [other.yaml, teams/]",
    "subtree": "subtree: {of: B, via: [contains]}",
    "of": "of: B",
    "via": "via: [contains]",
    "stop": 'stop: ["sandbox-*"]',
}


def check_shape(document: Document) -> ManifestShape | list[Problem]:
    """The file as a typed value, or every problem of its shape."""
    try:
        return ManifestShape.model_validate(document.value)
    except ValidationError as error:
        # None stands for a value that the YAML reader has refused already.
        told = (item for item in error.errors(include_url=False) if item["input"] is not None)
        return [_problem(item, document) for item in told]


def nearest(word: str, known: Iterable[str]) -> str:
    """What somebody who wrote the word may have meant."""
    names = list(known)
    match = get_close_matches(word, names, n=1) or [name for name in names if name.lower() == word.lower()]
    return f"did you mean {match[0]!r}?" if match else f"there are: {', '.join(names)}."


def _problem(error: ErrorDetails, document: Document) -> Problem:
    path: Path = error["loc"]
    of_key = error["type"] == "extra_forbidden" or path[-1:] == ("[key]",)
    path = path[:-1] if path[-1:] == ("[key]",) else path
    place = document.keys[path] if of_key else document.place_of(path)
    cause = error.get("ctx", {}).get("error")
    if not isinstance(cause, ShapeError):
        return Problem(*place, _sentence(error, path))
    if cause.within is None:
        return Problem(*place, str(cause))
    return _problem_within(cause, cause.within, error["input"], path=path, document=document)


def _problem_within(
    cause: ShapeError, within: tuple[int, int], value: Any, *, path: Path, document: Document
) -> Problem:
    place = document.place_within(path, value, within)
    if place:
        return Problem(*place, str(cause))
    line, column = within
    return Problem(*document.place_of(path), f"{cause} (line {line}, column {column} of this text)")


def _sentence(error: ErrorDetails, path: Path) -> str:
    name = str(path[-1]) if path else "the manifest"
    match error["type"]:
        case "missing":
            return f"{name} is missing; add {EXAMPLES[name]}"
        case "extra_forbidden":
            return f"unknown key {name!r}; {nearest(name, _shape_at(path).known_keys())}"
        case "too_short" if name == "via":
            return f"via names no relationship; name at least one, such as {EXAMPLES['via']}"
        case "too_short":
            return "there are no roles; name at least one, such as roles: {Earth: {}}"
    # What is left is a mapping where a list should be, and the like.
    wanted = {"list_type": "a list", "dict_type": "a mapping"}.get(error["type"], "a mapping")
    example = EXAMPLES.get(name) or EXAMPLES.get(str(path[0]) if path else "", EXAMPLES["version"])
    return f"this is {name_kind(error['input'])}, and must be {wanted}, such as {example}"


def _shape_at(path: Path) -> Any:
    if "subtree" in path[:-1]:
        return SubtreeShape
    shapes: dict[Any, type[BaseModel]] = {"roles": RoleShape, "tags": TagShape, "limits": LimitsShape}
    return shapes[path[0]] if len(path) > 1 else ManifestShape
