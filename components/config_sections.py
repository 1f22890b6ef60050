"""What a stack's config may say, section by section, each value checked by itself and against the others."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from .config_gateway import GatewayConfig
from .config_instance import DIAGNOSTICS_OFF, InstanceConfig, NetworkConfig
from .config_values import Section, check_guid


class PrincipalType(StrEnum):
    """What a role is assigned to; always explicit, because Azure takes a missing one for User."""

    USER = "User"
    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"


def _object_id(value: object) -> str:
    return check_guid(value, "the object id of a principal")


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


class Profile(StrEnum):
    """A set of defaults, each of which can be set by itself."""

    DEV = "dev"
    """Cheap: reached from the addresses that are listed."""
    PROD = "prod"
    """Private: instance and gateway are reached from inside a network."""


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
    """Path of the role-tags manifest, a file or a folder of them, relative to the project."""
    tenants: Annotated[dict[str, TenantConfig], Field(min_length=1)]
    deployers: Annotated[tuple[PrincipalConfig, ...], Field(min_length=1)]
    """Principals that run pulumi up: they get the tagger role and, where a graph is seeded, the loader role."""
    profile: Profile = Profile.DEV
    taggers: tuple[PrincipalConfig, ...] = ()
    """Principals that may apply role tags outside pulumi up, and nothing else."""
    drift_readers: tuple[PrincipalConfig, ...] = ()
    """Principals that may read the resource group and the instance to find drift."""
    graph: str | None = None
    """Path of an import-job NDJSON file, relative to the project: twins that are seeded once."""
    instance: InstanceConfig = InstanceConfig()
    network: NetworkConfig = NetworkConfig()
    gateway: GatewayConfig = GatewayConfig()
    upgrade_models: bool = False
    """Whether models that cannot hold the tag get a next version that can, and their twins move to it."""
    allow_unsafe: str | None = None
    """The digest of the one manifest that may go past its limits, as the refusal printed it."""
    bypass: Bypass = Bypass.REFUSE
    """What to do about a tenant that holds rights on the instance itself, and so needs no gateway."""
    cloud: CloudConfig = CloudConfig()

    @field_validator("manifest")
    @classmethod
    def _is_there(cls, path: str) -> str:
        if not Path(path).exists():
            raise ValueError(f"there is no file {path!r} in the project's folder {Path.cwd().name!r}")
        return path

    @field_validator("graph")
    @classmethod
    def _is_a_file(cls, path: str | None) -> str | None:
        if path is not None and not Path(path).is_file():
            raise ValueError(f"there is no file {path!r} in the project's folder {Path.cwd().name!r}")
        return path

    @field_validator("allow_unsafe")
    @classmethod
    def _is_a_digest(cls, digest: str | None) -> str | None:
        if digest is not None and not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise ValueError(f"{digest!r} is no digest of a manifest; copy the 64 digits that the refusal printed")
        return digest

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

    @model_validator(mode="after")
    def _has_subnets_of_one_network(self) -> Self:
        endpoint, gateway = self.network.private_endpoint_subnet_id, self.network.gateway_subnet_id
        if self.needs_endpoint_subnet and gateway is not None and endpoint is None:
            raise ValueError(
                "network.gatewaySubnetId is given and privateEndpointSubnetId is not: the gateway would not reach a "
                "private endpoint in a network that is made; give both, or neither"
            )
        if self.calls_from_network and endpoint is not None and gateway is None:
            raise ValueError(
                "network.privateEndpointSubnetId is given and gatewaySubnetId is not: the gateway would not reach a "
                "private endpoint in that network from one that is made; give both, or neither"
            )
        return self

    @property
    def is_private(self) -> bool:
        """Whether the instance that the stack makes is reached from inside a network alone."""
        if self.instance.resource_id is not None:
            return False
        return self._choose(self.instance, "private_endpoint")

    @property
    def gateway_is_private(self) -> bool:
        """Whether the gateway is reached from inside a network."""
        return self._choose(self.gateway, "private_endpoint")

    @property
    def needs_endpoint_subnet(self) -> bool:
        """Whether there is a private endpoint."""
        return self.is_private or self.gateway_is_private

    @property
    def calls_from_network(self) -> bool:
        """Whether the gateway calls from inside a network: an existing instance may be private too."""
        return self.is_private or self.gateway_is_private or self.network.gateway_subnet_id is not None

    @property
    def zone_redundant(self) -> bool:
        """Whether gateway and host storage go on when a zone of the region is down."""
        return self._choose(self.gateway, "zone_redundant")

    @property
    def alerts(self) -> bool:
        """Whether many refusals or errors of the gateway raise an alert."""
        return self._choose(self.gateway, "alerts")

    @property
    def has_diagnostics(self) -> bool:
        """Whether the instance that the stack makes sends its logs somewhere."""
        return self.instance.resource_id is None and self.instance.diagnostics != DIAGNOSTICS_OFF

    def _choose(self, section: Section, setting: str) -> bool:
        given: bool | None = getattr(section, setting)
        return self.profile is Profile.PROD if given is None else given
