"""The stack's config: read once, checked whole, handed on as one typed value."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import ValidationError

from .config_sections import StackConfig
from .config_values import Section

NAMESPACE = "digital-twins-rbac"


class ConfigError(pulumi.RunError):
    """The stack's config cannot be used; the text names every wrong key and what would be right."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the stack's config cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))


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
    "bypass": "refuse or warn",
    "upgradeModels": "true or false",
    "allowUnsafe": "give the digest that the refusal printed, 64 digits",
    "profile": "dev or prod",
    "lock": "CanNotDelete is the only level",
    "allowedAddresses": "list address ranges, such as 203.0.113.0/24; an empty list means nobody",
    "database": "give the resource id of an Azure Data Explorer database",
    "eventHub": "give the resource id of an event hub",
    "endpoint": "give the name of one of instance.endpoints",
    "endpointUri": "give the address, as the portal shows it",
    "functionWheels": "linux or host",
}


def _hint(key: str) -> str:
    return _HINTS.get(key, "see docs/config.md")


def _nearest(location: tuple[Any, ...]) -> str:
    section = _section_at(location[:-1])
    known = [field.alias or name for name, field in section.model_fields.items()]
    match = get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {match[0]}?" if match else f"there are: {', '.join(known)}"


def _section_at(location: tuple[Any, ...]) -> type[Section]:
    """The section that a place of the config stands in; a tenant's name or a list's number leads to no other."""
    section: type[Section] = StackConfig
    for part in location:
        field = next((item for name, item in section.model_fields.items() if part in (item.alias, name)), None)
        if field is not None:
            section = _section_in(field.annotation) or section
    return section


def _section_in(annotation: Any) -> type[Section] | None:
    """The section in a field's type, whatever map, list or option is around it."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for item in get_args(annotation) if (found := _section_in(item))), None)
