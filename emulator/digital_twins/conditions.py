"""Whether a twin or relationship fulfils the condition of a query.

Logic has three values, as in Cosmos DB, whose engine the service shows: true, false and undefined (None here). What
Microsoft documents is in the fact sheet adt-query-language, sections 4 to 7; for the rest this is the choice:

- A comparison, IN, NIN or string function on an absent property is undefined, and so is one of values of two types:
  `'5'` neither equals the number 5 nor differs from it. A null, object or array is of no literal's type.
- NOT undefined is undefined; AND is false with a false operand whatever the others, OR is true with a true one.
- IS_NULL and the type tests are false for an absent property; IS_DEFINED is true for a null.
- Strings compare by code point, numbers as doubles, false comes before true.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from typing import Any, Protocol

from twin_rbac.query import (
    And,
    ArrayContains,
    Boolean,
    Comparison,
    Condition,
    In,
    IsOfModel,
    Literal,
    Not,
    Number,
    Operator,
    Or,
    Path,
    PropertyFunction,
    PropertyTest,
    Text,
    TextFunction,
    TextTest,
)

Document = Mapping[str, Any]
"""A twin or a relationship as it stands in an answer."""
Bindings = Mapping[str | None, Document]
"""What each alias of a query stands for; None is where a path without an alias starts."""
Truth = bool | None
"""None is undefined."""


class ModelLookup(Protocol):
    """What IS_OF_MODEL has to know of the models."""

    def is_of_model(self, model_id: str, wanted: str, *, exact: bool) -> bool:
        """Whether a twin of the first model counts as one of the second (fact sheet adt-query-language, section 5)."""


class Absent(Enum):
    """The value of a property that is not there, which is another thing than null."""

    ABSENT = auto()


def value_at(path: Path, bindings: Bindings) -> Any:
    """What the path leads to, or ABSENT."""
    value: Any = bindings[path.alias]
    for segment in path.segments:
        if not isinstance(value, Mapping) or segment not in value:
            return Absent.ABSENT
        value = value[segment]
    return value


def evaluate(condition: Condition, bindings: Bindings, models: ModelLookup) -> Truth:
    """Whether the condition is true, false or undefined of what the aliases stand for."""
    match condition:
        case Or(operands):
            return _negated(_all(_negated(evaluate(each, bindings, models)) for each in operands))
        case And(operands):
            return _all(evaluate(each, bindings, models) for each in operands)
        case Not(operand):
            return _negated(evaluate(operand, bindings, models))
        case IsOfModel():
            return _is_of_model(condition, bindings, models)
        case _:
            return _test(condition, value_at(condition.path, bindings))


def _negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _all(truths: Iterable[Truth]) -> Truth:
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def _is_of_model(condition: IsOfModel, bindings: Bindings, models: ModelLookup) -> Truth:
    model_id = value_at(Path(condition.alias, ("$metadata", "$model")), bindings)
    if not isinstance(model_id, str):
        return None
    return models.is_of_model(model_id, condition.model_id.value, exact=condition.exact)


def _test(condition: Comparison | In | PropertyTest | TextTest | ArrayContains, value: Any) -> Truth:
    match condition:
        case Comparison(_, compared_by, literal):
            return _compare(_COMPARISONS[compared_by], value, literal)
        case In(_, literals, negated):
            equal_to_none = _all(_negated(_compare(operator.eq, value, each)) for each in literals)
            return equal_to_none if negated else _negated(equal_to_none)
        case PropertyTest(function):
            return _PROPERTY_TESTS[function](value)
        case TextTest(function, _, text):
            return _TEXT_TESTS[function](value, text.value) if isinstance(value, str) else None
        case ArrayContains(_, literal):
            return any(_compare(operator.eq, each, literal) for each in value) if isinstance(value, list) else None


def _compare(compared_by: Callable[[Any, Any], bool], value: Any, literal: Literal) -> Truth:
    match literal:
        case Text(text):
            return compared_by(value, text) if isinstance(value, str) else None
        case Boolean(truth):
            return compared_by(value, truth) if isinstance(value, bool) else None
        case Number(digits):
            return compared_by(_double(value), float(digits)) if _is_number(value) else None


def _is_number(value: Any) -> bool:
    # In Python, and not in JSON, true is a number.
    return isinstance(value, int | float) and not isinstance(value, bool)


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


_COMPARISONS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}
_PROPERTY_TESTS: Mapping[PropertyFunction, Callable[[Any], bool]] = {
    PropertyFunction.IS_BOOL: lambda value: isinstance(value, bool),
    PropertyFunction.IS_DEFINED: lambda value: value is not Absent.ABSENT,
    PropertyFunction.IS_NULL: lambda value: value is None,
    PropertyFunction.IS_NUMBER: _is_number,
    PropertyFunction.IS_OBJECT: lambda value: isinstance(value, Mapping),
    PropertyFunction.IS_PRIMITIVE: lambda value: value is None or isinstance(value, str | bool | int | float),
    PropertyFunction.IS_STRING: lambda value: isinstance(value, str),
}
_TEXT_TESTS: Mapping[TextFunction, Callable[[str, str], bool]] = {
    TextFunction.CONTAINS: lambda value, text: text in value,
    TextFunction.ENDSWITH: str.endswith,
    TextFunction.STARTSWITH: str.startswith,
}
