"""What the commands ask a running emulator, and what they can tell of one that does not run."""

import json
import ssl
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from emulator.counters import Counters
from emulator.errors import NotAnswering, NotRunning, Refused
from emulator.home import Home, read_json
from emulator.ports import RESOURCE_MANAGER
from emulator.storage import Storage

_TIMEOUT = 30


def call_control(home: Home, method: str, path: str, document: object = None) -> Mapping[str, Any]:
    """What the running emulator answers at `/_control/…`.

    Raises:
        NotRunning: there is none in the folder.
        NotAnswering: it does not answer.
        Refused: it says no, and why.
    """
    if not home.is_held:
        raise NotRunning(home.folder)
    # An emulator that is just starting for the first time has no port yet.
    address = f"https://localhost:{read_json(home.ports_file).get(RESOURCE_MANAGER, 0)}"
    request = Request(  # noqa: S310  # always https on localhost
        f"{address}/_control/{path}",
        method=method,
        data=None if document is None else json.dumps(document).encode(),
        headers={"Authorization": f"Bearer {home.control_token}", "Content-Type": "application/json"},
    )
    try:
        trust = ssl.create_default_context(cafile=home.tls_folder / "bundle.pem")
        # A proxy of the person's would know nothing of our localhost.
        opener = build_opener(ProxyHandler({}), HTTPSHandler(context=trust))
        with opener.open(request, timeout=_TIMEOUT) as answer:
            return dict(json.loads(answer.read()))
    except HTTPError as error:
        with error:
            raise Refused(json.loads(error.read())["error"]) from None
    except (HTTPException, OSError) as error:
        raise NotAnswering(address, home.log_file) from error


def get_status(home: Home) -> Mapping[str, Any]:
    """Where the services are and what was counted; of an emulator that does not run, what its state says.

    Raises:
        NotAnswering: one runs, and does not answer.
    """
    if home.is_held:
        return call_control(home, "GET", "status")
    return {
        "running": False,
        "digitalTwinsEndpoint": None,
        "gatewayEndpoint": None,
        "caFile": str(home.tls_folder / "bundle.pem"),
        "counters": _kept_counters(home),
    }


def _kept_counters(home: Home) -> Mapping[str, int]:
    if not home.state_file.exists():
        return Counters(Storage()).snapshot()
    storage = Storage(home.state_file)
    try:
        return Counters(storage).snapshot()
    finally:
        storage.close()
