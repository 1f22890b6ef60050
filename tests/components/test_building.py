from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi_azure_native import resources

Build = Callable[..., Any]


def fail(_: object) -> None:
    raise AssertionError("seen")


def apply_again(name: str) -> None:
    pulumi.Output.from_input(name).apply(fail)


def test_an_assertion_in_an_apply_that_nobody_returns_fails_the_test(build: Build) -> None:
    def program() -> None:
        resources.ResourceGroup("group", resource_group_name="rg").name.apply(fail)

    with pytest.raises(AssertionError, match="seen"):
        build(program)


def test_an_assertion_in_an_apply_of_an_apply_fails_the_test(build: Build) -> None:
    def program() -> None:
        name = resources.ResourceGroup("group", resource_group_name="rg").name
        name.apply(apply_again)

    with pytest.raises(AssertionError, match="seen"):
        build(program)


def test_a_name_made_from_an_unresolved_output_is_refused(build: Build) -> None:
    def program() -> None:
        first = resources.ResourceGroup("first", resource_group_name="rg")
        resources.ResourceGroup("second", resource_group_name=f"{first.name}-2")

    with pytest.raises(AssertionError, match="second"):
        build(program)


def test_two_resources_of_one_type_and_name_are_refused(build: Build) -> None:
    def program() -> None:
        resources.ResourceGroup("group", resource_group_name="one")
        resources.ResourceGroup("group", resource_group_name="two")

    with pytest.raises(AssertionError, match="one URN"):
        build(program)
