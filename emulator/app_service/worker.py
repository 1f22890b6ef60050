"""The process that runs one package: loads its function_app.py and drives it as the Functions worker does.

Runs as a script, isolated (`python -I -S`), so that a package finds the standard library and itself and nothing of
ours. Its arguments are the descriptor of the channel and the package's folder. Each frame on the channel is two
lengths, a JSON object and bytes; when the channel closes, whatever the reason, the process ends at once.
"""

import asyncio
import importlib
import inspect
import json
import logging
import os
import re
import socket
import struct
import sys
import threading
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

LENGTHS = struct.Struct(">II")
_HOMEPAGE = b"<html><body>Your Functions app is up and running</body></html>"
_CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "alpha": "[A-Za-z]+",
    "guid": "[0-9A-Fa-f-]{36}",
    "bool": "true|false",
}
_PLACEHOLDER = re.compile(r"\{(?P<rest>\*{0,2})(?P<name>\w+)(?::(?P<constraint>\w+)[^}]*)?(?P<optional>\??)\}")


class Route:
    """An HTTP function and the paths that lead to it."""

    def __init__(self, function: Any, prefix: str) -> None:
        trigger = next(item for item in function.get_bindings_dict()["bindings"] if item["type"] == "httpTrigger")
        self.name: str = function.get_function_name()
        self.function: Callable[..., Any] = function.get_user_function()
        self.parameter: str = trigger["name"]
        self.needs_context = "context" in inspect.signature(self.function).parameters
        self.needs_key = _text(trigger.get("authLevel") or "FUNCTION").upper() != "ANONYMOUS"
        self.methods = {_text(method).upper() for method in trigger.get("methods") or ()}
        route = trigger.get("route") or self.name
        if prefix and route.startswith("/"):
            # The host cannot make a route of it and does not start (azure-functions-python-worker#1310).
            raise ValueError(f"the route {route!r} cannot stand below the route prefix {prefix!r} of host.json")
        self.segments = [part for part in f"{prefix}/{route}".split("/") if part]
        pattern = "".join(map(_segment_pattern, self.segments))
        self.pattern = re.compile(f"{pattern}/?", re.IGNORECASE | re.DOTALL)

    @property
    def rank(self) -> list[int]:
        """What stands for itself goes before what stands for anything."""
        return [0 if "{" not in part else 2 if part.startswith("{*") else 1 for part in self.segments]


class Context:
    """What a function is told about its call."""

    def __init__(self, function_name: str, folder: Path) -> None:
        self.invocation_id = str(uuid.uuid4())
        self.thread_local_storage = threading.local()
        self.function_name = function_name
        self.function_directory = str(folder)
        self.trace_context = None
        self.retry_context = None


class Worker:
    """Serves the calls of the channel, as many at once as come."""

    def __init__(self, channel: socket.socket, folder: Path) -> None:
        self._channel = channel
        self._folder = folder
        self._running: set[asyncio.Task[None]] = set()
        self._routes: list[Route] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_no_homepage = os.environ.get("AzureWebJobsDisableHomepage", "").lower() == "true"  # noqa: SIM112 # sic

    def load(self) -> None:
        """Imports the package and finds its functions."""
        sys.path[:0] = [str(self._folder), str(self._folder / ".python_packages" / "lib" / "site-packages")]
        prefix = json.loads((self._folder / "host.json").read_text()).get("extensions", {}).get("http", {})
        app = _find_app(importlib.import_module("function_app"))
        functions = [item for item in app.get_functions() if item.is_http_function()]
        self._routes = [Route(function, prefix.get("routePrefix", "api").strip("/")) for function in functions]
        self._routes.sort(key=lambda route: route.rank)

    def watch(self) -> None:
        """Reads the channel from now on, so that the process ends with it even while the package is loading."""
        # A thread of its own: a function that blocks the event loop must not outlive the channel.
        threading.Thread(target=self._read, daemon=True).start()

    async def serve(self) -> None:
        """Serves until the channel closes. Calls come once this has said that it is ready."""
        self._loop = asyncio.get_running_loop()
        self.send({"ready": True, "functions": [route.name for route in self._routes]})
        await asyncio.Event().wait()

    def send(self, document: dict[str, Any], content: bytes = b"") -> None:
        """Puts one frame on the channel."""
        text = json.dumps(document).encode()
        self._channel.sendall(LENGTHS.pack(len(text), len(content)) + text + content)

    def _read(self) -> None:
        stream = self._channel.makefile("rb")
        while len(lengths := stream.read(LENGTHS.size)) == LENGTHS.size:
            of_text, of_content = LENGTHS.unpack(lengths)
            text, content = stream.read(of_text), stream.read(of_content)
            if len(content) < of_content or self._loop is None:
                break
            self._loop.call_soon_threadsafe(self._start, json.loads(text), content)
        _end(0)

    def _start(self, call: dict[str, Any], content: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self._serve_call(call, content))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve_call(self, call: dict[str, Any], content: bytes) -> None:
        try:
            status, headers, body = await self._answer(call, content)
        except Exception:
            # Also what no function may raise ends as the host's bare 500; the log alone says why.
            traceback.print_exc()
            status, headers, body = 500, [], b""
        self.send({"id": call["id"], "status": status, "headers": headers}, body)

    async def _answer(self, call: dict[str, Any], content: bytes) -> tuple[int, list[list[str]], bytes]:
        path = unquote(urlsplit(call["url"]).path)
        if path == "/" and not self._has_no_homepage:
            return 200, [["content-type", "text/html"]], _HOMEPAGE
        if path.lower().startswith("/admin/"):
            return 401, [], b""
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found is not None and (not route.methods or call["method"] in route.methods):
                if route.needs_key:
                    return 401, [], b""
                return _encode(await self._invoke(route, call, content, found.groupdict(default="")))
        return 404, [], b""

    async def _invoke(self, route: Route, call: dict[str, Any], content: bytes, named: dict[str, str]) -> Any:
        from azure.functions.http import HttpRequest  # noqa: PLC0415  # the package's own, on the path since `load`

        request = HttpRequest(
            method=call["method"],
            url=call["url"],
            headers=dict(call["headers"]),
            params=dict(parse_qsl(urlsplit(call["url"]).query, keep_blank_values=True)),
            route_params=named,
            body_type="bytes",
            body=content,
        )
        arguments: dict[str, Any] = {route.parameter: request}
        if route.needs_context:
            arguments["context"] = Context(route.name, self._folder)
        if inspect.iscoroutinefunction(route.function):
            return await route.function(**arguments)
        return await asyncio.to_thread(route.function, **arguments)


def _find_app(module: Any) -> Any:
    from azure.functions import FunctionRegister  # noqa: PLC0415  # as above

    apps = {id(value): value for value in vars(module).values() if isinstance(value, FunctionRegister)}
    if len(apps) != 1:
        raise ValueError(f"function_app.py has {len(apps)} function apps at its top level: give it one")
    return next(iter(apps.values()))


def _encode(answer: Any) -> tuple[int, list[list[str]], bytes]:
    """A function's answer by the library's own converter, so that what it loses on Azure is lost here."""
    from azure.functions.http import HttpResponseConverter  # noqa: PLC0415  # as above

    datum = HttpResponseConverter.encode(answer, expected_type=None)
    if datum.type == "string":
        return 200, [["content-type", "text/plain; charset=utf-8"]], datum.value.encode()
    headers = [[name, value.value] for name, value in datum.value["headers"].items()]
    for cookies in datum.value["cookies"] or ():
        headers += [["set-cookie", morsel.OutputString()] for morsel in cookies.values()]
    return int(datum.value["status_code"].value), headers, datum.value["body"].value


def _segment_pattern(segment: str) -> str:
    whole = _PLACEHOLDER.fullmatch(segment)
    if whole is None:
        return "/" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(segment))
    name, constraint = whole["name"], _CONSTRAINTS.get(whole["constraint"] or "", "[^/]+")
    if whole["rest"]:
        return f"(?:/(?P<{name}>.*))?"
    pattern = f"/(?P<{name}>{constraint})"
    return f"(?:{pattern})?" if whole["optional"] else pattern


def _text(value: Any) -> str:
    """A setting of a binding, which the library keeps as a text or as a member of an enumeration."""
    return str(getattr(value, "value", value))


def _end(code: int) -> None:
    """Ends the process now, whatever threads the package left running."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Loads, says whether that went well, and serves."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    worker = Worker(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]))
    worker.watch()
    try:
        worker.load()
    except BaseException:
        traceback.print_exc()
        worker.send({"ready": False})
        _end(1)
    asyncio.run(worker.serve())


if __name__ == "__main__":
    main()
