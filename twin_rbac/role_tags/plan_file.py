"""A plan in a file: looked at, kept, and applied while its twins still carry the tags that it found, or not at all.

JSON of a version. Beside the changes it holds what the plan saw, so that it is shown and its limits are judged as when
it was made. Of the twins it holds ids, models and role tags, and no other value.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from twin_rbac.role_tags.errors import PlanFileError, PlanOutdated
from twin_rbac.role_tags.journal_record import JournalRecord
from twin_rbac.role_tags.model import TagRules, TwinTags, printable
from twin_rbac.role_tags.plan import Change, Kind, Plan

_VERSION = 1
_COUNTS = ("carried", "kept")
_SEEN = ("unlisted", "unknown", "untaggable", "reasons", "moves")


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """A plan as its file holds it."""

    path: Path
    endpoint: str
    """The instance that it is for."""
    digest: str
    """The digest of its manifest."""
    plan: Plan = field(repr=False)
    """Its changes know no etag and no tags but the role: `check_still_holds` gives a plan that can be applied."""
    sha: str
    """What tells this plan from every other: a hash of the file."""

    @property
    def rules(self) -> TagRules:
        """The manifest's rules."""
        return self.plan.rules

    @property
    def changes(self) -> Mapping[str, Change]:
        """The changes by twin."""
        return {change.twin_id: change for change in self.plan.changes}


def save_plan(plan: Plan, path: Path, *, endpoint: str, digest: str) -> None:
    """Writes the file, for its owner alone, whole or not at all.

    Raises:
        PlanFileError: it cannot be written.
    """
    data = json.dumps(_document(plan, endpoint, digest), separators=(",", ":")).encode()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data + b"\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PlanFileError(path, f"it cannot be written: {error.strerror or error}") from error


def load_plan(path: Path) -> SavedPlan:
    """The plan that a file holds.

    Raises:
        PlanFileError: the file cannot be read, is damaged or of another version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PlanFileError(path, f"it cannot be read: {error.strerror or error}") from error
    try:
        document = json.loads(data)
        version = document["plan"]
    except (KeyError, TypeError, ValueError) as error:
        raise PlanFileError(path, "this is no saved plan, or a damaged one") from error
    if version != _VERSION:
        raise PlanFileError(path, f"version {version!r} of saved plans is not known, only {_VERSION} is")
    try:
        plan = _plan(document)
        endpoint, digest = str(document["endpoint"]), str(document["digest"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PlanFileError(path, "the saved plan is damaged") from error
    sha = hashlib.sha256(data).hexdigest()
    return SavedPlan(path=path, endpoint=endpoint, digest=digest, plan=plan, sha=sha)


def check_still_holds(
    saved: SavedPlan, existing: Mapping[str, TwinTags], *, unfinished: JournalRecord | None = None
) -> Plan:
    """The plan over the twins as they are now; other tags and properties of theirs may have moved on.

    Args:
        saved: the plan.
        existing: the twins of its changes, read by id.
        unfinished: the journal of the run that is continued, if one is. Where it is one of this very plan, its twins
            may carry already what they were to.

    Raises:
        PlanOutdated: a twin is gone, or carries another tag or is of another model than the plan found.
    """
    begun = unfinished.entries if unfinished and unfinished.header.plan == saved.sha else {}
    changes: list[Change] = []
    outdated: dict[str, str] = {}
    done = 0
    for change in saved.plan.changes:
        twin = existing.get(change.twin_id)
        live = None if twin is None else saved.rules.role_of(twin, saved.plan.roles)
        if twin is not None and live == change.new and change.twin_id in begun:
            done += 1
        elif reason := _reason(change, twin, live):
            outdated[change.twin_id] = printable(reason)
        elif twin is not None:
            changes.append(replace(change, existing=twin))
    if outdated:
        raise PlanOutdated(outdated)
    return replace(saved.plan, changes=tuple(changes), unchanged=saved.plan.unchanged + done)


def _reason(change: Change, twin: TwinTags | None, live: str | None) -> str | None:
    """Why the change does not hold any more."""
    if twin is None:
        return "is gone"
    if live != change.old:
        return f"carries {live or 'no role'} by now, and the plan found {change.old or 'none'}"
    if change.model_id and twin.model_id != change.existing.model_id:
        return f"is of the model {twin.model_id} by now, and the plan found {change.existing.model_id}"
    return None


def _document(plan: Plan, endpoint: str, digest: str) -> Mapping[str, Any]:
    return {
        "plan": _VERSION,
        "endpoint": endpoint,
        "digest": digest,
        "rules": plan.rules.to_mapping(),
        "roles": sorted(plan.roles),
        "changes": [_row(change) for change in plan.changes],
        "unchanged": plan.unchanged,
        "missing": list(plan.missing),
        "models": list(plan.models),
        **{name: dict(getattr(plan, name)) for name in (*_COUNTS, *_SEEN)},
    }


def _row(change: Change) -> Mapping[str, Any]:
    row = {"twin": change.twin_id, "kind": change.kind, "from": change.old, "to": change.new}
    return row if change.model_id is None else {**row, "model": change.existing.model_id, "moveTo": change.model_id}


def _plan(document: Mapping[str, Any]) -> Plan:
    counts: dict[str, Any] = {name: {key: int(count) for key, count in document[name].items()} for name in _COUNTS}
    seen: dict[str, Any] = {name: {key: _text(value) for key, value in document[name].items()} for name in _SEEN}
    return Plan(
        changes=tuple(_change(row) for row in document["changes"]),
        unchanged=int(document["unchanged"]),
        missing=tuple(map(_text, document["missing"])),
        models=tuple(map(dict, document["models"])),
        rules=TagRules.from_mapping(document["rules"]),
        roles=frozenset(map(_text, document["roles"])),
        **counts,
        **seen,
    )


def _change(row: Mapping[str, Any]) -> Change:
    twin_id, kind = _text(row["twin"]), row["kind"]
    old, new, model_id, moved_to = (_optional(row.get(name)) for name in ("from", "to", "model", "moveTo"))
    if (
        kind not in get_args(Kind)
        or old == new
        or (kind == "remove") != (new is None)
        or (kind == "add") != (old is None)
    ):
        raise ValueError(row)
    existing = TwinTags(twin_id=twin_id, etag="", tags=None, model_id=model_id)
    return Change(twin_id=twin_id, kind=kind, old=old, new=new, existing=existing, model_id=moved_to)


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
