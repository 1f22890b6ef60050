import pytest

from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.filters import AssignmentFilter, parse_assignment_filter, parse_role_name

EARTH = "0f3c0000-0000-4000-8000-000000000011"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", AssignmentFilter()),
        ("atScope()", AssignmentFilter(at_scope=True)),
        (f"assignedTo('{EARTH.upper()}')", AssignmentFilter(assigned_to=EARTH)),
        (f"principalId eq '{EARTH}'", AssignmentFilter(principal_id=EARTH)),
        (f"atScope() and assignedTo('{EARTH}')", AssignmentFilter(at_scope=True, assigned_to=EARTH)),
    ],
)
def test_the_documented_filters_are_understood(text: str, expected: AssignmentFilter) -> None:
    assert parse_assignment_filter(text) == expected


@pytest.mark.parametrize(
    "text", ["atScope() or principalId eq 'a'", "roleDefinitionId eq 'x'", "atScope()and", "principalId ne 'a'"]
)
def test_any_other_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="UnsupportedQuery"):
        parse_assignment_filter(text)


def test_a_role_name_is_taken_with_its_quotes() -> None:
    assert parse_role_name("roleName eq 'O''Hara'") == "O'Hara"
    assert parse_role_name("") is None
    with pytest.raises(InvalidRequest, match="UnsupportedQuery"):
        parse_role_name("type eq 'CustomRole'")
