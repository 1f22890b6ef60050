"""Plans, applies and findings as lines of text, JSON and Markdown."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from twin_rbac.role_tags.apply import Applied
from twin_rbac.role_tags.limits import find_breaches
from twin_rbac.role_tags.model import printable
from twin_rbac.role_tags.plan import Change, Plan
from twin_rbac.role_tags.undo import Undone
from twin_rbac.role_tags.verify import Finding, Findings

Value = TypeVar("Value")

_SIGNS = {"add": "+", "change": "~", "remove": "-"}
_RARE = {"unknown": "of unknown value", "untaggable": "untaggable"}
"""Kinds that the summary leaves out where there are none."""
LONGEST = 1000
"""How many twins of a kind text and Markdown show; JSON has them all."""


@dataclass(frozen=True, kw_only=True)
class Forms(Generic[Value]):
    """How one kind of result is written."""

    text: Callable[[Value], list[str]]
    mapping: Callable[[Value], Mapping[str, Any]]
    """As JSON values."""
    markdown: Callable[[Value], list[str]]


def plan_as_text(plan: Plan) -> list[str]:
    """One line a twin, then what beside them matters, and the counts."""
    return [
        *_first([f"{_SIGNS[change.kind]} {change.twin_id}: {_move(change)}" for change in plan.changes]),
        *_first([f"? {twin_id}: {role}, unlisted" for twin_id, role in plan.unlisted.items()]),
        *_first([f"? {twin_id}: {value}, no role of the manifest" for twin_id, value in plan.unknown.items()]),
        *_first([f"! {twin_id}: does not exist{_skipped(plan)}" for twin_id in plan.missing]),
        *_first([f"! {twin_id}: {model_id} cannot hold the tag" for twin_id, model_id in plan.untaggable.items()]),
        *[f"! {model_id}: {reason}" for model_id, reason in plan.reasons.items()],
        *[f"^ {old} → {new}: {count} twins" for old, new, count in _moves(plan)],
        *[f"^ {model['@id']} is made" for model in plan.models],
        *[f"! unsafe: it {breach}" for breach in find_breaches(plan)],
        *_role_lines(plan),
        _summary(plan),
    ]


def plan_as_mapping(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values: the contract of design section 5."""
    return {
        "changes": [
            {"twin": change.twin_id, "kind": change.kind, "from": change.old, "to": change.new}
            for change in plan.changes
        ],
        "counts": plan.counts,
        "roles": plan.counts_by_role,
        "unlisted": dict(plan.unlisted),
        "unknown": dict(plan.unknown),
        "missing": list(plan.missing),
        "untaggable": {
            twin_id: {"model": model_id, "reason": plan.reasons[model_id]}
            for twin_id, model_id in plan.untaggable.items()
        },
        "models": [{"from": old, "to": new, "twins": count} for old, new, count in _moves(plan)],
        "newModels": [model["@id"] for model in plan.models],
        "unsafe": bool(find_breaches(plan)),
        "breaches": [str(breach) for breach in find_breaches(plan)],
    }


def plan_as_markdown(plan: Plan) -> list[str]:
    """A table of the twins that change, one of the roles, and the counts."""
    rows: list[tuple[str | None, ...]] = [(item.twin_id, item.kind, item.old, item.new) for item in plan.changes]
    rows += [(twin_id, "unlisted", role, role) for twin_id, role in plan.unlisted.items()]
    rows += [(twin_id, "unknown value", value, value) for twin_id, value in plan.unknown.items()]
    rows += [(twin_id, "missing", None, None) for twin_id in plan.missing]
    rows += [(twin_id, "untaggable", None, None) for twin_id in plan.untaggable]
    more = [f"… and {len(rows) - LONGEST:,} more twins", ""] if len(rows) > LONGEST else []
    kinds = ("add", "change", "remove", "unchanged", "unlisted")
    roles = [(role, *(str(counts[kind]) for kind in kinds)) for role, counts in _moving_roles(plan)]
    return [
        *_table(("twin", "", "from", "to"), rows[:LONGEST]),
        *more,
        *_table(("role", *kinds), roles),
        *_table(("model", "becomes", "twins"), [(old, new, str(count)) for old, new, count in _moves(plan)]),
        *(f"**Unsafe:** it {breach}" for breach in find_breaches(plan)),
        _summary(plan),
    ]


def applied_as_text(applied: Applied) -> list[str]:
    """What was done, and what was left alone."""
    return [*plan_as_text(applied.plan), _outcome(applied)]


def applied_as_mapping(applied: Applied) -> dict[str, Any]:
    """The plan that was carried out, with what came of it."""
    return {**plan_as_mapping(applied.plan), "written": applied.written, "skipped": applied.skipped}


def applied_as_markdown(applied: Applied) -> list[str]:
    """The plan's table, with what came of it."""
    return [*plan_as_markdown(applied.plan), "", _outcome(applied)]


def undone_as_text(undone: Undone) -> list[str]:
    """One line a twin that was left as it is, then what was done."""
    return [*_first([f"! {twin_id}: {reason}" for twin_id, reason in undone.left.items()]), _undo_outcome(undone)]


def undone_as_mapping(undone: Undone) -> dict[str, Any]:
    """What was taken back, and what was not, as JSON values."""
    return {"written": undone.written, "settled": undone.settled, "left": dict(undone.left)}


def undone_as_markdown(undone: Undone) -> list[str]:
    """A table of the twins that were left as they are, and what was done."""
    return [*_table(("twin", "left because it"), list(undone.left.items())[:LONGEST]), _undo_outcome(undone)]


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
        "counts": findings.counts,
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


def _first(lines: list[str]) -> list[str]:
    if len(lines) <= LONGEST:
        return lines
    return [*lines[:LONGEST], f"  … and {len(lines) - LONGEST:,} more of these; --output json has them all"]


def _skipped(plan: Plan) -> str:
    return ", skipped" if plan.rules.missing == "skip" else ""


def _moves(plan: Plan) -> Iterator[tuple[str, str, int]]:
    twins = Counter(change.existing.model_id for change in plan.changes if change.model_id)
    for old, new in sorted(plan.moves.items()):
        yield old, new, twins[old]


def _moving_roles(plan: Plan) -> Iterator[tuple[str, Mapping[str, int]]]:
    for role, counts in plan.counts_by_role.items():
        if any(counts[kind] for kind in _SIGNS):
            yield role, counts


def _role_lines(plan: Plan) -> list[str]:
    # Of a single role the last line says all.
    lines = [
        f"  {role}: {counts['add']} to add, {counts['change']} to change, {counts['remove']} to remove, "
        f"{counts['unchanged']} unchanged"
        for role, counts in _moving_roles(plan)
    ]
    return lines if len(lines) > 1 else []


def _summary(plan: Plan) -> str:
    counts = plan.counts
    parts = [f"{counts[kind]} to {kind}" for kind in ("add", "change", "remove")]
    parts += [f"{counts[kind]} {kind}" for kind in ("unchanged", "unlisted", "missing")]
    parts += [f"{counts[kind]} {words}" for kind, words in _RARE.items() if counts[kind]]
    return ", ".join(parts)


def _outcome(applied: Applied) -> str:
    skipped = f", {applied.skipped} needed no write any more" if applied.skipped else ""
    return f"{applied.written} twins written{skipped}"


def _undo_outcome(undone: Undone) -> str:
    settled = f", {undone.settled:,} carried it already" if undone.settled else ""
    left = f", {len(undone.left):,} left as they are" if undone.left else ""
    return f"{undone.written:,} twins carry again what they carried before{settled}{left}"


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
    # A twin's id or tag may hold what Markdown, or a comment on GitHub, reads as its own.
    marked = re.sub(r"([\\`*_\[\]|])", r"\\\1", printable(text or "").replace("&", "&amp;"))
    return marked.replace("<", "&lt;").replace("@", "&#64;")


PLAN = Forms(text=plan_as_text, mapping=plan_as_mapping, markdown=plan_as_markdown)
APPLIED = Forms(text=applied_as_text, mapping=applied_as_mapping, markdown=applied_as_markdown)
UNDONE = Forms(text=undone_as_text, mapping=undone_as_mapping, markdown=undone_as_markdown)
FINDINGS = Forms(text=findings_as_text, mapping=findings_as_mapping, markdown=findings_as_markdown)
