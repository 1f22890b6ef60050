"""A report as the comment on a pull request: GitHub's Markdown, within GitHub's limit; pure."""

from collections.abc import Sequence

from twin_rbac.insight.escaping import code, prose
from twin_rbac.insight.report import Report
from twin_rbac.insight.sections import MOST_NOTE, Cell, Code, Section, describe_loss, make_sections

MOST_CHARACTERS = 65_000
"""GitHub takes 65,536 in one comment."""

_MOST_ALARMS = 10


def marker(stack: str) -> str:
    """The first line of the comment, which nobody sees: by it the workflow finds the comment that it edits."""
    # Without an angle bracket, hyphens cannot end the HTML comment; and they tell stacks apart.
    name = "".join(character for character in stack if character.isalnum() or character in "._/-")
    return f"<!-- twin-rbac report pr: {name} -->"


def as_comment(report: Report, *, limit: int = MOST_CHARACTERS) -> list[str]:
    """The comment's lines; whole sections are left out, the last first, where it would be too long."""
    sections = make_sections(report)
    for kept in range(len(sections), -1, -1):
        lines = _comment(report, sections[:kept], sections[kept:])
        if sum(len(line) + 1 for line in lines) <= limit:
            return lines
    return _comment(report, (), sections)


def _comment(report: Report, shown: Sequence[Section], left_out: Sequence[Section]) -> list[str]:
    lines = [marker(report.stack), f"## Preview of stack {code(report.stack)}", "", *_alarms(report)]
    lines.append(summarise(report, (*shown, *left_out)))
    for section in shown:
        lines += ["", f"### {section.title}", "", *_section(section)]
    if left_out:
        titles = ", ".join(section.title for section in left_out)
        lines += [
            "",
            f"Left out, since a comment has a limit: {titles}. `twin-rbac report pr --output text` has it all.",
        ]
    return lines


def summarise(report: Report, sections: Sequence[Section]) -> str:
    """One line: what each section comes to; that nobody's sight changes is worth saying too."""
    if report.errors or not report.has_changes:
        return "" if report.errors else "No changes."
    parts = [f"**{section.title}**: {section.summary}" for section in sections]
    if not report.sight:
        parts.insert(0, "**Who sees what**: " + ("no tenant's sight changes" if report.sight_is_known else "not known"))
    return " · ".join(parts)


def _alarms(report: Report) -> list[str]:
    lines: list[str] = []
    for error in report.errors[:_MOST_ALARMS]:
        lines += [f"> **The preview failed:** {code(error, MOST_NOTE)}"]
    if report.errors:
        lines += ["> Who would see what is not known; what else stands here is only what it saw before it failed."]
    for loss in report.losses[:_MOST_ALARMS]:
        lines += [f"> **{_cell(describe_loss(loss))}**"]
    return ["> [!CAUTION]", *lines, ""] if lines else []


def _section(section: Section) -> list[str]:
    lines: list[str] = []
    if section.rows:
        lines += [f"| {' | '.join(section.head)} |", f"|{' --- |' * len(section.head)}"]
        lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in section.rows]
    if section.rows and section.closing:
        lines.append("")
    return lines + [f"- {_cell(line)}" for line in section.closing]


def _cell(cell: Cell) -> str:
    return "".join(code(part.text, part.longest) if isinstance(part, Code) else prose(part) for part in cell)
