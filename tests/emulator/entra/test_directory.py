import pytest

from emulator.entra.directory import Directory, Principal
from emulator.entra.errors import CannotSignIn, UnknownPrincipal

EARTH = Principal(name="earth", object_id="11", type="User")
FIRE = Principal(name="fire", object_id="21", type="User")
INNER = Principal(name="inner", object_id="10", type="Group", members=("11",))
OUTER = Principal(name="outer", object_id="1a", type="Group", members=("10", "1b"))
ROUND = Principal(name="round", object_id="1b", type="Group", members=("1a",))


@pytest.fixture
def directory() -> Directory:
    return Directory(tenant_id="t", subscription_id="s", principals=(EARTH, FIRE, INNER, OUTER, ROUND))


def test_a_principal_is_in_the_groups_of_its_groups_even_in_a_circle(directory: Directory) -> None:
    assert directory.groups_of("11") == {"10", "1a", "1b"}
    assert directory.groups_of("1A") == {"1a", "1b"}
    assert directory.groups_of("21") == frozenset()


def test_object_ids_are_found_in_whatever_case(directory: Directory) -> None:
    assert directory.by_object_id("1A") == OUTER
    assert directory.by_object_id("99") is None


def test_an_unknown_name_is_answered_with_the_known_ones(directory: Directory) -> None:
    with pytest.raises(UnknownPrincipal, match="'water': there are earth, fire, inner, outer, round"):
        directory.by_name("water")


def test_only_users_and_service_principals_sign_in(directory: Directory) -> None:
    assert directory.sign_in_names == ("earth", "fire")
    assert directory.signed_in("earth") == EARTH
    with pytest.raises(CannotSignIn, match="take one of its members, earth"):
        directory.signed_in("inner")
