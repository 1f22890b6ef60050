"""An instance without a wire: the emulator's own rules, called in place of the client's requests."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.digital_twins.errors import PatchInvalid as Refused
from emulator.digital_twins.errors import ValidationFailed
from emulator.digital_twins.evaluate import run_query
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.json_patch import parse_patch
from emulator.digital_twins.models import Models
from emulator.digital_twins.twins import create_twin, patch_twin
from emulator.faults import Faults
from emulator.storage import Storage
from twin_rbac.clients.errors import InvalidRequest, PatchInvalid, PreconditionFailed, TwinNotFound
from twin_rbac.query import parse

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def load_models(definitions: Sequence[Mapping[str, Any]]) -> Models:
    storage = Storage()
    authorizer: Any = None
    instance = Instance(
        key="here", storage=storage, clock=Clock(), faults=Faults(), counters=Counters(storage), authorizer=authorizer
    )
    models = Models(instance)
    models.add(list(definitions))
    return models


class InProcess:
    """What `TagStore` needs of `InstanceClient`."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.twins: dict[str, dict[str, Any]] = {}
        self.relationships: list[dict[str, Any]] = []
        self.writes = 0

    def put(self, twin_id: str, model_id: str, **properties: Any) -> None:
        body = {"$metadata": {"$model": model_id}, **properties}
        self.twins[twin_id] = dict(create_twin(twin_id, body, self.models, NOW))

    def relate(self, source_id: str, name: str, target_id: str) -> None:
        self.relationships.append({"$sourceId": source_id, "$relationshipName": name, "$targetId": target_id})

    async def query(self, text: str) -> AsyncIterator[Mapping[str, Any]]:
        for row in run_query(parse(text), list(self.twins.values()), self.relationships, self.models):
            yield row

    async def get_twin(self, twin_id: str) -> Mapping[str, Any]:
        if twin_id not in self.twins:
            raise TwinNotFound(twin_id)
        return self.twins[twin_id]

    async def update_twin(self, twin_id: str, patch: Sequence[Mapping[str, Any]], *, if_match: str) -> str:
        twin = await self.get_twin(twin_id)
        if twin["$etag"] != if_match:
            raise PreconditionFailed(f"update of twin {twin_id!r}")
        try:
            patched = dict(patch_twin(dict(twin), parse_patch([dict(item) for item in patch]), self.models, NOW))
        except Refused as error:
            raise PatchInvalid("update", status=400, code="JsonPatchInvalid", reason=str(error)) from error
        except ValidationFailed as error:
            raise InvalidRequest("update", status=400, code="ValidationFailed", reason=str(error)) from error
        self.twins[twin_id] = patched
        self.writes += 1
        return str(patched["$etag"])

    async def list_models(self, *, with_definition: bool = False) -> list[Mapping[str, Any]]:
        assert with_definition
        return list(self.models.documents())
