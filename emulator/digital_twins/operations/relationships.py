"""Relationships between twins."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from emulator.digital_twins.call import Call, answer, answer_with_etag, no_content
from emulator.digital_twins.errors import EnvelopeError, PatchInvalid, ValidationFailed
from emulator.digital_twins.json_patch import apply, parse_patch, path_text
from emulator.digital_twins.service import Service
from emulator.digital_twins.twins import model_of, new_etag
from emulator.digital_twins.validation import check_relationship
from emulator.storage import Document


def get_relationship(service: Service, call: Call) -> Response:
    """GET /digitaltwins/{id}/relationships/{relationshipId}."""
    relationship = service.graph.relationship(*call.ids)
    return answer_with_etag(relationship, relationship["$etag"])


def put_relationship(service: Service, call: Call) -> Response:
    """PUT /digitaltwins/{id}/relationships/{relationshipId}: adds the relationship or replaces it whole."""
    source_id, relationship_id = call.ids
    source = service.graph.twin(source_id)
    call.check_if_none_match(
        "relationship", relationship_id, service.graph.find_relationship(source_id, relationship_id)
    )
    body = call.json_object()
    name, target_id = _text(body, "$relationshipName"), _text(body, "$targetId")
    properties = _properties(body)
    check_relationship(name, properties, model_of(source), service.models)
    _check_target(service, source_id, target_id)
    relationship = {
        "$relationshipId": relationship_id,
        "$etag": new_etag(),
        "$sourceId": source_id,
        "$relationshipName": name,
        "$targetId": target_id,
        **properties,
    }
    service.graph.put_relationship(relationship)
    return answer_with_etag(relationship, relationship["$etag"])


def patch_relationship(service: Service, call: Call) -> Response:
    """PATCH /digitaltwins/{id}/relationships/{relationshipId}: only properties can be written."""
    relationship = service.graph.relationship(*call.ids)
    call.check_if_match(relationship)
    properties = _properties(relationship)
    for operation in parse_patch(call.json()):
        if operation.path[0].startswith("$"):
            raise PatchInvalid(f"{path_text(operation.path)} cannot be written")
        properties = apply(properties, operation)
    source = service.graph.twin(call.ids[0])
    check_relationship(relationship["$relationshipName"], properties, model_of(source), service.models)
    system = {key: value for key, value in relationship.items() if key.startswith("$")}
    patched = {**system, "$etag": new_etag(), **properties}
    service.graph.put_relationship(patched)
    return no_content(etag=patched["$etag"])


def delete_relationship(service: Service, call: Call) -> Response:
    """DELETE /digitaltwins/{id}/relationships/{relationshipId}."""
    relationship = service.graph.relationship(*call.ids)
    call.check_if_match(relationship)
    service.graph.delete_relationship(relationship)
    return no_content()


def list_relationships(service: Service, call: Call) -> Response:
    """GET /digitaltwins/{id}/relationships, all on one page."""
    twin_id = service.graph.twin(call.ids[0])["$dtId"]
    name = call.parameters.get("relationshipName")
    found = service.graph.outgoing(twin_id)
    value = [each for each in found if name is None or each["$relationshipName"] == name]
    return answer({"nextLink": None, "value": value})


def list_incoming_relationships(service: Service, call: Call) -> Response:
    """GET /digitaltwins/{id}/incomingrelationships, all on one page."""
    twin_id = service.graph.twin(call.ids[0])["$dtId"]
    value = [_incoming(each, call) for each in service.graph.incoming(twin_id)]
    return answer({"nextLink": None, "value": value})


def _incoming(relationship: Document, call: Call) -> Document:
    source_id, relationship_id = relationship["$sourceId"], relationship["$relationshipId"]
    link = call.link("digitaltwins", source_id, "relationships", relationship_id)
    return {
        "$relationshipId": relationship_id,
        "$sourceId": source_id,
        "$relationshipName": relationship["$relationshipName"],
        "$relationshipLink": f"{link}?api-version={call.api_version}",
    }


def _properties(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if not key.startswith("$")}


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise ValidationFailed([f"{key} is missing or not a string."], of="relationship")
    return value


def _check_target(service: Service, source_id: str, target_id: str) -> None:
    if source_id == target_id:
        raise EnvelopeError(400, "OperationNotAllowed", "The relationship cannot connect to the same digital twin.")
    if service.graph.find_twin(target_id) is None:
        # The recorded code and text; the API's description calls it TargetTwinNotFound.
        raise EnvelopeError(
            404,
            "TargetDigitalTwinNotFound",
            "The target digital twin is invalid or does not exist. Please validate that the target twin is valid and "
            "ensure that the target twin is not deleted. See section on querying the twins https://aka.ms/adtv2query .",
        )
