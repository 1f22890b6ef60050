"""The models of an instance: uploading, inheritance, decommissioning, deleting.

Rules: fact sheets adt-observed-behaviour section 2 and adt-models-and-tags sections 4 and 5.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from emulator.digital_twins.errors import EnvelopeError, LimitExceeded, ModelNotFound, ModelsInvalid
from emulator.digital_twins.inheritance import Contents, ancestry, check_together, merge
from emulator.digital_twins.instance import MODELS, Instance
from emulator.digital_twins.interfaces import Interface, InterfaceInvalid, parse_interface
from emulator.storage import Document

MAX_MODELS_PER_REQUEST = 250
MAX_MODELS = 10_000
MAX_MODEL_BYTES = 1024 * 1024


class Models:
    """The models of one instance. They never change once uploaded, except for being decommissioned."""

    def __init__(self, instance: Instance) -> None:
        self._storage = instance.storage
        self._clock = instance.clock
        self._kind = instance.kind(MODELS)
        self._interfaces = {
            model_id: parse_interface(document["model"]) for model_id, document in self._storage.items(self._kind)
        }
        self._forget_answers()

    def documents(self) -> Sequence[Document]:
        """All models, oldest first, as GET with the definition shows them."""
        return [document for _, document in self._storage.items(self._kind)]

    def find(self, model_id: str) -> Document | None:
        """One model, or None."""
        return self._storage.get(self._kind, model_id)

    def get(self, model_id: str) -> Document:
        """One model.

        Raises:
            ModelNotFound: there is none of that id.
        """
        document = self.find(model_id)
        if document is None:
            raise ModelNotFound(model_id)
        return document

    def contents(self, model_id: str) -> Contents | None:
        """What twins of the model may hold, or None when there is no such model (any more)."""
        if model_id not in self._interfaces:
            return None
        contents = self._contents.get(model_id)
        if contents is None:
            contents = self._contents[model_id] = merge(ancestry(self._interfaces, model_id))
        return contents

    def with_dependencies(self, model_ids: Iterable[str]) -> Sequence[Document]:
        """The models and everything they extend or embed, oldest first.

        Raises:
            ModelNotFound: there is none of one of the ids.
        """
        found: set[str] = set()
        waiting = [str(self.get(model_id)["id"]) for model_id in model_ids]
        while waiting:
            model_id = waiting.pop()
            if model_id not in found:
                found.add(model_id)
                waiting.extend(self._interfaces[model_id].references)
        return [document for document in self.documents() if document["id"] in found]

    def is_of_model(self, model_id: str, wanted: str, *, exact: bool) -> bool:
        """Whether a twin of `model_id` counts as one of `wanted` (fact sheet adt-query-language, section 5).

        Without `exact` that is the wanted model in this or a higher version, and every model that inherits from one.
        """
        if exact:
            return model_id == wanted
        key = (model_id, wanted)
        if key not in self._kinship:
            self._kinship[key] = any(_is_same_or_newer(each, wanted) for each in self._lineage(model_id))
        return self._kinship[key]

    def add(self, documents: Sequence[object]) -> Sequence[Document]:
        """Uploads the models, all or none.

        Returns:
            What POST /models answers, in the order of the request.

        Raises:
            LimitExceeded: too many or too large.
            ModelsInvalid: one of them breaks a rule.
            EnvelopeError: one of the ids exists already.
        """
        self._check_limits(documents)
        interfaces = _parse_all(documents)
        existing = [interface.model_id for interface in interfaces if interface.model_id in self._interfaces]
        if existing:
            raise EnvelopeError(
                409,
                "ModelIdAlreadyExists",
                f"Some of the model ids already exist: {', '.join(existing)}. Use Model_List API to view models that "
                "already exist. See the Swagger example (https://aka.ms/ModelListSwSmpl).",
            )
        problems = check_together({**self._interfaces, **{each.model_id: each for each in interfaces}}, interfaces)
        if problems:
            raise ModelsInvalid(problems)
        now = self._clock.now()
        added = [
            _model_data(document, now + timedelta(microseconds=25 * position))
            for position, document in enumerate(documents)
        ]
        for document, interface in zip(added, interfaces, strict=True):
            self._storage.put(self._kind, interface.model_id, document)
            self._interfaces[interface.model_id] = interface
        self._forget_answers()
        return added

    def decommission(self, model_id: str, *, decommissioned: bool) -> None:
        """Sets whether new twins of the model are refused.

        Raises:
            ModelNotFound: there is none of that id.
            EnvelopeError: a model that needs this one is still in use.
        """
        document = self.get(model_id)
        active = [each for each in self._referring(model_id) if not self.get(each)["decommissioned"]]
        if decommissioned and active:
            raise EnvelopeError(
                409,
                "ModelReferencesNotDecommissioned",
                f"This model is currently being referenced by {', '.join(active)}. "
                "You must decommission these references before decommissioning the Model.",
            )
        self._storage.put(self._kind, model_id, {**document, "decommissioned": decommissioned})

    def delete(self, model_id: str) -> None:
        """Removes the model. Twins of it stay.

        Raises:
            ModelNotFound: there is none of that id.
            EnvelopeError: another model extends it or uses it as a component.
        """
        self.get(model_id)
        referring = self._referring(model_id)
        if referring:
            raise EnvelopeError(
                409,
                "ModelReferencesNotDeleted",
                f"This model is currently being referenced by {', '.join(referring)}. You must delete these references "
                "before deleting the Model.. To delete references, do Delete Model on Ids provided above.",
            )
        self._storage.delete(self._kind, model_id)
        del self._interfaces[model_id]
        self._forget_answers()

    def _referring(self, model_id: str) -> list[str]:
        return [other.model_id for other in self._interfaces.values() if model_id in other.references]

    def _lineage(self, model_id: str) -> list[str]:
        """The model and what it inherits from; only itself when it was deleted, which its twins outlive."""
        if model_id not in self._interfaces:
            return [model_id]
        return [interface.model_id for interface in ancestry(self._interfaces, model_id)]

    def _forget_answers(self) -> None:
        self._contents: dict[str, Contents] = {}
        self._kinship: dict[tuple[str, str], bool] = {}

    def _check_limits(self, documents: Sequence[object]) -> None:
        if len(documents) > MAX_MODELS_PER_REQUEST:
            raise LimitExceeded(
                f"The request holds {len(documents)} models, at most {MAX_MODELS_PER_REQUEST} are allowed. "
                "See https://aka.ms/dtv2limits."
            )
        if len(documents) + len(self._interfaces) > MAX_MODELS:
            raise LimitExceeded(f"An instance holds at most {MAX_MODELS} models. See https://aka.ms/dtv2limits.")
        if any(len(json.dumps(document)) > MAX_MODEL_BYTES for document in documents):
            raise LimitExceeded(f"A model has at most {MAX_MODEL_BYTES} bytes. See https://aka.ms/dtv2limits.")


def _parse_all(documents: Sequence[object]) -> list[Interface]:
    interfaces, problems = [], []
    for document in documents:
        try:
            interfaces.append(parse_interface(document))
        except InterfaceInvalid as error:
            problems.extend(error.problems)
    counted = Counter(interface.model_id for interface in interfaces)
    problems.extend(f"{each} is defined more than once." for each, count in counted.items() if count > 1)
    if problems:
        raise ModelsInvalid(problems)
    return interfaces


def _is_same_or_newer(model_id: str, wanted: str) -> bool:
    name, _, version = model_id.partition(";")
    wanted_name, _, wanted_version = wanted.partition(";")
    return name == wanted_name and _version(version) >= _version(wanted_version)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in text.split("."))


def _model_data(document: Any, uploaded: datetime) -> Document:
    def by_language(value: Any) -> Any:
        return {"en": value} if isinstance(value, str) else value or {}

    return {
        "id": document["@id"],
        "description": by_language(document.get("description")),
        "displayName": by_language(document.get("displayName")),
        "decommissioned": False,
        "uploadTime": _upload_time(uploaded),
        "model": document,
    }


def _upload_time(moment: datetime) -> str:
    """Up to seven digits, trailing zeros cut, numeric offset."""
    text = moment.isoformat(timespec="microseconds").removesuffix("+00:00").rstrip("0").rstrip(".")
    return f"{text}+00:00"
