from typing import Any

import pytest

from twin_rbac.role_tags.adopt import adopt
from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.model import TagRules, TwinTags


def twin(twin_id: str, **tags: Any) -> TwinTags:
    return TwinTags(twin_id=twin_id, etag="e", tags=tags)


def test_every_value_that_can_name_a_role_becomes_one() -> None:
    found = adopt(TagRules(roles=()), [twin("B", role="Fire"), twin("A", role="Earth"), twin("C", floor="1")])

    assert (found.rules.roles, dict(found.twins)) == (("Earth", "Fire"), {"A": "Earth", "B": "Fire"})
    assert dict(found.left) == {}


def test_what_can_be_no_role_and_what_differs_in_case_only_is_left_with_the_reason() -> None:
    live = [twin("A", role="Earth"), twin("B", role="earth"), twin("C", role="two words"), twin("D", role=True)]
    found = adopt(TagRules(roles=()), live)

    assert dict(found.twins) == {"A": "Earth"}
    assert dict(found.left) == {
        "B": "'earth' differs from the role 'Earth' in case only; mend one of the two",
        "D": "true is no text, and so no role",
        "C": "'two words' cannot be a role's name: letters, digits, - and _, at most 128",
    }


def test_markers_are_adopted_for_the_roles_that_are_named_and_ignored_twins_stay_out() -> None:
    rules = TagRules(roles=("Earth", "Fire"), encoding="marker", ignore=("sandbox-*",))
    live = [twin("A", Earth=True, Fire=True, quiet=True), twin("B", quiet=True), twin("sandbox-1", Earth=True)]
    found = adopt(rules, live)

    assert (found.rules.roles, dict(found.twins), dict(found.left)) == (("Earth", "Fire"), {"A": "Earth,Fire"}, {})


def test_where_nothing_is_tagged_there_is_nothing_to_adopt() -> None:
    with pytest.raises(RoleTagsError, match=r"no twin carries a role in tags\.role"):
        adopt(TagRules(roles=()), [twin("A", floor="1")])
