"""The shape of a role-tags manifest, version 1: which keys there are and what each takes.

What stands under a key here is its description in the JSON Schema.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from twin_rbac.role_tags import manifest_values as values

SELECTORS = ("twins", "glob", "query", "model", "subtree")
"""What an entry of `tags` may select twins by, the most specific first."""
SETTINGS = ("property", "key", "encoding", "missing", "unlisted")
"""Keys that a manifest of several files says once."""

_ROLE = {"type": "string", "pattern": values.ROLE, "maxLength": values.LONGEST_ROLE}
_SEGMENT = {"type": "string", "pattern": values.SEGMENT}
_NAME = {"type": "string", "pattern": values.NAME, "maxLength": values.LONGEST_NAME}
_MODEL = {"type": "string", "pattern": values.MODEL_ID, "maxLength": values.LONGEST_MODEL_ID}
_PERCENTAGE = {"type": "string", "pattern": values.PERCENTAGE}
_TEXT = {"type": "string", "pattern": r"\S"}

Text = Annotated[str, BeforeValidator(values.check_text), WithJsonSchema(_TEXT)]
TwinId = Annotated[str, BeforeValidator(values.check_twin_id), WithJsonSchema(_TEXT)]
RoleName = Annotated[str, BeforeValidator(values.check_role_name), WithJsonSchema(_ROLE)]
PathSegment = Annotated[str, BeforeValidator(values.check_path_segment), WithJsonSchema(_SEGMENT)]
Relationship = Annotated[str, BeforeValidator(values.check_relationship), WithJsonSchema(_NAME)]
ModelId = Annotated[str, BeforeValidator(values.check_model_id), WithJsonSchema(_MODEL)]
QueryText = Annotated[str, BeforeValidator(values.check_query), WithJsonSchema(_TEXT)]
Stop = Annotated[str, BeforeValidator(values.check_stop), WithJsonSchema(_TEXT)]
Include = Annotated[str, BeforeValidator(values.check_include), WithJsonSchema(_TEXT)]
Depth = Annotated[int, BeforeValidator(values.check_depth), WithJsonSchema({"type": "integer", "minimum": 0})]
Percentage = Annotated[int, BeforeValidator(values.check_percentage), WithJsonSchema(_PERCENTAGE)]


class _Shape(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        model_title_generator=lambda shape: shape.__name__.removesuffix("Shape"),
    )

    @classmethod
    def known_keys(cls) -> list[str]:
        """The keys as a person writes them."""
        return [name for name, field in cls.model_fields.items() if field.alias is None]


class RoleShape(_Shape):
    """What a manifest says of a role."""

    description: Text | None = Field(default=None, examples=["The Earth tenant's site and rooms"])
    """What the role is for."""


class SubtreeShape(_Shape):
    """A twin and what is reached from it along relationships."""

    of: TwinId = Field(examples=["B"])
    """The twin at the root; it is selected too, whatever `stop` says."""
    via: list[Relationship] = Field(min_length=1, examples=[["contains"]])
    """The names of the relationships that are followed, from source to target."""
    depth: Depth | None = Field(default=None, examples=[5])
    """How many levels below the root; all of them when left out."""
    stop: list[Stop] = Field(default=[], examples=[["sandbox-*", "dtmi:example:Desk;1"]])
    """Twins below the root that are neither selected nor walked past: patterns of ids, models and their heirs."""


class TagShape(_Shape):
    """A role and the twins that carry it, selected in one of five ways."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in SELECTORS]})

    role: Text = Field(examples=["Earth"])
    """One of the roles."""
    twins: list[TwinId] | None = Field(default=None, examples=[["A", "1"]])
    """Twins by their ids; the most specific selector, it wins over the others."""
    glob: Text | None = Field(default=None, examples=["room-*"])
    """Twins whose ids are as this pattern says: * is any text, ? one character, and case counts."""
    query: QueryText | None = Field(
        default=None, examples=["SELECT * FROM DIGITALTWINS WHERE floor = 1"], json_schema_extra={"maxLength": 8000}
    )
    """Twins that a query of whole twins finds."""
    model: ModelId | None = Field(default=None, examples=["dtmi:example:Room;1"])
    """Twins of a model, of a later version of it, or of a model that inherits from it."""
    subtree: SubtreeShape | None = Field(default=None, examples=[{"of": "B", "via": ["contains"]}])
    """A twin and what is reached from it along relationships; the least specific selector."""


class LimitsShape(_Shape):
    """How much of a role one run may change: percentages of the twins that carry the role now."""

    add: Percentage | None = Field(default=None, examples=["100%"])
    """Twins that newly carry the role; 100% when left out."""
    change: Percentage | None = Field(default=None, examples=["30%"])
    """Twins that lose the role for another one; 30% when left out."""
    remove: Percentage | None = Field(default=None, examples=["10%"])
    """Twins that lose the role for none; 10% when left out."""


class ManifestShape(_Shape):
    """Which twin carries which role."""

    model_config = ConfigDict(title="Role-tags manifest")

    schema_: Text | None = Field(default=None, alias="$schema")
    """Where an editor finds this schema; means nothing else."""
    version: Annotated[int, BeforeValidator(values.check_version), WithJsonSchema({"const": 1})]
    """The version of the format."""
    property: PathSegment = Field(default="tags", examples=["tags"])
    """The Map property that holds the tags."""
    key: PathSegment = Field(default="role", examples=["role"])
    """The key in it whose value is the role; not with encoding: marker."""
    encoding: Annotated[Literal["value", "marker"], BeforeValidator(values.check_one_of("value", "marker"))] = "value"
    """value: a twin has one role, the key's value. marker: a key for each role, of which a twin may have several."""
    roles: dict[RoleName, Annotated[RoleShape, BeforeValidator(values.empty_for_nothing)]] = Field(
        default={}, min_length=1, examples=[{"Earth": {}, "Fire": {}}]
    )
    """The roles, by name."""
    tags: list[TagShape] = Field(default=[], examples=[[{"role": "Earth", "twins": ["A", "1"]}]])
    """Which twins carry which role."""
    ignore: list[Text] = Field(default=[], examples=[["sandbox-*"]])
    """Patterns of twins that are never touched and never reported: * is any text, ? one character, case counts."""
    missing: Annotated[Literal["error", "skip"], BeforeValidator(values.check_one_of("error", "skip"))] = "error"
    """What a listed twin that does not exist is: an error, or skipped."""
    unlisted: Annotated[Literal["report", "remove"], BeforeValidator(values.check_one_of("report", "remove"))] = (
        "report"
    )
    """What becomes of a twin that carries one of the roles and is not selected: reported, or its role removed."""
    limits: LimitsShape = LimitsShape()
    """Past which a plan is refused as unsafe."""
    include: list[Include] = Field(default=[], examples=[["other.yaml", "teams/"]])
    """Other files and folders that are part of this manifest, as seen from this file's folder."""
