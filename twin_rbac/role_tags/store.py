"""An instance's twins as role tags need them; with `target`, the only module of the package that talks to Azure."""

import sys
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Any, TypeVar

from twin_rbac.clients.errors import InvalidRequest, PatchInvalid, PreconditionFailed, TwinNotFound
from twin_rbac.clients.instance import MODELS_PER_REQUEST, InstanceClient
from twin_rbac.role_tags.at_once import for_each
from twin_rbac.role_tags.conditions import id_conditions, key_conditions, name_condition
from twin_rbac.role_tags.errors import PatchMismatch, TwinChanged, WriteFailed
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.patches import make_patch
from twin_rbac.role_tags.plan import Change
from twin_rbac.role_tags.target import Target, open_instance
from twin_rbac.role_tags.waiting import Say

_GROUP = 1000
"""How many answers are kept before they are handed on."""

Item = TypeVar("Item")


@asynccontextmanager
async def open_store(target: Target, rules: TagRules, progress: Say | None) -> "AsyncIterator[TagStore]":
    """An instance's role tags, for as long as the context lasts."""
    async with open_instance(target, say=progress or (lambda _line: None)) as client:
        yield TagStore(client, rules)


class TagStore:
    """Reads and writes the role tags of one instance."""

    def __init__(self, client: InstanceClient, rules: TagRules) -> None:
        self._client = client
        self._rules = rules

    async def stream_tagged(self, roles: Collection[str]) -> AsyncIterator[TwinTags]:
        """The twins that carry the tag, each once, as the query index has them: up to 10 s old.

        Args:
            roles: the roles whose markers count; by value, whatever the tag says counts.

        Raises:
            AzureError: a call failed for good.
        """
        conditions = key_conditions(self._rules, roles)
        seen: set[str] = set()
        for condition in conditions:
            async for twin in self._query(condition):
                if twin.twin_id in seen:
                    continue
                if len(conditions) > 1:
                    seen.add(twin.twin_id)
                yield twin

    async def stream_listed(self, twin_ids: Iterable[str]) -> AsyncIterator[TwinTags]:
        """The given twins, as the query index has them; what it does not have is left out.

        Raises:
            AzureError: a call failed for good.
        """
        found: list[TwinTags] = []

        async def read(condition: str) -> None:
            found.extend([twin async for twin in self._query(condition)])

        for conditions in _in_groups(id_conditions(twin_ids)):
            await for_each(conditions, read)
            for twin in found:
                yield twin
            found.clear()

    async def stream_twins(self, twin_ids: Iterable[str]) -> AsyncIterator[TwinTags]:
        """As `read_twins`, in groups, so that not all have to be kept.

        Raises:
            AzureError: a call failed for good.
        """
        for group in _in_groups(twin_ids):
            for twin in (await self.read_twins(group)).values():
                yield twin

    async def create_models(self, models: Sequence[Mapping[str, Any]]) -> None:
        """Creates those of the models that are not there, given each after those that it depends on.

        Raises:
            AzureError: a call failed for good.
        """
        if not models:
            return
        present = {str(item["id"]) for item in await self._client.list_models()}
        absent = [model for model in models if model["@id"] not in present]
        for start in range(0, len(absent), MODELS_PER_REQUEST):
            await self._client.create_models(absent[start : start + MODELS_PER_REQUEST])

    async def list_decommissioned(self) -> frozenset[str]:
        """The models that take no new twins.

        Raises:
            AzureError: a call failed for good.
        """
        return frozenset(str(item["id"]) for item in await self._client.list_models() if item.get("decommissioned"))

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

    async def scan(self) -> AsyncIterator[tuple[str, str]]:
        """Every twin and its model, as the query index has them: up to 10 s old.

        Raises:
            AzureError: a call failed for good.
        """
        async for row in self._client.query("SELECT T.$dtId, T.$metadata.$model FROM DIGITALTWINS T"):
            yield row["$dtId"], _model_of(row) or ""

    async def query_ids(self, text: str) -> AsyncIterator[str]:
        """The twins that a query of whole twins finds; it is sent as it is, and the index is up to 10 s old.

        Raises:
            AzureError: a call failed for good.
        """
        async for row in self._client.query(text):
            # Under the alias for `SELECT T FROM …` (fact sheet adt-query-language, section 3.1).
            twin = row if "$dtId" in row else next(iter(row.values()))
            yield twin["$dtId"]

    async def read_models(self, twin_ids: Iterable[str]) -> dict[str, str]:
        """The given twins' models as they are now, each read by its id; what is not in the answer does not exist.

        Raises:
            AzureError: a call failed for good.
        """
        models: dict[str, str] = {}

        async def read(twin_id: str) -> None:
            with suppress(TwinNotFound):
                models[twin_id] = _model_of(await self._client.get_twin(twin_id)) or ""

        await for_each(twin_ids, read)
        return models

    async def list_children(self, twin_ids: Collection[str], names: Collection[str]) -> dict[str, list[str]]:
        """Twin -> the targets of its relationships of those names, as the query index has them: up to 10 s old.

        By query, since who tags twins holds no right to read relationships one by one (design section 2).

        Raises:
            AzureError: a call failed for good.
        """
        children: dict[str, list[str]] = {}
        # Names that do not fit beside the ids are told apart here alone.
        named = name_condition("R.$relationshipName", names)

        async def read(condition: str) -> None:
            text = f"SELECT * FROM RELATIONSHIPS R WHERE {condition}{named}"  # noqa: S608  # ids and names are escaped
            async for row in self._client.query(text):
                if row["$relationshipName"] in names:
                    children.setdefault(row["$sourceId"], []).append(row["$targetId"])

        await for_each(id_conditions(twin_ids, column="R.$sourceId"), read)
        return children

    async def list_models(self) -> dict[str, Mapping[str, Any]]:
        """The DTDL of all models, by id.

        Raises:
            AzureError: a call failed for good.
        """
        return {str(item["id"]): item["model"] for item in await self._client.list_models(with_definition=True)}

    async def write(self, change: Change, *, whole_map: bool) -> None:
        """Carries out the change if the twin still has the etag that was read.

        Args:
            change: the twin and its new role tag.
            whole_map: write the map of tags with the other tags as they were read, in place of its keys. The
                service takes a key only where the map exists, and the etag keeps anything from being lost.

        Raises:
            TwinChanged: the twin has another etag by now, or is gone.
            PatchMismatch: the service finds that the patch does not fit the twin.
            WriteFailed: it refuses for another reason, such as a model without the map.
            AzureError: the call failed for good.
        """
        patch = make_patch(change, self._rules, whole_map=whole_map)
        try:
            await self._client.update_twin(change.twin_id, patch, if_match=change.existing.etag)
        except TwinNotFound as error:
            raise TwinChanged(change.twin_id) from error
        except PreconditionFailed as error:
            raise TwinChanged(change.twin_id, maybe_by_us=error.maybe_done) from error
        except PatchInvalid as error:
            raise PatchMismatch(change.twin_id, f"{error.code}: {error.reason}") from error
        except InvalidRequest as error:
            raise WriteFailed(change.twin_id, f"{error.code}: {error.reason}") from error

    async def _query(self, condition: str) -> AsyncIterator[TwinTags]:
        columns = f"T.$dtId, T.$etag, T.$metadata.$model, T.{self._rules.property}"
        text = f"SELECT {columns} FROM DIGITALTWINS T WHERE {condition}"  # noqa: S608  # names are checked, ids escaped
        async for row in self._client.query(text):
            yield self._twin_of(row)

    def _twin_of(self, document: Mapping[str, Any]) -> TwinTags:
        tags = document.get(self._rules.property)
        return TwinTags(
            twin_id=document["$dtId"],
            etag=document["$etag"],
            tags=tags if isinstance(tags, Mapping) else None,
            model_id=_model_of(document),
        )


def _in_groups(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while group := list(islice(rest, _GROUP)):
        yield group


def _model_of(document: Mapping[str, Any]) -> str | None:
    # A column is called after the last part of its path (fact sheet adt-query-language, section 3.1).
    metadata = document.get("$metadata")
    model_id = (metadata if isinstance(metadata, Mapping) else document).get("$model")
    return sys.intern(model_id) if isinstance(model_id, str) else None
