"""Event routes."""

from starlette.responses import Response

from emulator.digital_twins.call import Call, answer, no_content
from emulator.digital_twins.paging import list_page
from emulator.digital_twins.service import Service

MAX_PAGE_SIZE = 100


def list_event_routes(service: Service, call: Call) -> Response:
    """GET /eventroutes, in pages."""
    return answer(list_page(call, "eventroutes", service.event_routes.list(), maximum=MAX_PAGE_SIZE))


def get_event_route(service: Service, call: Call) -> Response:
    """GET /eventroutes/{id}."""
    return answer(service.event_routes.get(call.ids[0]))


def put_event_route(service: Service, call: Call) -> Response:
    """PUT /eventroutes/{id}: adds the route or replaces it whole."""
    service.event_routes.put(call.ids[0], call.json_object())
    return no_content()


def delete_event_route(service: Service, call: Call) -> Response:
    """DELETE /eventroutes/{id}."""
    service.event_routes.delete(call.ids[0])
    return no_content()
