"""The JSON Schema of a manifest, so that an editor completes and checks one while it is written."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from twin_rbac.role_tags.manifest_shape import ManifestShape

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one file of a manifest.

    It comes from the shapes that manifests are checked with. What holds across files, such as that some file defines
    the roles, is beyond a schema.
    """
    schema = TypeAdapter(ManifestShape).json_schema(schema_generator=_Generator)
    roles = schema["properties"]["roles"]
    ((pattern, role),) = roles.pop("patternProperties").items()
    roles["propertyNames"]["pattern"] = pattern
    # `Earth:` with nothing behind it is a role without a description.
    roles["additionalProperties"] = {"anyOf": [role, {"type": "null"}]}
    # With markers each role is a key of its own.
    markers = {"properties": {"encoding": {"const": "marker"}}, "required": ["encoding"]}
    return {"$schema": DIALECT, **schema, "if": markers, "then": {"properties": {"key": False}}}


class _Generator(GenerateJsonSchema):
    """Says of a key that may be left out no more than that: written, it takes no null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if isinstance(schema.get("default"), str):
            return super().default_schema(schema)
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # keys are their own titles
        return False
