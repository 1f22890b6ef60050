from typing import Any

import pytest

from emulator.resource_manager.schema import Shape, an_object, drop_nulls, find_problems, keep_known, strings

SHAPE = Shape(
    type="object",
    properties={
        "name": Shape(required=True, longest=5),
        "size": Shape(enum=("small", "large")),
        "on": Shape(type="boolean"),
        "tags": Shape(type="map", items=Shape()),
        "rows": Shape(type="array", items=Shape(type="object", properties={"id": Shape()})),
    },
)


def test_a_body_that_fits_has_no_problems() -> None:
    body = {"name": "short", "size": "small", "on": False, "tags": {"any key": "v"}, "rows": [{"id": "1"}, {}]}

    assert find_problems(body, SHAPE) == []


def test_every_problem_is_named_with_its_place() -> None:
    body = {"size": "huge", "on": "yes", "tags": {"k": 1}, "rows": [{"id": "1", "idd": "2"}], "colour": "red"}

    assert find_problems(body, SHAPE) == [
        "unknown property colour; there are: name, size, on, tags, rows",
        "missing required property name",
        "size is 'huge', and must be one of: small, large",
        "on must be a boolean",
        "tags[k] must be a string",
        "unknown property rows[0].idd; there are: id",
    ]


def test_a_text_that_is_too_long_and_a_body_that_is_none_are_refused() -> None:
    assert find_problems({"name": "longer"}, SHAPE) == ["name has 6 characters, and may have 5"]
    assert find_problems(None, SHAPE) == ["the body must be an object"]


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        (40, []),
        (39, ["count is 39, and must be at least 40"]),
        (1001, ["count is 1001, and must be at most 1000"]),
        (40.5, ["count must be an integer"]),
        ("40", ["count must be an integer"]),
        (True, ["count must be an integer"]),
    ],
)
def test_a_number_has_a_smallest_and_a_largest_value(value: Any, problems: list[str]) -> None:
    shape = Shape(type="object", properties={"count": Shape(type="integer", least=40, most=1000)})

    assert find_problems({"count": value}, shape) == problems


def test_what_azure_takes_and_the_local_azure_does_not_is_told_apart_from_what_nobody_knows() -> None:
    shape = an_object({"inner": an_object(strings("a"), not_supported=("b",))})

    assert find_problems({"inner": {"a": "1", "b": {}, "c": 1}}, shape) == [
        "inner.b is not supported by the local Azure; see docs/emulator-differences.md",
        "unknown property inner.c; there are: a",
    ]


def test_what_the_service_added_is_left_out_of_what_a_caller_may_send() -> None:
    answer = {"name": "n", "id": "/x", "tags": {"k": "v"}, "rows": [{"id": "1", "made": "today"}]}

    assert keep_known(answer, SHAPE) == {"name": "n", "tags": {"k": "v"}, "rows": [{"id": "1"}]}


def test_what_is_null_is_left_out_at_any_depth() -> None:
    assert drop_nulls({"a": None, "b": {"c": None, "d": False}, "e": [{"f": None}, ""]}) == {
        "b": {"d": False},
        "e": [{}, ""],
    }
