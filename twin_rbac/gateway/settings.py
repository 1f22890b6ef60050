"""The gateway's settings: read once from the environment, and wrong in one go."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from twin_rbac.access import Policy, PolicyInvalid
from twin_rbac.access.assignments import guid_of
from twin_rbac.clients.address import secure_url
from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.errors import EndpointRefused
from twin_rbac.gateway.errors import SettingsInvalid

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANCE = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.DigitalTwins/digitalTwinsInstances/[^/]+",
    re.IGNORECASE,
)
_SETTING = re.compile(r"^[a-z]+(?=:)")
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the gateway has to know. Nothing of it is secret."""

    endpoint: str
    """The instance's data plane."""
    instance_id: str
    """The instance's id in Resource Manager."""
    marker_roles: Mapping[str, str]
    """Role tag -> id of the marker role."""
    policy: Policy
    tenant_id: str
    client_id: str
    """Of the app registration that tokens are for."""
    cloud: Cloud
    identity_client_id: str
    """Of the user-assigned identity that asks the instance and Resource Manager."""

    @property
    def authority(self) -> str:
        """Where the tenant's tokens come from."""
        return f"{self.cloud.authority.rstrip('/')}/{self.tenant_id}"

    @property
    def issuer(self) -> str:
        """The claim `iss` of the tenant's tokens."""
        return f"{self.authority}/v2.0"

    @property
    def audiences(self) -> frozenset[str]:
        """The claim `aud` of tokens for the gateway."""
        return frozenset({self.client_id, f"api://{self.client_id}"})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The settings, each of them checked.

        Raises:
            SettingsInvalid: one or more are missing or wrong; all are named.
        """
        reader = _Reader(environment)
        values: dict[str, Any] = {
            "endpoint": reader.read("TWIN_RBAC_ENDPOINT", _address),
            "instance_id": reader.read("TWIN_RBAC_INSTANCE_ID", _instance_id),
            "marker_roles": reader.read("TWIN_RBAC_MARKER_ROLES", _marker_roles),
            "tenant_id": reader.read("TWIN_RBAC_TENANT_ID", _guid),
            "client_id": reader.read("TWIN_RBAC_CLIENT_ID", _guid),
            "cloud": reader.read("TWIN_RBAC_CLOUD", _cloud),
            "identity_client_id": reader.read("AZURE_CLIENT_ID", _guid),
        }
        tag = {name: reader.read(f"TWIN_RBAC_{name.upper()}", str) or "" for name in ("property", "key", "encoding")}
        reader.refuse_if_wrong()
        try:
            return cls(policy=Policy(roles=frozenset(values["marker_roles"]), **tag), **values)
        except PolicyInvalid as error:
            raise SettingsInvalid([f"TWIN_RBAC_{_SETTING.sub(lambda name: name[0].upper(), str(error))}"]) from error


class _Reader:
    """Reads settings one by one, and remembers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def read(self, name: str, convert: Callable[[str], _T]) -> _T | None:
        text = self._environment.get(name, "").strip()
        if not text:
            self._problems.append(f"{name} is missing")
            return None
        try:
            return convert(text)
        except (ValueError, EndpointRefused) as error:
            self._problems.append(f"{name}: {error}")
            return None

    def refuse_if_wrong(self) -> None:
        if self._problems:
            raise SettingsInvalid(self._problems)


def _address(text: str) -> str:
    return str(secure_url(text))


def _instance_id(text: str) -> str:
    if not _INSTANCE.fullmatch(text):
        raise ValueError(f"{text!r} is no id of an Azure Digital Twins instance")
    return text


def _guid(text: str) -> str:
    if not _GUID.fullmatch(text.lower()):
        raise ValueError(f"{text!r} is no GUID")
    return text.lower()


def _marker_roles(text: str) -> Mapping[str, str]:
    roles = _texts(text)
    guids = [guid_of(role_definition_id) for role_definition_id in roles.values()]
    for guid in guids:
        if not _GUID.fullmatch(guid):
            raise ValueError(f"{guid!r} is no name of a role definition")
    if len(set(guids)) != len(guids):
        raise ValueError("two role tags have the same role definition")
    return roles


def _cloud(text: str) -> Cloud:
    cloud = Cloud.from_mapping(_texts(text))
    for address in (cloud.authority, cloud.resource_manager):
        secure_url(address)
    return cloud


def _texts(text: str) -> Mapping[str, str]:
    document = json.loads(text)
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise ValueError(f"{text!r} is no JSON object of texts")
    return document
