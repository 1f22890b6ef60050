"""What a stack's config may say, section by section, each value checked by itself and against the others."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel


class PrincipalType(StrEnum):
    """What a role is assigned to; always explicit, because Azure takes a missing one for User."""

    USER = "User"
    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"


class Section(BaseModel):
    """A mapping of the config; an unknown key is refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


def _guid(value: object, what: str) -> str:
    try:
        identifier = UUID(str(value))
    except ValueError:
        raise ValueError(f"must be {what}, such as 0f3c0000-0000-4000-8000-000000000010") from None
    if identifier.int == 0:
        raise ValueError(f"is still the placeholder; give {what}")
    return str(identifier)


def _object_id(value: object) -> str:
    return _guid(value, "the object id of a principal")


def _application_id(value: object) -> str:
    return _guid(value, "the client id of an application")


class PrincipalConfig(Section):
    """A principal that is given a role."""

    principal_id: str
    """Its object id in the directory; never an application (client) id."""
    principal_type: PrincipalType

    _check_id = field_validator("principal_id", mode="before")(_object_id)


class TenantConfig(PrincipalConfig):
    """A tenant: a principal and the role tags whose twins it may see."""

    roles: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("roles")
    @classmethod
    def _are_distinct(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        for role in roles:
            if roles.count(role) > 1:
                raise ValueError(f"{role!r} stands there twice; list each role once")
        return roles


class InstanceConfig(Section):
    """Settings of the Azure Digital Twins instance."""

    protect: bool = True
    """Pulumi's guard: a change that would replace or delete the instance fails in the preview."""


class GatewayConfig(Section):
    """Settings of the gateway."""

    create_registration: bool = True
    """Whether the program makes the app registration that the gateway's tokens are for."""
    client_id: str | None = None
    """The client id of an app registration that there is already; none is made then."""
    clients: tuple[Annotated[str, BeforeValidator(_application_id)], ...] = ()
    """Client ids of applications that may ask for the gateway's tokens without anybody's consent."""

    @field_validator("client_id", mode="before")
    @classmethod
    def _is_a_guid(cls, value: object) -> str | None:
        return None if value is None else _guid(value, "the client id of an app registration")

    @field_validator("clients")
    @classmethod
    def _are_distinct(cls, clients: tuple[str, ...]) -> tuple[str, ...]:
        for client in clients:
            if clients.count(client) > 1:
                raise ValueError(f"{client} stands there twice; list each client once")
        return clients

    @model_validator(mode="after")
    def _has_one_registration(self) -> Self:
        if self.client_id is None and not self.create_registration:
            raise ValueError("createRegistration is false: give clientId, the registration that there is already")
        if self.client_id is not None and self.clients:
            raise ValueError(
                f"clients has no effect on the registration {self.client_id}, which is not the program's: leave "
                "clients out, and set them on that registration (api.preAuthorizedApplications)"
            )
        return self


class Bypass(StrEnum):
    """What happens when a tenant holds rights on the instance itself."""

    REFUSE = "refuse"
    WARN = "warn"


class FunctionWheels(StrEnum):
    """Which platform the gateway's packages are for."""

    LINUX = "linux"
    HOST = "host"


class CloudConfig(Section):
    """Addresses of an Azure that is not the public one: the local stack, sovereign clouds."""

    resource_manager: str | None = None
    authority: str | None = None
    resource_manager_audience: str | None = None
    digital_twins_audience: str | None = None
    function_wheels: FunctionWheels = FunctionWheels.LINUX
    """`host` on the local stack, which runs the gateway on this machine's Python."""

    def addresses(self) -> dict[str, str]:
        """What a client of Azure has to know, by its key here; what is not set is the public cloud's."""
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"function_wheels"})


class StackConfig(Section):
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
    gateway: GatewayConfig = GatewayConfig()
    bypass: Bypass = Bypass.REFUSE
    """What to do about a tenant that holds rights on the instance itself, and so needs no gateway."""
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
