"""The deployed gateway: who sees what, what nobody sees, and what a deployment that goes wrong leaves behind."""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core.aio import DigitalTwinsClient as AsyncClient

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent
EVERYTHING = "SELECT * FROM DIGITALTWINS"
VISIBLE = {
    "earth": {"1", "2", "A"},
    "fire": {"3", "B"},
    "wind": {"1", "2", "3", "A", "B"},
    "stranger": set(),
}
DATA_READER = "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
RESOURCE_MANAGER = "resource-manager"


@pytest.fixture
def manage(shared_azure: Any) -> Callable[..., Any]:
    """Calls Resource Manager as the deployer, or as another principal."""
    call: Callable[..., Any] = shared_azure.manage
    return call


@pytest.fixture
def ask(shared_azure: Any) -> Callable[..., requests.Response]:
    """A raw query at the gateway."""

    def send(token: str | None, headers: dict[str, str] | None = None) -> requests.Response:
        sign_in = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return requests.post(
            f"{shared_azure.status()['gatewayEndpoint']}/query",
            params={"api-version": "2023-10-31"},
            json={"query": EVERYTHING},
            headers={**sign_in, **(headers or {})},
            verify=shared_azure.ca_file,
            timeout=30,
        )

    return send


@pytest.fixture
def no_faults(control: Any) -> Iterator[Callable[..., None]]:
    """Sets faults, and takes them back."""

    def set_faults(**faults: object) -> None:
        control("PUT", "/_control/faults", faults)

    yield set_faults
    set_faults(failing_calls=[], failing_publishes=0, publish_seconds=0, role_propagation=0)


@pytest.mark.parametrize("name", VISIBLE)
def test_the_official_client_shows_a_tenant_its_own_twins_one_by_one_and_in_a_query(
    name: str, azure_at_rest: Any
) -> None:
    client = azure_at_rest.gateway_client(name)

    assert {twin["$dtId"] for twin in client.query_twins(EVERYTHING)} == VISIBLE[name]
    for twin_id in "AB123":
        if twin_id in VISIBLE[name]:
            assert client.get_digital_twin(twin_id)["$dtId"] == twin_id
        else:
            with pytest.raises(ResourceNotFoundError):
                client.get_digital_twin(twin_id)


def test_the_official_asynchronous_client_works_unmodified(azure_at_rest: Any) -> None:
    endpoint, token = azure_at_rest.status()["gatewayEndpoint"], azure_at_rest.gateway_token("fire")

    async def see() -> set[str]:
        async with AsyncClient(endpoint, AsyncToken(token), connection_verify=azure_at_rest.ca_file) as client:
            twin = await client.get_digital_twin("B")
            return {str(twin["$dtId"])} | {str(row["$dtId"]) async for row in client.query_twins(EVERYTHING)}

    assert asyncio.run(see()) == {"3", "B"}


class AsyncToken:
    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> Any:
        return AccessToken(self._token, 4_000_000_000)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "AsyncToken":
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass


@pytest.mark.parametrize(
    "token_of",
    [
        pytest.param(lambda _azure: None, id="none"),
        pytest.param(lambda _azure: "e30.e30.e30", id="forged"),
        pytest.param(lambda azure: azure.token("earth", "instance"), id="for the instance"),
        pytest.param(lambda azure: azure.token("earth", RESOURCE_MANAGER), id="for Resource Manager"),
        pytest.param(lambda azure: azure.gateway_token("earth")[:-4] + "AAAA", id="with another signature"),
    ],
)
def test_a_token_that_is_not_for_the_gateway_is_refused_and_the_instance_hears_nothing(
    token_of: Callable[[Any], str | None], azure_at_rest: Any, ask: Callable[..., requests.Response]
) -> None:
    token = token_of(azure_at_rest)
    before = azure_at_rest.status()["counters"]["instanceCalls"]

    answer = ask(token)

    assert answer.status_code == 401
    assert azure_at_rest.status()["counters"]["instanceCalls"] == before


def test_headers_that_only_the_platform_may_set_change_nothing(
    azure_at_rest: Any, ask: Callable[..., requests.Response]
) -> None:
    wind = "51aa0000-0000-4000-8000-000000000031"
    headers = {
        "X-MS-CLIENT-PRINCIPAL-ID": wind,
        "X-MS-CLIENT-PRINCIPAL": "eyJjbGFpbXMiOltdfQ==",
        "X-MS-TOKEN-AAD-ACCESS-TOKEN": azure_at_rest.gateway_token("wind"),
    }

    answer = ask(azure_at_rest.gateway_token("fire"), headers)

    assert {row["$dtId"] for row in answer.json()["value"]} == {"3", "B"}
    assert ask(None, headers).status_code == 401


def test_with_sign_in_switched_off_by_hand_the_gateway_still_refuses_and_up_switches_it_on_again(
    azure: Any, ask: Callable[..., requests.Response]
) -> None:
    site = site_id(azure)
    port = json.loads((azure.local / "ports.json").read_text())["resourceManager"]
    requests.put(
        f"https://localhost:{port}{site}/config/authsettingsV2?api-version=2021-02-01",
        json={"properties": {"platform": {"enabled": False}}},
        headers={"Authorization": f"Bearer {azure.token('deployer', RESOURCE_MANAGER)}"},
        verify=azure.ca_file,
        timeout=30,
    ).raise_for_status()

    answer = ask(None, {"X-MS-CLIENT-PRINCIPAL-ID": "51aa0000-0000-4000-8000-000000000031"})

    assert answer.status_code == 401
    preview = azure.make("preview")
    assert re.search(r"~ enabled\s*: false => true", preview.stdout), preview.stdout


def test_the_gateways_own_identity_may_not_write_a_twin(azure_at_rest: Any) -> None:
    client = azure_at_rest.client("gateway")

    assert client.get_digital_twin("A")["$dtId"] == "A"
    with pytest.raises(HttpResponseError) as refused:
        client.update_digital_twin("A", [{"op": "add", "path": "/tags/role", "value": "Fire"}])
    assert refused.value.status_code == 403


def test_the_outputs_name_the_gateway(azure_at_rest: Any) -> None:
    outputs = azure_at_rest.outputs()

    assert outputs["gatewayEndpoint"] == azure_at_rest.status()["gatewayEndpoint"]
    assert re.fullmatch(r"[0-9a-f-]{36}", outputs["gatewayPrincipalId"])


def test_a_tenant_that_someone_made_data_reader_of_the_group_fails_the_preview_by_name(
    azure: Any, manage: Callable[..., Any]
) -> None:
    group = site_id(azure).partition("/providers/")[0]
    subscription = group.partition("/resourceGroups/")[0]
    assignment = f"{group}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"
    earth = "0f3c0000-0000-4000-8000-000000000010"
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{DATA_READER}"
    properties = {"principalId": earth, "principalType": "Group", "roleDefinitionId": definition}
    manage("PUT", assignment, {"properties": properties})
    try:
        preview, up = azure.make("preview"), azure.make("up")
        azure.rewrite("Pulumi.local.yaml", "config:\n", "config:\n  digital-twins-rbac:bypass: warn\n")
        warned = azure.make("preview")
    finally:
        manage("DELETE", assignment)

    for run in (preview, up):
        assert run.returncode != 0
        for part in ("earth", earth, "Azure Digital Twins Data Reader", group, "bypass"):
            assert part in run.stdout + run.stderr
    assert warned.returncode == 0
    assert "Azure Digital Twins Data Reader" in warned.stdout + warned.stderr


@pytest.mark.acceptance
def test_a_reader_group_that_holds_a_tenant_fails_the_up_that_makes_it_and_leaves_with_the_config(azure: Any) -> None:
    earth, group = "0f3c0000-0000-4000-8000-000000000011", "0f3c0000-0000-4000-8000-000000000010"
    config = (azure.project / "Pulumi.local.yaml").read_text()
    azure.rewrite(
        "Pulumi.local.yaml",
        f"{{principalId: {group}, principalType: Group",
        f"{{principalId: {earth}, principalType: User",
    )
    reader = f"    - {{principalId: {group}, principalType: Group}}\n"
    azure.rewrite("Pulumi.local.yaml", "driftReaders:\n", f"driftReaders:\n{reader}")

    opened = azure.make("up")

    assert opened.returncode != 0
    assert f"tenant earth, User {earth}, holds the role 'Drift reader" in opened.stdout
    assert may_query_the_instance(azure, "earth")

    (azure.project / "Pulumi.local.yaml").write_text(config)
    closed = azure.make("up")

    assert closed.returncode == 0, closed.stdout
    assert not may_query_the_instance(azure, "earth")


def may_query_the_instance(azure: Any, name: str) -> bool:
    answer = requests.post(
        f"{azure.outputs()['digitalTwinsEndpoint']}/query?api-version=2023-10-31",
        json={"query": EVERYTHING},
        headers={"Authorization": f"Bearer {azure.token(name)}"},
        verify=azure.ca_file,
        timeout=30,
    )
    assert answer.status_code in (200, 403)
    return answer.status_code == 200


@pytest.mark.acceptance
def test_a_principal_that_azure_does_not_know_yet_is_assigned_its_role_in_the_same_up(
    azure: Any, no_faults: Any
) -> None:
    pull_request = "77b20000-0000-4000-8000-000000000004"
    listed = f"    - {{principalId: {pull_request}, principalType: ServicePrincipal}}\n"
    azure.rewrite("Pulumi.local.yaml", "taggers:\n", f"taggers:\n{listed}")
    lagging = {"service": "resource-manager", "method": "PUT", "path": ".*/roleAssignments/.*"}
    no_faults(failing_calls=[{**lagging, "status": 400, "code": "PrincipalNotFound", "times": 1}])

    up = azure.make("up")

    assert up.returncode == 0, up.stdout
    assert "Azure answers PrincipalNotFound: what was made a moment ago is new to it; again in 5 s" in up.stdout


@pytest.mark.acceptance
def test_a_removed_role_assignment_acts_within_a_minute(azure: Any, manage: Callable[..., Any]) -> None:
    assert azure.seen_by("fire") == {"3", "B"}
    fire = "0f3c0000-0000-4000-8000-000000000021"
    instance = azure.outputs()["instanceId"]
    listed = manage("GET", f"{instance}/providers/Microsoft.Authorization/roleAssignments")["value"]
    (assignment,) = [item for item in listed if item["properties"]["principalId"] == fire]

    manage("DELETE", assignment["id"])
    removed = time.monotonic()

    wait_until(lambda: azure.seen_by("fire") == set(), seconds=60)
    assert time.monotonic() - removed <= 60
    assert azure.seen_by("earth") == {"1", "2", "A"}


def test_somebody_elses_package_is_drift_and_a_failed_publication_opens_nothing_and_is_mended_by_the_next_up(
    azure: Any, no_faults: Any, ask: Callable[..., requests.Response]
) -> None:
    publish_foreign_package(azure)

    preview = azure.make("preview")

    assert preview.returncode == 0
    assert re.search(r'~ package\s*: "none" => "sha256:', preview.stdout), preview.stdout

    no_faults(failing_publishes=1)
    failed = azure.make("up")

    assert failed.returncode != 0
    assert re.search(r"deployment \S+ failed: .*run again", failed.stdout + failed.stderr)
    assert ask(None).status_code == 401
    assert azure.make("up").returncode == 0
    assert azure.seen_by("fire") == {"3", "B"}


def test_a_slow_publication_that_is_killed_is_finished_by_the_next_up(azure: Any, no_faults: Any) -> None:
    publish_foreign_package(azure)
    no_faults(publish_seconds=20)
    with subprocess.Popen(
        [*azure_command(), "up", "--skip-preview", "--yes"],
        cwd=azure.project,
        env=azure.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as up:
        assert up.stdout is not None
        next(line for line in up.stdout if "publishing package" in line)
        up.kill()  # the wrapper first, so that nobody tidies up
        os.kill(json.loads((azure.local / "pulumi-run.json").read_text())["leader"], signal.SIGKILL)
    no_faults(publish_seconds=0)

    again = azure.make("up")

    assert again.returncode == 0, again.stdout + again.stderr
    assert azure.seen_by("wind") == {"1", "2", "3", "A", "B"}


def test_the_first_403_after_a_role_was_given_is_waited_out(azure: Any, no_faults: Any) -> None:
    publish_foreign_package(azure)
    no_faults(failing_calls=[{"service": "scm", "method": "POST", "status": 403, "times": 1}])

    up = azure.make("up")

    assert up.returncode == 0, up.stdout + up.stderr
    assert "Microsoft.Web/sites/publish" in up.stdout + up.stderr


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("failing", "status"),
    [
        pytest.param(
            {"service": "entra", "path": ".*(openid-configuration|keys)", "status": 503},
            503,
            id="Entra's keys cannot be reached",
        ),
        pytest.param(
            {"service": "resource-manager", "path": ".*/roleAssignments", "status": 503},
            503,
            id="Resource Manager is down",
        ),
        pytest.param({"service": "digital-twins", "status": 429}, 429, id="the instance is throttling"),
    ],
)
def test_a_gateway_that_cannot_look_something_up_says_so_shows_nothing_and_recovers(
    failing: dict[str, object], status: int, azure_at_rest: Any, no_faults: Any, ask: Callable[..., requests.Response]
) -> None:
    token = azure_at_rest.gateway_token("earth")
    restart_gateway(azure_at_rest)  # it has neither keys nor role assignments then
    no_faults(failing_calls=[{**failing, "times": 1000}])

    answer = ask(token)

    assert answer.status_code == status, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert "value" not in answer.json()
    no_faults(failing_calls=[])
    wait_until(lambda: ask(token).status_code == 200, seconds=30)
    assert azure_at_rest.seen_by("earth") == {"1", "2", "A"}


@pytest.mark.acceptance
def test_an_up_while_resource_manager_is_down_fails_opens_nothing_and_the_next_one_converges(
    azure: Any, no_faults: Any, ask: Callable[..., requests.Response]
) -> None:
    publish_foreign_package(azure)
    no_faults(failing_calls=[{"service": "resource-manager", "status": 503, "times": 100_000}])

    failed = azure.make("up")

    assert failed.returncode != 0
    assert "503" in failed.stdout + failed.stderr
    assert ask(None).status_code == 401
    no_faults(failing_calls=[])
    assert azure.make("up").returncode == 0
    assert azure.seen_by("fire") == {"3", "B"}


@pytest.mark.acceptance
def test_a_refused_publication_is_told_with_its_status(azure: Any, no_faults: Any) -> None:
    publish_foreign_package(azure)
    no_faults(failing_calls=[{"service": "scm", "method": "POST", "status": 400, "times": 1}])

    refused = azure.make("up")

    assert refused.returncode != 0
    assert re.search(r"publishing the package .*400", refused.stdout + refused.stderr)


def restart_gateway(azure: Any) -> None:
    """Kills the process that runs the package; the next call starts another."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if any("worker.py" in part for part in command) and any(str(azure.local) in part for part in command):
            os.kill(int(process.name), signal.SIGKILL)


def publish_foreign_package(azure: Any) -> None:
    """Publishes something that is not ours, as somebody with rights might."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("host.json", '{"version": "2.0"}')
        package.writestr("function_app.py", "raise RuntimeError('not the gateway')\n")
    host = scm_host(azure)
    headers = {
        "Authorization": f"Bearer {azure.token('deployer', RESOURCE_MANAGER)}",
        "Content-Type": "application/zip",
    }
    answer = requests.post(
        f"https://{host}/api/publish?RemoteBuild=false",
        data=content.getvalue(),
        headers=headers,
        verify=azure.ca_file,
        timeout=60,
    )
    assert answer.status_code in (200, 202), answer.text
    deployment = f"https://{host}/api/deployments/{answer.json()}"
    wait_until(
        lambda: requests.get(deployment, headers=headers, verify=azure.ca_file, timeout=30).json().get("status") == 4,
        seconds=30,
    )


def resources(azure: Any) -> list[dict[str, Any]]:
    return list(json.loads(azure.pulumi("stack", "export").stdout)["deployment"]["resources"])


def site_of(azure: Any) -> dict[str, Any]:
    (site,) = [item for item in resources(azure) if item["type"] == "azure-native:web:WebApp"]
    return site


def site_id(azure: Any) -> str:
    return str(site_of(azure)["id"])


def scm_host(azure: Any) -> str:
    states = site_of(azure)["outputs"]["hostNameSslStates"]
    (host,) = [state["name"] for state in states if state["hostType"] == "Repository"]
    return str(host)


def azure_command() -> list[str]:
    return [str(ROOT / "tools" / "pulumi-local")]


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
