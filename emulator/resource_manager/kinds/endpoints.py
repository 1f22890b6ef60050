"""Endpoints of an instance: where its event routes send to (fact sheet pulumi-azure, section 1.2).

Azure sends a first message when an endpoint is made; here the rights and the target that it needs are looked up. An
endpoint by keys is taken as it is, for the local Azure has no keys. Codes are ours: no source tells Azure's.
"""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.errors import Conflict, InvalidRequest
from emulator.resource_manager.kinds.instance_identity import principal_of
from emulator.resource_manager.kinds.kind import Kind, Put
from emulator.resource_manager.kinds.service_addresses import find_container, find_entity, namespace_of
from emulator.resource_manager.resource_types.digital_twins import SECRETS
from emulator.resource_manager.resource_types.messaging import EVENT_HUB, TOPIC
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

EVENT_ROUTES = "event-routes"
"""Kind of document of the data plane: lower-case instance id, a slash and the route's id -> the route."""

_IDENTITY, _KEYS = "IdentityBased", "KeyBased"
_HIDDEN = "******"
_FIXED = ("endpointType", "authenticationType")
_CONNECTION: Mapping[str, str] = {
    "EventHub": "connectionStringPrimaryKey",
    "ServiceBus": "primaryConnectionString",
    "EventGrid": "accessKey1",
}
_SENT_TO: Mapping[str, tuple[str, str, str]] = {
    "EventHub": (EVENT_HUB.type, "Microsoft.EventHub/namespaces/messages/send/action", "Azure Event Hubs Data Sender"),
    "ServiceBus": (TOPIC.type, "Microsoft.ServiceBus/namespaces/messages/send/action", "Azure Service Bus Data Sender"),
}
"""Kind of endpoint -> the type of its target, the data action that sending takes, and the role that has it."""
_BLOB_WRITE = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"


class EndpointKind(Kind):
    """Endpoints."""

    def check(self, put: Put) -> None:
        """Returns when the instance could send to it."""
        _check_fixed(put)
        asked = put.properties
        if asked.get("authenticationType", _KEYS) == _KEYS:
            _check_keys(asked)
            return
        _refuse_keys(asked)
        instance = self.find(put.row.parent_of(put.id)) or {}
        principal_id = principal_of(instance, asked.get("identity"))
        self._check_target(asked, principal_id)
        if "deadLetterUri" in asked:
            self._check_dead_letter(asked["deadLetterUri"], principal_id)

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With no secret."""
        properties = {"authenticationType": _KEYS, **await super().properties(put)}
        hidden = {key: _HIDDEN if key in SECRETS else value for key, value in properties.items()}
        return {**hidden, "createdTime": put.earlier("createdTime", self.context.timestamp())}

    def check_delete(self, document: Document) -> None:
        """Returns when no event route sends to it."""
        instance = normalise(document["id"]).rpartition("/endpoints/")[0]
        for key, route in self.storage.items(EVENT_ROUTES):
            if key.rpartition("/")[0] == instance and route["endpointName"].lower() == document["name"].lower():
                message = (
                    f"The endpoint '{document['name']}' is in use by the event route '{route['id']}': delete it first."
                )
                raise Conflict(message, "EndpointInUse")

    def _check_target(self, asked: Mapping[str, Any], principal_id: str) -> None:
        type_name, action, role = _SENT_TO[asked["endpointType"]]
        namespace = namespace_of(asked["endpointUri"])
        target = find_entity(self, type_name, namespace, asked["entityPath"])
        if target is None:
            message = f"There is no {type_name} '{asked['entityPath']}' in the namespace '{namespace}'."
            raise InvalidRequest(message, "EndpointTargetNotFound")
        self._require_right(principal_id, action, target["id"], role)

    def _check_dead_letter(self, uri: str, principal_id: str) -> None:
        container = find_container(self, uri)
        if container is None:
            message = (
                f"There is no blob container at deadLetterUri '{uri}': https://ACCOUNT.blob.core.windows.net/NAME."
            )
            raise InvalidRequest(message, "DeadLetterContainerNotFound")
        self._require_right(principal_id, _BLOB_WRITE, container["id"], "Storage Blob Data Contributor")

    def _require_right(self, principal_id: str, action: str, scope: str, role: str) -> None:
        if not self.context.access.allows_data(principal_id, action, scope):
            message = (
                f"The instance's identity {principal_id} may not do {action} at {scope}: assign it the role '{role}' "
                "there, and wait until that acts."
            )
            raise InvalidRequest(message, "EndpointNotAuthorized")


def _check_fixed(put: Put) -> None:
    before = {name: put.earlier(name, None) for name in _FIXED}
    asked = {"authenticationType": _KEYS, **put.properties}
    for name in _FIXED:
        if put.existing is not None and before[name] != asked[name]:
            message = (
                f"{name} of the endpoint '{put.name}' is {before[name]} and cannot become {asked[name]}: delete the "
                "endpoint and make it again."
            )
            raise InvalidRequest(message, "EndpointCannotBeChanged")


def _check_keys(asked: Mapping[str, Any]) -> None:
    needed = _CONNECTION[asked["endpointType"]]
    if needed not in asked:
        message = f"An endpoint of authenticationType KeyBased (which is the default) needs {needed}."
        raise InvalidRequest(message, "EndpointKeyMissing")
    if "identity" in asked:
        raise InvalidRequest("identity cannot stand beside authenticationType KeyBased.", "InvalidIdentity")


def _refuse_keys(asked: Mapping[str, Any]) -> None:
    if asked["endpointType"] not in _SENT_TO:
        message = "An endpoint of Event Grid takes keys only: authenticationType IdentityBased is not supported for it."
        raise InvalidRequest(message, "EndpointAuthenticationNotSupported")
    keys = [name for name in SECRETS if name in asked]
    if keys:
        raise InvalidRequest(f"{keys[0]} cannot stand beside authenticationType IdentityBased.", "EndpointKeyNotTaken")
    missing = [name for name in ("endpointUri", "entityPath") if not asked.get(name)]
    if missing:
        message = f"An endpoint of authenticationType IdentityBased needs {missing[0]}."
        raise InvalidRequest(message, "EndpointAddressMissing")
