"""The tree of a query: frozen nodes, equal when they mean the same text.

Query
 ├─ select   Select (holds Projections) | Count
 ├─ source   Twins | Relationships
 └─ where    Or, And, Not | Comparison, In, PropertyTest, TextTest, ArrayContains, IsOfModel
             made of Path and the literals Text, Number, Boolean

Names are written without their brackets (`[[Group]]` is `Group`) and strings without their quotes and backslashes,
so a renderer can always write the tree back. Parentheses are not kept: an operand of And or Or may be another one.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Node:
    """Base of everything in the tree; a node's children are its fields and the items of its tuples."""


class Operator(StrEnum):
    """How a property is compared with a literal."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class PropertyFunction(StrEnum):
    """A question about a property alone."""

    IS_BOOL = "IS_BOOL"
    IS_DEFINED = "IS_DEFINED"
    IS_NULL = "IS_NULL"
    IS_NUMBER = "IS_NUMBER"
    IS_OBJECT = "IS_OBJECT"
    IS_PRIMITIVE = "IS_PRIMITIVE"
    IS_STRING = "IS_STRING"


class TextFunction(StrEnum):
    """A question about a property and a string; case counts."""

    CONTAINS = "CONTAINS"
    ENDSWITH = "ENDSWITH"
    STARTSWITH = "STARTSWITH"


@dataclass(frozen=True)
class Text(Node):
    """A string literal."""

    value: str


@dataclass(frozen=True)
class Number(Node):
    """A number literal, kept as it was written: digits, perhaps a minus sign before and a fraction behind."""

    digits: str


@dataclass(frozen=True)
class Boolean(Node):
    """The literal true or false."""

    value: bool


Literal = Text | Number | Boolean


@dataclass(frozen=True)
class Path(Node):
    """A property, however deep, or with no segments the whole twin or relationship that the alias stands for."""

    alias: str | None
    """The alias it starts with. None for a path that starts with a property of the only collection."""
    segments: tuple[str, ...]


@dataclass(frozen=True)
class Comparison(Node):
    """`path operator literal`."""

    path: Path
    operator: Operator
    literal: Literal


@dataclass(frozen=True)
class In(Node):
    """`path IN [literals]`, or NIN when negated."""

    path: Path
    literals: tuple[Literal, ...]
    negated: bool = False


@dataclass(frozen=True)
class PropertyTest(Node):
    """`IS_DEFINED(path)` and the tests of a property's type."""

    function: PropertyFunction
    path: Path


@dataclass(frozen=True)
class TextTest(Node):
    """`STARTSWITH(path, 'text')`, ENDSWITH or CONTAINS."""

    function: TextFunction
    path: Path
    text: Text


@dataclass(frozen=True)
class ArrayContains(Node):
    """`ARRAY_CONTAINS(path, literal)`."""

    path: Path
    literal: Literal


@dataclass(frozen=True)
class IsOfModel(Node):
    """`IS_OF_MODEL(alias, 'model id', exact)`."""

    model_id: Text
    alias: str | None = None
    """The collection it asks about; None for the only one."""
    exact: bool = False
    """Whether models that inherit from the model, and later versions, do not count."""


@dataclass(frozen=True)
class Not(Node):
    """`NOT operand`."""

    operand: "Condition"


@dataclass(frozen=True)
class And(Node):
    """Two or more operands joined by AND."""

    operands: tuple["Condition", ...]


@dataclass(frozen=True)
class Or(Node):
    """Two or more operands joined by OR."""

    operands: tuple["Condition", ...]


Condition = Or | And | Not | Comparison | In | PropertyTest | TextTest | ArrayContains | IsOfModel


@dataclass(frozen=True)
class Projection(Node):
    """One item of SELECT: `path AS name`."""

    path: Path
    name: str | None = None
    """The key it gets in a row, where that is not the path's last name."""

    @property
    def key(self) -> str:
        """The key in a row: the name, else the last segment, else the alias itself."""
        if self.name is not None:
            return self.name
        return self.path.segments[-1] if self.path.segments else str(self.path.alias)


@dataclass(frozen=True)
class Select(Node):
    """`SELECT *`, and with projections `SELECT a, b`; either with `TOP(n)` in front (`TOP(n)` alone has no star)."""

    projections: tuple[Projection, ...] = ()
    """Empty for whole twins or relationships."""
    top: int | None = None
    """The most rows wanted; None for all."""


@dataclass(frozen=True)
class Count(Node):
    """`SELECT COUNT()`."""


@dataclass(frozen=True)
class Twins(Node):
    """`FROM DIGITALTWINS alias`."""

    alias: str | None = None


@dataclass(frozen=True)
class Relationships(Node):
    """`FROM RELATIONSHIPS alias`."""

    alias: str | None = None


@dataclass(frozen=True)
class Query(Node):
    """A whole statement."""

    select: Select | Count
    source: Twins | Relationships
    where: Condition | None = None
