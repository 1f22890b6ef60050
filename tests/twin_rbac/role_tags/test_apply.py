import asyncio
import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.role_tags.apply import Applied, Progress, apply_plan
from twin_rbac.role_tags.errors import ApplyIncomplete, PatchMismatch, TwinChanged, WriteFailed
from twin_rbac.role_tags.journal import Entry, Header, Journal, read
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.patches import make_patch
from twin_rbac.role_tags.plan import Change, Plan, make_plan

RULES = TagRules(roles=("Earth", "Fire"))


class Twins:
    """Twins in memory that take writes as an instance does, and let a test meddle before each write."""

    def __init__(self, **tags: dict[str, Any] | None) -> None:
        self.tags = tags
        self.versions = dict.fromkeys(tags, 1)
        self.writes: list[str] = []
        self.models: dict[str, str] = {}
        self.rules = RULES
        self.meddle: Callable[[Change], None] = lambda _change: None
        self.lost_an_answer = False
        """Whether a write that finds another etag was tried before and got no answer."""
        self.refuses_keys = False
        """Whether the service says that the map is not there although a read shows one."""

    def existing(self) -> dict[str, TwinTags]:
        return {
            twin_id: TwinTags(
                twin_id=twin_id, etag=str(self.versions[twin_id]), tags=tags, model_id=self.models.get(twin_id)
            )
            for twin_id, tags in self.tags.items()
        }

    def touch(self, twin_id: str, tags: dict[str, Any] | None) -> None:
        self.tags[twin_id] = tags
        self.versions[twin_id] = self.versions.get(twin_id, 0) + 1

    async def read_twins(self, twin_ids: Iterable[str]) -> dict[str, TwinTags]:
        return {twin_id: twin for twin_id, twin in self.existing().items() if twin_id in set(twin_ids)}

    async def write(self, change: Change, *, whole_map: bool) -> None:
        await asyncio.sleep(0)  # as a call over the network lets others go on
        self.meddle(change)
        twin_id = change.twin_id
        if twin_id not in self.tags or str(self.versions[twin_id]) != change.existing.etag:
            raise TwinChanged(twin_id, maybe_by_us=self.lost_an_answer)
        present = self.tags[twin_id]
        if not whole_map and (present is None or self.refuses_keys):
            raise PatchMismatch(twin_id, "JsonPatchInvalid: tags does not exist on component")
        self.writes.append(twin_id)
        self.touch(twin_id, self._patched(twin_id, make_patch(change, self.rules, whole_map=whole_map)))

    def _patched(self, twin_id: str, patch: Iterable[Any]) -> dict[str, Any]:
        tags = dict(self.tags[twin_id] or {})
        for operation in patch:
            _, name, *rest = operation["path"].split("/")
            if name == "$metadata":
                self.models[twin_id] = operation["value"]
            elif not rest:
                tags = operation["value"]
            elif operation["op"] == "remove":
                del tags[rest[0]]
            else:
                tags[rest[0]] = operation["value"]
        return tags


def plan_for(twins: Twins, desired: dict[str, str], declared: Iterable[str] = (), rules: TagRules = RULES) -> Plan:
    return make_plan(rules, desired, declared=list(declared), existing=twins.existing())


def carry_out(plan: Plan, twins: Twins, **options: Any) -> Applied:
    async def no_pause(_seconds: float) -> None:
        await asyncio.sleep(0)

    return asyncio.run(apply_plan(plan, twins, sleep=no_pause, **options))


def test_the_twins_carry_what_was_planned_and_keep_their_other_tags() -> None:
    twins = Twins(A=None, B={"role": "Fire", "floor": "1"}, C={"floor": "2"}, D={"role": "Fire", "floor": "3"})
    applied = carry_out(plan_for(twins, {"A": "Earth", "B": "Earth", "C": "Earth"}, declared="D"), twins)

    assert twins.tags == {
        "A": {"role": "Earth"},
        "B": {"role": "Earth", "floor": "1"},
        "C": {"role": "Earth", "floor": "2"},
        "D": {"floor": "3"},
    }
    assert (applied.written, applied.skipped) == (4, 0)


def test_what_is_right_is_not_written() -> None:
    twins = Twins(A={"role": "Earth"})
    applied = carry_out(plan_for(twins, {"A": "Earth"}), twins)

    assert (twins.writes, applied.written) == ([], 0)


def test_a_twin_that_changed_meanwhile_is_read_and_decided_again_and_nothing_of_the_others_is_lost() -> None:
    twins = Twins(A={"floor": "1"})
    plan = plan_for(twins, {"A": "Earth"})
    twins.touch("A", {"floor": "2", "new": "yes"})

    assert carry_out(plan, twins).written == 1
    assert twins.tags["A"] == {"floor": "2", "new": "yes", "role": "Earth"}


@pytest.mark.parametrize("lost", [False, True])
def test_a_twin_that_is_right_after_a_412_is_not_written_again_and_counts_as_ours_where_an_answer_was_lost(
    *, lost: bool
) -> None:
    twins = Twins(A=None)
    plan = plan_for(twins, {"A": "Earth"})
    twins.touch("A", {"role": "Earth"})
    twins.lost_an_answer = lost
    applied = carry_out(plan, twins)

    assert (twins.writes, applied.written, applied.skipped) == ([], int(lost), int(not lost))


def test_a_role_that_someone_else_put_on_a_twin_that_left_the_manifest_is_taken_off_all_the_same() -> None:
    twins = Twins(A={"role": "Earth"})
    plan = plan_for(twins, {}, declared="A")
    twins.touch("A", {"role": "Fire"})

    assert carry_out(plan, twins).written == 1
    assert twins.tags["A"] == {}


def test_what_is_no_role_stays_on_a_twin_that_left_the_manifest() -> None:
    twins = Twins(A={"role": "Earth"})
    plan = plan_for(twins, {}, declared="A")
    twins.touch("A", {"role": "somebody-elses"})

    assert carry_out(plan, twins).written == 0
    assert twins.tags["A"] == {"role": "somebody-elses"}


def test_a_map_that_appeared_meanwhile_is_not_replaced() -> None:
    twins = Twins(A=None)
    plan = plan_for(twins, {"A": "Earth"})
    twins.touch("A", {"floor": "1"})
    carry_out(plan, twins)

    assert twins.tags["A"] == {"floor": "1", "role": "Earth"}


def test_where_the_service_misses_the_map_that_a_read_shows_the_whole_map_is_written_once() -> None:
    twins = Twins(A={"floor": "1"})
    twins.refuses_keys = True
    applied = carry_out(plan_for(twins, {"A": "Earth"}), twins)

    assert applied.written == 1
    assert twins.tags["A"] == {"floor": "1", "role": "Earth"}


def test_a_map_that_went_away_meanwhile_is_added() -> None:
    twins = Twins(A={"floor": "1"})
    plan = plan_for(twins, {"A": "Earth"})

    def lose_the_map_unseen(change: Change) -> None:
        # The same version as was read, so that the service answers 400 and not 412.
        twins.tags["A"] = None
        twins.meddle = lambda _change: None

    twins.meddle = lose_the_map_unseen
    assert carry_out(plan, twins).written == 1
    assert twins.tags["A"] == {"role": "Earth"}


def test_a_writer_who_changes_other_tags_all_the_time_loses_nothing() -> None:
    twins = Twins(**{str(number): {"count": 0} for number in range(40)})
    left = dict.fromkeys(twins.tags, 3)

    def count_up(change: Change) -> None:
        twin_id = change.twin_id
        if left[twin_id]:
            left[twin_id] -= 1
            tags = twins.tags[twin_id] or {}
            twins.touch(twin_id, {**tags, "count": tags["count"] + 1})

    twins.meddle = count_up
    applied = carry_out(plan_for(twins, dict.fromkeys(twins.tags, "Earth")), twins)

    assert applied.written == 40
    assert all(tags == {"count": 3, "role": "Earth"} for tags in twins.tags.values())


def test_a_twin_that_is_never_left_alone_is_reported_and_the_others_are_written() -> None:
    twins = Twins(A={}, B={})
    twins.meddle = lambda change: twins.touch("A", {}) if change.twin_id == "A" else None

    with pytest.raises(ApplyIncomplete, match=r"twin 'A': someone else keeps changing it") as caught:
        carry_out(plan_for(twins, {"A": "Earth", "B": "Earth"}), twins)
    assert caught.value.written == 1
    assert twins.tags["B"] == {"role": "Earth"}


def test_a_refused_twin_is_named_with_the_services_reason_and_the_others_are_written() -> None:
    twins = Twins(A={}, B={}, C={})

    def refuse(change: Change) -> None:
        if change.twin_id in {"A", "C"}:
            reason = "ValidationFailed: Invalid twin specified; tags does not appear on the DTDL for Twin."
            raise WriteFailed(change.twin_id, reason)

    twins.meddle = refuse
    with pytest.raises(ApplyIncomplete) as caught:
        carry_out(plan_for(twins, {"A": "Earth", "B": "Earth", "C": "Earth"}), twins)
    assert str(caught.value).split("\n") == [
        "2 twins could not be written (1 were); run again after mending these:",
        "  twin 'A': ValidationFailed: Invalid twin specified; tags does not appear on the DTDL for Twin.",
        "  twin 'C': ValidationFailed: Invalid twin specified; tags does not appear on the DTDL for Twin.",
    ]


@pytest.mark.parametrize("missing", ["error", "skip"])
def test_a_twin_that_is_deleted_meanwhile_is_an_error_unless_it_may_be(missing: Any) -> None:
    twins = Twins(A={})
    plan = plan_for(twins, {"A": "Earth"}, rules=TagRules(roles=("Earth",), missing=missing))
    del twins.tags["A"]

    if missing == "error":
        with pytest.raises(ApplyIncomplete, match="it was deleted meanwhile"):
            carry_out(plan, twins)
    else:
        assert carry_out(plan, twins).skipped == 1


def test_a_deleted_twin_has_lost_its_role_already() -> None:
    twins = Twins(A={"role": "Earth"})
    plan = plan_for(twins, {}, declared="A")
    del twins.tags["A"]

    assert carry_out(plan, twins).skipped == 1


def test_an_error_of_the_service_stops_the_run_and_says_how_far_it_came() -> None:
    twins = Twins(**{str(number): {} for number in range(200)})

    def fail_after_ten(_change: Change) -> None:
        if len(twins.writes) == 10:
            raise RuntimeError("the instance is gone")

    twins.meddle = fail_after_ten
    with pytest.raises(RuntimeError, match="the instance is gone") as caught:
        carry_out(plan_for(twins, dict.fromkeys(twins.tags, "Earth")), twins)
    assert len(twins.writes) == 10
    assert caught.value.__notes__ == ["10 of 200 twins were written before; run again to go on"]


def test_a_run_that_is_done_again_writes_what_is_left() -> None:
    twins = Twins(**{str(number): {} for number in range(50)})
    desired = dict.fromkeys(twins.tags, "Earth")

    def fail_half_way(_change: Change) -> None:
        if len(twins.writes) == 25:
            raise RuntimeError

    twins.meddle = fail_half_way
    with pytest.raises(RuntimeError):
        carry_out(plan_for(twins, desired), twins)
    twins.meddle = lambda _change: None
    applied = carry_out(plan_for(twins, desired), twins)

    assert (applied.written, applied.plan.unchanged) == (25, 25)
    assert sorted(twins.writes) == sorted(desired)


def test_a_run_that_is_cancelled_writes_nothing_more() -> None:
    twins = Twins(**{str(number): {} for number in range(200)})
    plan = plan_for(twins, dict.fromkeys(twins.tags, "Earth"))

    async def run() -> None:
        def cancel_after_ten(_change: Change) -> None:
            if len(twins.writes) == 10:
                task.cancel()

        twins.meddle = cancel_after_ten
        task = asyncio.create_task(apply_plan(plan, twins))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    stopped_at = len(twins.writes)
    assert 10 <= stopped_at < 200
    assert sum("role" in (tags or {}) for tags in twins.tags.values()) == stopped_at


def test_progress_counts_every_change_once() -> None:
    twins = Twins(A={}, B={}, C={})
    seen: list[Progress] = []

    def refuse(change: Change) -> None:
        if change.twin_id == "B":
            raise WriteFailed("B", "ValidationFailed: no")

    twins.meddle = refuse
    with pytest.raises(ApplyIncomplete):
        carry_out(plan_for(twins, dict.fromkeys("ABC", "Earth")), twins, on_write=seen.append)

    assert [(progress.done, progress.total) for progress in seen] == [(1, 3), (2, 3), (3, 3)]
    assert (seen[0].failed, seen[0].last_error) == (0, None)
    assert (seen[2].written, seen[2].failed, seen[2].last_error) == (2, 1, "twin 'B': ValidationFailed: no")


def test_with_markers_a_listed_twin_gets_its_own_and_loses_the_others_of_the_manifest() -> None:
    rules = TagRules(roles=("Earth", "Fire", "Wind"), encoding="marker")
    twins = Twins(A=None, B={"Fire": True, "note": False}, C={"Wind": True, "Earth": False}, D={"Earth": True})
    twins.rules = rules
    applied = carry_out(plan_for(twins, {"A": "Earth", "B": "Earth,Fire", "C": "Earth"}, "D", rules), twins)

    assert applied.written == 4
    assert twins.tags == {
        "A": {"Earth": True},
        "B": {"Earth": True, "Fire": True, "note": False},
        "C": {"Earth": False},
        "D": {},
    }


def test_a_marker_that_somebody_else_puts_on_meanwhile_is_judged_as_the_first_ones_were() -> None:
    rules = TagRules(roles=("Earth", "Fire"), encoding="marker")
    twins = Twins(A={"Fire": True})
    twins.rules = rules
    plan = plan_for(twins, {"A": "Earth"}, rules=rules)
    twins.touch("A", {"Fire": True, "Earth": True, "other": True})

    assert carry_out(plan, twins).written == 1
    assert twins.tags["A"] == {"Earth": True, "other": True}


def moving_plan(twins: Twins) -> Plan:
    twins.models = {"A": "dtmi:old;1"}
    plan = plan_for(twins, {"A": "Earth"})
    return dataclasses.replace(
        plan, changes=tuple(dataclasses.replace(change, model_id="dtmi:old;2") for change in plan.changes)
    )


def test_a_twin_that_changed_meanwhile_is_still_moved_to_its_model_with_its_tag() -> None:
    twins = Twins(A=None)
    plan = moving_plan(twins)
    twins.touch("A", None)

    assert carry_out(plan, twins).written == 1
    assert (twins.models, twins.tags) == ({"A": "dtmi:old;2"}, {"A": {"role": "Earth"}})


@pytest.mark.parametrize("model_id", ["dtmi:old;2", "dtmi:other;1"])
def test_a_twin_that_is_of_another_model_by_now_is_not_moved(model_id: str) -> None:
    twins = Twins(A=None)
    plan = moving_plan(twins)
    twins.touch("A", None)
    twins.models["A"] = model_id
    sent: list[Change] = []
    twins.meddle = sent.append

    assert carry_out(plan, twins).written == 1
    assert (twins.models["A"], twins.tags["A"]) == (model_id, {"role": "Earth"})
    assert [change.model_id for change in sent] == ["dtmi:old;2", None]


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    header = Header(endpoint="https://adt.example", manifest="m.yaml", digest="d", rules=RULES)
    with Journal.create(tmp_path, header) as journal:
        yield journal


def test_nothing_is_sent_before_the_journal_says_so_and_what_was_written_is_noted(journal: Journal) -> None:
    twins = Twins(**{str(number): {"role": "Fire"} for number in range(30)})
    unannounced: list[str] = []

    def look(change: Change) -> None:
        entry = read(journal.path).entries.get(change.twin_id)
        if entry != Entry(original="Fire", last_to="Earth", state="intended"):
            unannounced.append(change.twin_id)

    twins.meddle = look
    carry_out(plan_for(twins, dict.fromkeys(twins.tags, "Earth")), twins, journal=journal)
    record = read(journal.path)

    assert unannounced == []
    assert {entry.state for entry in record.entries.values()} == {"done"}
    assert (len(record.entries), record.finished) == (30, True)


def test_at_most_five_hundred_twins_are_announced_and_not_noted(journal: Journal) -> None:
    twins = Twins(**{str(number): {} for number in range(1500)})
    in_doubt: list[int] = []

    def count(_change: Change) -> None:
        if len(twins.writes) % 50 == 0:
            states = [entry.state for entry in read(journal.path).entries.values()]
            in_doubt.append(states.count("intended"))

    twins.meddle = count
    carry_out(plan_for(twins, dict.fromkeys(twins.tags, "Earth")), twins, journal=journal)

    assert max(in_doubt) <= 500
    assert len(twins.writes) == 1500


def test_a_change_that_is_decided_anew_from_another_tag_is_announced_anew(journal: Journal) -> None:
    twins = Twins(A={"role": "Fire"})
    plan = plan_for(twins, {"A": "Earth"})
    twins.touch("A", {"role": "Wind"})
    carry_out(plan, twins, journal=journal)

    # Somebody else's Wind came after the plan: it is what our write replaced.
    assert read(journal.path).entries == {"A": Entry(original="Wind", last_to="Earth", state="done")}


def test_a_twin_that_is_gone_is_noted_as_not_written(journal: Journal) -> None:
    twins = Twins(A={"role": "Earth"})
    plan = plan_for(twins, {}, declared="A")
    del twins.tags["A"]
    carry_out(plan, twins, journal=journal)

    assert read(journal.path).entries["A"].state == "skipped"


def test_a_run_with_failures_is_unfinished(journal: Journal) -> None:
    twins = Twins(A={}, B={})

    def refuse(change: Change) -> None:
        if change.twin_id == "A":
            raise WriteFailed("A", "ValidationFailed: no")

    twins.meddle = refuse
    with pytest.raises(ApplyIncomplete):
        carry_out(plan_for(twins, {"A": "Earth", "B": "Earth"}), twins, journal=journal)
    record = read(journal.path)

    assert record.is_unfinished
    assert {twin_id: entry.state for twin_id, entry in record.entries.items()} == {"A": "intended", "B": "done"}


def test_what_is_under_way_when_a_run_is_cancelled_ends_and_is_noted_and_nothing_is_begun(journal: Journal) -> None:
    begun: list[str] = []
    task: asyncio.Task[Any]

    class Slow(Twins):
        async def write(self, change: Change, *, whole_map: bool) -> None:
            begun.append(change.twin_id)
            if len(begun) == 100:
                task.cancel()
            await asyncio.sleep(0.01)
            await super().write(change, whole_map=whole_map)

    twins = Slow(**{str(number): {} for number in range(300)})
    plan = plan_for(twins, dict.fromkeys(twins.tags, "Earth"))

    async def run() -> None:
        nonlocal task
        task = asyncio.create_task(apply_plan(plan, twins, journal=journal))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    noted = {twin_id for twin_id, entry in read(journal.path).entries.items() if entry.state == "done"}

    assert noted == set(twins.writes) == set(begun)
    assert 100 <= len(begun) < 300


def test_a_twin_that_waits_for_its_next_try_when_a_run_is_cancelled_is_not_sent_again() -> None:
    twins = Twins(A={})
    plan = plan_for(twins, {"A": "Earth"})
    tries: list[str] = []

    def interfere(change: Change) -> None:
        tries.append(change.twin_id)
        twins.touch("A", {})

    async def run() -> None:
        async def cancel_at_the_third(_seconds: float) -> None:
            if len(tries) == 3:
                task.cancel()
            await asyncio.sleep(0.01)

        task = asyncio.create_task(apply_plan(plan, twins, sleep=cancel_at_the_third))
        with pytest.raises(asyncio.CancelledError):
            await task

    twins.meddle = interfere
    asyncio.run(run())

    assert len(tries) == 3
