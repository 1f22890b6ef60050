"""Twins and their components."""

from starlette.responses import Response

from emulator.digital_twins.call import Call, answer_with_etag, no_content
from emulator.digital_twins.errors import EnvelopeError
from emulator.digital_twins.json_patch import Operation, parse_patch
from emulator.digital_twins.service import Service
from emulator.digital_twins.twins import (
    component_of,
    component_operations,
    create_twin,
    model_of,
    patch_twin,
    requested_model,
)
from emulator.storage import Document


def get_twin(service: Service, call: Call) -> Response:
    """GET /digitaltwins/{id}."""
    twin = service.graph.twin(call.ids[0])
    return answer_with_etag(call.shown(twin), twin["$etag"])


def put_twin(service: Service, call: Call) -> Response:
    """PUT /digitaltwins/{id}: adds the twin or replaces it whole."""
    twin_id = call.ids[0]
    existing = service.graph.find_twin(twin_id)
    call.check_if_none_match("twin", twin_id, existing)
    body = call.json_object()
    _check_decommissioned(service, requested_model(body), existing)
    twin = create_twin(twin_id, body, service.models, service.instance.clock.now())
    service.graph.put_twin(twin)
    return answer_with_etag(call.shown(twin), twin["$etag"])


def patch(service: Service, call: Call) -> Response:
    """PATCH /digitaltwins/{id}."""
    twin = service.graph.twin(call.ids[0])
    call.check_if_match(twin)
    return _patch(service, twin, parse_patch(call.json()))


def delete_twin(service: Service, call: Call) -> Response:
    """DELETE /digitaltwins/{id}."""
    call.check_if_match(service.graph.twin(call.ids[0]))
    service.graph.delete_twin(call.ids[0])
    return no_content()


def get_component(service: Service, call: Call) -> Response:
    """GET /digitaltwins/{id}/components/{name}: the etag is the twin's."""
    twin_id, name = call.ids
    twin = service.graph.twin(twin_id)
    component = component_of(twin, name)
    if component is None:
        raise EnvelopeError(
            404,
            "ComponentNotFound",
            f"{twin_id} does not have component {name} Please verify that the component path is correct. You can get "
            "components by getting the twin, See example https://aka.ms/TwinGetSwSmpl.",
        )
    return answer_with_etag(call.shown(component), twin["$etag"])


def patch_component(service: Service, call: Call) -> Response:
    """PATCH /digitaltwins/{id}/components/{name}: paths are relative to the component."""
    twin_id, name = call.ids
    twin = service.graph.twin(twin_id)
    call.check_if_match(twin)
    return _patch(service, twin, component_operations(twin, name, parse_patch(call.json())))


def _patch(service: Service, twin: Document, operations: list[Operation]) -> Response:
    patched = patch_twin(twin, operations, service.models, service.instance.clock.now())
    _check_decommissioned(service, model_of(patched), twin)
    service.graph.put_twin(patched)
    return no_content(etag=patched["$etag"])


def _check_decommissioned(service: Service, model_id: str, existing: Document | None) -> None:
    """Refuses a decommissioned model to all twins but those that are of it already."""
    known = service.models.find(model_id)
    of_it_already = existing is not None and model_of(existing) == model_id
    if known is not None and known["decommissioned"] and not of_it_already:
        raise EnvelopeError(
            400,
            "ModelDecommissioned",
            f"The model {model_id} is decommissioned. Twins of it can be updated, but no new ones created.",
        )
