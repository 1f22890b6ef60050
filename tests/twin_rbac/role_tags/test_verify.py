import pytest

from twin_rbac.role_tags.model import Missing, TagRules, TwinTags
from twin_rbac.role_tags.verify import FindingKind, find_differences

RULES = TagRules(roles=("Earth", "Fire"), ignore=("sandbox-*",))


def existing(**roles: str | None) -> dict[str, TwinTags]:
    return {
        twin_id: TwinTags(twin_id=twin_id, etag="e", tags=None if role is None else {"role": role})
        for twin_id, role in roles.items()
    }


@pytest.mark.parametrize(
    ("listed", "carried", "kind"),
    [
        ("Earth", "Earth", None),
        ("Earth", None, FindingKind.UNTAGGED),
        ("Earth", "Fire", FindingKind.WRONG_ROLE),
        ("Earth", "other", FindingKind.WRONG_ROLE),
        ("Earth", "earth", FindingKind.WRONG_CASE),
        ("Earth", "FIRE", FindingKind.WRONG_CASE),
        (None, None, None),
        (None, "Fire", FindingKind.UNLISTED),
        (None, "other", FindingKind.UNKNOWN_ROLE),
        (None, "fire", FindingKind.WRONG_CASE),
    ],
)
def test_each_difference_has_its_name(listed: str | None, carried: str | None, kind: FindingKind | None) -> None:
    desired = {"A": listed} if listed else {}
    findings = find_differences(RULES, desired, existing(A=carried).values()).findings

    assert [(item.twin_id, item.kind, item.expected, item.found) for item in findings] == (
        [("A", kind, listed, carried)] if kind else []
    )


@pytest.mark.parametrize(("missing", "kinds"), [("error", [FindingKind.MISSING]), ("skip", [])])
def test_a_listed_twin_that_is_gone_is_a_finding_unless_it_may_be(missing: Missing, kinds: list[FindingKind]) -> None:
    rules = TagRules(roles=("Earth",), missing=missing)

    assert [item.kind for item in find_differences(rules, {"A": "Earth"}, ()).findings] == kinds


def test_ignored_twins_are_not_looked_at() -> None:
    findings = find_differences(RULES, {}, existing(**{"sandbox-1": "Fire"}).values())

    assert (findings.findings, findings.checked) == ((), 0)


def test_findings_are_sorted_by_twin() -> None:
    findings = find_differences(RULES, {"B": "Fire", "A": "Earth"}, existing(C="Fire", B=None).values()).findings

    assert [item.twin_id for item in findings] == ["A", "B", "C"]
