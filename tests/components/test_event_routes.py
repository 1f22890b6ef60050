from collections.abc import Callable
from typing import Any

import pytest

from components.event_routes import EventRoutes, EventRoutesArgs

Build = Callable[..., Any]
EVENT_ROUTES = "pulumi-python:dynamic/digital-twins-rbac:EventRoutes"
ROUTES = {"all": {"endpoint": "hub", "filter": "true"}, "none": {"endpoint": "hub", "filter": "false"}}


def routes(**changes: Any) -> Callable[[], None]:
    def build() -> None:
        args = {"endpoint": "https://adt", "instance_id": "/adt", "routes": ROUTES, **changes}
        EventRoutes("event-routes", EventRoutesArgs(**args))

    return build


def test_routes_are_a_map_by_name_so_that_a_preview_shows_each(build_in_both_modes: Build) -> None:
    inputs = dict(build_in_both_modes(routes()).one(EVENT_ROUTES).inputs)
    inputs.pop("__provider")

    assert inputs == {"endpoint": "https://adt", "instanceId": "/adt", "routes": ROUTES, "cloud": {}}


@pytest.mark.parametrize("given", [{}, {"all": ROUTES["all"]}])
def test_as_many_routes_as_are_given_are_handed_on(build_in_both_modes: Build, given: Any) -> None:
    inputs = build_in_both_modes(routes(routes=given)).one(EVENT_ROUTES).inputs

    assert inputs["routes"] == given


def test_other_addresses_are_handed_on(build_in_both_modes: Build) -> None:
    cloud = {"resourceManager": "https://localhost:1"}

    assert build_in_both_modes(routes(cloud=cloud)).one(EVENT_ROUTES).inputs["cloud"] == cloud


def test_the_provider_stands_in_the_state_by_its_name_not_by_its_code(build: Build) -> None:
    provider = build(routes()).one(EVENT_ROUTES).inputs["__provider"]

    assert len(provider) < 200
