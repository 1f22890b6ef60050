"""What Pulumi tells a policy, in stand-ins of pulumi_policy's own classes, which live in another environment."""

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from policy_pack.rules import UNKNOWN, Resource
from policy_pack.rules.adapter import plain, remember, remember_all


class UnknownValueError(Exception):
    """Named as pulumi_policy's, which is how the adapter knows it."""


class Props(Mapping[str, Any]):
    """Raises at the look at a value that is not known, as pulumi_policy's proxies do."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return look(self._values[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Items(Sequence[Any]):
    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __getitem__(self, index: Any) -> Any:
        return look(self._values[index])

    def __len__(self) -> int:
        return len(self._values)


def look(value: Any) -> Any:
    if value is UNKNOWN:
        raise UnknownValueError
    return value


def told(name: str, props: Mapping[str, Any], **refers: list[Any]) -> Any:
    return SimpleNamespace(
        urn=f"urn:{name}", name=name, resource_type="a:b:C", props=props, property_dependencies=refers
    )


def test_what_is_not_known_is_unknown_at_any_depth_and_the_rest_is_plain() -> None:
    props = Props({"a": UNKNOWN, "b": Items([1, UNKNOWN, Props({"c": UNKNOWN, "d": "text"})])})

    assert plain(props) == {"a": UNKNOWN, "b": [1, UNKNOWN, {"c": UNKNOWN, "d": "text"}]}


def test_another_error_is_not_taken_for_an_unknown_value() -> None:
    class Broken(Props):
        def __getitem__(self, key: str) -> Any:
            raise KeyError(key)

    with pytest.raises(KeyError):
        plain(Broken({"a": 1}))


def test_a_rule_about_the_stack_gets_the_inputs_seen_before_and_what_they_refer_to() -> None:
    seen: dict[str, Resource] = {}
    remember(seen, told("first", {"size": 1}))
    remember(seen, told("second", {"of": UNKNOWN}))
    outputs = [told("first", {"size": 1, "state": "done"}), told("second", {}, of=[told("first", {})])]

    stack = remember_all(seen, SimpleNamespace(resources=outputs))

    assert stack["urn:first"].props == {"size": 1}
    assert stack["urn:second"].props == {"of": UNKNOWN}
    assert stack["urn:second"].refers == {"of": frozenset({"urn:first"})}


def test_of_a_resource_outside_the_target_nothing_is_known_but_that_it_is_there() -> None:
    stack = remember_all({}, SimpleNamespace(resources=[told("left-alone", {"state": "done"})]))

    assert stack["urn:left-alone"].get("anything", "inside") is UNKNOWN


def test_all_rules_are_told_of_the_same_resource() -> None:
    seen: dict[str, Resource] = {}
    resource = told("one", {"size": 1})

    assert remember(seen, resource) is remember(seen, resource)
