"""Whether the twins carry what the manifest says, and nothing else; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from twin_rbac.role_tags.model import TagRules, TwinTags


class FindingKind(StrEnum):
    """What is wrong with a twin."""

    MISSING = "missing"
    """It is listed and does not exist."""
    UNTAGGED = "untagged"
    """It is listed and has no role tag."""
    WRONG_ROLE = "wrong role"
    """It is listed and carries something else."""
    WRONG_CASE = "wrong case"
    """What it carries differs from a role in case only, so that nobody sees the twin by it."""
    UNLISTED = "unlisted"
    """It carries a role and is not listed."""
    UNKNOWN_ROLE = "unknown role"
    """It carries what is no role of the manifest, and is not listed."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One twin that is not as the manifest says."""

    twin_id: str
    kind: FindingKind
    expected: str | None
    """The role that the manifest lists it with; None for a twin that is not listed."""
    found: str | None
    """What its role tag says; None when it has none."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a verification found."""

    findings: tuple[Finding, ...]
    """Sorted by twin; empty when all is as the manifest says."""
    checked: int
    """How many twins were looked at."""


def find_differences(rules: TagRules, desired: Mapping[str, str], existing: Mapping[str, TwinTags]) -> Findings:
    """Every twin that is not as the manifest says; ignored ones are not looked at.

    Args:
        rules: the manifest's rules.
        desired: twin -> role, as the manifest lists them.
        existing: the twins that carry the key, and those of `desired` that exist, as they are now.
    """
    looked_at = {twin_id for twin_id in (*desired, *existing) if not rules.ignores(twin_id)}
    findings = [
        finding
        for twin_id in sorted(looked_at)
        if (finding := _examine(rules, twin_id, desired.get(twin_id), existing.get(twin_id)))
    ]
    return Findings(findings=tuple(findings), checked=len(looked_at))


def _examine(rules: TagRules, twin_id: str, expected: str | None, twin: TwinTags | None) -> Finding | None:
    found = None if twin is None else rules.role_of(twin)
    if twin is None:
        kind = FindingKind.MISSING if rules.missing == "error" else None
    elif found == expected:
        kind = None
    elif found is None:
        kind = FindingKind.UNTAGGED
    elif _differs_in_case(found, rules.roles):
        kind = FindingKind.WRONG_CASE
    elif expected is not None:
        kind = FindingKind.WRONG_ROLE
    else:
        kind = FindingKind.UNLISTED if found in rules.roles else FindingKind.UNKNOWN_ROLE
    return Finding(twin_id=twin_id, kind=kind, expected=expected, found=found) if kind else None


def _differs_in_case(found: str, roles: Collection[str]) -> bool:
    return found not in roles and found.lower() in {role.lower() for role in roles}
