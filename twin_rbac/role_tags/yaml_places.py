"""A YAML file as plain values, with the place of every one of them."""

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from twin_rbac.role_tags.errors import Problem

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value."""
Place = tuple[int, int]
"""Line and column, from 1."""

_TAG = "tag:yaml.org,2002:"
_DEEPEST = 20
_KINDS = {"int": "a number", "float": "a number", "bool": "a boolean", "null": "nothing", "timestamp": "a date"}


@dataclass(frozen=True)
class Unquoted:
    """A scalar that YAML does not take for text, such as 1 or true; text has to be quoted."""

    text: str
    kind: str
    """What YAML takes it for, such as `a number`."""


@dataclass
class Document:
    """What stands in a YAML file.

    Mappings are dicts, sequences lists, text is str and every other scalar an `Unquoted`.
    """

    value: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    """Where each value starts."""
    keys: dict[Path, Place] = field(default_factory=dict)
    """Where the key of each mapping's value starts."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong with the YAML itself; after some of it the value is incomplete."""
    lines: list[str] = field(default_factory=list)
    """The file's text."""

    def place_of(self, path: Path) -> Place:
        """Where the value is, or the nearest one around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def place_within(self, path: Path, text: str, within: Place) -> Place | None:
        """Where a character of a text stands; None where the file does not hold its line as it is.

        Args:
            path: leads to the text.
            text: the text, as it was read.
            within: the character's line and column in it.
        """
        line, start = self.place_of(path)
        row, column = within
        source = self._line(line)[start - 1 :]
        if source[:1] in {"|", ">"}:
            # A folded text is no line of the file, unless it has only one.
            wanted, found = text.split("\n")[row - 1], self._line(line + row)
            is_whole = found.endswith(wanted) and not found.removesuffix(wanted).strip()
            return (line + row, len(found) - len(wanted) + column) if is_whole else None
        quote = source[:1] if source[:1] in {"'", '"'} else ""
        is_whole = source.startswith(f"{quote}{text}{quote}")
        return (line, start + len(quote) + column - 1) if is_whole else None

    def _line(self, number: int) -> str:
        return self.lines[number - 1] if number <= len(self.lines) else ""


def parse_yaml(content: bytes) -> Document:
    """Reads a YAML file; whatever is wrong with it is among the document's problems.

    Anchors, aliases, custom tags and duplicate keys are problems: a manifest says plainly what it says.
    """
    document = Document()
    try:
        text = content.decode("utf-8-sig")
        document.lines = text.split("\n")
        node = YAML(typ="safe", pure=True).compose(text)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        document.problems.append(_problem(_end_of(before), "this is not UTF-8 text; save the file as UTF-8"))
    except MarkedYAMLError as error:
        document.problems.append(_syntax_problem(error))
    except YAMLError as error:
        position = getattr(error, "position", 0)
        place = _end_of(text[:position])
        document.problems.append(_problem(place, "YAML allows no such control character; take it out"))
    except RecursionError:
        document.problems.append(_problem((1, 1), "this is nested too deeply; a manifest needs five levels"))
    else:
        if node is not None:
            document.value = _Reader(document).read(node, ())
    return document


class _Reader:
    """Turns nodes into values, noting places and problems in the document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def read(self, node: Node, path: Path) -> Any:
        self._document.values[path] = _start(node)
        if len(path) > _DEEPEST:
            self._report(node, f"this is nested more than {_DEEPEST} levels deep; a manifest needs five")
            return None
        if node.anchor:
            # An alias is the anchor's node once more, and could even be part of itself.
            self._report(node, f"anchors and aliases (&{node.anchor}) are not supported; write the value out")
            return None
        if not isinstance(node, ScalarNode) and str(node.tag) not in {f"{_TAG}map", f"{_TAG}seq"}:
            self._report(node, f"the YAML tag {node.tag} is not supported; leave it out")
            return None
        if isinstance(node, MappingNode):
            return self._read_mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, position)) for position, item in enumerate(node.value)]
        return self._read_scalar(node)

    def _read_mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._read_key(key_node)
            if key is None:
                continue
            if key in values:
                line, column = self._document.keys[*path, key]
                self._report(key_node, f"duplicate key {key!r}, first given at {line}:{column}; keep one of the two")
                continue
            self._document.keys[*path, key] = _start(key_node)
            values[key] = self.read(value_node, (*path, key))
            if values[key] == Unquoted("", "nothing"):
                # Where nothing stands YAML points at what comes next.
                self._document.values[*path, key] = _start(key_node)
        return values

    def _read_key(self, node: Node) -> str | None:
        key = self._read_scalar(node) if isinstance(node, ScalarNode) else None
        if isinstance(key, str):
            return key
        if isinstance(key, Unquoted):
            self._report(node, f'{key.text or "this"} is {key.kind} to YAML; quote it: "{key.text}"')
        elif isinstance(node, MappingNode | SequenceNode):
            self._report(node, "a key must be plain text; give it a name")
        return None

    def _read_scalar(self, node: Node) -> str | Unquoted | None:
        tag = str(node.tag)
        if tag in {f"{_TAG}str", f"{_TAG}merge"}:
            return str(node.value)
        kind = _KINDS.get(tag.removeprefix(_TAG))
        if kind is None:
            self._report(node, f"the YAML tag {tag} is not supported; leave it out")
            return None
        return Unquoted(str(node.value), kind)

    def _report(self, node: Node, text: str) -> None:
        self._document.problems.append(_problem(_start(node), text))


def _start(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _problem(place: Place, text: str) -> Problem:
    return Problem(place[0], place[1], text)


def _end_of(text: str) -> Place:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _syntax_problem(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "'\\t'" in str(error.problem):
        return _problem(place, "a tab cannot indent YAML; use spaces")
    context = f" {error.context}" if error.context else ""
    reason = " ".join(f"{error.problem}{context}".split())
    return _problem(place, f"this is not YAML: {reason}; mend it here or just above")
