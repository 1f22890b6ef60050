"""Models."""

from starlette.responses import Response

from emulator.digital_twins.call import Call, answer, no_content
from emulator.digital_twins.errors import InvalidArgument, PatchInvalid
from emulator.digital_twins.json_patch import REPLACE, parse_patch
from emulator.digital_twins.paging import list_page
from emulator.digital_twins.service import Service
from emulator.storage import Document

MAX_PAGE_SIZE = 100


def create_models(service: Service, call: Call) -> Response:
    """POST /models: uploads all models of the request or none."""
    documents = call.json()
    if not isinstance(documents, list) or not documents:
        raise InvalidArgument(
            "Operation failed as models provided was empty or of a type that is not supported.. Check that your Model "
            "Array contains at least one item and it is of a supported type. See link(https://aka.ms/ADTv2Models) for "
            "details."
        )
    added = service.models.add(documents)
    return answer([_shown(each, with_definition=False) for each in added], status=201)


def list_models(service: Service, call: Call) -> Response:
    """GET /models, in pages."""
    with_definition = call.flag("includeModelDefinition")
    wanted = call.parameters.getlist("dependenciesFor")
    found = service.models.with_dependencies(wanted) if wanted else service.models.documents()
    page = list_page(call, "models", found, maximum=MAX_PAGE_SIZE)
    return answer({**page, "value": [_shown(each, with_definition=with_definition) for each in page["value"]]})


def get_model(service: Service, call: Call) -> Response:
    """GET /models/{id}."""
    with_definition = call.flag("includeModelDefinition")
    return answer(_shown(service.models.get(call.ids[0]), with_definition=with_definition))


def patch_model(service: Service, call: Call) -> Response:
    """PATCH /models/{id}: only `replace /decommissioned`."""
    model_id = service.models.get(call.ids[0])["id"]
    for operation in parse_patch(call.json()):
        if operation.path != ("decommissioned",) or operation.op != REPLACE or not isinstance(operation.value, bool):
            raise PatchInvalid("Only replace of /decommissioned with true or false is supported on models")
        service.models.decommission(model_id, decommissioned=operation.value)
    return no_content()


def delete_model(service: Service, call: Call) -> Response:
    """DELETE /models/{id}: twins of it stay."""
    service.models.delete(call.ids[0])
    return no_content()


def _shown(document: Document, *, with_definition: bool) -> Document:
    return document if with_definition else {key: value for key, value in document.items() if key != "model"}
