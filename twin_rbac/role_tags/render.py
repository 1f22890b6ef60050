"""Plans, applies and findings as lines of text, JSON and Markdown."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from twin_rbac.role_tags.apply import Applied
from twin_rbac.role_tags.plan import Change, Plan
from twin_rbac.role_tags.verify import Finding, Findings

_SIGNS = {"add": "+", "change": "~", "remove": "-"}


def plan_as_text(plan: Plan) -> list[str]:
    """One line a twin, then the counts."""
    lines = [f"{_SIGNS[change.kind]} {change.twin_id}: {_move(change)}" for change in plan.changes]
    lines += [f"? {twin_id}: {role}, unlisted" for twin_id, role in plan.unlisted.items()]
    lines += [f"! {twin_id}: does not exist, skipped" for twin_id in plan.missing]
    return [*lines, _summary(plan)]


def plan_as_mapping(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values: the contract of design section 5."""
    return {
        "changes": [
            {"twin": change.twin_id, "kind": change.kind, "from": change.old, "to": change.new}
            for change in plan.changes
        ],
        "counts": plan.counts,
        "unlisted": dict(plan.unlisted),
        # Limits, past which a plan is unsafe, are refused in a manifest so far.
        "unsafe": False,
    }


def plan_as_markdown(plan: Plan) -> list[str]:
    """A table of the twins that change, and the counts."""
    rows: list[tuple[str | None, ...]] = [(item.twin_id, item.kind, item.old, item.new) for item in plan.changes]
    rows += [(twin_id, "unlisted", role, role) for twin_id, role in plan.unlisted.items()]
    return [*_table(("twin", "", "from", "to"), rows), _summary(plan)]


def applied_as_text(applied: Applied) -> list[str]:
    """What was done, and what was left alone."""
    return [*plan_as_text(applied.plan), _outcome(applied)]


def applied_as_mapping(applied: Applied) -> dict[str, Any]:
    """The plan that was carried out, with what came of it."""
    return {**plan_as_mapping(applied.plan), "written": applied.written, "skipped": applied.skipped}


def applied_as_markdown(applied: Applied) -> list[str]:
    """The plan's table, with what came of it."""
    return [*plan_as_markdown(applied.plan), "", _outcome(applied)]


def findings_as_text(findings: Findings) -> list[str]:
    """One line a finding, then how many twins were looked at."""
    lines = [f"{item.twin_id}: {item.kind}{_details(item)}" for item in findings.findings]
    return [*lines, _verdict(findings)]


def findings_as_mapping(findings: Findings) -> dict[str, Any]:
    """The findings as JSON values."""
    return {
        "findings": [
            {"twin": item.twin_id, "kind": str(item.kind), "expected": item.expected, "found": item.found}
            for item in findings.findings
        ],
        "checked": findings.checked,
    }


def findings_as_markdown(findings: Findings) -> list[str]:
    """A table of the findings."""
    rows = [(item.twin_id, str(item.kind), item.expected, item.found) for item in findings.findings]
    return [*_table(("twin", "", "expected", "found"), rows), _verdict(findings)]


def as_json(mapping: Mapping[str, Any]) -> list[str]:
    """JSON values as lines of JSON."""
    return json.dumps(mapping, indent=2, ensure_ascii=False).split("\n")


def _move(change: Change) -> str:
    if change.old is None:
        return str(change.new)
    return f"{change.old} → {change.new or 'no role'}"


def _summary(plan: Plan) -> str:
    counts = plan.counts
    parts = [f"{counts[kind]} to {kind}" for kind in ("add", "change", "remove")]
    parts += [f"{counts[kind]} {kind}" for kind in ("unchanged", "unlisted", "missing")]
    return ", ".join(parts)


def _outcome(applied: Applied) -> str:
    skipped = f", {applied.skipped} needed no write any more" if applied.skipped else ""
    return f"{applied.written} twins written{skipped}"


def _details(item: Finding) -> str:
    parts = [f"expected {item.expected}" if item.expected else "", f"found {item.found}" if item.found else ""]
    text = ", ".join(part for part in parts if part)
    return f" ({text})" if text else ""


def _verdict(findings: Findings) -> str:
    count = len(findings.findings)
    return f"{findings.checked} twins checked, {count or 'no'} {'finding' if count == 1 else 'findings'}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]) -> list[str]:
    lines = [f"| {' | '.join(_cell(text) for text in row)} |" for row in rows]
    if not lines:
        return []
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines, ""]


def _cell(text: str | None) -> str:
    # A twin's id may hold what Markdown reads as its own.
    return "" if text is None else text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
