"""Going over a tree: `walk` reads every node, `transform` makes a changed copy."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

from twin_rbac.query.nodes import Node

NodeT = TypeVar("NodeT", bound=Node)


def walk(root: Node) -> Iterator[Node]:
    """The root and every node below it, a parent before its children, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(_children(node)))


def transform(root: NodeT, change: Callable[[Node], Node]) -> NodeT:
    """A copy of the root in which every node below it is what `change` makes of it, children before their parent.

    `change` returns the node it is given where there is nothing to do. It must keep a node in its place valid: a
    condition for a condition, a path for a path.
    """
    return replace(root, **{field.name: _changed(getattr(root, field.name), change) for field in fields(root)})


def _children(node: Node) -> list[Node]:
    found: list[Node] = []
    for field in fields(node):
        value = getattr(node, field.name)
        found.extend(item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Node))
    return found


def _changed(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, tuple):
        return tuple(_changed(item, change) for item in value)
    if isinstance(value, Node):
        return change(transform(value, change))
    return value
