"""The front end of a site: authentication, then the app."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.app_service.channel import Answer, Call
from emulator.app_service.easy_auth import EasyAuth, Refused, Validate
from emulator.app_service.errors import NoPackage, WorkerDied, WorkerFailed
from emulator.app_service.site import Site
from emulator.faults import FailingCall

# What belongs to the one connection and not to the message.
_OF_THE_CONNECTION = {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"}


def create_app(site: Site, validate: Validate) -> ASGIApp:
    """The front end of the site.

    Args:
        site: what answers in the end.
        validate: Authorization header, audiences -> claims; raises InvalidToken.
    """

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        answer = await _answer(site, validate, Request(scope, receive))
        await answer(scope, receive, send)

    return handle


def answer_fault(status: int, fault: FailingCall) -> Response:
    """A call that fails on demand."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return PlainTextResponse(fault.code or "A fault on demand.", status, headers)


async def _answer(site: Site, validate: Validate, request: Request) -> Response:
    # Whole before anything is answered: a client that still sends may not see a refusal.
    content = await request.body()
    auth = EasyAuth(settings=site.documents.auth_settings, app_settings=site.documents.app_settings, validate=validate)
    verdict = auth.judge(request.scope["path"], _headers_of(request))
    if isinstance(verdict, Refused):
        return Response(status_code=verdict.status, headers=dict(verdict.headers))
    call = Call(
        method=request.method,
        url=_url_of(request),
        headers=verdict.headers,
        content=content,
    )
    try:
        return _response_of(await site.call(call))
    except NoPackage:
        return PlainTextResponse("Nothing was published to this site yet.", 404)
    except WorkerFailed:
        return PlainTextResponse("Function host is not running.", 503)
    except WorkerDied:
        return Response(status_code=500)


def _response_of(answer: Answer) -> Response:
    # The protocol has no room for a body in these.
    response = Response(None if answer.status in {204, 304} else answer.content, answer.status)
    for name, value in answer.headers:
        if name.lower() not in _OF_THE_CONNECTION:
            response.headers.append(name, value)
    return response


def _headers_of(request: Request) -> Mapping[str, str]:
    """The headers as the host hands them on: one value a name, lower case."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _url_of(request: Request) -> str:
    """The whole address, as it was sent: it is the app's own library that decodes it."""
    path = request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"https://{request.headers.get('host', 'localhost')}{path}" + (f"?{query}" if query else "")
