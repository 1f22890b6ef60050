import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from emulator.fault_file import check_faults
from emulator.faults import FailingCall, Faults

DATA_READER = (
    "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/providers/Microsoft.Authorization/roleDefinitions/"
    "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
)
WIND = "51aa0000-0000-4000-8000-000000000031"
TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
TOLD = "The emulator was told to fail this call."
MODEL = {"@id": "dtmi:x:Room;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}
ROOM = {"$metadata": {"$model": "dtmi:x:Room;1"}}


class World:
    """An emulator with one instance, seen as a principal with one token."""

    def __init__(self, emulator: Any, session: requests.Session) -> None:
        self.emulator, self.session = emulator, session
        self.instance_id: str = emulator.make_instance()
        self._instance = emulator.endpoint(self.instance_id)
        self._tokens = {service: emulator.token("owner", service) for service in ("instance", "resource-manager")}

    def faults(self, **faults: object) -> None:
        self.emulator.control("PUT", "faults", faults)

    def fail(self, **call: object) -> None:
        self.faults(failing_calls=[call])

    def instance(self, method: str, path: str, body: object = None, *, token: str | None = None) -> requests.Response:
        token = token or self._tokens["instance"]
        return self._send(method, f"{self._instance}{path}?api-version=2023-10-31", token, body)

    def call(self, service: str) -> requests.Response:
        """The service's simplest call."""
        if service == "digital-twins":
            return self.instance("GET", "/models")
        if service == "resource-manager":
            url = f"{self.emulator.resource_manager}{self.instance_id}?api-version=2023-01-31"
            return self._send("GET", url, self._tokens["resource-manager"])
        return self._send("GET", f"{self.emulator.entra}/{TENANT}/discovery/v2.0/keys", "none")

    def twin_ids(self) -> list[str]:
        answer = self.instance("POST", "/query", {"query": "SELECT * FROM DIGITALTWINS"})
        return [twin["$dtId"] for twin in answer.json()["value"]]

    def _send(self, method: str, url: str, token: str, body: object = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        return self.session.request(method, url, data=data, headers=headers, verify=self.emulator.ca_file, timeout=10)


@pytest.fixture
def world(emulator: Any) -> Iterator[World]:
    with requests.Session() as session:
        yield World(emulator, session)


def test_every_service_fails_with_the_status_code_and_body_that_it_has_for_it(world: World) -> None:
    rate_limit = (
        "Maximum request rate limit reached. For Azure Digital Twins rate limiting details please see "
        "http://aka.ms/dtv2limits."
    )
    quota = "Your rate limit has been exceeded. See https://aka.ms/dtv2limits for additional information."
    entra = {"error": "temporarily_unavailable", "error_description": TOLD, "statusCode": 503, "message": TOLD}
    for service, status, body in (
        ("digital-twins", 503, {"error": {"code": "ServiceUnavailable", "message": TOLD}}),
        ("digital-twins", 401, {"statusCode": 401, "message": "Unauthorized"}),
        ("digital-twins", 429, {"error": {"statusCode": 429, "message": rate_limit}}),
        ("digital-twins", 200, {"error": {"code": "QuotaReachedError", "message": quota}}),
        ("resource-manager", 500, {"error": {"code": "InternalServerError", "message": "A fault on demand."}}),
        ("entra", 503, entra),
    ):
        world.fail(service=service, status=status)
        answer = world.call(service)
        assert (answer.status_code, answer.json()) == (status, body)

    assert "value" in world.call("digital-twins").json()


def test_a_fault_may_set_code_and_retry_after_of_every_service(world: World) -> None:
    for service in ("digital-twins", "resource-manager", "entra"):
        world.fail(service=service, status=503, code="Busy", retry_after=7)
        answer = world.call(service)
        error = answer.json()["error"]
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
        assert (error if service == "entra" else error["code"]) == "Busy"


def test_every_service_drops_a_connection_and_serves_the_next(world: World) -> None:
    for service in ("digital-twins", "resource-manager", "entra"):
        world.fail(service=service)
        with pytest.raises(requests.ConnectionError):
            world.call(service)
        assert world.call(service).status_code == 200


def test_a_write_that_was_told_to_fail_has_not_happened(world: World) -> None:
    world.instance("POST", "/models", [MODEL]).raise_for_status()
    for status in (None, 500):
        world.fail(method="PUT", status=status)
        try:
            assert world.instance("PUT", "/digitaltwins/a", ROOM).status_code == 500
        except requests.ConnectionError:
            assert status is None

    assert world.instance("GET", "/digitaltwins/a").status_code == 404
    assert world.emulator.control("GET", "counters")["twinWrites"] == 0


def test_some_calls_are_served_before_some_fail() -> None:
    faults = Faults(failing_calls=[FailingCall(status=500, skip=2, times=3)])

    met = [faults.take("digital-twins", "GET", "/models") is not None for _ in range(7)]

    assert met == [False, False, True, True, True, False, False]


def draw(count: int, **call: Any) -> list[bool]:
    faults = Faults(failing_calls=[FailingCall(status=500, times=10_000, **call)])
    return [faults.take("digital-twins", "GET", "/models") is not None for _ in range(count)]


def test_about_the_asked_share_of_calls_fails_and_always_the_same_ones() -> None:
    met = draw(10_000, share=0.01)

    # 100 are expected; four standard deviations are 40.
    assert 60 < sum(met) < 140
    assert met == draw(10_000, share=0.01)
    assert met != draw(10_000, share=0.01, seed=1)
    assert sum(draw(100, share=0)) == 0
    assert sum(draw(100, share=1)) == 100


def test_in_a_burst_several_calls_in_a_row_fail() -> None:
    alone, met = draw(2_000, share=0.002), draw(2_000, share=0.002, burst=20)
    starts = [number for number, fails in enumerate(alone) if fails]

    assert starts
    assert {number for number, fails in enumerate(met) if fails} == {
        number for start in starts for number in range(start, start + 20) if number < 2_000
    }


def test_no_more_calls_fail_than_asked_however_many_are_drawn() -> None:
    faults = Faults(failing_calls=[FailingCall(status=500, share=0.5, times=3)])

    assert sum(faults.take("digital-twins", "GET", "/") is not None for _ in range(100)) == 3


def test_the_answer_of_a_write_may_be_lost_although_it_happened(world: World) -> None:
    world.instance("POST", "/models", [MODEL]).raise_for_status()
    for twin_id, status in (("a", None), ("b", 500)):
        world.fail(method="PUT", status=status, when="after")
        try:
            assert world.instance("PUT", f"/digitaltwins/{twin_id}", ROOM).status_code == 500
        except requests.ConnectionError:
            assert status is None
        assert world.instance("GET", f"/digitaltwins/{twin_id}").status_code == 200

    assert world.emulator.control("GET", "counters")["twinWrites"] == 2


@pytest.mark.parametrize(
    ("call", "meets"),
    [
        (("digital-twins", "PATCH", "/digitaltwins/a"), True),
        (("digital-twins", "PATCH", "/digitaltwins/a/relationships/b"), False),
        (("digital-twins", "PATCHES", "/digitaltwins/a"), False),
        (("digital-twins", "GET", "/digitaltwins/a"), False),
        (("resource-manager", "PATCH", "/digitaltwins/a"), False),
    ],
)
def test_a_fault_meets_calls_whose_whole_verb_and_path_match(call: tuple[str, str, str], *, meets: bool) -> None:
    faults = Faults(failing_calls=[FailingCall(method="PATCH|PUT", path="/digitaltwins/[^/]+", status=500)])

    assert (faults.take(*call) is not None) is meets


def test_a_call_that_one_fault_skips_may_meet_the_next() -> None:
    faults = Faults(failing_calls=[FailingCall(status=500, skip=1), FailingCall(status=503)])

    statuses = [call and call.status for call in (faults.take("digital-twins", "GET", "/") for _ in range(3))]

    assert statuses == [503, 500, None]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"query_lag": -1}, "query_lag is -1: give seconds, 0 or more"),
        ({"latency": float("nan")}, "latency is nan: give seconds, 0 or more"),
        (
            {"service": "digital_twins"},
            "service is 'digital_twins': give digital-twins or resource-manager or entra or .* scm",
        ),
        ({"status": "503"}, "status is '503': give a number from 200 to 599"),
        ({"status": 99}, "status is 99: give a number from 200 to 599"),
        ({"code": 5}, "code is 5: give a text"),
        ({"retry_after": -1}, "retry_after is -1: give a whole number, 0 or more"),
        ({"skip": 1.5}, "skip is 1.5: give a whole number, 0 or more"),
        ({"times": True}, "times is True: give a whole number, 0 or more"),
        ({"share": 1.5}, "share is 1.5: give a number from 0 to 1"),
        ({"share": True}, "share is True: give a number from 0 to 1"),
        ({"burst": 0}, "burst is 0: give a whole number, 1 or more"),
        ({"seed": "x"}, "seed is 'x': give a whole number, 0 or more"),
        ({"when": "later"}, "when is 'later': give before or after"),
        ({"publish_seconds": -1}, "publish_seconds is -1: give seconds, 0 or more"),
        ({"failing_publishes": 1.5}, "failing_publishes is 1.5: give a whole number, 0 or more"),
    ],
)
def test_a_value_that_could_never_act_is_named_with_what_would_be_right(document: dict[str, object], said: str) -> None:
    of_a_call = not document.keys() & {"query_lag", "latency", "publish_seconds", "failing_publishes"}

    with pytest.raises(ValueError, match=f"^{said}$"):
        check_faults({"failing_calls": [document]} if of_a_call else document)


def assign_data_reader(world: World, name: str) -> str:
    path = f"{world.instance_id}/providers/Microsoft.Authorization/roleAssignments/{name}"
    properties = {"roleDefinitionId": DATA_READER, "principalId": WIND, "principalType": "ServicePrincipal"}
    world.emulator.call("PUT", path, {"properties": properties}).raise_for_status()
    return path


def test_a_new_and_a_removed_role_act_on_the_instance_after_the_delay(world: World) -> None:
    world.faults(role_propagation=300)

    def status() -> int:
        return world.instance("GET", "/models", token=world.emulator.token("wind", "instance")).status_code

    path = assign_data_reader(world, "00000000-0000-4000-8000-000000000001")
    assert status() == 403
    world.emulator.control("POST", "clock", {"advance": 290})
    assert status() == 403
    world.emulator.control("POST", "clock", {"advance": 10})
    assert status() == 200

    world.emulator.call("DELETE", path).raise_for_status()
    assert status() == 200
    world.emulator.control("POST", "clock", {"advance": 300})
    assert status() == 403


def test_a_query_sees_a_write_after_the_lag_and_a_read_by_id_at_once(world: World) -> None:
    world.instance("POST", "/models", [MODEL]).raise_for_status()
    world.faults(query_lag=60)
    world.instance("PUT", "/digitaltwins/a", ROOM).raise_for_status()

    assert world.twin_ids() == []
    assert world.instance("GET", "/digitaltwins/a").status_code == 200
    world.emulator.control("POST", "clock", {"advance": 60})
    assert world.twin_ids() == ["a"]

    world.instance("DELETE", "/digitaltwins/a").raise_for_status()
    assert world.twin_ids() == ["a"]
    assert world.instance("GET", "/digitaltwins/a").status_code == 404
    world.emulator.control("POST", "clock", {"advance": 60})
    assert world.twin_ids() == []


def test_outside_every_network_an_instance_without_public_access_refuses_all(world: World) -> None:
    instance = {"location": "westeurope", "properties": {"publicNetworkAccess": "Disabled"}}
    world.faults(outside=True)
    assert world.instance("GET", "/models").status_code == 200

    world.emulator.call("PUT", world.instance_id, instance, version="2023-01-31").raise_for_status()

    assert world.instance("GET", "/models").status_code == 403
    assert world.emulator.control("GET", "faults")["outside"] is True


@pytest.mark.parametrize(("fault", "slow"), [("latency", ["GET", "PUT"]), ("write_latency", ["PUT"])])
def test_a_latency_holds_back_the_calls_that_it_is_for(world: World, fault: str, slow: list[str]) -> None:
    world.instance("POST", "/models", [MODEL]).raise_for_status()
    world.faults(**{fault: 0.05})

    took = {
        method: world.instance(method, "/digitaltwins/a", body).elapsed.total_seconds()
        for method, body in (("PUT", ROOM), ("GET", None))
    }

    # The other calls may be held back by a busy machine: that they are not proves nothing.
    assert all(took[method] >= 0.05 for method in slow)
