"""Resources of every type of the table: kept, found, and made and removed together with what they stand for."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.authorization import MANAGED_IDENTITIES
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import Conflict, ResourceNotFound
from emulator.resource_manager.kinds.identities import Identities, principal_id_of
from emulator.resource_manager.kinds.kind import RESOURCES, Put
from emulator.resource_manager.kinds.table import make_kinds
from emulator.resource_manager.resource_types import ResourceType, find_by_type
from emulator.resource_manager.resource_types.groups import GROUP, INSTANCE
from emulator.resource_manager.role_assignments import RoleAssignments
from emulator.resource_manager.scopes import covers, is_management_group, normalise, resource_group_of
from emulator.storage import Document

GROUP_TYPE = GROUP.type
INSTANCE_TYPE = INSTANCE.type

__all__ = ["GROUP_TYPE", "INSTANCE_TYPE", "RESOURCES", "Resources"]


class Resources:
    """Reads and writes resources, and starts and stops what they stand for."""

    def __init__(self, context: ResourceManagerContext, assignments: RoleAssignments) -> None:
        self._context = context
        self._storage = context.storage
        self._assignments = assignments
        self._kinds = make_kinds(context)
        self._identities = Identities(context)

    def get(self, row: ResourceType, resource_id: str) -> Document:
        """The resource group or resource; one that comes with its parent is there before anybody wrote it.

        Raises:
            ResourceNotFound: there is none, or no group or parent for it.
        """
        self._require_above(row, resource_id)
        document = self._find(resource_id)
        if document is not None:
            return self._kinds[row.type].current(document)
        if row.default_body is None:
            raise _not_found(resource_id)
        return {**_named(row, resource_id), "properties": dict(row.default_body)}

    def list_in(self, scope: str, row: ResourceType) -> list[Document]:
        """The resources of a type in a scope.

        Raises:
            ResourceNotFound: it is in a resource group that there is not, or no scope where such a resource stands.
        """
        self.require_group(scope)
        if row.scope_input:
            self.require_scope(scope)
        kind = self._kinds[row.type]
        documents = [document for _, document in self._storage.items(RESOURCES) if document["type"] == row.type]
        return [kind.current(document) for document in documents if kind.is_listed(scope, document)]

    async def put(
        self, row: ResourceType, resource_id: str, body: Mapping[str, Any], caller: str
    ) -> tuple[Document, bool]:
        """Makes or updates a resource whose body has the right shape; also says whether it is new.

        Raises:
            ResourceManagerError: there is no group or parent for it, it is elsewhere already, its name is taken, or
                its service refuses it.
        """
        self._require_above(row, resource_id)
        existing = self._find(resource_id)
        # The first spelling stays: an id in other letters means the same resource.
        first = existing["id"] if existing else resource_id
        put = Put(row=row, id=first, body=body, existing=existing, caller=caller)
        kind = self._kinds[row.type]
        self._identities.check(put)
        self._refuse_taken_name(put)
        if existing is not None and _place(existing) != _place(body):
            kind.refuse_move(put, existing["location"])
        kind.check(put)
        document = {
            **_named(row, first),
            **body,
            **_place(body),
            **self._identities.answer(put),
            "properties": await kind.properties(put),
        }
        self._storage.put(RESOURCES, normalise(first), document)
        await kind.stored(put)
        return kind.current(document), existing is None

    async def delete(self, resource_id: str) -> bool:
        """Removes a resource and all below it but what outlives it, role assignments too; False when there was none.

        Raises:
            ResourceManagerError: it is a resource group and there was none, or its service does not let it go.
        """
        document = self._find(resource_id)
        if document is None:
            if resource_id == resource_group_of(resource_id):
                self.require_group(resource_id)
            return False
        self._kinds[document["type"]].check_delete(document)
        # A group goes last: an emulator that is killed meanwhile can be asked again.
        for key, item in reversed(self._storage.items(RESOURCES)):
            if key == normalise(resource_id) or (covers(resource_id, key) and not _outlives(item)):
                await self._kinds[item["type"]].removed(item)
                self._storage.delete(MANAGED_IDENTITIES, principal_id_of(key))
                self._storage.delete(RESOURCES, key)
        self._assignments.delete_below(resource_id)
        return True

    def require_group(self, scope: str) -> None:
        """Returns unless the scope is, or lies in, a resource group that there is not.

        Raises:
            ResourceNotFound: there is no such group.
        """
        group = resource_group_of(scope)
        if group is not None and self._find(group) is None:
            message = f"Resource group '{group.rsplit('/', 1)[-1]}' could not be found."
            raise ResourceNotFound(message, "ResourceGroupNotFound")

    def require_scope(self, scope: str) -> None:
        """Returns when a role can be assigned there: the root, a management group, the subscription, what is in it.

        Raises:
            ResourceNotFound: there is no such scope.
        """
        if resource_group_of(scope) is not None:
            self.require_group(scope)
            if self._find(scope) is None:
                raise _not_found(scope)
            return
        subscription = f"/subscriptions/{self._context.directory.subscription_id}"
        if normalise(scope) not in {"", normalise(subscription)} and not is_management_group(scope):
            raise ResourceNotFound(f"There is no scope '{scope}' where a role can be assigned.")

    def _find(self, resource_id: str) -> Document | None:
        return self._storage.get(RESOURCES, normalise(resource_id))

    def _require_above(self, row: ResourceType, resource_id: str) -> None:
        if row.scope_input:
            self.require_scope(row.scope_of(resource_id))
            return
        if row is not GROUP:
            self.require_group(resource_id)
        parent = row.parent_of(resource_id)
        if row.parent_type and self._find(parent) is None:
            name = "/".join(parent.split("/")[-2:])
            message = f"Can not perform requested operation on nested resource. Parent resource '{name}' not found."
            raise ResourceNotFound(message, "ParentResourceNotFound")

    def _refuse_taken_name(self, put: Put) -> None:
        if not put.row.taken_code:
            return
        for _, document in self._storage.items(RESOURCES):
            same = document["type"] == put.row.type and document["name"].lower() == put.name.lower()
            if same and document["id"] != put.id:
                message = f"The name '{put.name}' of a {put.row.type} is already taken: names are unique in Azure."
                raise Conflict(message, put.row.taken_code)


def _named(row: ResourceType, resource_id: str) -> Mapping[str, Any]:
    return {"id": resource_id, "name": resource_id.rsplit("/", 1)[-1], "type": row.type}


def _outlives(document: Document) -> bool:
    return find_by_type(document["type"]).outlives


def _not_found(resource_id: str) -> ResourceNotFound:
    kind, name = resource_id.rstrip("/").split("/")[-2:]
    group = resource_id.strip("/").split("/")[3]
    if kind.lower() == "resourcegroups":
        return ResourceNotFound(f"Resource group '{name}' could not be found.", "ResourceGroupNotFound")
    return ResourceNotFound(f"The Resource '{kind}/{name}' under resource group '{group}' was not found.")


def _place(document: Mapping[str, Any]) -> Mapping[str, str]:
    """The region as Azure answers it, for what has one: "West Europe" is westeurope."""
    location = document.get("location")
    return {} if location is None else {"location": str(location).replace(" ", "").lower()}
