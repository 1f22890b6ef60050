"""A run with its journal: apply a manifest or a saved plan, go on where it was interrupted, take it back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twin_rbac.role_tags.apply import Applied, OnWrite
from twin_rbac.role_tags.errors import NothingToResume, PlanFileError, RoleTagsError
from twin_rbac.role_tags.journal import Header, Journal, JournalRecord, find_latest, find_unfinished, read
from twin_rbac.role_tags.journal_record import is_same_instance
from twin_rbac.role_tags.limits import require_safe
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.plan import Plan
from twin_rbac.role_tags.plan_file import SavedPlan, check_still_holds
from twin_rbac.role_tags.reconcile import apply_tags, carry_out, require_possible
from twin_rbac.role_tags.store import open_store
from twin_rbac.role_tags.target import Target
from twin_rbac.role_tags.undo import Undone, apply_undo, plan_undo, twins_to_undo
from twin_rbac.role_tags.waiting import Say
from twin_rbac.role_tags.wanted import Wanted

WAY_OUT = "look at the plan; then give --allow-unsafe for this run, or other limits in the manifest"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run is about, whatever it does."""

    target: Target
    manifest: Path
    """As it was given."""
    digest: str
    """The manifest's."""
    folder: Path
    """Where the journals are."""
    allow_unsafe: bool = False
    """Whether a plan past its limits is carried out all the same."""
    progress: Say | None = None
    on_write: OnWrite | None = None

    def find_unfinished(self, rules: TagRules, *, saved: str | None = None) -> JournalRecord | None:
        """The journal of the interrupted run of this manifest by the same rules, if the last run was one; says so.

        With other rules, such as `--prune`, or another saved plan, it is another run: its limits were not looked at.
        """
        record = find_unfinished(self.folder, self.target.endpoint, self.digest)
        if record is None or record.header.rules != rules or record.header.plan != saved:
            return None
        if self.progress:
            self.progress(f"going on with the run of {record.header.started}, whose limits were looked at then")
        return record

    def open_journal(self, plan: Plan, unfinished: JournalRecord | None, *, saved: str | None = None) -> Journal | None:
        """The journal to write to: the interrupted run's, or a new one where there is something to write."""
        if unfinished:
            return Journal.resume(unfinished.path)
        if not plan.changes:
            return None
        header = Header(
            endpoint=self.target.endpoint,
            manifest=str(self.manifest),
            digest=self.digest,
            rules=plan.rules,
            plan=saved,
        )
        return Journal.create(self.folder, header)

    def check(self, plan: Plan, unfinished: JournalRecord | None) -> None:
        """Refuses a plan past its limits, unless it goes on with one that was let through.

        Raises:
            UnsafePlan: it is past them.
        """
        if not self.allow_unsafe and unfinished is None:
            require_safe(plan, way_out=WAY_OUT)


async def apply_manifest(run: Run, wanted: Wanted, *, upgrade_models: bool = False) -> Applied:
    """Makes the twins carry what is desired, or goes on with the interrupted run that was to.

    Args:
        run: what it is about.
        wanted: what the twins are to carry.
        upgrade_models: as `plan_tags`.

    Raises:
        UnsafePlan: the plan is past its limits; nothing was written.
        JournalError: the journal cannot be read or written.
        RoleTagsError: as `apply_tags`.
    """
    unfinished = run.find_unfinished(wanted.rules)
    return await apply_tags(
        run.target,
        wanted,
        upgrade_models=upgrade_models,
        check=lambda plan: run.check(plan, unfinished),
        open_journal=lambda plan: run.open_journal(plan, unfinished),
        progress=run.progress,
        on_write=run.on_write,
    )


async def apply_saved(run: Run, saved: SavedPlan) -> Applied:
    """Carries out a saved plan whose twins still carry the tags that it found, or writes nothing.

    Raises:
        PlanFileError: it is for another instance or another manifest.
        PlanOutdated: twins changed since.
        UnsafePlan: it is past its limits.
        ApplyIncomplete: some twins could not be written; all others were.
    """
    if not is_same_instance(saved.endpoint, run.target.endpoint):
        raise PlanFileError(saved.path, f"it is for {saved.endpoint} and not for {run.target.endpoint}")
    if saved.digest != run.digest:
        raise PlanFileError(saved.path, f"{run.manifest} says something else by now")
    unfinished = run.find_unfinished(saved.rules, saved=saved.sha)
    async with open_store(run.target, saved.rules, run.progress) as store:
        existing = await store.read_twins(saved.changes)
        plan = check_still_holds(saved, existing, unfinished=unfinished)
        require_possible(plan)
        run.check(saved.plan, unfinished)
        journal = run.open_journal(plan, unfinished, saved=saved.sha)
        return await carry_out(store, plan, journal, run.on_write)


async def undo_run(
    target: Target, path: Path, *, progress: Say | None = None, on_write: OnWrite | None = None
) -> Undone:
    """Puts back the role tags that twins carried before a run, where the ones that it wrote still stand.

    Args:
        target: the instance.
        path: the run's journal.
        progress: is told what is waited for.
        on_write: is told how far it is.

    Raises:
        NothingToUndo: the run was taken back already.
        JournalError: the journal cannot be used, or is of another instance.
        ApplyIncomplete: some twins could not be written; all others were.
    """
    # Before the file is opened to be written: it may be none of ours.
    _require_same_instance(read(path), target)
    with Journal.resume(path) as journal:
        record = read(path)
        async with open_store(target, record.header.rules, progress) as store:
            undo = plan_undo(record, await store.read_twins(twins_to_undo(record)))
            return await apply_undo(undo, store, journal=journal, on_write=on_write)


def require_latest(folder: Path, endpoint: str) -> JournalRecord:
    """The journal of the last run on the instance.

    Raises:
        NothingToResume: there is none.
        JournalError: it cannot be read.
    """
    path = find_latest(folder, endpoint)
    if path is None:
        raise NothingToResume(f"{folder} has no journal of a run on {endpoint}; --journal names another folder")
    return read(path)


def require_resumable(record: JournalRecord, load_digest: Callable[[Path], str]) -> TagRules:
    """The rules of a run that was interrupted and can be gone on with.

    Args:
        record: its journal.
        load_digest: the digest of the manifest at a path.

    Raises:
        NothingToResume: it was finished, was one of a saved plan, or its manifest says something else by now.
    """
    manifest = record.header.manifest
    if record.finished or record.undo == "finished":
        raise NothingToResume(f"{record.path}: the last run was not interrupted; there is nothing to go on with")
    if record.header.plan:
        raise NothingToResume(f"{record.path}: that run applied a saved plan; apply the same file again to go on")
    if load_digest(Path(manifest)) != record.header.digest:
        raise NothingToResume(f"{manifest} says something else than when the run began; use apply, or undo")
    return record.header.rules


def _require_same_instance(record: JournalRecord, target: Target) -> None:
    if not record.header.is_for(target.endpoint):
        raise RoleTagsError(f"{record.path} is of a run on {record.header.endpoint}, and not on {target.endpoint}")
