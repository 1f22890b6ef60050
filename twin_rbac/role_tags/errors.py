"""What goes wrong with role tags.

RoleTagsError
  FileProblems          a file of the user's cannot be used; every problem with its place
    ManifestError
    GraphFileError
  MissingTwins          the manifest lists twins that the instance does not have
  WriteFailed           one twin could not be written
    TwinChanged         its etag is not the one we read
    PatchMismatch       the patch does not fit its shape
  ApplyIncomplete       some twins could not be written; the others were
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class RoleTagsError(Exception):
    """Role tags cannot be read, planned or written."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a file; lines and columns count from 1."""

    line: int
    column: int
    text: str
    """What is wrong, and what to do."""


class FileProblems(RoleTagsError):
    """A file cannot be used; the text has one line a problem, `file:line:column: what is wrong, and what to do`."""

    def __init__(self, path: object, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{path}:{item.line}:{item.column}: {item.text}" for item in self.problems))


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


class WriteFailed(RoleTagsError):
    """One twin could not be written."""

    def __init__(self, twin_id: str, reason: str) -> None:
        self.twin_id = twin_id
        self.reason = reason
        super().__init__(f"twin {twin_id!r}: {reason}")


class TwinChanged(WriteFailed):
    """The twin is not as we read it: someone wrote or deleted it meanwhile."""

    def __init__(self, twin_id: str) -> None:
        super().__init__(twin_id, "someone else keeps changing it; run again when it is quieter")


class PatchMismatch(WriteFailed):
    """The patch does not fit the twin's shape: its map of tags is there, or is not there, against what we read."""


class ApplyIncomplete(RoleTagsError):
    """Some twins could not be written; all others were, and a further run does what is left."""

    def __init__(self, failures: Sequence[WriteFailed], *, written: int) -> None:
        self.failures = tuple(failures)
        self.written = written
        lines = [f"{len(self.failures)} twins could not be written ({written} were); run again after mending these:"]
        super().__init__("\n".join([*lines, *(f"  {failure}" for failure in self.failures)]))
