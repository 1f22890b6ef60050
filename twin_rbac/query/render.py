"""Tree → text. It owns quoting: no other module writes a part of a query.

`parse(render(query)) == query` for every tree that the parser makes. Where AND, OR and NOT mix, parentheses say what
belongs together, since Microsoft does not document which binds tighter (fact sheet adt-query-language, section 4).
"""

import re

from twin_rbac.query.nodes import (
    And,
    ArrayContains,
    Boolean,
    Comparison,
    Condition,
    Count,
    In,
    IsOfModel,
    Literal,
    Not,
    Number,
    Or,
    Path,
    Projection,
    PropertyTest,
    Query,
    Select,
    Text,
    TextTest,
    Twins,
)
from twin_rbac.query.tokens import RESERVED_WORDS

_PLAIN_NAME = re.compile(r"\$?[A-Za-z][A-Za-z0-9_]*")


def render(query: Query) -> str:
    """The query as one line of text, keywords in upper case.

    Raises:
        ValueError: a name in the tree cannot be written, which no parsed tree has.
    """
    alias = query.source.alias
    collection = "DIGITALTWINS" if isinstance(query.source, Twins) else "RELATIONSHIPS"
    parts = ["SELECT", *_select(query.select, alias), "FROM", collection]
    if alias is not None:
        parts.append(alias)
    if query.where is not None:
        parts += ["WHERE", _condition(query.where, alias)]
    return " ".join(parts)


def _select(select: Select | Count, alias: str | None) -> list[str]:
    if isinstance(select, Count):
        return ["COUNT()"]
    top = [] if select.top is None else [f"TOP({select.top})"]
    if select.projections:
        return [*top, ", ".join(_projection(projection, alias) for projection in select.projections)]
    return top or ["*"]


def _projection(projection: Projection, alias: str | None) -> str:
    name = "" if projection.name is None else f" AS {projection.name}"
    return _path(projection.path, alias) + name


def _condition(condition: Condition, alias: str | None) -> str:
    match condition:
        case Or(operands):
            return " OR ".join(_operand(operand, alias) for operand in operands)
        case And(operands):
            return " AND ".join(_operand(operand, alias) for operand in operands)
        case Not(Not() as operand):
            # NOT NOT cannot be misread, and parentheses would make it nest twice as deep.
            return f"NOT {_condition(operand, alias)}"
        case Not(operand):
            return f"NOT {_operand(operand, alias)}"
        case _:
            return _test(condition, alias)


def _operand(condition: Condition, alias: str | None) -> str:
    text = _condition(condition, alias)
    return f"({text})" if isinstance(condition, Or | And | Not) else text


def _test(
    condition: Comparison | In | PropertyTest | TextTest | ArrayContains | IsOfModel,
    alias: str | None,
) -> str:
    match condition:
        case Comparison(path, operator, literal):
            return f"{_path(path, alias)} {operator} {_literal(literal)}"
        case In(path, literals, negated):
            word = "NIN" if negated else "IN"
            return f"{_path(path, alias)} {word} [{', '.join(_literal(literal) for literal in literals)}]"
        case PropertyTest(function, path):
            return f"{function}({_path(path, alias)})"
        case TextTest(function, path, text):
            return f"{function}({_path(path, alias)}, {_literal(text)})"
        case ArrayContains(path, literal):
            return f"ARRAY_CONTAINS({_path(path, alias)}, {_literal(literal)})"
        case IsOfModel(model_id, of_alias, exact):
            of = "" if of_alias is None else f"{of_alias}, "
            return f"IS_OF_MODEL({of}{_literal(model_id)}{', exact' if exact else ''})"


def _path(path: Path, alias: str | None) -> str:
    if path.alias is not None:
        return ".".join([path.alias, *(_name(segment) for segment in path.segments)])
    first, *rest = path.segments
    # Without brackets a property that is called like the alias would be read as the alias.
    return ".".join([_bracketed(first) if first == alias else _name(first), *(_name(segment) for segment in rest)])


def _name(name: str) -> str:
    plain = _PLAIN_NAME.fullmatch(name) and name.upper() not in RESERVED_WORDS
    return name if plain else _bracketed(name)


def _bracketed(name: str) -> str:
    if not name or "]]" in f"{name}]":
        raise ValueError(f"{name!r} cannot be written as a name in a query")
    return f"[[{name}]]"


def _literal(literal: Literal) -> str:
    match literal:
        case Text(value):
            # The backslash first: it would escape the backslash of an escaped quote otherwise.
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case Number(digits):
            return digits
        case Boolean(value):
            return "true" if value else "false"
