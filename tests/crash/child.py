"""What is killed: one apply or undo of a scenario through the library, in a process of its own."""

import asyncio
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any, Literal

from azure.core.credentials import AccessToken

from tests.crash.scenario import Scenario
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.clients.rate import RateLimiter
from twin_rbac.role_tags.apply import Progress, apply_plan
from twin_rbac.role_tags.journal import Header, Journal, find_latest, find_unfinished, read
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import make_plan
from twin_rbac.role_tags.store import TagStore
from twin_rbac.role_tags.undo import apply_undo, plan_undo

Phase = Literal["apply", "undo"]
WRITES_PER_SECOND = 250.0
DIGEST = "5f2c8a1d"


class Token:
    """A credential; the instance takes any."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken("crash", int(time()) + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "Token":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        pass


def start(phase: Phase, scenario: Scenario, endpoint: str, folder: Path) -> tuple[int, int]:
    """Starts the work in a new process; its id, and where a byte comes out at its first and last write.

    Forked, not started anew: loading the libraries would take longer than the work.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    code = 1
    try:
        os.close(reading)
        asyncio.run(_Task(scenario, endpoint, folder, _teller(writing)).carry_out(phase))
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _teller(descriptor: int) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.done in {1, progress.total}:
            os.write(descriptor, b"w")

    return tell


@dataclass(frozen=True)
class _Task:
    scenario: Scenario
    endpoint: str
    folder: Path
    tell: Callable[[Progress], None]

    async def carry_out(self, phase: Phase) -> None:
        rules = self.scenario.rules
        async with InstanceClient(self.endpoint, Token(), rate=RateLimiter(WRITES_PER_SECOND)) as client:
            existing = {row["$dtId"]: _tags(row, rules) async for row in client.query("SELECT * FROM DIGITALTWINS")}
            store = TagStore(client, rules)
            await (self._apply(store, existing) if phase == "apply" else self._undo(store, existing))

    async def _apply(self, store: TagStore, existing: Mapping[str, TwinTags]) -> None:
        cases = self.scenario.cases
        desired = {twin_id: case.role for twin_id, case in cases.items() if case.role}
        declared = [twin_id for twin_id, case in cases.items() if not case.role]
        plan = make_plan(self.scenario.rules, desired, declared=declared, existing=existing)
        with self._journal() as journal:
            await apply_plan(plan, store, journal=journal, on_write=self.tell)

    async def _undo(self, store: TagStore, existing: Mapping[str, TwinTags]) -> None:
        path = find_latest(self.folder, self.endpoint)
        assert path is not None
        with Journal.resume(path) as journal:
            await apply_undo(plan_undo(read(path), existing), store, journal=journal, on_write=self.tell)

    def _journal(self) -> Journal:
        unfinished = find_unfinished(self.folder, self.endpoint, DIGEST)
        if unfinished:
            return Journal.resume(unfinished.path)
        header = Header(endpoint=self.endpoint, manifest="crash.yaml", digest=DIGEST, rules=self.scenario.rules)
        return Journal.create(self.folder, header)


def _tags(row: Mapping[str, Any], rules: TagRules) -> TwinTags:
    return TwinTags(twin_id=row["$dtId"], etag=row["$etag"], tags=row.get(rules.property))
