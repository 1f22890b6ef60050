"""What `python -m emulator` does: start, stop, look, hand out tokens."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from emulator.app_service.packages import LOG, SITES_FOLDER
from emulator.client import call_control, get_status
from emulator.digital_twins.standalone import StandaloneOptions, serve_standalone
from emulator.entra.directory_file import load_directory
from emulator.errors import NotAnswering, NotRunning, RunsElsewhere, StartFailed, StopFailed
from emulator.fault_file import load_faults
from emulator.faults import Faults
from emulator.home import CHECKOUT, Home
from emulator.ports import parse_first_port
from emulator.reset import forget_data
from emulator.server import serve
from emulator.storage import Storage
from emulator.tls import make_certificates

DIRECTORY = CHECKOUT / "examples" / "tenants" / "directory.yaml"
_LONGEST_START = 60
# What a signal is given to act, in seconds. A killed emulator loses nothing that it had acknowledged.
_STOPPING = ((signal.SIGTERM, 10), (signal.SIGKILL, 5))


def run(home: Home, *, directory: Path, lag: float, faults: Path | None) -> None:
    """Serves in the foreground until a signal ends it.

    Raises:
        EmulatorError: it cannot start; nothing was changed.
    """
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO, stream=sys.stderr)
    acting = Faults(query_lag=lag)
    if faults:
        acting.update(load_faults(faults))
    first_port = parse_first_port(os.environ.get("PORT"))
    asyncio.run(serve(home, load_directory(directory), faults=acting, first_port=first_port))


def start(home: Home, arguments: list[str]) -> str:
    """Starts an emulator in the background, and says where it is once it answers.

    Args:
        home: the local folder.
        arguments: what the foreground command is given.

    Raises:
        StartFailed: it ended before it was ready; the text is what it said.
        RunsElsewhere: it runs already, and PORT asks for other ports.
        PortNotUsable: PORT is no port.
    """
    first_port = parse_first_port(os.environ.get("PORT"))
    if home.is_held:
        address = _wait_until_ready(home)
        if first_port is not None and address != f"https://localhost:{first_port}":
            raise RunsElsewhere(address, first_port)
        return f"The local Azure is already running: {address}"
    home.folder.mkdir(parents=True, exist_ok=True)
    with home.log_file.open("a") as log:
        said_before = log.tell()
        process = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-m", "emulator", "up", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "TWIN_RBAC_LOCAL": str(home.folder), "PYTHONDONTWRITEBYTECODE": ""},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = _wait_until_ready(home, process, said_before)
    return f"The local Azure is running: {address} (log: {home.log_file})"


def stop(home: Home) -> str:
    """Ends the folder's emulator; content when there is none.

    Raises:
        StopFailed: it does not end.
    """
    if not home.is_held:
        return "The local Azure is not running."
    for number, seconds in _STOPPING:
        holder = home.holder
        if holder is not None:
            with suppress(ProcessLookupError):
                os.kill(holder, number)
        if _has_ended(home, seconds):
            return "The local Azure has stopped."
    raise StopFailed(home.holder, home.log_file)


def get_token(home: Home, name: str, audience: str | None) -> str:
    """A bearer token of a principal.

    Raises:
        EmulatorError: the emulator does not run, or knows no such principal or audience.
    """
    return str(call_control(home, "POST", "token", {"name": name, "audience": audience})["token"])


def reset(home: Home) -> str:
    """Forgets all data; ports, certificates and secrets stay.

    Raises:
        EmulatorError: the emulator does not answer, or starts just now.
    """
    if home.is_held:
        call_control(home, "POST", "reset")
    elif home.state_file.exists():
        with home.hold(), closing(Storage(home.state_file)) as storage:
            forget_data(storage, home)
    return "The local Azure is empty."


def describe_status(home: Home, *, as_json: bool) -> str:
    """Where everything is, for a person or a script."""
    status = get_status(home)
    if as_json:
        return json.dumps(status)
    rows = {
        "running": "yes" if status["running"] else "no",
        "Resource Manager": status.get("resourceManager", "-"),
        "instance": status["digitalTwinsEndpoint"] or "-",
        "gateway": status["gatewayEndpoint"] or "-",
        "certificates": status["caFile"],
        **{f"counted {name}": str(value) for name, value in status["counters"].items()},
    }
    width = max(map(len, rows))
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows.items())


def read_log(home: Home) -> str:
    """What detached emulators of the folder said, then what the processes of each site did.

    Raises:
        NotRunning: none ever ran.
    """
    if not home.log_file.exists():
        raise NotRunning(home.folder)
    sites = sorted((home.folder / SITES_FOLDER).glob(f"*/{LOG}"))
    said = (f"\n--- site {path.parent.name} ({path})\n{path.read_text(errors='replace')}" for path in sites)
    return home.log_file.read_text() + "".join(said)


def serve_one_instance(
    home: Home, *, port: int, token: str, tls: bool, endpoints: list[str], blobs: Path | None, state: Path | None
) -> None:
    """Serves one empty instance by itself until a signal ends it.

    Raises:
        CannotListen: the port is in use.
    """
    files = make_certificates(home.tls_folder) if tls else None
    options = StandaloneOptions(
        port=port,
        token=token,
        certificate=files.certificate if files else None,
        key=files.key if files else None,
        ca_file=files.bundle if files else None,
        endpoint_names=tuple(endpoints),
        blobs=blobs,
        state=state,
    )
    asyncio.run(serve_standalone(options))


def _wait_until_ready(home: Home, process: "subprocess.Popen[bytes] | None" = None, said_before: int = 0) -> str:
    """Where the folder's emulator answers, once it does: `process`, or the one that was started at the same time.

    Raises:
        NotRunning, StartFailed: it ended meanwhile.
        StartFailed: it does not answer.
    """
    deadline = time.monotonic() + _LONGEST_START
    while time.monotonic() < deadline:
        status = _status_if_ready(home)
        if status is not None:
            if process is not None and home.holder != process.pid:
                # Another start was faster; ours still waits for the folder and would take it over when that one ends.
                process.terminate()
                process.wait()
            return str(status["resourceManager"])
        if process is None and not home.is_held:
            raise NotRunning(home.folder)
        # One that ends because another was faster leaves the folder held by that one.
        if process is not None and process.poll() is not None and not home.is_held:
            text = home.log_file.read_bytes()[said_before:].decode(errors="replace")
            raise StartFailed([line for line in text.splitlines() if line.startswith("error: ")], home.log_file)
        time.sleep(0.05)
    if process is not None:
        process.terminate()
    raise StartFailed([f"it did not answer within {_LONGEST_START} s; see {home.log_file}"], home.log_file)


def _status_if_ready(home: Home) -> Mapping[str, Any] | None:
    try:
        status = get_status(home)
    except (NotAnswering, NotRunning):
        return None
    return status if status["running"] else None


def _has_ended(home: Home, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while home.is_held:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
