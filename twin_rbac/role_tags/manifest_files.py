"""The files that a manifest is made of: one, those of a folder, and whatever they include.

A file is read once, however often it is reached; the order is that of a reader who follows each include where a file
has ended.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from twin_rbac.role_tags.errors import Problem
from twin_rbac.role_tags.manifest_values import ShapeError, check_include
from twin_rbac.role_tags.yaml_places import Document, Place, parse_yaml

_DEEPEST = 20
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Source:
    """A file of a manifest."""

    path: Path
    """As a person would name it: the given path, and what was included as seen from the file that includes it."""
    document: Document


@dataclass(frozen=True, kw_only=True)
class Files:
    """The files of a manifest, as far as they can be read."""

    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    """Each in its file: what cannot be read, what is no YAML, which include leads nowhere."""


def read_files(path: Path) -> Files:
    """Reads a manifest's file, or the files of a folder, and all that they include."""
    reader = _Reader()
    reader.follow(path, _Link())
    return Files(sources=tuple(reader.sources), problems=tuple(reader.problems))


def includes_others(content: bytes) -> bool:
    """Whether a file's text includes other files."""
    return any(True for _ in _includes(parse_yaml(content)))


@dataclass(frozen=True)
class _Link:
    """What led to a file: an include, or nothing for what was given itself."""

    above: tuple[Path, ...] = ()
    """The files that include each other down to here."""
    place: Place = (1, 1)
    include: str = ""


class _Reader:
    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.problems: list[Problem] = []
        self._seen: set[Path] = set()

    def follow(self, path: Path, link: _Link) -> None:
        """Reads what stands at a path."""
        try:
            members = _members(path) if path.is_dir() else [path]
        except OSError as error:
            return self._report_unreadable(path, link, error)
        if not members:
            folder = f"the folder {link.include!r}" if link.above else "this folder"
            text = f"{folder} holds no file whose name ends in .yaml or .yml; put the manifest's files there"
            self._report(path, link, text)
        for member in members:
            self._follow_file(member, link)
        return None

    def _follow_file(self, path: Path, link: _Link) -> None:
        try:
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            return self._report_unreadable(path, link, error)
        resolved = path.resolve()
        for position, file in enumerate(link.above):
            if file.resolve() == resolved:
                way = " -> ".join(map(str, (*link.above[position:], path)))
                text = f"files include each other without end: {way}; take one of the includes out"
                return self._report(path, link, text)
        if len(link.above) > _DEEPEST:
            text = f"files include each other more than {_DEEPEST} deep; include them further up"
            return self._report(path, link, text)
        if resolved not in self._seen:
            self._seen.add(resolved)
            self._read(path, content, link)
        return None

    def _read(self, path: Path, content: bytes, link: _Link) -> None:
        document = parse_yaml(content)
        if document.value is None and not document.problems:
            document.problems.append(Problem(1, 1, "the manifest is empty; start with version: 1, roles and tags"))
        self.problems += (replace(problem, file=str(path)) for problem in document.problems)
        self.sources.append(Source(path, document))
        for position, include in _includes(document):
            place = document.place_of(("include", position))
            self.follow(path.parent / include, _Link((*link.above, path), place, include))

    def _report_unreadable(self, path: Path, link: _Link, error: OSError | ValueError) -> None:
        reason = error.strerror if isinstance(error, OSError) else error
        if link.above:
            text = f"{link.include!r} cannot be included ({reason}); write the path as seen from this file's folder"
        else:
            text = f"the manifest cannot be read ({reason}); check the path"
        self._report(path, link, text)

    def _report(self, path: Path, link: _Link, text: str) -> None:
        file = link.above[-1] if link.above else path
        self.problems.append(Problem(*link.place, text, str(file)))


def _members(folder: Path) -> list[Path]:
    """The files of a folder; those in folders below it and hidden ones are left out."""
    paths = (path for path in folder.iterdir() if path.suffix in _SUFFIXES and not path.name.startswith("."))
    return sorted(path for path in paths if not path.is_dir())


def _includes(document: Document) -> Iterator[tuple[int, str]]:
    items = document.value.get("include") if isinstance(document.value, dict) else None
    for position, item in enumerate(items if isinstance(items, list) else ()):
        # What is no path is said by the check of the file's shape.
        with suppress(ShapeError):
            yield position, check_include(item)
