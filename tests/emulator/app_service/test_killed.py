"""The emulator as a process of its own, killed while a site runs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from emulator.errors import PortInUse
from emulator.home import Home
from emulator.ports import close, listen
from tests.emulator.app_service.local_site import ACCOUNT, SITE, LocalSite, make_package
from tests.emulator.conftest import RunningEmulator

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent.parent


class EmulatorProcess(RunningEmulator):
    """Started from the command line; everything else is asked over the network anyway."""

    def start(self) -> None:
        self._session = requests.Session()
        self.run("up", "--detach")

    def stop(self) -> None:
        self._session.close()
        self.run("down")

    def run(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "emulator", *arguments],
            cwd=ROOT,
            env={**os.environ, "TWIN_RBAC_LOCAL": str(self.home.folder)},
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        ).stdout

    def kill(self) -> None:
        assert self.home.holder is not None
        os.kill(self.home.holder, signal.SIGKILL)
        while self.home.is_held:
            time.sleep(0.01)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[EmulatorProcess]:
    emulator = EmulatorProcess(Home(tmp_path / "local"))
    emulator.start()
    yield emulator
    emulator.stop()


def has_ended(process_id: int) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        # One that nobody has waited for yet is still listed; it runs no more.
        state = Path(f"/proc/{process_id}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("path", ["/", "/block"])
def test_a_killed_emulator_takes_the_sites_process_with_it_and_starts_again_with_its_package(
    path: str, process: EmulatorProcess
) -> None:
    site = LocalSite(process)
    site.make()
    site.publish(make_package(version_txt="one"))
    child = int(site.ask("/")["process"])
    with subprocess.Popen(
        # /block holds the whole event loop of the package.
        ["curl", "--silent", "--insecure", f"{site.front}{path}"],
        stdout=subprocess.DEVNULL,
    ) as caller:
        time.sleep(0.5)

        process.kill()

        assert has_ended(child)
        caller.wait(30)
    process.run("up", "--detach")
    assert site.ask("/")["package"] == "one"


def test_a_deployment_that_a_kill_interrupts_is_gone_and_the_package_of_before_holds(process: EmulatorProcess) -> None:
    site = LocalSite(process)
    site.make()
    site.publish(make_package(version_txt="one"))
    process.control("PUT", "faults", {"publish_seconds": 60})
    interrupted = site.send_package(make_package(version_txt="two")).json()

    process.kill()
    process.run("up", "--detach")

    assert site.poll(interrupted).status_code == 404
    assert site.ask("/")["package"] == "one"
    site.publish(make_package(version_txt="two"))
    assert site.ask("/")["package"] == "two"


def test_the_logs_and_the_status_show_the_site(process: EmulatorProcess) -> None:
    site = LocalSite(process)
    site.make()
    site.publish(make_package())
    site.call("/raise")

    assert "a secret reason" in process.run("logs")
    assert json.loads(process.run("status", "--output", "json"))["gatewayEndpoint"] == site.front


def is_free(port: int) -> bool:
    try:
        close(listen(port, "a test"))
    except PortInUse:
        return False
    return True


def test_other_ports_take_sites_and_accounts_with_them(
    process: EmulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = LocalSite(process)
    site.make()
    site.publish(make_package(version_txt="one"))
    process.run("down")
    # Below those that the emulator chooses from, and those of other tests.
    first = next(port for port in range(18000, 18900, 5) if all(map(is_free, range(port, port + 5))))
    monkeypatch.setenv("PORT", str(first))

    process.run("up", "--detach")

    of_site = process.call("GET", SITE, version="2025-05-01").json()["properties"]
    of_account = process.call("GET", ACCOUNT, version="2024-01-01").json()["properties"]
    assert of_site["defaultHostName"] == f"localhost:{first + 3}"
    assert of_site["enabledHostNames"] == [f"localhost:{first + 3}", f"localhost:{first + 4}"]
    assert of_account["primaryEndpoints"]["blob"] == f"https://localhost:{first + 2}/sttest/"
    site.front = f"https://localhost:{first + 3}"
    assert site.ask("/")["package"] == "one"


def test_a_package_that_is_still_loading_ends_with_a_killed_emulator_too(process: EmulatorProcess) -> None:
    site = LocalSite(process)
    site.make()
    told = process.home.folder / "told"
    loading = f"import os, pathlib, time\npathlib.Path({str(told)!r}).write_text(str(os.getpid()))\ntime.sleep(600)"
    site.publish(make_package(loading))
    deadline = time.monotonic() + 20
    while not told.exists() or not told.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)

    process.kill()

    assert has_ended(int(told.read_text()))
