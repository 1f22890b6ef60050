import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.digital_twins.standalone import CannotListen, StandaloneOptions, serve_standalone

MODEL = {"@id": "dtmi:x:Y;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}
PROGRAM = """
import asyncio, sys
from pathlib import Path
from emulator.digital_twins.standalone import StandaloneOptions, serve_standalone
state = Path(sys.argv[1]) if len(sys.argv) > 1 else None
asyncio.run(serve_standalone(StandaloneOptions(port=0, token="t", state=state, endpoint_names=("route",))))
"""


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready["caFile"] is None
            yield ready["endpoint"]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.stderr is not None
            assert process.stderr.read() == ""


def call(endpoint: str, method: str, path: str, body: Any = None, *, token: str = "t") -> requests.Response:
    return requests.request(
        method,
        f"{endpoint}{path}?api-version=2021-06-30-preview",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )


@pytest.mark.engine
def test_one_token_may_do_everything_and_state_outlives_the_process(tmp_path: Path) -> None:
    state = str(tmp_path / "state.sqlite")
    with served(state) as endpoint:
        assert call(endpoint, "GET", "/models", token="other").status_code == 401
        assert call(endpoint, "POST", "/models", [MODEL]).status_code == 201
        twin = {"$metadata": {"$model": "dtmi:x:Y;1"}}
        put = call(endpoint, "PUT", "/digitaltwins/a%2Fb%3Bc", twin)
        assert put.json()["$dtId"] == "a/b;c"
        patched = call(endpoint, "PATCH", "/digitaltwins/a%2Fb%3Bc", [])
        assert (patched.status_code, patched.headers["Content-Length"], patched.content) == (204, "0", b"")
    with served(state) as endpoint:
        again = call(endpoint, "GET", "/digitaltwins/a%2Fb%3Bc")
        assert again.headers["ETag"] == patched.headers["ETag"]
    with served() as endpoint:
        for name, status in (("route", 204), ("other", 400)):
            assert (
                call(endpoint, "PUT", "/eventroutes/r", {"endpointName": name, "filter": "true"}).status_code == status
            )
        assert call(endpoint, "GET", "/models").json()["value"] == []


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"cannot listen on 127.0.0.1:{port} .*choose another one with --port"):
            asyncio.run(serve_standalone(StandaloneOptions(port=port, token="t")))
