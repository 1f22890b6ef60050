import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from twin_rbac.role_tags.apply import Applied, apply_plan
from twin_rbac.role_tags.errors import ApplyIncomplete, PatchMismatch, TwinChanged, WriteFailed
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Change, Plan, make_plan

RULES = TagRules(roles=("Earth", "Fire"))


class Twins:
    """Twins in memory that take writes as an instance does, and let a test meddle before each write."""

    def __init__(self, **tags: dict[str, Any] | None) -> None:
        self.tags = tags
        self.versions = dict.fromkeys(tags, 1)
        self.writes: list[str] = []
        self.meddle: Callable[[Change], None] = lambda _change: None
        self.refuses_keys = False
        """Whether the service says that the map is not there although a read shows one."""

    def existing(self) -> dict[str, TwinTags]:
        return {
            twin_id: TwinTags(twin_id=twin_id, etag=str(self.versions[twin_id]), tags=tags)
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
            raise TwinChanged(twin_id)
        present = self.tags[twin_id]
        if not whole_map and (present is None or self.refuses_keys):
            raise PatchMismatch(twin_id, "JsonPatchInvalid: tags does not exist on component")
        before = (change.existing.tags if whole_map else present) or {}
        others = {key: value for key, value in before.items() if key != "role"}
        self.writes.append(twin_id)
        self.touch(twin_id, others if change.new is None else {**others, "role": change.new})


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


def test_a_twin_that_someone_else_set_right_meanwhile_is_not_written() -> None:
    twins = Twins(A=None)
    plan = plan_for(twins, {"A": "Earth"})
    twins.touch("A", {"role": "Earth"})
    applied = carry_out(plan, twins)

    assert (twins.writes, applied.written, applied.skipped) == ([], 0, 1)


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
    seen: list[tuple[int, int]] = []
    carry_out(plan_for(twins, dict.fromkeys("ABC", "Earth")), twins, on_write=lambda *pair: seen.append(pair))

    assert seen == [(1, 3), (2, 3), (3, 3)]
