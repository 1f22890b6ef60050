"""What Pulumi is told about a package that is published to a site, over HTTPS on loopback."""

import asyncio
import json
import ssl
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pulumi.output import Unknown

from emulator.tls import make_certificates
from twin_rbac.clients.errors import AccessDenied, AzureError, SignInFailed
from twin_rbac.providers import publishing, rollout
from twin_rbac.providers.bundle import Package
from twin_rbac.providers.errors import PackageNotBuilt, PublishFailed
from twin_rbac.providers.publish import PublishProvider
from twin_rbac.role_tags import waiting

PROVIDER = PublishProvider()
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]  # Pulumi gives it no types
SITE = "/subscriptions/5b1e/resourceGroups/rg/providers/Microsoft.Web/sites/gateway"
NEW, OLD = "sha256:new", "sha256:old"
TOKEN = "the-token"
PUBLISH = "Microsoft.Web/sites/publish/action"


@dataclass
class FakeSite:
    """A site with its publish endpoint, the Resource Manager that knows of it, and who gives tokens for both."""

    host: str = ""
    """Where the app answers."""
    scm: str = ""
    """Where its publish endpoint does: another name of the same server."""
    manager: str = ""
    """The address of its Resource Manager."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What Resource Manager says of it in place of that."""
    accepts: str = TOKEN
    runs: str | None = None
    """The package that the app runs; None before the first."""
    exists: bool = True
    hidden: bool = False
    """Whether the caller may not read the site."""
    permissions: list[dict[str, Any]] = field(default_factory=lambda: [{"actions": ["Microsoft.Web/sites/*"]}])
    refusals: int = 0
    """How many publishes are answered with 403."""
    drops: int = 0
    """How many publishes arrive and get no answer."""
    deployment: list[Any] = field(default_factory=lambda: [{"status": 4}])
    """The answers about a deployment, the last again and again; an integer is a bare status."""
    health: tuple[int, Any] | None = None
    """What /healthz answers in place of the package."""
    closed: tuple[str, ...] = ()
    """Paths that App Service answers with `403 Ip Forbidden`; `/` stands for the publish endpoint's all."""
    received: list[str] = field(default_factory=list)
    published_to: list[str] = field(default_factory=list)
    packages: list[bytes] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.received.append(f"{request.method} {request.path}")
        if request.path == "/msi/token":
            self.audiences.append(request.query["resource"])
            return web.json_response({"access_token": TOKEN, "expires_on": "9999999999", "resource": "r"})
        if request.path in self.closed or ("/" in self.closed and request.path.startswith("/api/")):
            return web.Response(status=403, reason="Ip Forbidden", headers={"x-ms-forbidden-ip": "203.0.113.9"})
        if request.path == "/healthz":
            return self._health()
        if request.headers.get("Authorization") != f"Bearer {self.accepts}":
            return web.Response(status=401)
        match request.method, request.path:
            case "POST", "/api/publish":
                return await self._publish(request)
            case "GET", "/api/deployments/0a1b":
                answer = self.deployment.pop(0) if len(self.deployment) > 1 else self.deployment[0]
                return web.Response(status=answer) if isinstance(answer, int) else web.json_response(answer)
            case "GET", path if path == SITE and self.hidden:
                return web.json_response({"error": {"code": "AuthorizationFailed", "message": "…"}}, status=403)
            case "GET", path if path == SITE and self.exists:
                assert request.query == {"api-version": "2025-05-01"}
                return web.json_response({"id": SITE, "properties": self._properties()})
            case "GET", path if path == f"{SITE}/providers/Microsoft.Authorization/permissions":
                return web.json_response({"value": self.permissions})
        return web.json_response({"error": {"code": "ResourceNotFound", "message": "…"}}, status=404)

    def _properties(self) -> dict[str, Any]:
        return {
            "defaultHostName": self.host,
            "hostNameSslStates": [
                {"name": self.host, "sslState": "Disabled", "hostType": "Standard"},
                {"name": self.scm, "sslState": "Disabled", "hostType": "Repository"},
            ],
        } | self.facts

    async def _publish(self, request: web.Request) -> web.StreamResponse:
        assert request.query == {"RemoteBuild": "false"}
        self.published_to.append(request.host)
        self.packages.append(await request.read())
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=403)
        self.runs = NEW
        if self.drops:
            self.drops -= 1
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=202, text=json.dumps("0a1b"))

    def _health(self) -> web.Response:
        if self.health:
            return web.json_response(self.health[1], status=self.health[0])
        if self.runs is None:
            return web.Response(status=404)
        return web.json_response({"status": "ok", "package": self.runs})

    def count(self, call: str) -> int:
        return self.received.count(call)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeSite]:
    """A site, and a process that may call it; the package is a small one, and pauses are short."""
    fake = FakeSite()
    certificates = make_certificates(tmp_path / "tls")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.certificate, certificates.key)
    loop = asyncio.new_event_loop()
    application = web.Application(client_max_size=2**24)
    application.router.add_route("*", "/{tail:.*}", fake.handle)
    runner = web.AppRunner(application, handle_signals=False)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=10)
    port = runner.addresses[0][1]
    fake.host, fake.scm, fake.manager = f"127.0.0.1:{port}", f"localhost:{port}", f"https://127.0.0.1:{port}"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.bundle))
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{fake.manager}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "h")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    monkeypatch.setattr(publishing, "build_package", lambda **_: Package(hash=NEW, content=b"zip"))
    for module, name in ((rollout, "_POLL_PAUSE"), (rollout, "_HEALTH_PAUSE"), (publishing, "_PAUSE")):
        monkeypatch.setattr(module, name, 0.01)
    monkeypatch.setattr(waiting, "_PAUSE", 0.01)
    yield fake
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=10)
    loop.close()


def props(site: FakeSite, **changes: Any) -> dict[str, Any]:
    """What the component gives its provider."""
    return {
        "siteId": SITE,
        "package": NEW,
        "runtime": "3.12",
        "wheels": "host",
        "cloud": {"resourceManager": site.manager},
    } | changes


def state(site: FakeSite, **changes: Any) -> dict[str, Any]:
    """What the provider gives Pulumi to keep."""
    return props(site) | {"endpoint": f"https://{site.host}"} | changes


def test_a_package_is_published_followed_and_seen_running(site: FakeSite, capsys: pytest.CaptureFixture[str]) -> None:
    site.runs = OLD
    site.deployment = [404, {"status": 1, "status_text": "Building"}, {"status": 4}]

    result = PROVIDER.create(props(site))

    assert (result.id, result.outs) == (f"{SITE}/package", state(site))
    assert site.packages == [b"zip"]
    assert site.published_to == [site.scm]
    assert site.count("GET /api/deployments/0a1b") == 3
    assert site.count("GET /healthz") == 1
    assert set(site.audiences) == {"https://management.azure.com"}
    assert capsys.readouterr().out == (f"publishing package {NEW} (0.0 MB) to {site.scm}\ndeployment 0a1b: Building\n")


def test_an_update_publishes_again_and_keeps_all_outputs(site: FakeSite) -> None:
    site.runs = OLD

    result = PROVIDER.update("id", state(site, package=OLD), props(site))

    assert result.outs == state(site)
    assert site.runs == NEW


def test_a_site_whose_hosts_moved_is_published_to_where_it_is_now(site: FakeSite) -> None:
    result = PROVIDER.update("id", state(site, package=OLD, endpoint="https://127.0.0.1:1"), props(site))

    assert result.outs == state(site)
    assert site.published_to == [site.scm]


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"hostNameSslStates": []}, "no host name of type Repository"),
        ({"hostNameSslStates": None}, "no host name of type Repository"),
        ({"hostNameSslStates": [{"name": "a", "hostType": "Standard"}]}, "no host name of type Repository"),
        ({"defaultHostName": None}, "no default host name"),
    ],
)
def test_an_app_without_a_host_name_is_an_error_not_a_guess(
    site: FakeSite, facts: dict[str, Any], problem: str
) -> None:
    site.facts = facts

    with pytest.raises(PublishFailed, match=f"{SITE} has {problem}"):
        PROVIDER.create(props(site))

    assert sys.tracebacklimit == 0
    assert site.packages == []


def test_a_site_that_is_gone_is_not_published_to(site: FakeSite) -> None:
    site.exists = False

    with pytest.raises(PublishFailed, match=f"there is no function app {SITE}; run pulumi refresh"):
        PROVIDER.update("id", state(site), props(site))


def test_a_caller_who_may_not_read_the_site_is_told_the_right_that_it_lacks(site: FakeSite) -> None:
    site.hidden = True

    with pytest.raises(AccessDenied, match=r"the caller may not do Microsoft\.Web/sites/read"):
        PROVIDER.create(props(site))


def test_a_publish_whose_answer_is_lost_is_done_again(site: FakeSite) -> None:
    site.drops = 1

    PROVIDER.create(props(site))

    assert site.packages == [b"zip", b"zip"]


def test_a_caller_whose_new_role_does_not_act_yet_is_waited_for(
    site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.refusals = 2

    PROVIDER.create(props(site))

    assert len(site.packages) == 3
    assert f"waiting for {PUBLISH} to reach the function app: Resource Manager says" in capsys.readouterr().out


@pytest.mark.parametrize(
    "permissions",
    [
        [],
        [{"dataActions": ["*"]}],
        [{"actions": ["Microsoft.Web/sites/read"]}],
        [{"actions": ["*"], "notActions": ["microsoft.web/sites/publish/*"]}],
    ],
)
def test_a_caller_without_the_right_is_told_at_once_which_it_lacks(
    site: FakeSite, permissions: list[dict[str, Any]]
) -> None:
    site.refusals, site.permissions = 99, permissions

    with pytest.raises(AzureError, match=f"the caller may not do {PUBLISH} at .*; assign it a role"):
        PROVIDER.create(props(site))

    assert len(site.packages) == 1


def test_a_failed_deployment_fails_the_update_with_the_platforms_reason_and_without_its_code_lines(
    site: FakeSite,
) -> None:
    site.deployment = [{"status": 3, "status_text": "no host file in the package"}]

    with pytest.raises(PublishFailed, match="deployment 0a1b failed: no host file in the package"):
        PROVIDER.create(props(site))

    assert sys.tracebacklimit == 0
    assert site.count("GET /healthz") == 0


def test_a_worker_that_forgot_the_deployment_leaves_it_to_the_app(site: FakeSite) -> None:
    site.deployment = [{"status": 1}, 404]

    PROVIDER.create(props(site))

    assert site.count("GET /healthz") == 1


def test_an_app_that_is_closed_to_this_machine_is_a_warning(site: FakeSite, capsys: pytest.CaptureFixture[str]) -> None:
    site.closed = ("/healthz",)

    PROVIDER.create(props(site))

    _, line = capsys.readouterr().out.splitlines()
    assert line == (
        f"warning: https://{site.host} takes no calls from this address, so it was not asked whether it runs the "
        "package; its deployment succeeded"
    )
    assert site.count("GET /healthz") == 1


def test_an_app_in_a_network_is_published_to_from_inside_it(site: FakeSite) -> None:
    site.facts = {"publicNetworkAccess": "Disabled"}

    PROVIDER.create(props(site))

    assert site.packages == [b"zip"]


def test_from_outside_its_network_an_app_is_not_published_to_and_nothing_is_built_or_waited_for(
    site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> Package:
        raise AssertionError("a package was built in vain")

    monkeypatch.setattr(publishing, "build_package", fail)
    site.facts, site.closed = {"publicNetworkAccess": "Disabled"}, ("/",)

    with pytest.raises(PublishFailed) as caught:
        PROVIDER.create(props(site))

    assert str(caught.value) == (
        "the function app gateway takes no calls from this network (publicNetworkAccess is Disabled): run pulumi up "
        "inside the network"
    )
    assert site.count("GET /") == 1
    assert site.count("POST /api/publish") == 0


def test_a_publish_endpoint_that_is_closed_to_this_address_is_not_taken_for_a_role_that_is_new(site: FakeSite) -> None:
    site.closed = ("/",)

    with pytest.raises(PublishFailed, match=r"takes no calls from this address \(scmIpSecurityRestrictions\)"):
        PROVIDER.create(props(site))

    assert site.count("POST /api/publish") == 1
    assert site.count(f"GET {SITE}/providers/Microsoft.Authorization/permissions") == 0


def test_files_that_changed_since_the_preview_are_not_published(site: FakeSite) -> None:
    with pytest.raises(PublishFailed, match="files changed while Pulumi ran; run pulumi up again"):
        PROVIDER.create(props(site, package="sha256:previewed"))

    assert site.count("POST /api/publish") == 0


def test_a_package_that_cannot_be_built_is_an_error_of_its_own(site: FakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> Package:
        raise PackageNotBuilt("there is no uv")

    monkeypatch.setattr(publishing, "build_package", fail)

    with pytest.raises(PackageNotBuilt, match="there is no uv"):
        PROVIDER.create(props(site))

    assert sys.tracebacklimit == 0


def test_a_token_that_is_not_accepted_does_not_show_in_the_error(site: FakeSite) -> None:
    site.accepts = "another-token"

    with pytest.raises(SignInFailed) as caught:
        PROVIDER.create(props(site))

    assert TOKEN not in str(caught.value)


def test_a_refresh_of_what_was_published_keeps_all(site: FakeSite, capsys: pytest.CaptureFixture[str]) -> None:
    site.runs = NEW

    result = PROVIDER.read("id", state(site))

    assert (result.id, result.outs, result.inputs) == ("id", state(site), props(site))
    assert capsys.readouterr().out == ""


def test_a_refresh_follows_an_app_whose_host_moved(site: FakeSite, capsys: pytest.CaptureFixture[str]) -> None:
    site.runs = NEW

    result = PROVIDER.read("id", state(site, endpoint="https://127.0.0.1:1"))

    assert (result.outs, result.inputs) == (state(site), props(site))
    assert capsys.readouterr().out == ""


def test_a_refresh_needs_no_publish_endpoint(site: FakeSite) -> None:
    site.runs, site.facts = NEW, {"hostNameSslStates": []}

    assert PROVIDER.read("id", state(site)).outs == state(site)


def test_a_refresh_by_a_caller_who_may_not_read_the_site_keeps_the_state_and_warns_once(
    site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.hidden = True

    result = PROVIDER.read("id", state(site))

    assert (result.id, result.outs, result.inputs) == ("id", state(site), None)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: the package is taken to be as it was: the caller may not do Microsoft.Web/sites/")
    assert site.count("GET /healthz") == 0


@pytest.mark.parametrize(("runs", "seen"), [(OLD, OLD), (None, "none")])
def test_a_refresh_takes_another_package_for_the_input_so_that_the_next_up_publishes(
    site: FakeSite, capsys: pytest.CaptureFixture[str], runs: str | None, seen: str
) -> None:
    site.health = (200, {"status": "ok", "package": runs})

    result = PROVIDER.read("id", state(site))

    assert result.inputs == props(site, package=seen)
    assert result.outs == state(site, package=seen)
    assert (
        capsys.readouterr().out
        == f"drift: https://{site.host}/healthz reports package {seen}, and package {NEW} was published\n"
    )


@pytest.mark.parametrize("health", [(404, None), (500, None), (503, None), (200, {"status": "ok"})])
def test_an_app_that_does_not_run_or_runs_something_else_is_drift_that_publishing_mends(
    site: FakeSite, capsys: pytest.CaptureFixture[str], health: tuple[int, Any]
) -> None:
    site.health = health

    result = PROVIDER.read("id", state(site))

    assert (result.inputs, result.outs) == (props(site, package="none"), state(site, package="none"))
    assert capsys.readouterr().out.startswith(f"drift: https://{site.host}/healthz answers ")


@pytest.mark.parametrize("health", [(401, None), (403, None), (429, None)])
def test_a_refresh_that_cannot_see_the_package_keeps_the_state_and_warns(
    site: FakeSite, capsys: pytest.CaptureFixture[str], health: tuple[int, Any]
) -> None:
    site.health = health

    result = PROVIDER.read("id", state(site))

    assert (result.id, result.outs) == ("id", state(site))
    assert capsys.readouterr().out.startswith("warning: the package is taken to be as it was: ")


def test_a_refresh_from_outside_the_apps_network_keeps_the_state_and_warns_once_without_waiting(
    site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.facts, site.closed = {"publicNetworkAccess": "Disabled"}, ("/", "/healthz")

    result = PROVIDER.read("id", state(site))

    assert (result.id, result.outs, result.inputs) == ("id", state(site), None)
    assert capsys.readouterr().out == (
        f"warning: the package is taken to be as it was: https://{site.host}/healthz takes no calls from this address "
        "(403 Ip Forbidden)\n"
    )
    assert site.count("GET /healthz") == 1


def test_a_refresh_asks_an_app_that_is_starting_again(site: FakeSite) -> None:
    site.health = (503, None)

    PROVIDER.read("id", state(site))

    assert site.count("GET /healthz") == 3


def test_a_refresh_of_an_app_that_does_not_answer_keeps_the_state(
    site: FakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site.host = "127.0.0.1:1"

    result = PROVIDER.read("id", state(site))

    assert result.id == "id"
    assert "warning: the package is taken to be as it was: https://127.0.0.1:1/healthz does not answer" in (
        capsys.readouterr().out
    )


def test_a_refresh_of_a_site_that_is_gone_forgets_the_package(site: FakeSite) -> None:
    site.exists = False

    result = PROVIDER.read("id", state(site))

    assert (result.id, result.outs) == ("", {})


def test_only_another_site_is_another_resource(site: FakeSite) -> None:
    moved = PROVIDER.diff("id", state(site), props(site, siteId=f"{SITE}2"))
    changed = PROVIDER.diff("id", state(site), props(site, package=OLD))
    unknown = PROVIDER.diff("id", state(site), props(site, siteId=UNKNOWN))

    assert (moved.changes, moved.replaces) == (True, ["siteId"])
    assert (changed.changes, changed.replaces) == (None, [])
    assert (unknown.changes, unknown.replaces) == (None, [])


def test_a_delete_calls_nobody(site: FakeSite) -> None:
    PROVIDER.delete("id", state(site))

    assert site.received == []
