"""New versions of models that cannot hold the role tag, for their twins to move to; pure.

A model never changes once it is there, so one that lacks the map of tags gets a next version that has it (fact sheet
adt-models-and-tags, sections 4.1 and 4.2):

    dtmi:example:Space;1                      dtmi:example:Space;2   with the property `tags`
    dtmi:example:Room;1, extends Space;1  →   dtmi:example:Room;2, extends Space;2: it inherits the tags

`new_version.py` writes a definition; here is decided which are needed, and what each of them extends.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.role_tags.dtdl import (
    Definition,
    Library,
    bases_of,
    component_model,
    contents_of,
    dependencies_of,
    language_of,
    split_version,
)
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.model_limits import find_breach, find_fault_of_id, find_fault_of_size
from twin_rbac.role_tags.model_versions import takes_twins_of
from twin_rbac.role_tags.new_version import NewVersion, write_version
from twin_rbac.role_tags.seed import order_models
from twin_rbac.role_tags.taggable import find_holders, find_untaggable

_MAX_MODELS = 10_000
"""An instance holds no more (fact sheet adt-models-and-tags, section 4)."""


@dataclass(frozen=True, kw_only=True)
class ModelUpgrade:
    """How twins come to a model that can hold the tag."""

    moves: Mapping[str, str]
    """Model -> the one that its twins move to; every twin of the first conforms to the second."""
    models: tuple[Mapping[str, Any], ...]
    """The definitions to create first, each after those that it depends on."""
    refused: Mapping[str, str]
    """Model -> why there is no way; the reason reads on from the model's id."""


def plan_upgrade(
    rules: TagRules,
    models: Mapping[str, Mapping[str, Any]],
    needed: Collection[str],
    *,
    decommissioned: Collection[str] = (),
) -> ModelUpgrade:
    """Plans the next version of each model whose twins are to carry a role tag and cannot.

    A higher version that is there already is used in place of a new one where it can hold the tag and takes every twin
    of the old: a run that was interrupted is so continued, and a version that people made is honoured. Of several, the
    lowest. The same models give the same plan, in whatever order they come.

    Args:
        rules: the manifest's rules.
        models: id -> DTDL definition, all of the instance.
        needed: the models whose twins are to be tagged; one that can hold the tag is passed over.
        decommissioned: models that take no new twins, so that none moves there.
    """
    upgrader = _Upgrader(rules, models, needed)
    upgrader.decommissioned = frozenset(decommissioned)
    return upgrader.plan()


class _Refused(Exception):
    """There is no next version of a model; the text is the reason."""


class _Upgrader:
    def __init__(self, rules: TagRules, models: Mapping[str, Definition], needed: Collection[str]) -> None:
        self.rules = rules
        self.library = Library(models)
        self.untaggable = find_untaggable(rules, models)
        self.needed = sorted(each for each in set(needed) if each in self.untaggable or each not in self.library)
        self.decommissioned: frozenset[str] = frozenset()
        holders = find_holders(rules.property, self.library)
        self.holders = {model_id: holder and holder[0] for model_id, holder in holders.items()}
        """Model -> the one that declares what it has of the property's name."""
        self.targets: dict[str, str] = {}
        """Model -> its version with the tag, there already or made."""
        self.made: dict[str, Definition] = {}
        self.refused: dict[str, str] = {}
        self.versions: dict[str, list[str]] = {}
        """Path of a DTMI -> all models of that path, lowest version first."""
        for model_id in sorted(models, key=split_version):
            self.versions.setdefault(split_version(model_id)[0], []).append(model_id)

    def plan(self) -> ModelUpgrade:
        for model_id in self.needed:
            self._find_existing(model_id)
        affected = self._affected()
        # Bases and components come first, so that it is known which of them there is a next version of.
        for model_id in (each for each in self.library.order if each in affected):
            self._upgrade(model_id)
        self._check_number()
        moves = {each: self.targets[each] for each in self.needed if each in self.targets}
        return ModelUpgrade(moves=moves, models=self._models_for(moves.values()), refused=self.refused)

    def _find_existing(self, model_id: str) -> None:
        """Takes a version that is there, or notes why none can be made."""
        existing = self._existing_version(model_id)
        if existing:
            self.targets[model_id] = existing
        elif reason := self.library.defect_of(model_id):
            self.refused[model_id] = reason
        elif self.holders[model_id] is not None:
            # A name is declared once in everything that a model inherits, not even twice the same.
            self.refused[model_id] = self.untaggable[model_id]

    def _existing_version(self, model_id: str) -> str | None:
        path, version = split_version(model_id)
        if self.library.defect_of(model_id):
            return None
        for other in self.versions.get(path, ()):
            is_open = other not in self.untaggable and other not in self.decommissioned
            if split_version(other)[1] > version and is_open and takes_twins_of(self.library, other, model_id):
                return other
        return None

    def _affected(self) -> set[str]:
        """The needed models, and those between two of them: they hand the tag down."""
        wanted = {each for each in self.needed if each not in self.refused}
        above = {base for each in wanted for base in self.library.lineage_of(each)}
        return wanted | {each for each in above if wanted.intersection(self.library.lineage_of(each))}

    def _upgrade(self, model_id: str) -> None:
        existing = self.targets.get(model_id) or self._existing_version(model_id)
        if existing:
            self.targets[model_id] = existing
            return
        try:
            version = self._next_version(model_id)
            definition = self._write(model_id, version)
        except _Refused as error:
            if model_id in self.needed:
                self.refused[model_id] = str(error)
            return
        self._add(model_id, version, definition)

    def _write(self, model_id: str, version: NewVersion) -> Definition:
        definition = write_version(self.library[model_id], version, self.rules)
        if fault := find_fault_of_size(definition):
            raise _Refused(fault)
        return definition

    def _add(self, model_id: str, version: NewVersion, definition: Definition) -> None:
        new_id = version.model_id
        inherited = (self.holders[base] for base in version.bases)
        self.holders[new_id] = new_id if version.declares else next(filter(None, inherited), None)
        self.targets[model_id] = new_id
        self.made[new_id] = definition
        self.library.add(new_id, definition)
        self.versions[split_version(new_id)[0]].append(new_id)

    def _next_version(self, model_id: str) -> NewVersion:
        new_id = self._next_id(model_id)
        problem = "no model that it extends has a next version"
        for bases, declares in self._choices(model_id):
            found = find_breach(self.library, model_id, bases, added=[self.rules.property] * declares)
            if found is None:
                components = self._components(model_id)
                return NewVersion(model_id=new_id, bases=bases, components=components, declares=declares)
            problem = found
        raise _Refused(problem)

    def _next_id(self, model_id: str) -> str:
        path, _ = split_version(model_id)
        # A version of two parts gets the next major, in one part: DTDL 3 knows both, and keeps minor ones for
        # what goes on from the same definition.
        major = max(split_version(each)[1][0] for each in self.versions[path]) + 1
        new_id = f"{path};{major}"
        if fault := find_fault_of_id(new_id):
            raise _Refused(fault)
        return new_id

    def _choices(self, model_id: str) -> Iterator[tuple[list[str], bool]]:
        """What the next version may extend and whether it declares the tags itself; the best first.

        It inherits the tags by every path that has them. Where they would come from two interfaces, or together with
        the old version of something, by one path and the other bases stay as they are. Where that fails too it stays
        with its bases and declares the tags itself, but not one that is only to hand them down.
        """
        bases = bases_of(self.library[model_id])
        upgraded = [base for base in bases if base in self.targets]
        holders = {base: self.holders[self.targets[base]] for base in upgraded}
        if upgraded:
            yield self._with_targets(bases, upgraded), False
        for base in upgraded:
            yield self._with_targets(bases, [each for each in upgraded if holders[each] == holders[base]]), False
            yield self._with_targets(bases, [base]), False
        if model_id in self.needed:
            yield bases, True

    def _with_targets(self, bases: list[str], upgraded: Collection[str]) -> list[str]:
        return list(dict.fromkeys(self.targets[base] if base in upgraded else base for base in bases))

    def _components(self, model_id: str) -> dict[str, str]:
        """Model of a component -> its next version, which the new definition has in its place."""
        definition = self.library[model_id]
        used = (component_model(element) for element in contents_of(definition))
        targets = {each: self.targets[each] for each in used if each is not None and each in self.targets}
        return {
            each: target
            for each, target in targets.items()
            if language_of(self.library[target]) <= language_of(definition)
        }

    def _check_number(self) -> None:
        number = len(self.library)
        if number <= _MAX_MODELS:
            return
        for model_id in self.needed:
            if self.targets.get(model_id) in self.made:
                del self.targets[model_id]
                self.refused[model_id] = (
                    f"with every next version there would be {number} models, and an instance holds {_MAX_MODELS}; "
                    "delete models that nothing uses"
                )

    def _models_for(self, targets: Collection[str]) -> tuple[Definition, ...]:
        """What has to be made for these; a version between two that ended up apart is of no use."""
        wanted: dict[str, Definition] = {}
        waiting = [each for each in targets if each in self.made]
        while waiting:
            model_id = waiting.pop()
            if model_id not in wanted:
                wanted[model_id] = self.made[model_id]
                waiting += [each for each in dependencies_of(self.made[model_id]) if each in self.made]
        return tuple(order_models([wanted[each] for each in self.made if each in wanted]))
