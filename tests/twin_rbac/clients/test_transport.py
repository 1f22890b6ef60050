import asyncio
from dataclasses import replace
from typing import Any

import pytest

from twin_rbac.clients.calls import Answer, Call, Patience
from twin_rbac.clients.errors import (
    AccessDenied,
    AnswerTooLarge,
    AzureError,
    EndpointRefused,
    InstanceNotFound,
    InvalidRequest,
    PatchInvalid,
    PreconditionFailed,
    ServiceUnavailable,
    SignInFailed,
    SlowDown,
    Throttled,
)
from twin_rbac.clients.transport import OnDenied, Transport

# Bodies as the service sends them: fact sheet adt-data-plane, section 5.1.
THROTTLED = {"error": {"statusCode": 429, "message": "Maximum request rate limit reached. …"}}
QUOTA = {"error": {"code": "QuotaReachedError", "message": "Your rate limit has been exceeded. …"}}
READ = Call(method="GET", path="/digitaltwins/A?api-version=1", what="read of twin 'A'", action="read")
UPLOAD = Call(method="POST", path="/models?api-version=1", what="creation", action="write", body=[], repeatable=False)
PATIENT = Patience()
QUERY = Call(method="POST", path="/query?api-version=1", what="query", action="q", body={}, answer_key="value")


@pytest.fixture(params=[False, True], ids=["session", "wire"])
def send(request: pytest.FixtureRequest, instance: Any, credential: Any, time: Any) -> Any:
    """Sends one call, on either way that there is for it, and returns its answer."""
    instance.put("A")

    def send(call: Call, *, on_denied: OnDenied | None = None, patience: Patience = PATIENT) -> Answer:
        async def run() -> Answer:
            async with Transport(
                instance.endpoint,
                credential,
                audience="https://digitaltwins.azure.net",
                on_denied=on_denied,
                patience=patience,
                sleep=time.sleep,
            ) as transport:
                return await transport.send(replace(call, small=request.param and call.repeatable))

        return asyncio.run(run())

    return send


def test_the_token_is_asked_for_the_services_audience(send: Any, credential: Any) -> None:
    assert send(READ).status == 200
    assert credential.asked == ["https://digitaltwins.azure.net/.default"]


def test_a_429_is_waited_out_for_as_long_as_the_service_asks(
    send: Any, instance: Any, scripted: Any, time: Any
) -> None:
    instance.script = [scripted(429, THROTTLED, {"Retry-After": "12"}), scripted(429, THROTTLED, {"Retry-After": "3"})]

    assert send(READ).status == 200
    assert time.slept == [12, 3]


def test_throttling_that_never_ends_is_an_error(send: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(429, THROTTLED)] * 20

    with pytest.raises(Throttled, match=r"read of twin 'A'.*20 times"):
        send(READ)


def test_the_query_quotas_error_is_recognised_although_its_status_is_200(
    send: Any, instance: Any, scripted: Any, time: Any
) -> None:
    instance.script = [scripted(200, QUOTA), scripted(200, {"value": []})]

    assert send(QUERY).document == {"value": []}
    assert len(time.slept) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, None])
def test_a_passing_failure_of_a_repeatable_call_is_tried_again(
    send: Any, instance: Any, scripted: Any, status: int | None
) -> None:
    instance.script = [scripted(status, {}), scripted(status, {})]

    assert send(READ).status == 200
    assert len(instance.received) == 3


@pytest.mark.parametrize("status", [500, 503, None])
def test_a_call_that_may_have_been_carried_out_and_does_harm_twice_is_not_repeated(
    send: Any, instance: Any, scripted: Any, status: int | None
) -> None:
    instance.script = [scripted(status, {}, served_first=True)]

    with pytest.raises(ServiceUnavailable, match="creation"):
        send(UPLOAD)
    assert len(instance.received) == 1


@pytest.mark.parametrize("status", [500, None])
def test_a_patch_whose_answer_was_lost_is_not_carried_out_twice(
    send: Any, instance: Any, scripted: Any, status: int | None
) -> None:
    instance.script = [scripted(status, {}, served_first=True)]
    patch = [{"op": "add", "path": "/tags", "value": {"role": "Earth"}}]
    headers = {"If-Match": instance.twins["A"]["$etag"]}

    with pytest.raises(PreconditionFailed) as refusal:
        send(Call(method="PATCH", path="/digitaltwins/A", what="update", action="w", body=patch, headers=headers))
    assert instance.twins["A"]["$etag"] == 'W/"2"'
    # Whoever wrote may know by that whose write it was that the etag speaks of.
    assert refusal.value.maybe_done


def test_a_throttled_call_was_not_carried_out_and_is_always_repeated(send: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(429, THROTTLED)]

    assert send(UPLOAD).status == 201


def test_failures_that_do_not_pass_end_in_an_error_with_the_services_own_text(
    send: Any, instance: Any, scripted: Any
) -> None:
    instance.script = [scripted(503, {"error": {"code": "Busy", "message": "come back"}})] * 6

    with pytest.raises(ServiceUnavailable, match="503 Busy come back"):
        send(READ)


def test_a_dropped_connection_is_given_up_after_four_tries(send: Any, instance: Any, scripted: Any) -> None:
    # aiohttp itself repeats a GET once where the connection had been used before, so more are prepared than needed.
    instance.script = [scripted(None)] * 10

    with pytest.raises(ServiceUnavailable, match="read of twin 'A'"):
        send(READ)
    assert 4 <= len(instance.received) <= 8


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (401, {"statusCode": 401, "message": "Unauthorized"}, SignInFailed),
        (403, None, AccessDenied),
        (404, {"statusCode": 404, "message": "Sub-Domain not found"}, InstanceNotFound),
        (404, {"error": {"code": "DigitalTwinNotFound", "message": "…"}}, InvalidRequest),
        (412, {"error": {"code": "PreconditionFailed", "message": "…"}}, PreconditionFailed),
        (400, {"error": {"code": "JsonPatchInvalid", "message": "…"}}, PatchInvalid),
        (400, {"error": {"code": "ValidationFailed", "message": "…"}}, InvalidRequest),
        (400, {"title": "One or more validation errors occurred.", "errors": {}, "status": 400}, InvalidRequest),
        (400, "<html>", InvalidRequest),
    ],
)
def test_each_refusal_is_its_own_error(
    *, send: Any, instance: Any, scripted: Any, status: int, document: Any, error: type[AzureError]
) -> None:
    instance.script = [scripted(status, document)]

    with pytest.raises(AzureError) as caught:
        send(READ)
    assert type(caught.value) is error


def test_a_validation_error_says_what_the_service_said_of_each_violation(
    send: Any, instance: Any, scripted: Any
) -> None:
    details = [{"code": "ValidationFailed", "message": "tags does not appear on the DTDL for Twin."}]
    document = {"error": {"code": "ValidationFailed", "message": "Invalid twin specified", "details": details}}
    instance.script = [scripted(400, document)]

    with pytest.raises(InvalidRequest, match=r"Invalid twin specified; tags does not appear on the DTDL for Twin\."):
        send(READ)


def test_a_403_is_tried_again_for_as_long_as_the_one_who_decides_says_so(
    send: Any, instance: Any, scripted: Any
) -> None:
    instance.script = [scripted(403, {})] * 2
    asked: list[str] = []

    async def on_denied(action: str) -> bool:
        asked.append(action)
        return True

    assert send(READ, on_denied=on_denied).status == 200
    assert asked == ["read", "read"]


def test_a_403_names_the_missing_action_and_the_instance(send: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(403, {})]

    async def on_denied(_action: str) -> bool:
        return False

    with pytest.raises(AccessDenied, match=r"may not do read at http://127\.0\.0\.1.*assign it a role"):
        send(READ, on_denied=on_denied)


def test_a_token_never_follows_a_link_to_another_host(send: Any, instance: Any) -> None:
    call = Call(method="GET", path="https://elsewhere.example/models", what="listing", action="read")

    with pytest.raises(AzureError, match=r"another host, elsewhere\.example"):
        send(call)
    assert instance.received == []


def test_no_error_holds_the_token(send: Any, instance: Any, scripted: Any, token: str) -> None:
    instance.script = [scripted(401, {"statusCode": 401, "message": "Unauthorized"})]

    with pytest.raises(SignInFailed) as caught:
        send(READ)
    assert token not in str(caught.value)


@pytest.mark.parametrize("address", ["http://name.api.weu.digitaltwins.azure.net", "ftp://localhost", "https://", ""])
def test_an_address_that_a_token_may_not_go_to_is_refused_before_anything_is_sent(
    credential: Any, address: str
) -> None:
    with pytest.raises(EndpointRefused):
        Transport(address, credential, audience="a")
    assert credential.asked == []


@pytest.mark.parametrize("small", [False, True])
def test_an_instance_that_is_not_there_is_an_error_after_some_tries(*, credential: Any, time: Any, small: bool) -> None:
    async def run() -> None:
        # Port 9 (discard) of loopback: nothing listens there.
        async with Transport("https://127.0.0.1:9", credential, audience="a", sleep=time.sleep) as transport:
            await transport.send(replace(READ, small=small))

    with pytest.raises(ServiceUnavailable, match=r"127\.0\.0\.1"):
        asyncio.run(run())
    assert len(time.slept) == 3


IMPATIENT = Patience(
    attempts_without_answer=2, attempts_that_fail=3, attempts_when_throttled=2, longest_pause=2, answer_timeout=5
)


def test_an_impatient_caller_is_told_at_once_how_long_the_service_wants_a_pause(
    send: Any, instance: Any, scripted: Any, time: Any
) -> None:
    instance.script = [scripted(429, THROTTLED, {"Retry-After": "12"})]

    with pytest.raises(SlowDown) as caught:
        send(READ, patience=IMPATIENT)
    assert (caught.value.pause, time.slept, len(instance.received)) == (12, [], 1)


def test_an_answer_of_more_bytes_than_the_caller_takes_is_not_read_to_its_end(
    send: Any, instance: Any, scripted: Any
) -> None:
    instance.script = [scripted(200, {"value": ["x" * 5000]}), scripted(200, {"value": ["x" * 900]})]

    with pytest.raises(AnswerTooLarge, match="more than 1000 bytes"):
        send(READ, patience=Patience(largest_answer=1000))
    assert send(READ, patience=Patience(largest_answer=1000)).status == 200


def test_an_impatient_caller_waits_for_a_short_pause_once(send: Any, instance: Any, scripted: Any, time: Any) -> None:
    instance.script = [scripted(429, THROTTLED, {"Retry-After": "2"})] * 2

    with pytest.raises(SlowDown) as caught:
        send(READ, patience=IMPATIENT)
    assert (caught.value.pause, time.slept, len(instance.received)) == (2, [2], 2)


def test_an_impatient_caller_tries_a_passing_failure_three_times(
    send: Any, instance: Any, scripted: Any, time: Any
) -> None:
    instance.script = [scripted(503, {}, {"Retry-After": "50"})] * 3

    with pytest.raises(ServiceUnavailable):
        send(READ, patience=IMPATIENT)
    assert (time.slept, len(instance.received)) == ([2, 2], 3)


def test_a_call_ends_with_its_budget_and_says_that_time_ran_out(send: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(503, {})] * 1000

    with pytest.raises(ServiceUnavailable, match=r"no answer within 0\.05 seconds") as caught:
        send(READ, patience=Patience(attempts_that_fail=1000, budget=0.05))
    assert isinstance(caught.value.__cause__, TimeoutError)


@pytest.mark.parametrize("small", [False, True])
def test_an_instance_that_never_answers_is_given_up_as_a_timeout(*, credential: Any, time: Any, small: bool) -> None:
    async def run() -> None:
        silent = asyncio.Event()

        async def never_answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await silent.wait()
            writer.close()

        async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as server:
            address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            patience = Patience(attempts_without_answer=2, answer_timeout=0.1)
            try:
                async with Transport(
                    address, credential, audience="a", patience=patience, sleep=time.sleep
                ) as transport:
                    await transport.send(replace(READ, small=small))
            finally:
                silent.set()
                await asyncio.sleep(0)

    with pytest.raises(ServiceUnavailable) as caught:
        asyncio.run(run())
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert len(time.slept) == 1
