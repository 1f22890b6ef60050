"""What `python -m emulator` does: start, stop, look, hand out tokens."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from emulator.client import call_control, get_status
from emulator.digital_twins.standalone import StandaloneOptions, serve_standalone
from emulator.entra.directory_file import load_directory
from emulator.errors import NotAnswering, NotRunning, StartFailed
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
_LONGEST_STOP = 20


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
    """
    if home.is_held:
        return f"The local Azure is already running: {get_status(home)['resourceManager']}"
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
    _wait_until_ready(home, process, said_before)
    return f"The local Azure is running: {get_status(home)['resourceManager']} (log: {home.log_file})"


def stop(home: Home) -> str:
    """Ends the folder's emulator; content when there is none.

    Raises:
        StartFailed: it does not end.
    """
    holder = home.holder
    if holder is None:
        return "The local Azure is not running."
    os.kill(holder, signal.SIGTERM)
    deadline = time.monotonic() + _LONGEST_STOP
    while home.is_held:
        if time.monotonic() > deadline:
            raise StartFailed([f"process {holder} does not end; see {home.log_file}"], home.log_file)
        time.sleep(0.05)
    return "The local Azure has stopped."


def get_token(home: Home, name: str, audience: str | None) -> str:
    """A bearer token of a principal.

    Raises:
        EmulatorError: the emulator does not run, or knows no such principal or audience.
    """
    return str(call_control(home, "POST", "token", {"name": name, "audience": audience})["token"])


def reset(home: Home) -> str:
    """Forgets all data; ports, certificates and secrets stay."""
    if home.is_held:
        call_control(home, "POST", "reset")
    elif home.state_file.exists():
        storage = Storage(home.state_file)
        try:
            forget_data(storage, home.state_file)
        finally:
            storage.close()
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
    """What detached emulators of the folder said.

    Raises:
        NotRunning: none ever ran.
    """
    if not home.log_file.exists():
        raise NotRunning(home.folder)
    return home.log_file.read_text()


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


def _wait_until_ready(home: Home, process: "subprocess.Popen[bytes]", said_before: int) -> None:
    deadline = time.monotonic() + _LONGEST_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            text = home.log_file.read_bytes()[said_before:].decode(errors="replace")
            raise StartFailed([line for line in text.splitlines() if line.startswith("error: ")], home.log_file)
        if home.holder == process.pid and _answers(home):
            return
        time.sleep(0.05)
    process.terminate()
    raise StartFailed([f"it did not answer within {_LONGEST_START} s; see {home.log_file}"], home.log_file)


def _answers(home: Home) -> bool:
    try:
        return bool(get_status(home)["running"])
    except (NotAnswering, NotRunning, KeyError):
        return False
