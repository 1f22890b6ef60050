"""The shape of a role-tags manifest, version 1: which keys there are and what each takes."""

import re
import unicodedata
from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from twin_rbac.role_tags.errors import Problem
from twin_rbac.role_tags.yaml_places import Document, Path, Unquoted

NOT_YET = ("glob", "model", "query", "subtree")
"""Selectors that version 1 of the format knows and this version of the program does not."""

# Words that the query language reads as its own, so that tags.<word> is no path (adt-query-language, section 2).
# fmt: off
_RESERVED = frozenset({
    "ALL", "AND", "AS", "ASC", "AVG", "BY", "COUNT", "DESC", "DEVICES", "DEVICES_JOBS", "DEVICES_MODULES",
    "ENDS_WITH", "FALSE", "FROM", "GROUP", "IN", "IS_BOOL", "IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_OBJECT",
    "IS_OF_MODEL", "IS_PRIMITIVE", "IS_STRING", "MAX", "MIN", "NOT", "NOT_IN", "NULL", "OR", "ORDER", "SELECT",
    "STARTS_WITH", "SUM", "TOP", "TRUE", "WHERE",
})
# fmt: on
_LONGEST_ROLE = 128


class _ShapeError(ValueError):
    """What a value should be, in the words that the person reads."""


def _text(value: object) -> str:
    if isinstance(value, Unquoted):
        quoted = f'; quote it: "{value.text}"' if value.text else ""
        raise _ShapeError(f"{value.text or 'this'} is {value.kind} to YAML, and must be text{quoted}")
    if not isinstance(value, str):
        raise _ShapeError(f"this is {_name(value)}, and must be text")
    if not value.strip():
        raise _ShapeError("this text is empty; write what is meant")
    return value


def _twin_id(value: object) -> str:
    twin_id = _text(value)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in twin_id):
        raise _ShapeError(f"the twin id {twin_id!r} holds a character that is no text; take it out")
    return twin_id


def _role_name(value: object) -> str:
    name = _text(value)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise _ShapeError(f"the role name {name!r} may hold letters, digits, - and _ only; rename the role")
    if len(name) > _LONGEST_ROLE:
        raise _ShapeError(
            f"the role name is {len(name)} characters long; at most {_LONGEST_ROLE} are allowed, shorten it"
        )
    return name


def _path_segment(value: object) -> str:
    name = _text(value)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise _ShapeError(f"{name!r} must be a letter followed by letters, digits or _, as DTDL names are")
    if name.upper() in _RESERVED:
        raise _ShapeError(f"{name!r} is a reserved word of the query language; use another name")
    return name


def _version(value: object) -> int:
    if value != Unquoted("1", "a number"):
        raise _ShapeError(f"version {_show(value)} is not known; this program reads version: 1")
    return 1


def _encoding(value: object) -> str:
    if value == "marker":
        raise _ShapeError("encoding: marker is not supported yet; use encoding: value")
    return _one_of("value")(value)


def _one_of(*choices: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in choices:
            raise _ShapeError(f"{_show(value)} is not one of: {', '.join(choices)}")
        return str(value)

    return check


def _nothing_is_empty(value: object) -> object:
    return {} if isinstance(value, Unquoted) and value.kind == "nothing" else value


Text = Annotated[str, BeforeValidator(_text)]
TwinId = Annotated[str, BeforeValidator(_twin_id)]
RoleName = Annotated[str, BeforeValidator(_role_name)]
PathSegment = Annotated[str, BeforeValidator(_path_segment)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoleShape(_Shape):
    """What a manifest says of a role."""

    description: Text | None = None


class TagShape(_Shape):
    """One entry of `tags`: a role and the twins that carry it."""

    role: Text
    twins: list[TwinId]


class ManifestShape(_Shape):
    """A whole manifest."""

    version: Annotated[int, BeforeValidator(_version)]
    property: PathSegment = "tags"
    key: PathSegment = "role"
    encoding: Annotated[str, BeforeValidator(_encoding)] = "value"
    roles: Annotated[
        dict[RoleName, Annotated[RoleShape, BeforeValidator(_nothing_is_empty)]],
        Field(min_length=1),
    ]
    tags: list[TagShape]
    ignore: list[Text] = []
    missing: Annotated[Literal["error", "skip"], BeforeValidator(_one_of("error", "skip"))] = "error"
    unlisted: Annotated[Literal["report", "remove"], BeforeValidator(_one_of("report", "remove"))] = "report"


_EXAMPLES = {
    "version": "version: 1",
    "roles": "roles: {Earth: {}, Fire: {}}",
    "tags": 'tags: [{role: Earth, twins: [A, "1"]}], or tags: [] for no twin at all',
    "role": "role: Earth",
    "twins": 'twins: [A, "1"]',
    "ignore": 'ignore: ["sandbox-*"]',
    "description": "description: what the role is for",
}


def check_shape(document: Document) -> ManifestShape | list[Problem]:
    """The manifest as a typed value, or every problem of its shape."""
    try:
        return ManifestShape.model_validate(document.value)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        refused = {item["loc"][:-1] for item in problems if item["type"] == "extra_forbidden"}
        # An entry whose selector is refused is not also told that it lacks one; and None stands for a value that the
        # YAML reader has refused already.
        told = [item for item in problems if not _is_missing_selector(item, refused) and item["input"] is not None]
        return [_problem(item, document) for item in told]


def _is_missing_selector(error: ErrorDetails, refused: set[Path]) -> bool:
    return error["type"] == "missing" and error["loc"][-1] == "twins" and error["loc"][:-1] in refused


def nearest(word: str, known: list[str]) -> str:
    """What somebody who wrote the word may have meant."""
    match = get_close_matches(word, known, n=1) or [name for name in known if name.lower() == word.lower()]
    return f"did you mean {match[0]!r}?" if match else f"there are: {', '.join(known)}."


def _problem(error: ErrorDetails, document: Document) -> Problem:
    path: Path = error["loc"]
    of_key = error["type"] == "extra_forbidden" or path[-1:] == ("[key]",)
    path = path[:-1] if path[-1:] == ("[key]",) else path
    line, column = document.keys[path] if of_key else document.place_of(path)
    return Problem(line, column, _sentence(error, path))


def _sentence(error: ErrorDetails, path: Path) -> str:
    name = str(path[-1]) if path else "the manifest"
    match error["type"]:
        case "missing":
            return f"{name} is missing; add {_EXAMPLES[name]}"
        case "extra_forbidden":
            return _unknown_key(path)
        case "value_error":
            return str(error["ctx"]["error"])
        case "too_short":
            return "there are no roles; name at least one, such as roles: {Earth: {}}"
    # What is left is a mapping where a list should be, and the like.
    wanted = {"list_type": "a list", "dict_type": "a mapping"}.get(error["type"], "a mapping")
    example = _EXAMPLES.get(name) or _EXAMPLES.get(str(path[0]) if path else "", _EXAMPLES["version"])
    return f"this is {_name(error['input'])}, and must be {wanted}, such as {example}"


def _unknown_key(path: Path) -> str:
    name = str(path[-1])
    if len(path) == 3 and path[0] == "tags" and name in NOT_YET:
        return f"the selector {name} is not supported yet; list the twins under twins"
    if path == ("limits",):
        return "limits is not supported yet; take it out"
    shape: type[_Shape] = ManifestShape
    if len(path) > 1:
        shape = RoleShape if path[0] == "roles" else TagShape
    return f"unknown key {name!r}; {nearest(name, list(shape.model_fields))}"


def _name(value: object) -> str:
    if isinstance(value, Unquoted):
        return value.kind
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _show(value: object) -> str:
    if isinstance(value, Unquoted):
        return value.text or "nothing"
    return repr(value) if isinstance(value, str) else _name(value)
