"""Which changes of config the guard lets through, and what it says of the others."""

from typing import Any

import pytest
from pulumi.output import Unknown

from twin_rbac.providers.instance_guard import InstanceGuardProvider

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg"
ID = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances"
OLD: dict[str, Any] = {"instanceId": f"{ID}/adt-a", "location": "westeurope", "managed": True, "protect": True}


def failures(news: dict[str, Any], olds: dict[str, Any] = OLD) -> list[str]:
    result = InstanceGuardProvider().check(olds, {**OLD, **news})
    return [item.reason for item in result.failures or []]


@pytest.mark.parametrize(
    "news",
    [
        {},
        {"location": "West Europe"},
        {"location": None},
        {"instanceId": f"{ID}/ADT-A"},
        {"instanceId": f"{ID}/adt-b", "protect": False},
        {"location": "northeurope", "protect": False},
    ],
)
def test_what_loses_no_twin_or_was_asked_for_passes(news: dict[str, Any]) -> None:
    assert failures(news) == []


def test_another_name_fails_and_says_that_the_twins_would_be_lost_and_what_to_do() -> None:
    (text,) = failures({"instanceId": f"{ID}/adt-b"})

    assert "the instance adt-a would be replaced" in text
    assert "ALL ITS TWINS WOULD BE LOST" in text
    assert "export the graph first and set digital-twins-rbac:instance.protect to false" in text


def test_another_region_fails_and_names_both() -> None:
    (text,) = failures({"location": "North Europe"})

    assert "its region would change from westeurope to northeurope" in text


def test_an_own_instance_given_as_an_existing_one_would_be_deleted_even_unprotected() -> None:
    (text,) = failures({"managed": False, "protect": False})

    assert "WOULD BE DELETED" in text
    assert "pulumi state delete" in text


def test_an_instance_that_was_never_the_programs_may_be_left_for_another() -> None:
    assert failures({"instanceId": f"{ID}/adt-b"}, {**OLD, "managed": False}) == []


def test_the_last_endpoint_does_not_go_in_one_run_with_its_routes() -> None:
    (text,) = failures({"endpoints": [], "routes": []}, {**OLD, "endpoints": ["events"], "routes": ["all"]})

    assert "the event routes all cannot be deleted in the run that takes the last endpoint away" in text
    assert "take instance.routes out, run pulumi up, and take the endpoints out then" in text


def test_endpoints_go_once_their_routes_are_gone() -> None:
    assert failures({"endpoints": [], "routes": []}, {**OLD, "endpoints": ["events"], "routes": []}) == []


def test_a_first_run_and_an_id_that_is_not_known_yet_pass() -> None:
    assert failures({}, {}) == []
    assert failures({"instanceId": Unknown()}) == []  # type: ignore[no-untyped-call]


def test_an_existing_instance_that_is_not_there_is_named_before_anything_is_made(empty_azure: Any) -> None:
    news = {"instanceId": empty_azure.instance_id, "managed": False, "protect": True, "cloud": empty_azure.cloud}

    result = InstanceGuardProvider().check({}, news)

    (failure,) = result.failures or []
    assert failure.reason == f"Azure knows no instance {empty_azure.instance_id}: check instance.resourceId"


def test_an_existing_instance_that_is_there_passes(azure: Any) -> None:
    news = {"instanceId": azure.instance_id, "managed": False, "protect": True, "cloud": azure.cloud}

    assert not InstanceGuardProvider().check({}, news).failures
