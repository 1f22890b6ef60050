"""The single values of a manifest: what each may be, in the words that the person reads."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath

from twin_rbac.query import Query, QueryError, QueryNotSupported, Select, Twins, parse
from twin_rbac.role_tags.yaml_places import Unquoted

# Words that the query language reads as its own, so that tags.<word> is no path (adt-query-language, section 2).
# fmt: off
_RESERVED = frozenset({
    "ALL", "AND", "AS", "ASC", "AVG", "BY", "COUNT", "DESC", "DEVICES", "DEVICES_JOBS", "DEVICES_MODULES",
    "ENDS_WITH", "FALSE", "FROM", "GROUP", "IN", "IS_BOOL", "IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_OBJECT",
    "IS_OF_MODEL", "IS_PRIMITIVE", "IS_STRING", "MAX", "MIN", "NOT", "NOT_IN", "NULL", "OR", "ORDER", "SELECT",
    "STARTS_WITH", "SUM", "TOP", "TRUE", "WHERE",
})
# fmt: on
LONGEST_ROLE = 128
LONGEST_MODEL_ID = 128
"""Of an interface's DTMI (adt-models-and-tags, section 5)."""
LONGEST_NAME = 512
"""Of a relationship, in DTDL v3; v2 has 64 (adt-models-and-tags, section 5)."""

ROLE = r"^[A-Za-z0-9_-]+$"
SEGMENT = r"^[A-Za-z][A-Za-z0-9_]*$"
NAME = r"^[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?$"
PERCENTAGE = r"^(?:0|[1-9][0-9]{0,5})%$"
_DTMI_SEGMENT = r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
MODEL_ID = rf"^dtmi:{_DTMI_SEGMENT}(?::{_DTMI_SEGMENT})*(?:;[1-9][0-9]{{0,8}}(?:\.[1-9][0-9]{{0,5}})?)?$"
"""An interface's id; fragments (`#…`) are of what stands inside one (adt-models-and-tags, section 5)."""

_WHOLE_TWINS = "write SELECT * FROM DIGITALTWINS, and WHERE with what they have in common"

NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that no twin's id holds: controls, and halves of surrogate pairs."""


class ShapeError(ValueError):
    """What a value should be, in the words that the person reads.

    Args:
        text: what is wrong, and what to do.
        within: line and column inside the value, from 1, where the trouble is somewhere in it.
    """

    def __init__(self, text: str, *, within: tuple[int, int] | None = None) -> None:
        super().__init__(text)
        self.within = within


def check_text(value: object) -> str:
    """Any text that says something."""
    if isinstance(value, Unquoted):
        quoted = f'; quote it: "{value.text}"' if value.text else ""
        raise ShapeError(f"{value.text or 'this'} is {value.kind} to YAML, and must be text{quoted}")
    if not isinstance(value, str):
        raise ShapeError(f"this is {name_kind(value)}, and must be text")
    if not value.strip():
        raise ShapeError("this text is empty; write what is meant")
    return value


def check_twin_id(value: object) -> str:
    """The id of a twin."""
    twin_id = check_text(value)
    if NO_TEXT.search(twin_id):
        raise ShapeError(f"the twin id {twin_id!r} holds a character that is no text; take it out")
    return twin_id


def check_role_name(value: object) -> str:
    """The name of a role, whatever the encoding."""
    name = check_text(value)
    if not _is(ROLE, name):
        raise ShapeError(f"the role name {name!r} may hold letters, digits, - and _ only; rename the role")
    if len(name) > LONGEST_ROLE:
        raise ShapeError(
            f"the role name is {len(name)} characters long; at most {LONGEST_ROLE} are allowed, shorten it"
        )
    return name


def find_marker_flaw(name: str) -> str | None:
    """Why a role's name cannot be a marker, a key of the map of tags; None when it can."""
    if not _is(SEGMENT, name):
        return f"with encoding: marker the role name {name!r} must be a letter followed by letters, digits or _"
    return f"{name!r} is a reserved word of the query language, and no marker" if name.upper() in _RESERVED else None


def check_path_segment(value: object) -> str:
    """A name in the path of a property, as a query writes it."""
    name = check_text(value)
    if not _is(SEGMENT, name):
        raise ShapeError(f"{name!r} must be a letter followed by letters, digits or _, as DTDL names are")
    if name.upper() in _RESERVED:
        raise ShapeError(f"{name!r} is a reserved word of the query language; use another name")
    return name


def check_version(value: object) -> int:
    """The version of the format."""
    if value != Unquoted("1", "a number"):
        raise ShapeError(f"version {show(value)} is not known; this program reads version: 1")
    return 1


def check_one_of(*choices: str) -> Callable[[object], str]:
    """One of a few words."""

    def check(value: object) -> str:
        if value not in choices:
            raise ShapeError(f"{show(value)} is not one of: {', '.join(choices)}")
        return str(value)

    return check


def check_percentage(value: object) -> int:
    """A whole number of percent, written like 30%."""
    if isinstance(value, str) and _is(PERCENTAGE, value):
        return int(value.removesuffix("%"))
    text = value.text if isinstance(value, Unquoted) else ""
    wanted = f"{text}%" if _is(PERCENTAGE, f"{text}%") else "30%"
    raise ShapeError(f"{show(value)} is no percentage; write a whole one with its sign, such as {wanted}")


def check_depth(value: object) -> int:
    """A number of levels."""
    if isinstance(value, Unquoted) and _is("^(?:0|[1-9][0-9]{0,5})$", value.text):
        return int(value.text)
    raise ShapeError(f"{show(value)} is no number of levels; write a whole one without quotes, such as depth: 5")


def check_model_id(value: object) -> str:
    """The id of a model."""
    model_id = check_text(value)
    if not _is(MODEL_ID, model_id):
        raise ShapeError(f"{model_id!r} is no model id; write one such as dtmi:example:Room;1")
    if len(model_id) > LONGEST_MODEL_ID:
        raise ShapeError(f"the model id is {len(model_id)} characters long; no model has more than {LONGEST_MODEL_ID}")
    if model_id.startswith(("dtmi:dtdl:", "dtmi:standard:")):
        raise ShapeError(f"{model_id!r} is of the language itself, and no twin has it; name a model of your own")
    return model_id


def check_relationship(value: object) -> str:
    """The name of a relationship."""
    name = check_text(value)
    if not _is(NAME, name) or len(name) > LONGEST_NAME:
        raise ShapeError(f"{name!r} is no name of a relationship: letters, digits and _, a letter first and no _ last")
    return name


def check_stop(value: object) -> str:
    """Where a walk stops: a pattern of twins' ids, or a model."""
    stop = check_text(value)
    return check_model_id(stop) if stop.startswith("dtmi:") else stop


def check_include(value: object) -> str:
    """The path of another file or a folder."""
    path = check_text(value)
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute() or "\0" in path:
        raise ShapeError(f"{path!r} is no relative path; write it as seen from this file's folder")
    return path


def check_query(value: object) -> str:
    """One SELECT of whole twins."""
    text = check_text(value)
    try:
        query = parse(text)
    except QueryNotSupported as error:
        within = (error.line, error.column)
        raise ShapeError(f"{error.message} here; to follow relationships, use subtree", within=within) from None
    except QueryError as error:
        raise ShapeError(f"this is no valid query: {error.message}", within=(error.line, error.column)) from None
    if flaw := _find_query_flaw(query):
        raise ShapeError(f"{flaw}; {_WHOLE_TWINS}")
    return text


def _find_query_flaw(query: Query) -> str | None:
    if not isinstance(query.source, Twins):
        return "this query asks for relationships, and a selector needs twins"
    if not isinstance(query.select, Select):
        return "this query counts twins, and a selector needs the twins"
    if query.select.top is not None:
        return "TOP takes any twins, and a selector needs all of them"
    paths = [item.path for item in query.select.projections]
    if any(path.segments or path.alias is None for path in paths) or len(paths) > 1:
        return "this query asks for properties, and a selector needs whole twins"
    return None


def empty_for_nothing(value: object) -> object:
    """An empty mapping where nothing stands."""
    return {} if isinstance(value, Unquoted) and value.kind == "nothing" else value


def name_kind(value: object) -> str:
    """What YAML takes a value for."""
    if isinstance(value, Unquoted):
        return value.kind
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def show(value: object) -> str:
    """A value in a sentence."""
    if isinstance(value, Unquoted):
        return value.text or "nothing"
    return repr(value) if isinstance(value, str) else name_kind(value)


def _is(pattern: str, text: str) -> bool:
    # Not `match`: `$` also stands before a line break at the end.
    return re.fullmatch(pattern, text) is not None
