from collections.abc import Callable
from typing import Any

import pytest

from components.publish import Publish, PublishArgs
from twin_rbac.providers.bundle import package_hash

Build = Callable[..., Any]
PUBLISH = "pulumi-python:dynamic/digital-twins-rbac:Publish"


def publish(**changes: Any) -> Callable[[], None]:
    def build() -> None:
        args = {"site_id": "/site", **changes}
        Publish("package", PublishArgs(**args))

    return build


def test_what_is_published_is_named_by_the_hash_of_this_checkout(build_in_both_modes: Build) -> None:
    inputs = dict(build_in_both_modes(publish()).one(PUBLISH).inputs)
    inputs.pop("__provider")

    assert inputs == {
        "siteId": "/site",
        "package": package_hash(),
        "runtime": "3.12",
        "wheels": "linux",
        "cloud": {},
    }


def test_runtime_wheels_and_other_addresses_are_handed_on(build_in_both_modes: Build) -> None:
    cloud = {"resourceManager": "https://localhost:1"}
    inputs = build_in_both_modes(publish(runtime="3.13", wheels="host", cloud=cloud)).one(PUBLISH).inputs

    assert (inputs["runtime"], inputs["wheels"], inputs["cloud"]) == ("3.13", "host", cloud)


def test_the_provider_stands_in_the_state_by_its_name_not_by_its_code(build: Build) -> None:
    assert len(build(publish()).one(PUBLISH).inputs["__provider"]) < 200


def test_package_and_endpoint_are_outputs(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(build.__globals__["ANSWERS"], PUBLISH, {"endpoint": "https://app.example"})

    def program() -> dict[str, Any]:
        resource = Publish("package", PublishArgs(site_id="/site"))
        return {"package": resource.package, "endpoint": resource.endpoint}

    assert build(program).outputs == {"package": package_hash(), "endpoint": "https://app.example"}
