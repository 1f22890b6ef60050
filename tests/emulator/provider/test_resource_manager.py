import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.provider.errors import NotReachable, Refused, WrongEnvironment
from emulator.provider.resource_manager import ResourceManager, connect

SECRET = "the-header"
PAYLOAD = base64.urlsafe_b64encode(json.dumps({"oid": "me"}).encode()).rstrip(b"=").decode()


class ScriptedSession(requests.Session):
    """Gives a token to whoever asks with the secret, and then the answers of the script, the last one for ever."""

    def __init__(self, *script: tuple[int, Any, Mapping[str, str]] | Exception) -> None:
        super().__init__()
        self.script = list(script)
        self.calls: list[tuple[str, str, Any]] = []
        self.tokens_given = 0
        self.sign_in_statuses: list[int] = []
        """What the next questions for a token are answered with, before one is given."""

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        if str(url) == "https://entra/msi/token":
            assert options["headers"]["X-IDENTITY-HEADER"] == SECRET
            if self.sign_in_statuses:
                return respond(self.sign_in_statuses.pop(0), {})
            self.tokens_given += 1
            return respond(200, {"access_token": f"header.{PAYLOAD}.signature"})
        assert options["headers"]["Authorization"] == f"Bearer header.{PAYLOAD}.signature"
        self.calls.append((str(method), str(url), options.get("json")))
        step = self.script[0] if len(self.script) == 1 else self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return respond(*step)


def respond(status: int, document: Any, headers: Mapping[str, str] | None = None) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = b"" if document is None else json.dumps(document).encode()
    answer.headers.update(headers or {})
    return answer


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "No."}}


class Client:
    def __init__(self, *script: Any) -> None:
        self.session = ScriptedSession(*script)
        self.pauses: list[float] = []
        self.manager = ResourceManager(
            address="https://manager",
            token_endpoint="https://entra/msi/token",
            token_secret=SECRET,
            session=self.session,
            sleep=self.pauses.append,
        )


Action = Callable[[ResourceManager], Any]


def get(manager: ResourceManager) -> Any:
    return manager.get("/x", "1")


def put(manager: ResourceManager) -> Any:
    return manager.put("/x", "1", {"location": "westeurope"})


def delete(manager: ResourceManager) -> Any:
    return manager.delete("/x", "1")


def test_a_resource_is_read_written_and_deleted_with_one_token() -> None:
    client = Client((200, {"id": "/x"}, {}))

    assert get(client.manager) == put(client.manager) == {"id": "/x"}
    delete(client.manager)

    assert [call[0] for call in client.session.calls] == ["GET", "PUT", "DELETE"]
    assert client.session.calls[1][2] == {"location": "westeurope"}
    assert client.session.tokens_given == 1
    assert client.manager.claims() == {"oid": "me"}


def test_what_is_not_there_is_none_to_read_no_error_to_delete_and_one_to_write() -> None:
    client = Client((404, error("ResourceGroupNotFound"), {}))

    assert get(client.manager) is None
    delete(client.manager)
    with pytest.raises(Refused, match=r'Status=404 Code="ResourceGroupNotFound" Message="No\."'):
        put(client.manager)


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("action", [get, put, delete])
def test_what_may_be_gone_at_the_next_try_is_tried_again(action: Action, status: int) -> None:
    client = Client((status, error("Busy"), {"Retry-After": "7"}), (status, error("Busy"), {}), (200, {}, {}))

    action(client.manager)

    assert len(client.session.calls) == 3
    assert client.pauses == [7.0, 1.0]


def test_a_dropped_connection_is_tried_again() -> None:
    client = Client(requests.ConnectionError(), (200, {"id": "/x"}, {}))

    assert put(client.manager) == {"id": "/x"}


def test_a_sign_in_that_may_succeed_at_the_next_try_is_tried_again() -> None:
    client = Client((200, {"id": "/x"}, {}))
    client.session.sign_in_statuses = [503, 429]

    assert get(client.manager) == {"id": "/x"}
    assert client.pauses == [0.5, 1.0]


def test_a_refused_sign_in_is_final() -> None:
    client = Client((200, {"id": "/x"}, {}))
    client.session.sign_in_statuses = [401]

    with pytest.raises(Refused, match="Entra gave no token"):
        get(client.manager)


@pytest.mark.parametrize("status", [400, 403, 409])
@pytest.mark.parametrize("action", [get, put, delete])
def test_a_refusal_is_final(action: Action, status: int) -> None:
    client = Client((status, error("AuthorizationFailed"), {}))

    with pytest.raises(Refused, match="AuthorizationFailed") as failure:
        action(client.manager)

    assert failure.value.status == status
    assert len(client.session.calls) == 1


def test_it_gives_up_in_the_end_and_says_why() -> None:
    with pytest.raises(Refused, match="ServerBusy"):
        get(Client((503, error("ServerBusy"), {})).manager)
    with pytest.raises(NotReachable, match=r"https://manager does not answer \(ConnectionError\); is the local Azure"):
        get(Client(requests.ConnectionError()).manager)
    with pytest.raises(Refused, match="no error of Resource Manager"):
        get(Client((400, None, {})).manager)


@pytest.mark.parametrize("missing", ["TWIN_RBAC_LOCAL", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "SSL_CERT_FILE"])
def test_it_runs_only_where_the_local_azure_is(missing: str, tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"resourceManager": 1}')
    environment = {
        "TWIN_RBAC_LOCAL": str(tmp_path),
        "IDENTITY_ENDPOINT": "https://localhost:2/msi/token",
        "IDENTITY_HEADER": SECRET,
        "SSL_CERT_FILE": "bundle.pem",
    }
    assert connect(environment).address == "https://localhost:1"

    with pytest.raises(WrongEnvironment, match=f"{missing} is not set: this stand-in runs for the local Azure only"):
        connect({key: value for key, value in environment.items() if key != missing})
    (tmp_path / "ports.json").unlink()
    with pytest.raises(WrongEnvironment, match="names no port"):
        connect(environment)
