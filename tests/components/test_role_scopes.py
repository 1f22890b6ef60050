import pytest

from components.built_in_roles import built_in_role_id
from components.role_scopes import (
    RoleScope,
    check_assignable_scope,
    check_role_at_scope,
    describe_width,
    kind_of_scope,
)

MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/all"
GROUP = "/subscriptions/s/resourceGroups/g"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
CUSTOM = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/77777777-0000-5000-8000-000000000001"
DATA_READER = built_in_role_id("s", "Azure Digital Twins Data Reader")


@pytest.mark.parametrize(
    ("scope", "kind"),
    [
        ("/", RoleScope.MANAGEMENT_GROUP),
        (MANAGEMENT_GROUP, RoleScope.MANAGEMENT_GROUP),
        (MANAGEMENT_GROUP.lower(), RoleScope.MANAGEMENT_GROUP),
        ("/subscriptions/s", RoleScope.SUBSCRIPTION),
        ("subscriptions/s/", RoleScope.SUBSCRIPTION),
        (GROUP, RoleScope.RESOURCE_GROUP),
        (GROUP.upper(), RoleScope.RESOURCE_GROUP),
        (INSTANCE, RoleScope.RESOURCE),
        ("/subscriptions/s/providers/Microsoft.Consumption/budgets/b", RoleScope.RESOURCE),
    ],
)
def test_an_id_tells_which_of_the_four_scopes_it_is(scope: str, kind: RoleScope) -> None:
    assert kind_of_scope(scope) is kind


@pytest.mark.parametrize("scope", [GROUP, "/subscriptions/s"])
def test_a_custom_role_is_defined_for_a_resource_group_or_a_subscription(scope: str) -> None:
    assert check_assignable_scope(scope) == scope


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (MANAGEMENT_GROUP, "no custom role with data actions at a management group; give the subscriptions"),
        ("/", "at a management group"),
        (INSTANCE, "give the resource's group, and assign the role at the resource"),
    ],
)
def test_no_custom_role_is_defined_for_another_scope(scope: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_assignable_scope(scope)


def test_a_custom_role_is_assigned_anywhere_but_at_a_management_group() -> None:
    for scope in (INSTANCE, GROUP, "/subscriptions/s"):
        check_role_at_scope("grants-a", CUSTOM, scope)
    check_role_at_scope("grants-a", DATA_READER, MANAGEMENT_GROUP)

    with pytest.raises(ValueError, match=r"^grants-a: the role 77777777.* only a built-in role can be assigned at a"):
        check_role_at_scope("grants-a", CUSTOM, MANAGEMENT_GROUP)


@pytest.mark.parametrize(
    ("role", "named", "enough"),
    [
        (DATA_READER, "Azure Digital Twins Data Reader", "the Azure Digital Twins instance"),
        (CUSTOM, "a role", "the Azure Digital Twins instance"),
        (built_in_role_id("s", "Azure Event Hubs Data Sender"), "Azure Event Hubs Data Sender", "the event hub"),
        (built_in_role_id("s", "Reader"), "Reader", "the one resource that it is for"),
    ],
)
@pytest.mark.parametrize(("kind", "scope"), [("resource group", GROUP), ("subscription", "/subscriptions/s")])
def test_a_wide_assignment_is_named_with_its_scope_and_with_what_would_do(
    role: str, named: str, enough: str, kind: str, scope: str
) -> None:
    (warning,) = describe_width("grants-a", role, scope, None)

    assert warning == (
        f"grants-a: {named} is assigned at the {kind} {scope}, and so at every resource in it, those to come too; "
        f"{enough} would do. Assign it there, or say with why_wide why it has to be here"
    )


def test_a_reason_makes_the_warning_needless_and_a_resource_needs_none() -> None:
    assert describe_width("grants-a", DATA_READER, GROUP, "they read every resource") == []
    assert describe_width("grants-a", DATA_READER, INSTANCE, None) == []


def test_at_a_management_group_it_is_always_said_that_data_rights_take_hours() -> None:
    slow = "takes hours to act, up to 12"

    wide, delay = describe_width("grants-a", DATA_READER, MANAGEMENT_GROUP, None)
    assert "management group" in wide
    assert slow in delay
    (only,) = describe_width("grants-a", DATA_READER, MANAGEMENT_GROUP, "all instances are read")
    assert slow in only
