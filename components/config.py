"""The stack's config: read once, checked whole, handed on as one typed value."""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from uuid import UUID

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.alias_generators import to_camel

NAMESPACE = "digital-twins-rbac"


class ConfigError(pulumi.RunError):
    """The stack's config cannot be used; the text names every wrong key and what would be right."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the stack's config cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))


class PrincipalType(StrEnum):
    """What a role is assigned to; always explicit, because Azure takes a missing one for User."""

    USER = "User"
    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"


class _Section(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


def _object_id(value: object) -> str:
    try:
        identifier = UUID(str(value))
    except ValueError:
        raise ValueError("must be the object id of a principal, such as 0f3c0000-0000-4000-8000-000000000010") from None
    if identifier.int == 0:
        raise ValueError("is still the placeholder; give the principal's object id")
    return str(identifier)


class PrincipalConfig(_Section):
    """A principal that is given a role."""

    principal_id: str
    """Its object id in the directory; never an application (client) id."""
    principal_type: PrincipalType

    _check_id = field_validator("principal_id", mode="before")(_object_id)


class TenantConfig(PrincipalConfig):
    """A tenant: a principal and the role tags whose twins it may see."""

    roles: Annotated[tuple[str, ...], Field(min_length=1)]


class InstanceConfig(_Section):
    """Settings of the Azure Digital Twins instance."""

    protect: bool = True
    """Pulumi's guard: a change that would replace or delete the instance fails in the preview."""


class CloudConfig(_Section):
    """Addresses of an Azure that is not the public one: the local stack, sovereign clouds."""

    resource_manager: str | None = None
    authority: str | None = None
    resource_manager_audience: str | None = None
    digital_twins_audience: str | None = None


class StackConfig(_Section):
    """Everything a stack's config may say, in the namespace digital-twins-rbac."""

    manifest: str
    """Path of the role-tags manifest, relative to the project."""
    tenants: Annotated[dict[str, TenantConfig], Field(min_length=1)]
    deployers: Annotated[tuple[PrincipalConfig, ...], Field(min_length=1)]
    """Principals that run pulumi up: they get the tagger role and, where a graph is seeded, the loader role."""
    taggers: tuple[PrincipalConfig, ...] = ()
    """Principals that may apply role tags outside pulumi up, and nothing else."""
    drift_readers: tuple[PrincipalConfig, ...] = ()
    """Principals that may read the resource group and the instance to find drift."""
    graph: str | None = None
    """Path of an import-job NDJSON file, relative to the project: twins that are seeded once."""
    instance: InstanceConfig = InstanceConfig()
    cloud: CloudConfig = CloudConfig()

    @field_validator("manifest", "graph")
    @classmethod
    def _is_a_file(cls, path: str | None) -> str | None:
        if path is not None and not Path(path).is_file():
            raise ValueError(f"there is no file {path!r} in the project's folder {Path.cwd().name!r}")
        return path

    @field_validator("tenants")
    @classmethod
    def _has_plain_names(cls, tenants: dict[str, TenantConfig]) -> dict[str, TenantConfig]:
        for name in tenants:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
                raise ValueError(f"the tenant's name {name!r} must be 1-64 letters, digits, - or _")
        return tenants

    @model_validator(mode="after")
    def _has_distinct_tenants(self) -> Self:
        # query/action reads every tenant's twins, so whoever holds it cannot also be kept to its own.
        readers = {p.principal_id for p in (*self.deployers, *self.taggers, *self.drift_readers)}
        first: dict[str, str] = {}
        for name, tenant in self.tenants.items():
            other = first.setdefault(tenant.principal_id, name)
            if other != name:
                raise ValueError(
                    f"tenants.{other} and tenants.{name} are the same principal, {tenant.principal_id}; "
                    "give it all its roles under one name"
                )
            if tenant.principal_id in readers:
                raise ValueError(
                    f"tenants.{name}: {tenant.principal_id} also stands in deployers, taggers or driftReaders, whose "
                    "roles read the whole instance; use another principal for one of the two"
                )
        return self


def load_config() -> StackConfig:
    """The running stack's config.

    Raises:
        ConfigError: a key is missing, unknown or has a wrong value; all of them are named.
    """
    return parse_config(_raw_values())


def parse_config(values: Mapping[str, Any]) -> StackConfig:
    """The config from its values by key, without the namespace.

    Raises:
        ConfigError: as `load_config`.
    """
    try:
        return StackConfig.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError([_sentence(item, values) for item in _without_echoes(error.errors())]) from None


def _without_echoes(errors: list[Any]) -> list[Any]:
    # A list whose items are all wrong is also reported as too short.
    places = [item["loc"] for item in errors]
    return [
        item
        for item in errors
        if item["type"] != "too_short"
        or not any(len(place) > len(item["loc"]) and place[: len(item["loc"])] == item["loc"] for place in places)
    ]


def _raw_values() -> dict[str, Any]:
    # pulumi.Config answers for one known key at a time; an unknown key can only be found in the whole bag.
    texts = {**get_config_env(), **CONFIG.get()}
    prefix = f"{NAMESPACE}:"
    return {key.removeprefix(prefix): _decode(text) for key, text in texts.items() if key.startswith(prefix)}


def _decode(text: str) -> Any:
    # Objects and lists come as JSON; a plain string comes as it is, even one that starts like them.
    if text[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _sentence(error: Any, values: Mapping[str, Any]) -> str:
    location = ".".join(str(part) for part in error["loc"])
    key = f"{NAMESPACE}:{location}" if location else NAMESPACE
    match error["type"]:
        case "missing":
            return f"{key} is missing; {_hint(str(error['loc'][-1]))}"
        case "extra_forbidden":
            return f"{key} is not a setting; {_nearest(error['loc'])}"
        case "value_error":
            return f"{key}: {error['ctx']['error']}"
        case kind:
            wrong = _WRONG.get(kind) or _uncapitalise(error["msg"])
            return f"{key} {wrong}; {_hint(str(error['loc'][-1]))} ({_given(error, values)})"


def _uncapitalise(text: str) -> str:
    return text[:1].lower() + text[1:]


def _given(error: Any, values: Mapping[str, Any]) -> str:
    given = error.get("input")
    return "given: nothing" if given is values else f"given: {given!r}"


_WRONG = {
    "bool_parsing": "must be true or false",
    "dict_type": "must be a mapping",
    "enum": "is none of the values that it can have",
    "model_type": "must be a mapping",
    "string_type": "must be text",
    "too_short": "must not be empty",
    "tuple_type": "must be a list",
}
"""pydantic's kinds of error in words of a settings file."""

_HINTS = {
    "manifest": "give the path of the role-tags manifest, such as role-tags.yaml",
    "tenants": "give name: {principalId: …, principalType: User|Group|ServicePrincipal, roles: […]} for each tenant",
    "deployers": "list {principalId: …, principalType: …} of each principal that runs pulumi up",
    "principalType": "one of User, Group, ServicePrincipal",
    "principalId": "give the principal's object id",
    "roles": "list at least one role of the manifest",
    "protect": "true or false",
}


def _hint(key: str) -> str:
    return _HINTS.get(key, "see docs/config.md")


def _nearest(location: tuple[Any, ...]) -> str:
    section = _section_at(location[:-1])
    known = [field.alias or name for name, field in section.model_fields.items()]
    match = get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {match[0]}?" if match else f"there are: {', '.join(known)}"


def _section_at(location: tuple[Any, ...]) -> type[_Section]:
    sections: dict[str, type[_Section]] = {
        "tenants": TenantConfig,
        "deployers": PrincipalConfig,
        "taggers": PrincipalConfig,
        "driftReaders": PrincipalConfig,
        "instance": InstanceConfig,
        "cloud": CloudConfig,
    }
    return sections[str(location[0])] if location else StackConfig
