"""Twins and relationships of an instance, in the storage and in memory."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from emulator.digital_twins.errors import EnvelopeError, TwinNotFound
from emulator.digital_twins.index import LaggingIndex
from emulator.digital_twins.instance import RELATIONSHIPS, TWINS, Instance
from emulator.storage import Document


class Graph:
    """Reads by id see every write at once; `indexed_…` is what queries see.

    Documents are put as finished by the callers, who have checked them: what is put here is stored.
    """

    def __init__(self, instance: Instance) -> None:
        self._storage = instance.storage
        self._twin_kind = instance.kind(TWINS)
        self._relationship_kind = instance.kind(RELATIONSHIPS)
        self._twins = dict(self._storage.items(self._twin_kind))
        self._outgoing: defaultdict[str, dict[str, Document]] = defaultdict(dict)
        self._incoming: defaultdict[str, dict[tuple[str, str], Document]] = defaultdict(dict)
        for _, relationship in self._storage.items(self._relationship_kind):
            self._remember(relationship)
        self._twin_index = LaggingIndex(self._twins, clock=instance.clock, faults=instance.faults)
        self._relationship_index = LaggingIndex(
            dict(self._storage.items(self._relationship_kind)), clock=instance.clock, faults=instance.faults
        )

    def find_twin(self, twin_id: str) -> Document | None:
        """The twin, or None."""
        return self._twins.get(twin_id)

    def twin(self, twin_id: str) -> Document:
        """The twin.

        Raises:
            TwinNotFound: there is none of that id.
        """
        twin = self._twins.get(twin_id)
        if twin is None:
            raise TwinNotFound(twin_id)
        return twin

    def put_twin(self, twin: Document) -> None:
        """Adds the twin, or replaces the one of its id."""
        twin_id = twin["$dtId"]
        self._storage.put(self._twin_kind, twin_id, twin)
        self._twins[twin_id] = twin
        self._twin_index.record(twin_id, twin)

    def delete_twin(self, twin_id: str) -> None:
        """Removes a twin that exists.

        Raises:
            EnvelopeError: it is the source or the target of relationships.
        """
        if self._outgoing.get(twin_id) or self._incoming.get(twin_id):
            raise EnvelopeError(
                400,
                "RelationshipsNotDeleted",
                f"Twin {twin_id} has active relationships. Cannot delete a twin unless all the relationships are "
                "deleted. Please ensure that the active relationships on the twin are deleted. See section on "
                "retrieving relationships https://aka.ms/adtv2twins.",
            )
        self._storage.delete(self._twin_kind, twin_id)
        del self._twins[twin_id]
        self._twin_index.record(twin_id, None)

    def find_relationship(self, source_id: str, relationship_id: str) -> Document | None:
        """The relationship, or None."""
        return self._outgoing.get(source_id, {}).get(relationship_id)

    def relationship(self, source_id: str, relationship_id: str) -> Document:
        """The relationship of that source.

        Raises:
            TwinNotFound: there is no such source.
            EnvelopeError: the source has no such relationship.
        """
        self.twin(source_id)
        relationship = self.find_relationship(source_id, relationship_id)
        if relationship is None:
            raise EnvelopeError(
                404,
                "RelationshipNotFound",
                f"Relationship {relationship_id} not found on twin {source_id}. Please verify that the relationship id "
                "is valid and ensure that the relationship is not deleted. See section on listing relationships in the "
                "documentation https://aka.ms/adtv2twins.",
            )
        return relationship

    def outgoing(self, twin_id: str) -> Sequence[Document]:
        """The relationships whose source is the twin, in the order of their ids."""
        return [each for _, each in sorted(self._outgoing.get(twin_id, {}).items())]

    def incoming(self, twin_id: str) -> Sequence[Document]:
        """The relationships whose target is the twin, in the order of their sources and ids."""
        return [each for _, each in sorted(self._incoming.get(twin_id, {}).items())]

    def put_relationship(self, relationship: Document) -> None:
        """Adds the relationship, or replaces the one of its source and id."""
        key = _key(relationship)
        self._forget(relationship["$sourceId"], relationship["$relationshipId"])
        self._storage.put(self._relationship_kind, key, relationship)
        self._remember(relationship)
        self._relationship_index.record(key, relationship)

    def delete_relationship(self, relationship: Document) -> None:
        """Removes a relationship that exists."""
        key = _key(relationship)
        self._storage.delete(self._relationship_kind, key)
        self._forget(relationship["$sourceId"], relationship["$relationshipId"])
        self._relationship_index.record(key, None)

    def indexed_twins(self) -> Iterable[Document]:
        """The twins as queries see them, oldest first."""
        return self._twin_index.documents()

    def indexed_relationships(self) -> Iterable[Document]:
        """The relationships as queries see them, oldest first."""
        return self._relationship_index.documents()

    def _remember(self, relationship: Document) -> None:
        source_id, relationship_id = relationship["$sourceId"], relationship["$relationshipId"]
        self._outgoing[source_id][relationship_id] = relationship
        self._incoming[relationship["$targetId"]][source_id, relationship_id] = relationship

    def _forget(self, source_id: str, relationship_id: str) -> None:
        old = self._outgoing.get(source_id, {}).pop(relationship_id, None)
        if old is not None:
            del self._incoming[old["$targetId"]][source_id, relationship_id]


def _key(relationship: Document) -> str:
    # Relationship ids are unique per source only, and either may hold any character.
    return f"{quote(relationship['$sourceId'], safe='')}/{quote(relationship['$relationshipId'], safe='')}"
