"""An instance's twins as role tags need them; the only module of the package that talks to Azure."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential

from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.credential import create_credential
from twin_rbac.clients.errors import AccessDenied, InvalidRequest, PatchInvalid, PreconditionFailed, TwinNotFound
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.clients.reach import require_inside
from twin_rbac.clients.resource_manager import ResourceManagerClient
from twin_rbac.clients.transport import OnDenied
from twin_rbac.role_tags.at_once import for_each
from twin_rbac.role_tags.errors import PatchMismatch, TwinChanged, WriteFailed
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Change
from twin_rbac.role_tags.waiting import RolePropagation, Say

_IDS_PER_QUERY = 50
_CHARACTERS_PER_QUERY = 8000
"""What one query may hold (fact sheet adt-data-plane, section 6)."""


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


class TagStore:
    """Reads and writes the role tags of one instance."""

    def __init__(self, client: InstanceClient, rules: TagRules) -> None:
        self._client = client
        self._rules = rules

    async def read_index(self, twin_ids: Iterable[str]) -> dict[str, TwinTags]:
        """The given twins, and all that carry the key, as the query index has them: up to 10 s old.

        Raises:
            AzureError: a call failed for good.
        """
        twins: dict[str, TwinTags] = {}

        async def read(condition: str) -> None:
            async for twin in self._query(condition):
                twins[twin.twin_id] = twin

        await read(f"IS_DEFINED(T.{self._rules.property}.{self._rules.key})")
        await for_each(list(_id_conditions(twin_id for twin_id in twin_ids if twin_id not in twins)), read)
        return twins

    async def read_twins(self, twin_ids: Iterable[str]) -> dict[str, TwinTags]:
        """The given twins as they are now, each read by its id; what is not in the answer does not exist.

        Raises:
            AzureError: a call failed for good.
        """
        twins: dict[str, TwinTags] = {}

        async def read(twin_id: str) -> None:
            try:
                twins[twin_id] = self._twin_of(await self._client.get_twin(twin_id))
            except TwinNotFound:
                return

        await for_each(twin_ids, read)
        return twins

    async def write(self, change: Change, *, whole_map: bool) -> None:
        """Carries out the change if the twin still has the etag that was read.

        Args:
            change: the twin and its new role tag.
            whole_map: write the map of tags with the other tags as they were read, in place of its one key. The
                service takes a key only where the map exists, and the etag keeps anything from being lost.

        Raises:
            TwinChanged: the twin has another etag by now, or is gone.
            PatchMismatch: the service finds that the patch does not fit the twin.
            WriteFailed: it refuses for another reason, such as a model without the map.
            AzureError: the call failed for good.
        """
        patch = [_whole_map_patch(change, self._rules) if whole_map else _key_patch(change, self._rules)]
        try:
            await self._client.update_twin(change.twin_id, patch, if_match=change.existing.etag)
        except (PreconditionFailed, TwinNotFound) as error:
            raise TwinChanged(change.twin_id) from error
        except PatchInvalid as error:
            raise PatchMismatch(change.twin_id, f"{error.code}: {error.reason}") from error
        except InvalidRequest as error:
            raise WriteFailed(change.twin_id, f"{error.code}: {error.reason}") from error

    async def _query(self, condition: str) -> AsyncIterator[TwinTags]:
        columns = f"T.$dtId, T.$etag, T.{self._rules.property}"
        text = f"SELECT {columns} FROM DIGITALTWINS T WHERE {condition}"  # noqa: S608  # names are checked, ids escaped
        async for row in self._client.query(text):
            yield self._twin_of(row)

    def _twin_of(self, document: Mapping[str, Any]) -> TwinTags:
        tags = document.get(self._rules.property)
        return TwinTags(
            twin_id=document["$dtId"], etag=document["$etag"], tags=tags if isinstance(tags, Mapping) else None
        )


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


def _key_patch(change: Change, rules: TagRules) -> Mapping[str, Any]:
    path = f"/{rules.property}/{rules.key}"
    if change.new is None:
        return {"op": "remove", "path": path}
    return {"op": "add", "path": path, "value": change.new}


def _whole_map_patch(change: Change, rules: TagRules) -> Mapping[str, Any]:
    others = {key: value for key, value in (change.existing.tags or {}).items() if key != rules.key}
    tags = others if change.new is None else {**others, rules.key: change.new}
    return {"op": "add", "path": f"/{rules.property}", "value": tags}


def _id_conditions(twin_ids: Iterable[str]) -> Iterator[str]:
    longest = _CHARACTERS_PER_QUERY - 400  # what stands around the list
    chunk: list[str] = []
    for literal in map(_literal, twin_ids):
        if chunk and (len(chunk) == _IDS_PER_QUERY or sum(map(len, chunk)) + len(chunk) + len(literal) > longest):
            yield f"T.$dtId IN [{','.join(chunk)}]"
            chunk = []
        chunk.append(literal)
    if chunk:
        yield f"T.$dtId IN [{','.join(chunk)}]"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
