"""What lies at the package's root, loaded and driven as the Functions worker does."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import azure.functions as func
import pytest

from tests.twin_rbac.gateway.world import EARTH, ENVIRONMENT, GRAPH, World, twin

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
FUNCTION_ROOT = ROOT / "twin_rbac" / "gateway" / "function_root"
# Prints which modules a cold start loads, and what the one function is bound to.
PROBE = """
import json, sys
import function_app
(function,) = function_app.app.get_functions()
bindings = [binding.get_dict_repr() for binding in function.get_bindings()]
print(json.dumps({"modules": sorted(sys.modules), "bindings": bindings}, default=str))
"""


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROBE],
        env={"PYTHONPATH": f"{FUNCTION_ROOT}:{ROOT}", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def started() -> Any:
    result = start(dict(ENVIRONMENT))
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_cold_start_loads_nothing_that_it_can_do_without(started: Any) -> None:
    heavy = {"pulumi", "pulumi_azure_native", "pydantic", "rich", "ruamel", "typer", "msal", "requests", "emulator"}
    parts = ("twin_rbac.role_tags", "twin_rbac.cli.", "twin_rbac.providers", "azure.identity")

    assert heavy & {name.split(".")[0] for name in started["modules"]} == set()
    assert [name for name in started["modules"] if name.startswith(parts)] == []


def test_the_one_function_takes_every_path_and_verb_without_a_key(started: Any) -> None:
    trigger = next(binding for binding in started["bindings"] if binding["type"] == "httpTrigger")

    assert (str(trigger["authLevel"]).lower(), trigger["route"]) == ("anonymous", "/{*route}")
    assert {str(verb) for verb in trigger["methods"]} >= {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


def test_the_host_adds_no_prefix_to_paths_and_records_none() -> None:
    host = json.loads((FUNCTION_ROOT / "host.json").read_text())

    assert host["version"] == "2.0"
    assert host["extensions"]["http"]["routePrefix"] == ""
    insights = host["logging"]["applicationInsights"]
    assert insights["httpAutoCollectionOptions"] == {"enableHttpTriggerExtendedInfoCollection": False}
    assert insights["enableDependencyTracking"] is False


def test_a_start_with_wrong_settings_fails_and_names_all_of_them() -> None:
    result = start({**ENVIRONMENT, "TWIN_RBAC_TENANT_ID": "common", "TWIN_RBAC_KEY": ""})

    assert result.returncode != 0
    assert "TWIN_RBAC_TENANT_ID: 'common' is no GUID" in result.stderr
    assert "TWIN_RBAC_KEY is missing" in result.stderr


class Adapter:
    """The gateway under the adapter that Azure uses."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._app = func.AsgiFunctionApp(app=world.gateway, http_auth_level=func.AuthLevel.ANONYMOUS)
        self._function = self._app.get_functions()[0].get_user_function()

    async def call_async(self, method: str, path: str, body: Any = None, **headers: str) -> func.HttpResponse:
        request = func.HttpRequest(
            method=method,
            url=f"https://gateway.example{path}",
            headers={"Authorization": f"Bearer {self.world.entra.token(EARTH)}", **headers},
            body=b"" if body is None else json.dumps(body).encode(),
        )
        response: func.HttpResponse = await self._function(request, None)
        return response

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> func.HttpResponse:
        return self.run(self.call_async(method, path, body, **headers))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return asyncio.run(work)
        finally:
            # It would end with its last reference, inside whatever event loop runs then.
            self._app.startup_task_done = False


def test_a_query_and_a_read_go_through_the_functions_adapter(world: World) -> None:
    adapter = Adapter(world)
    answer = adapter.call("POST", "/query?api-version=2023-10-31", {"query": "SELECT $dtId FROM DIGITALTWINS"})

    assert (answer.status_code, answer.mimetype) == (200, "application/json; charset=utf-8")
    assert [row["$dtId"] for row in json.loads(answer.get_body())["value"]] == ["1", "2", "A"]
    assert adapter.call("GET", "/digitaltwins/B?api-version=2023-10-31").status_code == 404
    assert adapter.call("GET", "/digitaltwins/A?api-version=2023-10-31").headers["etag"] == 'W/"1"'
    assert adapter.call("DELETE", "/digitaltwins/A?api-version=2023-10-31").status_code == 403
    assert adapter.call("GET", "/healthz", Authorization="").status_code == 200
    assert adapter.call("GET", "/", Authorization="").status_code == 401


@pytest.mark.parametrize("path", ["a%2Fb", "%2541", "T%C3%BCrme", "a%20b", "a%3Fb", "%2E%2E", "a%252Fb"])
def test_an_id_with_odd_characters_survives_the_adapter(path: str) -> None:
    decoded = {
        "a%2Fb": "a/b",
        "%2541": "%41",
        "T%C3%BCrme": "T\u00fcrme",
        "a%20b": "a b",
        "a%3Fb": "a?b",
        "%2E%2E": "..",
        "a%252Fb": "a%2Fb",
    }
    world = World([*GRAPH, twin(decoded[path], {"role": "Earth"})])
    answer = Adapter(world).call("GET", f"/digitaltwins/{path}?api-version=2023-10-31")

    assert json.loads(answer.get_body())["$dtId"] == decoded[path]
    world.instance.close()


def test_first_calls_that_race_through_the_adapters_start_are_all_answered(world: World) -> None:
    adapter = Adapter(world)

    async def at_once() -> list[int]:
        calls = [adapter.call_async("GET", "/digitaltwins/A?api-version=2023-10-31") for _ in range(10)]
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert adapter.run(at_once()) == [200] * 10
    assert (world.entra.fetches, world.resource_manager.asked) == (1, 1)
