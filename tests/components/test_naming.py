import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.naming import instance_name, resource_group_name, role_definition_guid
from twin_rbac.access.assignments import assignment_name

INSTANCE = re.compile(r"^(?!-)[A-Za-z0-9-]{3,63}(?<!-)$")  # fact sheet pulumi-azure, section 1.1


@given(stack=st.text(min_size=1, max_size=100), subscription=st.uuids(), group=st.text(max_size=90))
def test_every_stack_gets_a_name_that_azure_takes(stack: str, subscription: UUID, group: str) -> None:
    assert INSTANCE.fullmatch(instance_name(stack, str(subscription), group))
    assert re.fullmatch(r"[A-Za-z0-9-]{1,90}(?<!-)", resource_group_name("digital-twins-rbac", stack))


def test_the_local_stack_has_the_group_that_the_directory_names() -> None:
    assert resource_group_name("digital-twins-rbac", "local") == "rg-digital-twins-rbac-local"


def test_stacks_of_two_subscriptions_do_not_fight_for_one_instance_name() -> None:
    assert instance_name("dev", "sub-1", "rg") != instance_name("dev", "sub-2", "rg")


@pytest.mark.parametrize("other", [("s2", "p", "r"), ("s", "p2", "r"), ("s", "p", "r2")])
def test_a_role_assignment_is_named_by_scope_principal_and_role(other: tuple[str, str, str]) -> None:
    assert assignment_name("s", "p", "r") != assignment_name(*other)
    assert UUID(assignment_name("s", "p", "r")).version == 5


def test_the_same_grant_has_the_same_name_however_its_ids_are_spelled() -> None:
    upper = assignment_name("/SUBSCRIPTIONS/A", "0F3C", "/Providers/X")

    assert upper == assignment_name("/subscriptions/a", "0f3c", "/providers/x")


def test_a_role_definition_keeps_its_id_and_differs_by_title() -> None:
    assert role_definition_guid("s", "p/dev", "markers", "Earth") == role_definition_guid(
        "S", "p/dev", "markers", "Earth"
    )
    assert role_definition_guid("s", "p/dev", "markers", "Earth") != role_definition_guid(
        "s", "p/dev", "markers", "Fire"
    )
