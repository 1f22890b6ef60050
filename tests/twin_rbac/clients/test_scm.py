import asyncio
from typing import Any

import aiohttp
import pytest

from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.errors import AccessDenied, EndpointRefused, InvalidRequest, ServiceUnavailable
from twin_rbac.clients.scm import Deployment, ScmClient, read_health, takes_calls

CLOUD = Cloud(resource_manager_audience="https://arm.example/")


@pytest.fixture
def ask(instance: Any, credential: Any) -> Any:
    """What one call of the client returns."""

    def ask(work: Any, **options: Any) -> Any:
        async def run() -> Any:
            async with ScmClient(instance.endpoint, credential, cloud=CLOUD, **options) as client:
                return await work(client)

        return asyncio.run(run())

    return ask


@pytest.fixture
def health(instance: Any) -> Any:
    return lambda: asyncio.run(read_health(instance.endpoint))


def test_the_zip_is_posted_as_it_is_without_a_remote_build(
    ask: Any, instance: Any, credential: Any, scripted: Any, token: str
) -> None:
    instance.script = [scripted(202, "0a1b")]

    assert ask(lambda client: client.publish(b'"zip"')) == "0a1b"

    (call,) = instance.received
    assert (call.method, call.path, call.body) == ("POST", "/api/publish?RemoteBuild=false", "zip")
    assert call.headers["Content-Type"] == "application/zip"
    assert call.headers["Authorization"] == f"Bearer {token}"
    assert credential.asked == ["https://arm.example/.default"]


@pytest.mark.parametrize(("status", "document"), [(200, None), (200, "0a1b"), (202, None), (202, {"id": "0a1b"})])
def test_a_publish_that_is_done_or_gives_no_id_leaves_nothing_to_ask_about(
    ask: Any, instance: Any, scripted: Any, status: int, document: Any
) -> None:
    instance.script = [scripted(status, document)]

    assert ask(lambda client: client.publish(b"1")) is None


def test_a_publish_whose_connection_drops_is_repeated(ask: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(None), scripted(202, "0a1b")]

    assert ask(lambda client: client.publish(b"1")) == "0a1b"
    assert len(instance.received) == 2


def test_who_may_not_publish_is_told_the_action(ask: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(403)]

    with pytest.raises(AccessDenied, match=r"Microsoft\.Web/sites/publish/action"):
        ask(lambda client: client.publish(b"1"))


def test_a_refused_publish_shows_neither_the_token_nor_the_package(
    ask: Any, instance: Any, scripted: Any, token: str
) -> None:
    instance.script = [scripted(400, {"error": {"code": "BadZip", "message": "no zip"}})]

    with pytest.raises(InvalidRequest, match="publishing the package was refused with 400 BadZip: no zip") as caught:
        ask(lambda client: client.publish(b'"content"'))

    assert token not in str(caught.value)
    assert "content" not in str(caught.value)


def test_a_deployment_has_a_status_and_the_platforms_words(ask: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, {"id": "a/b", "status": 3, "status_text": "Forbidden", "message": "m"})]

    assert ask(lambda client: client.get_deployment("a/b")) == Deployment(status=3, text="Forbidden")
    assert instance.received[0].path == "/api/deployments/a%2Fb"


@pytest.mark.parametrize("document", [None, {"error": {"code": "NotFound", "message": "…"}}])
def test_a_deployment_that_does_not_show_is_none(ask: Any, instance: Any, scripted: Any, document: Any) -> None:
    instance.script = [scripted(404, document)]

    assert ask(lambda client: client.get_deployment("a")) is None


def test_an_answer_that_is_no_deployment_is_one_under_way(ask: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, ["page"])]

    assert ask(lambda client: client.get_deployment("a")) == Deployment(status=0, text="")


def test_a_publish_endpoint_that_is_not_there_is_named(credential: Any) -> None:
    async def run() -> None:
        async with ScmClient("https://127.0.0.1:1", credential) as client:
            await client.get_deployment("a")

    with pytest.raises(ServiceUnavailable, match=r"deployment a at https://127\.0\.0\.1:1"):
        asyncio.run(run())


def test_an_address_without_tls_gets_no_token(credential: Any) -> None:
    with pytest.raises(EndpointRefused):
        ScmClient("http://scm.example", credential)


def test_health_is_asked_without_a_token_and_tells_the_package(health: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, {"status": "ok", "package": "sha256:1"})]

    answer = health()

    assert (answer.status, answer.package) == (200, "sha256:1")
    assert instance.received[0].path == "/healthz"
    assert "Authorization" not in instance.received[0].headers


def test_an_app_that_says_that_it_was_not_packaged_runs_none(health: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, {"status": "ok", "package": None})]

    assert health().package == "none"


@pytest.mark.parametrize(
    ("status", "document", "reason"),
    [
        (200, {"status": "ok"}, "answers without a package"),
        (200, None, "answers without a package"),
        (403, {"package": "sha256:1"}, "answers 403"),
        (404, None, "answers 404"),
        (503, None, "answers 503"),
        (302, None, "answers 302"),
    ],
)
def test_another_answer_does_not_tell_the_package(
    health: Any, instance: Any, scripted: Any, *, status: int, document: Any, reason: str
) -> None:
    instance.script = [scripted(status, document)]

    answer = health()

    assert (answer.status, answer.package, answer.reason) == (status, None, reason)


def test_an_app_that_does_not_answer_has_no_status() -> None:
    answer = asyncio.run(read_health("https://127.0.0.1:1"))

    assert (answer.status, answer.package) == (None, None)
    assert answer.reason.startswith("does not answer: ")


def test_an_app_that_drops_the_connection_has_no_status(health: Any, instance: Any, scripted: Any) -> None:
    # Python's own client tries an idempotent call once more.
    instance.script = [scripted(None), scripted(None)]

    assert health().status is None


def test_an_app_that_refuses_the_callers_address_says_so_and_not_what_it_runs(
    health: Any, instance: Any, scripted: Any
) -> None:
    instance.script = [scripted(403, {"package": "x"}, {"x-ms-forbidden-ip": "203.0.113.9"})]

    answer = health()

    assert (answer.status, answer.package) == (403, None)
    assert answer.reason == "takes no calls from this address (403 Ip Forbidden)"


@pytest.mark.parametrize(
    ("status", "headers", "through"),
    [
        (403, {"x-ms-forbidden-ip": "203.0.113.9"}, False),
        (403, {}, True),
        (401, {}, True),
        (404, {"x-ms-forbidden-ip": "203.0.113.9"}, True),
    ],
)
def test_only_the_networks_own_403_means_that_calls_do_not_get_through(
    instance: Any, scripted: Any, *, status: int, headers: dict[str, str], through: bool
) -> None:
    instance.script = [scripted(status, None, headers)]

    assert asyncio.run(takes_calls(instance.endpoint)) is through
    assert "Authorization" not in instance.received[0].headers


def test_a_publish_endpoint_that_is_not_there_yet_may_come() -> None:
    assert asyncio.run(takes_calls("https://127.0.0.1:1")) is True


def test_an_address_that_no_connection_leads_to_is_in_another_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise aiohttp.ConnectionTimeoutError("Connection timeout to host")

    monkeypatch.setattr(aiohttp.ClientSession, "get", give_up)

    assert asyncio.run(takes_calls("https://127.0.0.1:1")) is False
