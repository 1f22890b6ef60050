"""Sorting twins to the selectors that they meet by id or model; pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from twin_rbac.role_tags.selectors import Selector, find_matcher, find_model_matcher

NO_MODEL = ""
"""The model of a twin that is sorted by its id alone."""


class Sieve:
    """Sorts twins to the globs and models that they meet."""

    def __init__(self, selectors: Iterable[Selector], definitions: Mapping[str, Mapping[str, Any]]) -> None:
        self.chosen: dict[Selector, list[str]] = {}
        self._globs: list[tuple[Callable[[str], bool], list[str]]] = []
        self._models: list[tuple[Callable[[str], bool], list[str]]] = []
        self._takers: dict[str, tuple[list[str], ...]] = {NO_MODEL: ()}
        for selector in selectors:
            if selector.kind == "glob":
                self._globs.append((find_matcher(selector.text), self.chosen.setdefault(selector, [])))
            elif selector.kind == "model":
                matcher = find_model_matcher(selector.text, definitions)
                self._models.append((matcher, self.chosen.setdefault(selector, [])))

    @property
    def wants_all(self) -> bool:
        """Whether every twin has to be taken through it."""
        return bool(self.chosen)

    def take(self, twin_id: str, model_id: str) -> bool:
        """Takes a twin, and says whether it met anything."""
        takers = self._takers.get(model_id)
        if takers is None:
            takers = tuple(chosen for meets, chosen in self._models if meets(model_id))
            self._takers[model_id] = takers
        met = bool(takers)
        for chosen in takers:
            chosen.append(twin_id)
        for meets, chosen in self._globs:
            if meets(twin_id):
                chosen.append(twin_id)
                met = True
        return met

    def take_ids(self, twin_ids: Iterable[str]) -> None:
        """Takes twins of which the models do not matter, perhaps once more."""
        if self._globs:
            for twin_id in twin_ids:
                self.take(twin_id, NO_MODEL)
