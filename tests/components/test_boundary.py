from collections.abc import Callable
from typing import Any

from components.boundary import Boundary, BoundaryArgs

Build = Callable[..., Any]
BOUNDARY = "pulumi-python:dynamic/digital-twins-rbac:Boundary"
TENANTS = {"earth": {"principalId": "0f3c0000-0000-4000-8000-000000000010", "principalType": "Group"}}


def boundary(**changes: Any) -> Callable[[], None]:
    return lambda: _declare(BoundaryArgs(**{"instance_id": "/adt", "tenants": TENANTS, **changes}))


def _declare(args: BoundaryArgs) -> None:
    Boundary("boundary", args)


def test_a_boundary_names_the_instance_the_tenants_and_what_a_way_round_means(build_in_both_modes: Build) -> None:
    inputs = dict(build_in_both_modes(boundary()).one(BOUNDARY).inputs)
    inputs.pop("__provider")

    assert inputs == {
        "instanceId": "/adt",
        "tenants": TENANTS,
        "readers": [],
        "ownRoles": [],
        "bypass": "refuse",
        "cloud": {},
    }


def test_bypass_and_other_addresses_are_handed_on(build_in_both_modes: Build) -> None:
    cloud = {"resourceManager": "https://localhost:1"}
    inputs = build_in_both_modes(boundary(bypass="warn", cloud=cloud)).one(BOUNDARY).inputs

    assert (inputs["bypass"], inputs["cloud"]) == ("warn", cloud)


def test_the_provider_stands_in_the_state_by_its_name_not_by_its_code(build: Build) -> None:
    assert len(build(boundary()).one(BOUNDARY).inputs["__provider"]) < 200
