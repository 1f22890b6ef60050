"""Reading one DTDL interface, version 2 or 3, by the rules of fact sheet adt-models-and-tags, section 5.

What several interfaces have to agree on (bases that exist, names unique along the inheritance) is in models.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from emulator.digital_twins.schemas import NAME, Schema, SchemaInvalid, parse_schema

_SEGMENT = r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_DTMI = re.compile(rf"dtmi:{_SEGMENT}(?::{_SEGMENT})*(?:;[1-9][0-9]{{0,8}}(?:\.[1-9][0-9]{{0,5}})?)?")
_DTMI_V2 = re.compile(rf"dtmi:{_SEGMENT}(?::{_SEGMENT})*;[1-9][0-9]{{0,8}}")
_RESERVED = ("dtmi:dtdl:", "dtmi:standard:")
_DTMI_HELP = "a string that conforms to the DTMI syntax -- see https://github.com/Azure/digital-twin-model-identifier."
_NO_ID = (
    "In source, top-level JSON element requires an identifer but none provided. Add an '@id' property whose value is"
)
_MAX_ID_LENGTH = 128
_MAX_BASES_V2 = 2
_MAX_NAME_LENGTH = {2: 64, 3: 512}
_KINDS = ("Property", "Telemetry", "Relationship", "Component", "Command")


class InterfaceInvalid(Exception):
    """An interface that DTDL or the service does not allow; `problems` names everything that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" | ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Relationship:
    """A relationship that twins of a model may be the source of."""

    name: str
    target: str | None
    properties: Mapping[str, Schema]


@dataclass(frozen=True, kw_only=True)
class Interface:
    """What one interface itself says, without what it inherits."""

    model_id: str
    language: int
    """The version of DTDL, 2 or 3."""
    bases: tuple[str, ...]
    properties: Mapping[str, Schema]
    telemetries: frozenset[str]
    relationships: Mapping[str, Relationship]
    components: Mapping[str, str]
    """Name to the id of the component's interface."""

    @property
    def names(self) -> list[str]:
        """The names of all its contents."""
        return [*self.properties, *self.telemetries, *self.relationships, *self.components]

    @property
    def references(self) -> list[str]:
        """The ids of the models that it cannot do without."""
        return [*self.bases, *self.components.values()]


def parse_interface(document: object) -> Interface:
    """Reads one element of a POST /models.

    Raises:
        InterfaceInvalid: it breaks a rule.
    """
    if not isinstance(document, dict) or not isinstance(document.get("@id"), str):
        raise InterfaceInvalid([f"{_NO_ID} {_DTMI_HELP}"])
    return _Parser(document).parse()


def as_list(value: object) -> list[Any]:
    """DTDL's way with lists: one element may stand by itself."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


class _Parser:
    """Collects what one interface says and everything that is wrong with it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.problems: list[str] = []
        self.properties: dict[str, Schema] = {}
        self.telemetries: set[str] = set()
        self.relationships: dict[str, Relationship] = {}
        self.components: dict[str, str] = {}
        self.model_id: str = document["@id"]
        self.language = self._language()
        self.named = {
            schema["@id"]: schema
            for schema in as_list(document.get("schemas"))
            if isinstance(schema, dict) and isinstance(schema.get("@id"), str)
        }

    def parse(self) -> Interface:
        self._check_id(self.model_id)
        self._check_texts(self.document, "it")
        if "Interface" not in as_list(self.document.get("@type")):
            self._problem("is not of type Interface. Only interfaces may stand at the top level")
        bases = self._bases()
        for content in as_list(self.document.get("contents")):
            self._read_content(content)
        if self.problems:
            raise InterfaceInvalid(self.problems)
        return Interface(
            model_id=self.model_id,
            language=self.language,
            bases=bases,
            properties=self.properties,
            telemetries=frozenset(self.telemetries),
            relationships=self.relationships,
            components=self.components,
        )

    def _problem(self, text: str) -> None:
        self.problems.append(f"{self.model_id} {text}.")

    def _language(self) -> int:
        contexts = as_list(self.document.get("@context"))
        known = {"dtmi:dtdl:context;2": 2, "dtmi:dtdl:context;3": 3}
        first = contexts[0] if contexts else None
        if not isinstance(first, str) or first not in known:
            self._problem("has no valid '@context'. The first value must be dtmi:dtdl:context;2 or dtmi:dtdl:context;3")
            return 3
        return known[first]

    def _check_id(self, model_id: str) -> None:
        pattern = _DTMI_V2 if self.language == 2 else _DTMI
        if pattern.fullmatch(model_id) is None or len(model_id) > _MAX_ID_LENGTH:
            self._problem(
                f"has an invalid identifier. Replace the value of '@id' with {_DTMI_HELP[:-1]}, "
                f"at most {_MAX_ID_LENGTH} characters long"
            )
        elif model_id.startswith(_RESERVED):
            self._problem("has an identifier whose prefix is reserved")

    def _bases(self) -> tuple[str, ...]:
        bases = as_list(self.document.get("extends"))
        if not all(isinstance(base, str) and _DTMI.fullmatch(base) for base in bases):
            self._problem(
                "has a value of 'extends' that is not a valid DTMI reference. Refer to the interface by its id"
            )
            return ()
        if self.language == 2 and len(bases) > _MAX_BASES_V2:
            self._problem(f"extends {len(bases)} interfaces, but at most {_MAX_BASES_V2} are allowed")
        return tuple(bases)

    def _read_content(self, content: object) -> None:
        if not isinstance(content, dict):
            self._problem("has a value of 'contents' that is no JSON object")
            return
        name = content.get("name")
        if not self._is_name(name):
            self._problem(
                f"has 'contents' value with name {name!r}, which is not a letter followed by letters, digits and '_' "
                f"that ends with a letter or digit, at most {_MAX_NAME_LENGTH[self.language]} characters long"
            )
            return
        where = f"'contents' value with name '{name}'"
        if name in (*self.properties, *self.telemetries, *self.relationships, *self.components):
            self._problem(f"has more than one {where}. Names must be unique")
        kinds = [kind for kind in _KINDS if kind in as_list(content.get("@type"))]
        self._check_texts(content, where)
        match kinds:
            case ["Property"]:
                self._read_schema(self.properties, content, where, arrays=self.language == 3)
            case ["Telemetry"]:
                self._read_schema({}, content, where, arrays=True)
                self.telemetries.add(name)
            case ["Relationship"]:
                self._read_relationship(content, where)
            case ["Component"]:
                self._read_component(content, where)
            case ["Command"]:
                self._problem(f"has {where} that is a Command. Azure Digital Twins does not support commands")
            case _:
                self._problem(f"has {where} whose '@type' is not one of Component, Property, Relationship, Telemetry")

    def _is_name(self, name: object) -> TypeGuard[str]:
        return (
            isinstance(name, str) and NAME.fullmatch(name) is not None and len(name) <= _MAX_NAME_LENGTH[self.language]
        )

    def _check_texts(self, element: Mapping[str, Any], where: str) -> None:
        for key, limit in (("displayName", _MAX_NAME_LENGTH[self.language]), ("description", 512)):
            value = element.get(key, "")
            texts = list(value.values()) if isinstance(value, dict) else [value]
            if not all(isinstance(text, str) and len(text) <= limit for text in texts):
                self._problem(f"has a '{key}' on {where} that is not a text of at most {limit} characters")

    def _read_schema(self, into: dict[str, Schema], content: Mapping[str, Any], where: str, *, arrays: bool) -> None:
        try:
            into[content["name"]] = parse_schema(content.get("schema"), named=self.named, arrays=arrays)
        except SchemaInvalid as problem:
            self._problem(f"has {where} whose property 'schema' {problem}")

    def _read_relationship(self, content: Mapping[str, Any], where: str) -> None:
        target = content.get("target")
        if target is not None and not (isinstance(target, str) and _DTMI.fullmatch(target)):
            self._problem(f"has {where} whose property 'target' is not a valid DTMI reference")
        properties: dict[str, Schema] = {}
        for item in as_list(content.get("properties")):
            if not isinstance(item, dict) or not self._is_name(item.get("name")):
                self._problem(f"has {where} with a property that has no valid name")
            else:
                inner = f"{where} with property '{item['name']}'"
                self._read_schema(properties, item, inner, arrays=self.language == 3)
        self.relationships[content["name"]] = Relationship(content["name"], target, properties)

    def _read_component(self, content: Mapping[str, Any], where: str) -> None:
        schema = content.get("schema")
        if isinstance(schema, str) and _DTMI.fullmatch(schema):
            self.components[content["name"]] = schema
            return
        if isinstance(schema, str):
            self._problem(
                f"has {where} whose property 'schema' has value '{schema}' that is neither a valid DTMI reference nor "
                "a DTDL term. Replace the value of property 'schema' with a valid DTMI reference or a term defined by "
                "DTDL -- see https://github.com/Azure/opendigitaltwins-dtdl/tree/master/DTDL"
            )
        self._problem(
            f"has {where} whose property 'schema' has no valid value but one is required. Provide a value for "
            "'schema' that is either an element definition or a DTMI reference"
        )
