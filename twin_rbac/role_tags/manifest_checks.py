"""What is wrong with a manifest as a whole, across its files.

These checks look at the files' plain values, whatever shape they have, so that these problems are reported together
with those of the shape.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from twin_rbac.role_tags.errors import Problem
from twin_rbac.role_tags.manifest_files import Source
from twin_rbac.role_tags.manifest_problems import EXAMPLES, nearest
from twin_rbac.role_tags.manifest_shape import SELECTORS, SETTINGS
from twin_rbac.role_tags.manifest_values import ROLE, find_marker_flaw
from twin_rbac.role_tags.model import matches
from twin_rbac.role_tags.yaml_places import Path, Place


@dataclass(frozen=True)
class Spot:
    """A place in one of the files; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """The place as `file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"

    def seen_from(self, other: "Spot") -> str:
        """The place in a sentence about another one, which names the file only where it is not the same."""
        return f"{self.line}:{self.column}" if self.file == other.file else str(self)

    def problem(self, text: str) -> Problem:
        """What is wrong here."""
        return Problem(self.line, self.column, text, self.file)


@dataclass(frozen=True)
class Listed:
    """A twin that an entry lists."""

    twin_id: str
    role: str
    spot: Spot


def list_twins(sources: Sequence[Source]) -> Iterator[Listed]:
    """The twins that the files list, in their order."""
    for source, position, entry in _entries(sources):
        twins = entry.get("twins")
        for index, twin_id in enumerate(twins if isinstance(twins, list) else ()):
            if isinstance(twin_id, str):
                spot = _spot(source, source.document.place_of(("tags", position, "twins", index)))
                yield Listed(twin_id, str(entry.get("role")), spot)


def find_conflicts(sources: Sequence[Source], *, complete: bool) -> Iterator[Problem]:
    """Every problem of the files together.

    Args:
        sources: the files that could be read.
        complete: whether those are all; else nothing is said of what another one may hold.
    """
    check = _Check(sources, complete=complete)
    yield from check.missing_keys()
    yield from check.settings()
    yield from check.roles()
    yield from check.entries()
    yield from check.twice_listed()
    yield from check.ignored()


class _Check:
    def __init__(self, sources: Sequence[Source], *, complete: bool) -> None:
        self._sources = sources
        self._complete = complete and all(isinstance(source.document.value, dict) for source in sources)
        self._uses_markers = any(_get(source, "encoding") == "marker" for source in sources)

    @cached_property
    def _roles(self) -> dict[str, Spot]:
        """Role -> where it is first defined."""
        roles: dict[str, Spot] = {}
        for source in self._sources:
            for role in _mapping(source, "roles"):
                roles.setdefault(role, _spot(source, source.document.keys["roles", role]))
        return roles

    def missing_keys(self) -> Iterator[Problem]:
        """Nothing may lack both roles and tags, wherever they stand."""
        for key in ("roles", "tags"):
            if self._complete and self._sources and all(key not in source.document.value for source in self._sources):
                first = self._sources[0]
                yield _spot(first, first.document.place_of(())).problem(f"{key} is missing; add {EXAMPLES[key]}")

    def settings(self) -> Iterator[Problem]:
        """A setting may be said twice, and then alike."""
        paths: list[Path] = [(key,) for key in SETTINGS]
        paths += [("limits", key) for key in ("add", "change", "remove")]
        for path in paths:
            yield from self._disagreements(path)
        if self._uses_markers:
            for source in self._sources:
                if _get(source, "key") is not None:
                    spot = _spot(source, source.document.keys["key",])
                    yield spot.problem("with encoding: marker each role is a key of its own; take key out")

    def _disagreements(self, path: Path) -> Iterator[Problem]:
        first: tuple[str, Spot] | None = None
        for source in self._sources:
            value = _get(source, *path)
            if not isinstance(value, str):
                continue
            spot = _spot(source, source.document.place_of(path))
            first = first or (value, spot)
            if value != first[0]:
                name = ".".join(map(str, path))
                text = f"{name} is {value!r} here and {first[0]!r} at {first[1]}"
                yield spot.problem(f"{text}; a manifest says it once, keep one of the two")

    def roles(self) -> Iterator[Problem]:
        """Roles that are too much alike, that are described twice, or that cannot be markers."""
        first: dict[str, str] = {}
        for role, spot in self._roles.items():
            other = first.setdefault(role.lower(), role)
            if other != role:
                where = self._roles[other]
                more = "" if where.file == spot.file else f" (at {where})"
                yield spot.problem(f"roles {other!r}{more} and {role!r} differ only in case; rename one of the two")
            flaw = find_marker_flaw(role) if self._uses_markers and re.fullmatch(ROLE, role) else None
            if flaw:
                yield spot.problem(f"{flaw}; rename the role")
        for role in self._roles:
            yield from self._descriptions(role)

    def _descriptions(self, role: str) -> Iterator[Problem]:
        first: tuple[str, Spot] | None = None
        for source in self._sources:
            description = _get(source, "roles", role, "description")
            if isinstance(description, str):
                spot = _spot(source, source.document.place_of(("roles", role, "description")))
                first = first or (description, spot)
                if description != first[0]:
                    yield spot.problem(f"the role {role!r} is described otherwise at {first[1]}; keep one of the two")

    def entries(self) -> Iterator[Problem]:
        """Entries of roles that nobody defines, and those without exactly one selector."""
        for source, position, entry in _entries(self._sources):
            path: Path = ("tags", position)
            role = entry.get("role")
            if isinstance(role, str) and self._complete and self._roles and role not in self._roles:
                spot = _spot(source, source.document.place_of((*path, "role")))
                yield spot.problem(f"unknown role {role!r}; {nearest(role, self._roles)} Or add it under roles")
            given = [key for key in entry if key in SELECTORS]
            if not given:
                text = f"this entry selects no twins; give it one of: {', '.join(SELECTORS)}, such as"
                yield _spot(source, source.document.place_of(path)).problem(f"{text} {EXAMPLES['twins']}")
            for key in given[1:]:
                text = f"this entry selects by {given[0]} already; make an entry of its own of {key}"
                yield _spot(source, source.document.keys[*path, key]).problem(text)

    def twice_listed(self) -> Iterator[Problem]:
        """A twin is listed once, with markers once for each of its roles."""
        first: dict[tuple[str, str], Listed] = {}
        for item in list_twins(self._sources):
            other = first.setdefault((item.twin_id, item.role if self._uses_markers else ""), item)
            if other is not item:
                text = f"twin {item.twin_id!r} is listed twice, first at {other.spot.seen_from(item.spot)}"
                reason = "" if self._uses_markers else ", a twin has one role"
                yield item.spot.problem(f"{text} as {other.role!r}; keep one of the two{reason}")

    def ignored(self) -> Iterator[Problem]:
        """A twin is not both listed and ignored."""
        patterns = _Patterns(
            {
                pattern: _spot(source, source.document.place_of(("ignore", position)))
                for source in reversed(self._sources)
                for position, pattern in enumerate(_list(source, "ignore"))
                if isinstance(pattern, str)
            }
        )
        for item in list_twins(self._sources):
            pattern = patterns.find(item.twin_id)
            if pattern is not None:
                where = patterns.spots[pattern].seen_from(item.spot)
                text = f"twin {item.twin_id!r} is both listed and ignored, by {pattern!r} at {where}"
                yield item.spot.problem(f"{text}; take it out of one of the two")


class _Patterns:
    """Patterns of ignored twins: many of them times many twins is to take no minutes."""

    def __init__(self, spots: Mapping[str, Spot]) -> None:
        self.spots = spots
        self._wild = [pattern for pattern in spots if "*" in pattern or "?" in pattern]
        parts = (re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") for pattern in self._wild)
        self._any = re.compile("|".join(parts), re.DOTALL)

    def find(self, twin_id: str) -> str | None:
        """A pattern that the twin's id is as, if there is one."""
        if twin_id in self.spots:
            return twin_id
        if not self._wild or not self._any.fullmatch(twin_id):
            return None
        return next(pattern for pattern in self._wild if matches(pattern, twin_id))


def _spot(source: Source, place: Place) -> Spot:
    return Spot(str(source.path), *place)


def _entries(sources: Sequence[Source]) -> Iterator[tuple[Source, int, Mapping[str, Any]]]:
    for source in sources:
        for position, entry in enumerate(_list(source, "tags")):
            if isinstance(entry, dict):
                yield source, position, entry


def _get(source: Source, *path: str | int) -> Any:
    value = source.document.value
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _mapping(source: Source, key: str) -> Mapping[str, Any]:
    inner = _get(source, key)
    return inner if isinstance(inner, dict) else {}


def _list(source: Source, key: str) -> Sequence[Any]:
    inner = _get(source, key)
    return inner if isinstance(inner, list) else ()
