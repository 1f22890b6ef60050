"""What goes wrong with role tags.

RoleTagsError
  FileProblems          a file of the user's cannot be used; every problem with its place
    ManifestError
    GraphFileError
  MissingTwins          the manifest lists twins that the instance does not have
  UntaggableTwins       models of listed twins cannot hold the tag
  SelectorConflict      equally specific selectors give a twin different roles
  UnknownModels         selectors name models that the instance does not have
  UnknownRoots          subtrees start at twins that do not exist
  UnsafePlan            a plan changes more than its manifest allows at once
  WriteFailed           one twin could not be written
    TwinChanged         its etag is not the one we read
    PatchMismatch       the patch does not fit its shape
  ApplyIncomplete       some twins could not be written; the others were
  JournalError          a run's journal cannot be used
    JournalDamaged      a line of it says nothing
    JournalInUse        another run is using it
  NothingToUndo         a journal's changes have been taken back already
  NothingToResume       no run was interrupted
  PlanFileError         a saved plan cannot be used
  PlanOutdated          twins have another tag than a saved plan found
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SHOWN = 20
"""How many twins an error's text names; all of them are in its attributes."""


class RoleTagsError(Exception):
    """Role tags cannot be read, planned or written."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a file; lines and columns count from 1."""

    line: int
    column: int
    text: str
    """What is wrong, and what to do."""
    file: str = ""
    """The file it stands in, where that is another than the error's."""


class FileProblems(RoleTagsError):
    """A file cannot be used; the text has one line a problem, `file:line:column: what is wrong, and what to do`."""

    def __init__(self, path: object, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda item: (item.file or str(path), item)))
        places = (f"{item.file or path}:{item.line}:{item.column}: {item.text}" for item in self.problems)
        super().__init__("\n".join(places))


class ManifestError(FileProblems):
    """The role-tags manifest cannot be used."""


class GraphFileError(FileProblems):
    """The graph's import-job file cannot be used."""


class MissingTwins(RoleTagsError):
    """The manifest lists twins that the instance does not have, and says `missing: error`.

    Args:
        twin_ids: the missing twins.
        places: `file:line:column` of a twin in the manifest, where it is known.
    """

    def __init__(self, twin_ids: Sequence[str], places: Mapping[str, str] | None = None) -> None:
        self.twin_ids = tuple(twin_ids)
        super().__init__(
            "\n".join(
                f"{(places or {}).get(twin_id, 'manifest')}: there is no twin {twin_id!r} in the instance; "
                "create it, take it out, or set missing: skip"
                for twin_id in self.twin_ids
            )
        )


class UntaggableTwins(RoleTagsError):
    """Models of twins that are to carry a role cannot hold the tag; nothing was written.

    Args:
        twins: twin -> its model.
        reasons: model -> why it cannot.
        way_out: what to do.
    """

    def __init__(
        self,
        twins: Mapping[str, str],
        reasons: Mapping[str, str],
        *,
        way_out: str = "give --upgrade-models to make their next versions, or take the twins out of the manifest",
    ) -> None:
        self.twins = dict(twins)
        self.reasons = dict(reasons)
        counts = Counter(self.twins.values())
        lines = [
            f"  {model_id} ({counts[model_id]:,} of the twins): {why}" for model_id, why in sorted(reasons.items())
        ]
        super().__init__("\n".join(["these models cannot hold the role tag:", *lines, way_out]))


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Two equally specific selectors that give the same twins different roles."""

    kind: str
    """What both are."""
    roles: tuple[str, str]
    places: tuple[str, str]
    """`file:line:column` of each."""
    twin_ids: tuple[str, ...]
    """The twins, sorted."""

    def __str__(self) -> str:
        """The conflict as a sentence that starts with the second place."""
        more = f" and {len(self.twin_ids) - 1:,} more" if len(self.twin_ids) > 1 else ""
        return (
            f"{self.places[1]}: this {self.kind} gives {self.roles[1]} to twin {self.twin_ids[0]!r}{more}, and the one "
            f"at {self.places[0]} gives {self.roles[0]}; narrow one of them, or list the twin"
        )


class SelectorConflict(RoleTagsError):
    """Equally specific selectors give twins different roles.

    Args:
        conflicts: every pair of selectors that disagrees.
    """

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__("\n".join([*map(str, self.conflicts[:_SHOWN]), *_rest(len(self.conflicts))]))


class UnknownModels(RoleTagsError):
    """Selectors name models that the instance does not have.

    Args:
        places: `file:line:column` of each such selector, and the model.
    """

    def __init__(self, places: Sequence[tuple[str, str]]) -> None:
        self.places = tuple(places)
        super().__init__(
            "\n".join(
                f"{place}: the instance has no model {model_id!r}, nor a higher version of it; "
                "correct the id, or upload the model"
                for place, model_id in self.places
            )
        )


class UnknownRoots(RoleTagsError):
    """Subtrees start at twins that do not exist, and the manifest says `missing: error`.

    Args:
        places: `file:line:column` of each such subtree, and the root.
    """

    def __init__(self, places: Sequence[tuple[str, str]]) -> None:
        self.places = tuple(places)
        super().__init__(
            "\n".join(
                f"{place}: there is no twin {twin_id!r} for this subtree to start at; "
                "create it, take the subtree out, or set missing: skip"
                for place, twin_id in self.places
            )
        )


class UnsafePlan(RoleTagsError):
    """A plan changes more than its manifest allows at once; nothing was written.

    Args:
        breaches: the limits that it is past, as `limits.find_breaches` gives them.
        way_out: what to do.
    """

    def __init__(self, breaches: Sequence[object], *, way_out: str) -> None:
        self.breaches = tuple(breaches)
        lines = [f"  it {breach}" for breach in self.breaches]
        super().__init__("\n".join(["this plan is past the manifest's limits:", *lines, way_out]))


class WriteFailed(RoleTagsError):
    """One twin could not be written."""

    def __init__(self, twin_id: str, reason: str) -> None:
        self.twin_id = twin_id
        self.reason = reason
        super().__init__(f"twin {twin_id!r}: {reason}")


class TwinChanged(WriteFailed):
    """The twin is not as we read it: someone wrote or deleted it meanwhile.

    Args:
        twin_id: the twin.
        maybe_by_us: an earlier try of the same write got no answer, so that it may be that one that changed it.
    """

    def __init__(self, twin_id: str, *, maybe_by_us: bool = False) -> None:
        self.maybe_by_us = maybe_by_us
        super().__init__(twin_id, "someone else keeps changing it; run again when it is quieter")


class PatchMismatch(WriteFailed):
    """The patch does not fit the twin's shape: its map of tags is there, or is not there, against what we read."""


class ApplyIncomplete(RoleTagsError):
    """Some twins could not be written; all others were, and a further run does what is left."""

    def __init__(self, failures: Sequence[WriteFailed], *, written: int) -> None:
        self.failures = tuple(failures)
        self.written = written
        lines = [f"{len(self.failures)} twins could not be written ({written} were); run again after mending these:"]
        lines += [f"  {failure}" for failure in self.failures[:_SHOWN]]
        super().__init__("\n".join([*lines, *_rest(len(self.failures))]))


class JournalError(RoleTagsError):
    """A run's journal cannot be used: `path: what is wrong, and what to do`."""

    def __init__(self, path: object, text: str) -> None:
        self.path = path
        super().__init__(f"{path}: {text}")


class JournalDamaged(JournalError):
    """A line of a journal, other than an unfinished last one, says nothing; lines count from 1."""

    def __init__(self, path: object, line: int, reason: str) -> None:
        self.line = line
        super().__init__(f"{path}:{line}", f"{reason}; mend the line, or move the file away to go on without it")


class JournalInUse(JournalError):
    """Another run is using a journal."""

    def __init__(self, path: object) -> None:
        super().__init__(path, "another run is using it; wait until that one has ended")


class NothingToUndo(RoleTagsError):
    """A journal's changes have been taken back already."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path}: there is nothing to undo, its changes have been taken back")


class NothingToResume(RoleTagsError):
    """There is no run that could be gone on with; the text says why, and what to do."""


class PlanFileError(RoleTagsError):
    """A saved plan cannot be used: `path: what is wrong, and what to do`."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}; make a new one with `twin-rbac tags plan --save`")


class PlanOutdated(RoleTagsError):
    """Twins are not as a saved plan found them any more; nothing was written.

    Args:
        twins: twin -> how it is by now.
    """

    def __init__(self, twins: Mapping[str, str]) -> None:
        self.twins = dict(twins)
        lines = [f"{len(self.twins)} twins are not as the plan found them; nothing was written, plan again:"]
        shown = sorted(self.twins.items())[:_SHOWN]
        lines += [f"  twin {twin_id!r} {reason}" for twin_id, reason in shown]
        super().__init__("\n".join([*lines, *_rest(len(self.twins))]))


def _rest(count: int) -> list[str]:
    return [f"  and {count - _SHOWN} more"] if count > _SHOWN else []
