"""A report as lines of text and as JSON values; pure."""

from typing import Any

from twin_rbac.insight.escaping import visible
from twin_rbac.insight.report import Report
from twin_rbac.insight.sections import Cell, Code, Section, describe_loss, make_sections

_NO_CHANGE = "no tenant's sight changes"


def as_text(report: Report) -> list[str]:
    """All there is to say, for a terminal."""
    lines = [f"Preview of stack {report.stack}"]
    lines += [f"! the preview failed: {visible(error)}" for error in report.errors]
    lines += [f"! {_line(describe_loss(loss))}" for loss in report.losses]
    if report.has_changes and not report.sight and not report.errors:
        lines += ["", f"Who sees what: {_NO_CHANGE if report.sight_is_known else 'not known'}"]
    for section in make_sections(report):
        lines += ["", f"{section.title}: {section.summary}", *_section(section)]
    return lines if report.has_changes or report.errors else [*lines, "", "No changes."]


def as_mapping(report: Report) -> dict[str, Any]:
    """The report as JSON values; every twin is named, and no value of a property that may be a secret."""
    return {
        "stack": report.stack,
        "hasChanges": report.has_changes,
        "errors": list(report.errors),
        "losses": [{"resource": item.name, "type": item.type, "operation": item.operation} for item in report.losses],
        "sightIsKnown": report.sight_is_known,
        "sight": [
            {
                "tenant": report.principals.get(item.principal_id),
                "principalId": item.principal_id,
                "instance": item.instance,
                "rolesGained": list(item.roles_gained),
                "rolesLost": list(item.roles_lost),
                "gains": list(item.gains),
                "loses": list(item.loses),
                "sees": item.sees,
            }
            for item in report.sight
        ],
        "exposure": [
            {
                "resource": item.resource,
                "type": item.type,
                "what": item.what,
                "old": list(item.old),
                "new": list(item.new),
                "widens": item.widens,
            }
            for item in report.exposure
        ],
        "tags": [
            {"twin": change.twin_id, "kind": change.kind, "from": change.old, "to": change.new}
            for plan in report.tags
            for change in plan.changes
        ],
        "changes": [
            {
                "operation": item.operation,
                "type": item.type,
                "resource": item.name,
                "properties": [prop.path for prop in item.properties],
            }
            for item in report.changes
        ],
        "notes": list(report.notes),
    }


def _section(section: Section) -> list[str]:
    rows = [" | ".join(_line(cell) for cell in row) for row in section.rows]
    return [f"  {line}" for line in (*rows, *(_line(cell) for cell in section.closing))]


def _line(cell: Cell) -> str:
    return "".join(visible(part.text) if isinstance(part, Code) else part for part in cell)
