"""azuread's AppRoleAssignment."""

from collections.abc import Mapping
from typing import ClassVar

from emulator.directory_provider.graph import Graph
from emulator.directory_provider.resource import Resource, Values
from emulator.resource_manager.schema import Shape, an_object

_INPUTS = {"appRoleId": "appRoleId", "principalObjectId": "principalId", "resourceObjectId": "resourceId"}
_OUTPUTS = ("principalDisplayName", "principalType", "resourceDisplayName")


class AppRoleAssignment(Resource):
    """A principal's assignment to an application, with one of its roles."""

    pulumi_type: ClassVar[str] = "azuread:index/appRoleAssignment:AppRoleAssignment"
    shape: ClassVar[Shape] = an_object(dict.fromkeys(_INPUTS, Shape(required=True)))
    replaces: ClassVar[frozenset[str]] = frozenset(_INPUTS)
    computed: ClassVar[Mapping[str, str]] = dict.fromkeys(_OUTPUTS, "")

    def create(self, graph: Graph, inputs: Values) -> str:
        """Assigns the role."""
        path = f"/servicePrincipals/{inputs['resourceObjectId']}/appRoleAssignedTo"
        made = graph.post(path, {name: inputs[key] for key, name in _INPUTS.items()})
        return f"{path}/{made['id']}"

    def read(self, graph: Graph, resource_id: str) -> Values | None:
        """The assignment."""
        document = graph.get(resource_id)
        if document is None:
            return None
        outputs = {name: document[name] for name in _OUTPUTS}
        return {**{key: document[name] for key, name in _INPUTS.items()}, **outputs}
