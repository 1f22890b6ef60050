from typing import Any

import pytest

from twin_rbac.access import Policy, PolicyInvalid

POLICY = Policy(roles=frozenset({"Earth", "Fire"}))


def test_a_twin_is_seen_by_who_holds_the_role_that_its_tag_names() -> None:
    decision = POLICY.check(["Fire", "Earth"], {"role": "Earth", "red": True})
    assert (decision.allowed, decision.reason) == (True, "the caller holds the twin's role 'Earth'")


@pytest.mark.parametrize(
    ("roles", "tags", "reason"),
    [
        (["Fire"], {"role": "Earth"}, "the caller does not hold the twin's role 'Earth'"),
        ([], {"role": "Earth"}, "the caller does not hold the twin's role 'Earth'"),
        (["earth"], {"role": "earth"}, "the caller does not hold the twin's role 'earth'"),
        (["Earth"], {"role": "earth"}, "the caller does not hold the twin's role 'earth'"),
        (["Water"], {"role": "Water"}, "the caller does not hold the twin's role 'Water'"),
        ("Earth", {"role": "Earth"}, "the caller does not hold the twin's role 'Earth'"),
        (["Earth"], None, "the twin has no tags.role"),
        (["Earth"], {}, "the twin has no tags.role"),
        (["Earth"], {"Role": "Earth"}, "the twin has no tags.role"),
        (["Earth"], {"role": None}, "the twin has no tags.role"),
        (["Earth"], "Earth", "the twin has no tags.role"),
        (["Earth"], ["Earth"], "the twin has no tags.role"),
        (["Earth"], {"role": True}, "the twin's tags.role is no text"),
        (["Earth"], {"role": ["Earth"]}, "the twin's tags.role is no text"),
    ],
)
def test_nothing_that_matches_means_denied(roles: list[str], tags: Any, reason: str) -> None:
    decision = POLICY.check(roles, tags)
    assert (decision.allowed, decision.reason) == (False, reason)


def test_the_tag_is_where_the_policy_says() -> None:
    policy = Policy(property="labels", key="group", roles=frozenset({"Earth"}))
    assert policy.check(["Earth"], {"group": "Earth"}).allowed
    assert policy.check(["Earth"], {"role": "Earth"}).reason == "the twin has no labels.group"


def test_the_roles_that_count_are_sorted_and_no_others() -> None:
    assert POLICY.granted(["Water", "Fire", "Earth", "Fire"]) == ("Earth", "Fire")


@pytest.mark.parametrize("role", ["", "Ea'rth", "a b", "é", "Earth\n", "a" * 129, "a\\", "\uff25arth"])
def test_a_role_that_no_query_may_name_is_refused(role: str) -> None:
    with pytest.raises(PolicyInvalid, match="is no role; use 1 to 128 letters, digits, _ and -"):
        Policy(roles=frozenset({"Earth", role}))


@pytest.mark.parametrize("name", ["", "1a", "a.b", "$dtId", "a-b", "tags\n", "a]]"])
def test_a_name_that_is_no_property_is_refused(name: str) -> None:
    with pytest.raises(PolicyInvalid, match=r"^property: .* is no name"):
        Policy(property=name, roles=frozenset())
    with pytest.raises(PolicyInvalid, match=r"^key: .* is no name"):
        Policy(key=name, roles=frozenset())


def test_another_encoding_is_refused() -> None:
    with pytest.raises(PolicyInvalid, match=r"^encoding: 'marker' is not supported; use 'value'"):
        Policy(encoding="marker", roles=frozenset())
