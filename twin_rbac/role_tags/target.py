"""The instance that is meant, and how it is reached."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.credential import create_credential
from twin_rbac.clients.errors import AccessDenied
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.clients.reach import require_inside
from twin_rbac.clients.resource_manager import ResourceManagerClient
from twin_rbac.clients.transport import OnDenied
from twin_rbac.role_tags.waiting import RolePropagation, Say


@dataclass(frozen=True, kw_only=True)
class Target:
    """The instance whose twins are meant, and how it is reached."""

    endpoint: str
    """The data-plane URL."""
    instance_id: str | None = None
    """Its id in Resource Manager: lets a 403 be explained, and waited out after a role assignment."""
    cloud: Cloud = PUBLIC_CLOUD
    token: str | None = field(default=None, repr=False)
    """A bearer token to use in place of the environment's credential."""
    ca_file: str | None = None
    """Certificates to trust besides the system's."""


@asynccontextmanager
async def open_instance(target: Target, *, say: Say) -> AsyncIterator[InstanceClient]:
    """A client of the instance that waits out a 403 where Resource Manager says that the caller holds the action.

    Where the instance takes calls from inside its network alone and the caller is outside, nothing is waited for.

    Args:
        target: the instance; without its id a 403 is believed at once.
        say: is told what is waited for.

    Raises:
        AzureError: from the body, when a call fails for good; OutsideNetwork says that it is the network's doing.
    """
    ca_file = Path(target.ca_file) if target.ca_file else None
    async with AsyncExitStack() as stack:
        credential = await stack.enter_async_context(_credential_of(target))
        client = InstanceClient(
            target.endpoint,
            credential,
            cloud=target.cloud,
            on_denied=await _create_patience(target, credential, say, ca_file, stack),
            ca_file=ca_file,
        )
        yield await stack.enter_async_context(client)


class _GivenToken:
    """A credential that is one given token."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, int(time()) + 3600)

    async def close(self) -> None:
        """Holds nothing open."""

    async def __aenter__(self) -> "_GivenToken":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Holds nothing open."""


def _credential_of(target: Target) -> AsyncTokenCredential:
    return _GivenToken(target.token) if target.token else create_credential(cloud=target.cloud)


async def _create_patience(
    target: Target, credential: AsyncTokenCredential, say: Say, ca_file: Path | None, stack: AsyncExitStack
) -> OnDenied | None:
    instance_id = target.instance_id
    if instance_id is None:
        return None
    resource_manager = await stack.enter_async_context(ResourceManagerClient(credential, cloud=target.cloud))

    async def list_permissions() -> list[Mapping[str, Any]]:
        await require_inside(resource_manager, instance_id, target.endpoint, ca_file=ca_file)
        try:
            return await resource_manager.list_permissions(instance_id)
        except AccessDenied:
            # Who may not even ask is taken to hold nothing: the instance's own refusal is then what is reported.
            return []

    return RolePropagation(list_permissions, say=say).should_retry
