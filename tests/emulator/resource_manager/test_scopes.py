import pytest

from emulator.resource_manager.scopes import covers, is_management_group, resource_group_of, subscription_of

GROUP = "/subscriptions/s/resourceGroups/rg"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"


@pytest.mark.parametrize(
    ("outer", "inner", "covered"),
    [
        ("/subscriptions/s", INSTANCE, True),
        (GROUP, INSTANCE, True),
        (GROUP, GROUP, True),
        (GROUP.upper(), INSTANCE, True),
        ("/", INSTANCE, True),
        (INSTANCE, GROUP, False),
        # A name that only begins like another's is another's.
        (GROUP, f"{GROUP}2", False),
        (INSTANCE, f"{INSTANCE}-2", False),
        ("/subscriptions/other", INSTANCE, False),
    ],
)
def test_a_scope_covers_itself_and_what_lies_below_it(outer: str, inner: str, *, covered: bool) -> None:
    assert covers(outer, inner) is covered


def test_the_parts_of_a_scope_are_found_in_any_spelling() -> None:
    assert subscription_of("/Subscriptions/s/resourcegroups/rg") == "s"
    assert subscription_of("/providers/Microsoft.Authorization/roleDefinitions") is None
    assert resource_group_of(INSTANCE) == GROUP
    assert resource_group_of("/subscriptions/s/providers/Microsoft.Authorization") is None
    assert is_management_group("/providers/microsoft.management/managementGroups/root")
    assert not is_management_group("/subscriptions/s")
    assert not is_management_group("/providers/Microsoft.Management/managementGroups/root/children")
