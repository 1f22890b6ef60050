"""A report as sections of rows, which comment and text write each in its own way; pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twin_rbac.insight.changes import Property, ResourceChange
from twin_rbac.insight.exposed import Exposure
from twin_rbac.insight.preview import Operation
from twin_rbac.insight.report import Report
from twin_rbac.insight.sight import SightChange
from twin_rbac.insight.tag_plan import TagChange, TagPlan

MOST_NAMES = 50
"""Twins that one cell names."""
MOST_ROWS = 100
"""Rows of one table; what is beyond is counted."""
_MOST_PROPERTIES = 12
_KINDS = ("add", "change", "remove")
_OPERATIONS = (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE)


MOST_NOTE = 1000
"""Characters of a message."""


@dataclass(frozen=True)
class Code:
    """A text out of the preview: whatever it holds, it is only shown."""

    text: str
    longest: int = 200
    """Characters that are shown; a twin's id has at most 128."""


Cell = Sequence[str | Code]
"""Our own words and names from the preview."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One table, and what it comes to."""

    title: str
    summary: str
    """One short phrase of our own words and numbers."""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    closing: tuple[Cell, ...] = ()
    """Lines below the table."""


def make_sections(report: Report) -> tuple[Section, ...]:
    """What there is to say, the most important first; what did not change is left out."""
    sections = (
        _sight(report),
        _exposure(report.exposure),
        _tags(report),
        _changes(report.changes),
        _notes(report.notes),
    )
    return tuple(section for section in sections if section)


def describe_loss(change: ResourceChange) -> Cell:
    """What is lost with an instance, or with a gateway's sign-in."""
    if not change.type.endswith("DigitalTwin"):
        return ("The sign-in settings ", Code(change.name), " would be deleted: Azure then lets everybody in unasked.")
    verb = "replaced" if change.operation is Operation.REPLACE else "deleted"
    reasons = [item for item in change.properties if item.forces or item.path == "location"]
    because: list[str | Code] = [" (", *_properties(reasons), ")"] if reasons else []
    return (
        "The instance ",
        Code(change.name),
        f" would be {verb}",
        *because,
        ". All its twins and relationships would be lost. ",
        "If that is not meant, put the setting back; a name and a location cannot change in place.",
    )


def _sight(report: Report) -> Section | None:
    if not report.sight:
        return None
    others = report.tenants - len(report.sight)
    rest = "1 other tenant sees what it saw." if others == 1 else f"{others} other tenants see what they saw."
    return Section(
        title="Who sees what",
        summary=f"{_count(len(report.sight), 'tenant')} affected",
        head=("tenant", "roles", "gains sight of", "loses sight of", "sees then"),
        rows=_limit([_sight_row(item, report) for item in report.sight], 5),
        closing=(*([(rest,)] if others else []), *([(_LOST,)] if report.losses else [])),
    )


_LOST = "This holds once the twins of a lost instance are made and tagged again."


def _sight_row(item: SightChange, report: Report) -> tuple[Cell, ...]:
    name = report.name(item.principal_id)
    who: list[str | Code] = [Code(name)]
    if name != item.principal_id:
        who += [" (", Code(item.principal_id), ")"]
    if len({change.instance for change in report.sight}) > 1:
        who += [" at ", Code(item.instance)]
    sees = "not known" if item.sees is None else _count(item.sees, "twin")
    roles = [*_signed("+", item.roles_gained), *_signed("-", item.roles_lost)]
    return who, _join(roles), _names(item.gains), _names(item.loses), (sees,)


def _exposure(items: Sequence[Exposure]) -> Section | None:
    if not items:
        return None
    wider = sum(item.widens for item in items)
    return Section(
        title="Network and rights",
        summary=f"{_count(len(items), 'change')}" + (f", {wider} of them wider" if wider else ""),
        head=("", "resource", "what", "no more", "new"),
        rows=_limit([_exposure_row(item) for item in items], 5),
    )


def _exposure_row(item: Exposure) -> tuple[Cell, ...]:
    resource = (Code(item.resource), " (", Code(item.type), ")")
    return ("⚠ wider" if item.widens else "",), resource, (item.what,), _names(item.old), _names(item.new)


def _tags(report: Report) -> Section | None:
    if not report.tags:
        return None
    changes = [change for plan in report.tags for change in plan.changes]
    counts = [(kind, sum(change.kind == kind for change in changes)) for kind in _KINDS]
    summary = ", ".join(f"{number} to {kind}" for kind, number in counts if number) or "not known"
    rows = [row for plan in report.tags for row in _tag_rows(plan, several=len(report.tags) > 1)]
    return Section(
        title="Role tags",
        summary=summary,
        head=("", "role", "twins", ""),
        rows=_limit(rows, 4),
        closing=tuple(_tag_closing(report)),
    )


def _tag_rows(plan: TagPlan, *, several: bool) -> Iterable[tuple[Cell, ...]]:
    groups: dict[tuple[str, str | None, str | None], list[TagChange]] = defaultdict(list)
    for change in plan.changes:
        groups[change.kind, change.old, change.new].append(change)
    place: Cell = (" at ", Code(plan.name)) if several else ()
    for kind, old, new in sorted(groups, key=lambda key: (_KINDS.index(key[0]), key[1] or "", key[2] or "")):
        twins = [change.twin_id for change in groups[kind, old, new]]
        role = _join([(Code(item),) for item in (old, new) if item is not None], " → ")
        yield (kind, *place), role, _names(twins), (_count(len(twins), "twin"),)


def _tag_closing(report: Report) -> Iterable[Cell]:
    for plan in report.tags:
        if plan.unknown:
            yield "Which twins ", Code(plan.name), " tags is known only at the update."
        if plan.removed:
            yield Code(plan.name), " leaves the stack: the tags stay on the twins."
    if report.base.changes is not None and report.base.manifest:
        number = _count(len(report.base.changes), "twin")
        yield (
            "In ",
            Code(report.base.manifest),
            f" this pull request changes the role of {number}, compared with ",
            Code(report.base.revision),
            ".",
        )


def _changes(changes: Sequence[ResourceChange]) -> Section | None:
    if not changes:
        return None
    counts = [(operation, sum(item.operation is operation for item in changes)) for operation in _OPERATIONS]
    rows: list[tuple[Cell, ...]] = [
        ((item.operation.value,), (Code(item.name), " (", Code(item.type), ")"), _properties(item.properties))
        for item in changes
    ]
    return Section(
        title="Resources",
        summary=", ".join(f"{number} to {operation.value}" for operation, number in counts if number),
        head=("", "resource", "what changes"),
        rows=_limit(rows, 3),
    )


def _properties(properties: Sequence[Property]) -> Cell:
    cells = [_property(item) for item in properties[:_MOST_PROPERTIES]]
    if len(properties) > _MOST_PROPERTIES:
        cells.append((f"{len(properties) - _MOST_PROPERTIES} more",))
    return _join(cells)


def _property(item: Property) -> Cell:
    values = [item.old, item.new]
    move = [Code(value) for value in values if value is not None]
    shown: Cell = (": ", *_join([(value,) for value in move], " → ")) if move else ()
    notes = [" (not known yet)"] if item.unknown else []
    notes += [" (forces the replacement)"] if item.forces else []
    return (Code(item.path), *shown, *notes)


def _notes(notes: Sequence[str]) -> Section | None:
    if not notes:
        return None
    lines: list[Cell] = [(Code(note, longest=MOST_NOTE),) for note in notes[:MOST_ROWS]]
    return Section(title="Notes", summary=_count(len(notes), "note"), closing=tuple(lines))


def _signed(sign: str, roles: Sequence[str]) -> list[Cell]:
    return [(sign, Code(role)) for role in roles]


def _names(names: Sequence[str]) -> Cell:
    cells: list[Cell] = [(Code(name),) for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        cells.append((f"and {len(names) - MOST_NAMES} more",))
    return _join(cells)


def _join(cells: Sequence[Cell], separator: str = ", ") -> Cell:
    parts: list[str | Code] = []
    for cell in cells:
        parts += [separator, *cell] if parts else [*cell]
    return parts


def _limit(rows: Sequence[tuple[Cell, ...]], width: int) -> tuple[tuple[Cell, ...], ...]:
    if len(rows) <= MOST_ROWS:
        return tuple(rows)
    more: tuple[Cell, ...] = (("…",), (f"{len(rows) - MOST_ROWS} more rows",), *[()] * (width - 2))
    return (*rows[:MOST_ROWS], more)


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
