"""What a published package finds when it runs, and what becomes of its answers."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.emulator.app_service.local_site import LocalSite, make_package

HEAD = "import azure.functions as func\napp = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)\n"


def test_the_adapter_of_azure_functions_is_driven_as_the_functions_worker_drives_it(site: LocalSite) -> None:
    site.publish(make_package())

    said = site.ask("/a%2Fb%20c?x=%2F&x=2", x_caller="me")
    posted = site.call("/query", "POST", b'{"query": 1}')

    assert (said["path"], said["raw_path"], said["query"], said["method"]) == ("/a/b c", "/a/b c", "x=%2F&x=2", "GET")
    assert ["x-caller", "me"] in said["headers"]
    assert (posted.status_code, posted.content, posted.headers["x-one"]) == (201, b'{"query": 1}', "1")
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["content-length"] == "12"


def test_the_environment_is_the_settings_and_the_platforms_own_and_nothing_of_ours(
    site: LocalSite, emulator: Any
) -> None:
    site.put_site({"MODE": "blue"})
    site.publish(make_package())

    environment = site.ask("/")["environment"]

    # What Python and the C library set by themselves.
    environment.pop("LC_CTYPE", None)
    assert environment.pop("IDENTITY_HEADER")
    assert environment == {
        "AzureWebJobsDisableHomepage": "true",
        "HOME": str(emulator.home.folder / "sites" / "app-test" / "home"),
        "IDENTITY_ENDPOINT": f"{emulator.entra}/msi/token",
        "MODE": "blue",
        "NO_PROXY": "localhost",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "REQUESTS_CA_BUNDLE": emulator.ca_file,
        "SSL_CERT_FILE": emulator.ca_file,
        "WEBSITE_AUTH_ENABLED": "False",
        "WEBSITE_HOSTNAME": site.front.removeprefix("https://"),
        "WEBSITE_SITE_NAME": "app-test",
    }


def test_the_package_finds_the_standard_library_and_itself_alone(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package())

    found = site.ask("/")["modules"]

    root = found[0]
    assert root.startswith(str(emulator.home.folder / "sites" / "app-test"))
    assert found[1] == f"{root}/.python_packages/lib/site-packages"
    assert all(path.startswith(sys.base_prefix) and "site-packages" not in path for path in found[2:])


def test_new_settings_act_at_once_and_the_same_ones_restart_nothing(site: LocalSite) -> None:
    site.put_site({"MODE": "blue"})
    site.publish(make_package())
    first = site.ask("/")
    site.put_site({"MODE": "blue"})
    same = site.ask("/")
    site.put_site({"MODE": "green"})
    other = site.ask("/")

    assert same["process"] == first["process"]
    assert other["process"] != first["process"]
    assert [said["environment"]["MODE"] for said in (first, same, other)] == ["blue", "blue", "green"]


def test_authentication_that_is_turned_on_shows_in_the_environment(site: LocalSite) -> None:
    site.publish(make_package())
    before = site.ask("/")["environment"]["WEBSITE_AUTH_ENABLED"]

    site.put_auth({"platform": {"enabled": True}, "globalValidation": {"excludedPaths": ["/"]}})

    assert (before, site.ask("/")["environment"]["WEBSITE_AUTH_ENABLED"]) == ("False", "True")


def test_many_calls_are_answered_at_once(site: LocalSite) -> None:
    site.publish(make_package())
    site.ask("/")

    with ThreadPoolExecutor(20) as pool:
        took = [answer.elapsed.total_seconds() for answer in pool.map(site.call, ["/sleep"] * 20)]

    # One after the other they would take 6 seconds.
    assert max(took) < 4


def test_a_process_that_ended_is_started_again(site: LocalSite) -> None:
    site.publish(make_package())
    first = site.ask("/")["process"]

    in_the_middle = site.call("/exit")

    assert (in_the_middle.status_code, in_the_middle.content) == (500, b"")
    assert site.ask("/")["process"] != first


def test_calls_that_meet_a_start_wait_for_it(site: LocalSite) -> None:
    site.publish(make_package(function_app_py="import time\ntime.sleep(1)\n" + HEAD + WHO))

    assert site.call("/who").text == "ada"


WHO = """
@app.route(route="who")
async def who(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ada")
"""
FUNCTIONS = {
    "an async function with a text": (WHO, "/who", 200, "ada"),
    "a function in another case": (WHO, "/WHO", 200, "ada"),
    "a path of no function": (WHO, "/whoever", 404, ""),
    "a function that is not async": (
        '@app.route(route="plain")\ndef plain(req, context): return func.HttpResponse(context.function_name)',
        "/plain",
        200,
        "plain",
    ),
    "a parameter of the route": (
        '@app.route(route="twins/{id}")\ndef one(req): return func.HttpResponse(req.route_params["id"])',
        "/twins/a%20b",
        200,
        "a b",
    ),
    "a parameter with a constraint": (
        '@app.route(route="twins/{id:int}")\ndef one(req): return func.HttpResponse(req.route_params["id"])',
        "/twins/seven",
        404,
        "",
    ),
    "a parameter of the query": (
        '@app.route(route="q")\ndef q(req): return func.HttpResponse(req.params["name"])',
        "/q?name=ada",
        200,
        "ada",
    ),
    "a method that the function does not take": (
        '@app.route(route="p", methods=["POST"])\ndef p(req): return func.HttpResponse("x")',
        "/p",
        404,
        "",
    ),
    "a function that wants a key": (
        '@app.route(route="k", auth_level=func.AuthLevel.FUNCTION)\ndef k(req): return func.HttpResponse("x")',
        "/k",
        401,
        "",
    ),
    "a function that raises": ('@app.route(route="r")\ndef r(req): raise ValueError("secret")', "/r", 500, ""),
    "an answer that is no response": ('@app.route(route="n")\ndef n(req): return 7', "/n", 500, ""),
    "the host's own interface": (WHO, "/admin/host/status", 401, ""),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_function_is_called_as_its_route_says(case: str, site: LocalSite) -> None:
    source, path, status, text = FUNCTIONS[case]
    site.publish(make_package(HEAD + source))

    answer = site.call(path)

    assert (answer.status_code, answer.text) == (status, text)


def test_without_a_route_prefix_in_host_json_functions_are_below_api(site: LocalSite) -> None:
    site.publish(make_package(HEAD + WHO, host_json='{"version": "2.0"}'))

    assert site.call("/who").status_code == 404
    assert site.call("/api/who").text == "ada"


def test_the_homepage_is_there_unless_the_setting_turns_it_off(site: LocalSite) -> None:
    site.publish(make_package())
    without = site.ask("/")["path"]

    site.put_site({"AzureWebJobsDisableHomepage": "false"})

    assert without == "/"
    assert "Your Functions app is up and running" in site.call("/").text


BROKEN = {
    "a module that is not in the package": "import aiohttp",
    "no function app": "import azure.functions",
    "two function apps": f"{HEAD}other = func.FunctionApp()",
    "a process that ends": "import os\nos._exit(0)",
    "a text that is no Python": "def",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_package_that_cannot_be_loaded_is_503_with_the_reason_in_the_log_alone(
    case: str, site: LocalSite, emulator: Any
) -> None:
    ended = site.publish(make_package(BROKEN[case]))

    answer = site.call("/")

    assert ended["status"] == 4
    assert (answer.status_code, answer.text) == (503, "Function host is not running.")
    log = (emulator.home.folder / "sites" / "app-test" / "log").read_text()
    assert ("Traceback" in log) is (case != "a process that ends")


def test_an_asgi_app_below_a_route_prefix_does_not_start(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package(host_json='{"version": "2.0", "extensions": {"http": {"routePrefix": "api"}}}'))

    assert site.call("/").status_code == 503
    assert (
        "'/{*route}' cannot stand below the route prefix 'api'"
        in (emulator.home.folder / "sites" / "app-test" / "log").read_text()
    )


def test_what_a_function_raises_is_in_the_log_and_not_in_the_answer(site: LocalSite, emulator: Any) -> None:
    site.publish(make_package())

    answer = site.call("/raise")

    assert (answer.status_code, answer.content) == (500, b"")
    assert "a secret reason" in (emulator.home.folder / "sites" / "app-test" / "log").read_text()


def test_a_site_keeps_its_address_and_its_package_over_a_restart(another_emulator: Any) -> None:
    another_emulator.start()
    site = LocalSite(another_emulator)
    site.make()
    site.publish(make_package(version_txt="one"))
    first = site.ask("/")["process"]

    another_emulator.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(first, signal.SIGCONT)
    another_emulator.start()

    assert site.ask("/")["package"] == "one"
    assert another_emulator.control("GET", "status")["gatewayEndpoint"] == site.front
