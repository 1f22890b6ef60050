"""What the provider knows of a resource type, and what each of them does."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from emulator.directory_provider.graph import Graph
from emulator.resource_manager.schema import Shape

Values = dict[str, Any]


class Resource(ABC):
    """One resource type; its inputs and outputs are spelled as in Pulumi."""

    pulumi_type: ClassVar[str]
    """Pulumi's type token."""
    shape: ClassVar[Shape]
    """The inputs."""
    replaces: ClassVar[frozenset[str]] = frozenset()
    """The inputs whose change needs a new resource."""
    service_fills: ClassVar[frozenset[str]] = frozenset()
    """The inputs that the service fills in where they are left out: then they are never a difference."""
    computed: ClassVar[Mapping[str, str]] = {}
    """The outputs that only the service knows -> the input whose change makes them unknown again, if there is one."""

    @abstractmethod
    def create(self, graph: Graph, inputs: Values) -> str:
        """Makes the resource, and returns its id.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """

    @abstractmethod
    def read(self, graph: Graph, resource_id: str) -> Values | None:
        """What is live, as outputs; None when there is none.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """

    def update(self, graph: Graph, resource_id: str, changed: Values) -> None:
        """Sends the inputs that changed; None for one that is said no more.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """
        raise NotImplementedError(
            f"every change of a {self.pulumi_type} replaces it: {resource_id}, {changed}, {graph}"
        )

    def delete(self, graph: Graph, resource_id: str) -> None:
        """Removes the resource; one that is gone already is no error.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """
        graph.delete(resource_id)
