import pytest

from emulator.entra.directory import GROUP, SERVICE_PRINCIPAL, USER, Directory, Principal
from tools.who import Row, find_callers, natural_order

ADA = Principal(name="ada", object_id="a0000000-0000-4000-8000-000000000001", type=USER)
APP = Principal(name="app", object_id="a0000000-0000-4000-8000-000000000002", type=SERVICE_PRINCIPAL)
TEAM = Principal(name="team", object_id="a0000000-0000-4000-8000-000000000003", type=GROUP, members=(ADA.object_id,))
EMPTY = Principal(name="empty", object_id="a0000000-0000-4000-8000-000000000004", type=GROUP)
STRANGER = Principal(name="stranger", object_id="a0000000-0000-4000-8000-000000000005", type=USER)


def directory(*principals: Principal) -> Directory:
    return Directory(tenant_id="t", subscription_id="s", principals=principals)


@pytest.mark.parametrize(
    ("principal", "caller"),
    [(ADA, "ada"), (APP, "app"), (TEAM, "ada")],
    ids=["a user itself", "an application itself", "a member for its group"],
)
def test_a_tenant_is_asked_for_as_whoever_can_sign_in_as_it(principal: Principal, caller: str) -> None:
    tenants = {"mine": {"principalId": principal.object_id.upper()}}
    assert find_callers(directory(ADA, APP, TEAM), tenants) == {"mine": caller}


def test_a_tenant_that_nobody_can_sign_in_as_is_left_out() -> None:
    tenants = {"empty": {"principalId": EMPTY.object_id}, "elsewhere": {"principalId": ADA.object_id}}
    assert find_callers(directory(EMPTY), tenants) == {}


def test_the_stranger_comes_last() -> None:
    callers = find_callers(directory(STRANGER, ADA), {"mine": {"principalId": ADA.object_id}})
    assert list(callers.items()) == [("mine", "ada"), ("stranger", "stranger")]


def test_ids_that_are_numbers_come_first_in_their_order() -> None:
    assert sorted(["B", "10", "A", "2", "٣"], key=natural_order) == ["2", "10", "A", "B", "٣"]


def test_a_caller_who_sees_nothing_has_a_row_that_says_so() -> None:
    assert Row("stranger", ()).text == "(none)"
    assert Row("earth", ("1", "2", "A")).text == "1, 2, A"
