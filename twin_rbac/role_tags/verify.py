"""Whether the twins carry what the manifest says, and nothing else; pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from twin_rbac.role_tags.model import TagRules, TwinTags


class FindingKind(StrEnum):
    """What is wrong with a twin."""

    MISSING = "missing"
    """It is listed and does not exist."""
    UNTAGGED = "untagged"
    """It is listed and has no role tag."""
    UNTAGGABLE = "untaggable"
    """It is listed, and its model cannot hold the tag."""
    WRONG_ROLE = "wrong role"
    """It is listed and carries something else."""
    WRONG_CASE = "wrong case"
    """What it carries differs from a role in case only, so that nobody sees the twin by it."""
    UNLISTED = "unlisted"
    """It carries a role and is not listed."""
    UNKNOWN_ROLE = "unknown role"
    """It carries what is no role of the manifest, and is not listed."""
    UNCOVERED = "uncovered"
    """No rule and no `ignore` of the manifest covers it: no tenant sees it."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One twin that is not as the manifest says."""

    twin_id: str
    kind: FindingKind
    expected: str | None
    """The role that the manifest lists it with; None for a twin that is not listed."""
    found: str | None
    """What its role tag says; None when it has none. For an untaggable twin, why its model cannot hold it."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a verification found."""

    findings: tuple[Finding, ...]
    """Sorted by twin; empty when all is as the manifest says."""
    checked: int
    """How many twins were looked at."""

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each kind there are; kinds without any are left out."""
        kinds = [finding.kind for finding in self.findings]
        return {str(kind): kinds.count(kind) for kind in FindingKind if kind in kinds}


class Verifier:
    """Takes the existing twins one by one and keeps those that are not as the manifest says."""

    def __init__(self, rules: TagRules, desired: Mapping[str, str], *, selected: Collection[str] = ()) -> None:
        """Prepares a verification.

        Args:
            rules: the manifest's rules; ignored twins are not looked at.
            desired: twin -> role, as the manifest lists them.
            selected: the desired twins that a selector chose: one that is gone is not missing.
        """
        self._rules = rules
        self._desired = desired
        self._selected = selected
        self._waiting = {twin_id for twin_id in desired if not rules.ignores(twin_id)}
        self._cases = {role.lower(): role for role in rules.roles}
        self._findings: dict[str, Finding] = {}
        self._models: dict[str, str] = {}
        self._uncovered: set[str] = set()
        self._checked = len(self._waiting)

    @property
    def models(self) -> frozenset[str]:
        """The models of listed twins without their role: they may not be able to hold it."""
        return frozenset(self._models.values())

    def look_at(self, twin: TwinTags) -> None:
        """Takes an existing twin: one that carries the key, or is desired; each once."""
        twin_id = twin.twin_id
        if self._rules.ignores(twin_id):
            return
        if twin_id not in self._waiting:
            self._checked += 1
        self._waiting.discard(twin_id)
        expected, found = self._desired.get(twin_id), self._rules.role_of(twin)
        kind, found = self._examine(expected, found, self._find_wrong_case(twin))
        if kind:
            self._findings[twin_id] = Finding(twin_id=twin_id, kind=kind, expected=expected, found=found)
        if kind is FindingKind.UNTAGGED and twin.model_id:
            self._models[twin_id] = twin.model_id

    def note_existing(self, twin_id: str) -> None:
        """Takes the id of a twin that exists, to find those that the manifest does not cover."""
        if twin_id not in self._desired and not self._rules.ignores(twin_id):
            self._uncovered.add(twin_id)

    def take_reasons(self, reasons: Mapping[str, str]) -> None:
        """Takes model -> why it cannot hold the tag, for the models asked for in `models`."""
        for twin_id, model_id in self._models.items():
            if model_id in reasons:
                found = f"{model_id}: {reasons[model_id]}"
                self._findings[twin_id] = replace(self._findings[twin_id], kind=FindingKind.UNTAGGABLE, found=found)

    def finish(self) -> Findings:
        """What was found; a listed twin that was not looked at is missing."""
        missing = [] if self._rules.missing == "skip" else [key for key in self._waiting if key not in self._selected]
        findings = [
            *self._findings.values(),
            *(self._without(twin_id, FindingKind.MISSING) for twin_id in missing),
            *(self._without(twin_id, FindingKind.UNCOVERED) for twin_id in self._uncovered - self._findings.keys()),
        ]
        return Findings(
            findings=tuple(sorted(findings, key=lambda finding: finding.twin_id)),
            checked=self._checked + len(self._uncovered - self._findings.keys()),
        )

    def _examine(
        self, expected: str | None, found: str | None, wrong_case: str | None
    ) -> tuple[FindingKind | None, str | None]:
        if found == expected:
            return (FindingKind.WRONG_CASE, wrong_case) if wrong_case else (None, found)
        if wrong_case:
            return FindingKind.WRONG_CASE, wrong_case
        if found is None:
            return FindingKind.UNTAGGED, found
        if expected is not None:
            return FindingKind.WRONG_ROLE, found
        known = self._rules.split(found) <= set(self._rules.roles)
        return FindingKind.UNLISTED if known else FindingKind.UNKNOWN_ROLE, found

    def _find_wrong_case(self, twin: TwinTags) -> str | None:
        """What the twin carries that differs from a role in case only."""
        tags = twin.tags or {}
        names = tags if self._rules.encoding == "marker" else [tags.get(self._rules.key)]
        wrong = (name for name in names if isinstance(name, str) and self._cases.get(name.lower(), name) != name)
        return ",".join(sorted(wrong)) or None

    def _without(self, twin_id: str, kind: FindingKind) -> Finding:
        return Finding(twin_id=twin_id, kind=kind, expected=self._desired.get(twin_id), found=None)


def find_differences(
    rules: TagRules, desired: Mapping[str, str], existing: Iterable[TwinTags], *, selected: Collection[str] = ()
) -> Findings:
    """The findings from all existing twins at once; see `Verifier`."""
    verifier = Verifier(rules, desired, selected=selected)
    for twin in existing:
        verifier.look_at(twin)
    return verifier.finish()
