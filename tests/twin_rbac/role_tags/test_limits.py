from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from twin_rbac.role_tags.errors import UnsafePlan
from twin_rbac.role_tags.limits import find_breaches, find_breaches_of_maps, require_safe
from twin_rbac.role_tags.model import Limits, TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan, make_plan

CASES = YAML(typ="safe").load(Path(__file__).parents[2] / "cases" / "limits" / "plans.yaml")


def number(roles: dict[str, int]) -> dict[str, str]:
    """Twins t000, t001, … with as many of each role as it says, one role after the other."""
    listed = [role for role, count in roles.items() for _ in range(count)]
    return {f"t{position:03}": role for position, role in enumerate(listed)}


def rules_of(case: dict[str, Any]) -> TagRules:
    return TagRules(roles=("Earth", "Fire"), limits=Limits(**case.get("limits", {})))


def plan_of(case: dict[str, Any]) -> Plan:
    now, wanted = number(case["now"]), number(case["wanted"])
    existing = {
        twin_id: TwinTags(twin_id=twin_id, etag="e", tags={"role": now[twin_id]} if twin_id in now else None)
        for twin_id in {*now, *wanted}
    }
    return make_plan(rules_of(case), wanted, declared=now, existing=existing)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["is"])
def test_a_plan_is_past_its_limits_or_not(case: dict[str, Any]) -> None:
    assert [str(breach) for breach in find_breaches(plan_of(case))] == case["past"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["is"])
def test_the_recorded_map_stands_for_now_where_nothing_is_read(case: dict[str, Any]) -> None:
    breaches = find_breaches_of_maps(rules_of(case), number(case["now"]), number(case["wanted"]))

    assert [str(breach) for breach in breaches] == case["past"]


def test_an_unsafe_plan_is_refused_with_each_limit_and_the_way_out() -> None:
    plan = plan_of({"now": {"Earth": 10}, "wanted": {}})

    with pytest.raises(UnsafePlan) as refusal:
        require_safe(plan, way_out="look at it, then say so")
    assert str(refusal.value).splitlines() == [
        "this plan is past the manifest's limits:",
        "  it takes Earth from 10 twins, 100 % of the 10 that carry it now (limits.remove is 10 %)",
        "look at it, then say so",
    ]


def test_a_marker_that_joins_others_is_an_addition_of_its_role() -> None:
    rules = TagRules(roles=("Earth", "Fire"), encoding="marker", limits=Limits(add=10))
    existing = {
        f"t{position:02}": TwinTags(twin_id=f"t{position:02}", etag="e", tags={"Earth": True, "Fire": True})
        for position in range(10)
    } | {f"u{position}": TwinTags(twin_id=f"u{position}", etag="e", tags={"Earth": True}) for position in range(2)}
    plan = make_plan(rules, dict.fromkeys(existing, "Earth,Fire"), declared=(), existing=existing)

    assert [str(breach) for breach in find_breaches(plan)] == [
        "gives Fire to 2 twins, 20 % of the 10 that carry it now (limits.add is 10 %)"
    ]
