"""A client of one service of the local Azure, as the principal whose environment it runs in."""

import base64
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Self

import requests

from emulator.provider.errors import NotReachable, Refused, WrongEnvironment

# azure-native retries these and nothing else (fact sheet pulumi-azure, section 0).
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_PAUSES = (0.5, 1.0, 2.0)
_LONGEST_PAUSE = 60.0
_TIMEOUT = 120
_TOKEN_SECONDS = 300


@dataclass
class LocalService:
    """Sends requests with the principal's token; may be called from several threads."""

    address: str
    token_endpoint: str
    token_secret: str
    session: requests.Session
    sleep: Callable[[float], None] = time.sleep
    _token: str = ""
    _good_until: float = 0
    _lock: Lock = field(default_factory=Lock)

    name: ClassVar[str]
    """What the service is called in a message."""
    audience: ClassVar[str]
    """What its tokens are for."""
    port_name: ClassVar[str]
    """The key of its port in ports.json."""
    path: ClassVar[str] = ""
    """Where it is on that port."""

    @classmethod
    def connect(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The client of the local Azure whose folder TWIN_RBAC_LOCAL names.

        Raises:
            WrongEnvironment: the plugin was not started by tools/pulumi-local.
        """
        ports_file = Path(_require(environment, "TWIN_RBAC_LOCAL")) / "ports.json"
        try:
            port = json.loads(ports_file.read_text())[cls.port_name]
        except (OSError, ValueError, KeyError) as exc:
            raise WrongEnvironment(f"{ports_file} names no port of {cls.name}") from exc
        session = requests.Session()
        # It talks to loopback alone: no proxy, no other certificates than those that it is told to trust.
        session.trust_env = False
        session.verify = _require(environment, "SSL_CERT_FILE")
        return cls(
            address=f"https://localhost:{port}{cls.path}",
            token_endpoint=_require(environment, "IDENTITY_ENDPOINT"),
            token_secret=_require(environment, "IDENTITY_HEADER"),
            session=session,
        )

    def claims(self) -> Mapping[str, Any]:
        """What the principal's token says, unchecked: it is for names, not for decisions."""
        payload = self._get_token().split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, query: Mapping[str, str] | None = None
    ) -> requests.Response:
        """The answer, whatever its status; what may be gone at the next try is tried again.

        Raises:
            ProviderError: the service does not answer, or there is no token for it.
        """
        for pause in _PAUSES:
            try:
                answer = self._request(method, path, body, query)
            except NotReachable:
                self.sleep(pause)
                continue
            if answer.status_code not in _RETRIED:
                return answer
            asked = answer.headers.get("Retry-After", "")
            self.sleep(min(float(asked), _LONGEST_PAUSE) if asked.isdecimal() else pause)
        return self._request(method, path, body, query)

    def refusal(self, answer: requests.Response) -> Refused:
        """The error that the service answered."""
        try:
            error = answer.json()["error"]
            return Refused(answer.status_code, str(error["code"]), str(error["message"]))
        except (ValueError, KeyError, TypeError):
            return Refused(answer.status_code, "Unknown", f"the answer is no error of {self.name}")

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str] | None
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._get_token()}"}
        try:
            return self.session.request(
                method, f"{self.address}{path}", params=query, json=body, headers=headers, timeout=_TIMEOUT
            )
        except requests.RequestException as exc:
            raise NotReachable(self.address, type(exc).__name__) from exc

    def _get_token(self) -> str:
        with self._lock:
            if time.monotonic() > self._good_until:
                self._token = self._ask_for_token()
                self._good_until = time.monotonic() + _TOKEN_SECONDS
            return self._token

    def _ask_for_token(self) -> str:
        try:
            answer = self.session.get(
                self.token_endpoint,
                params={"api-version": "2019-08-01", "resource": self.audience},
                headers={"X-IDENTITY-HEADER": self.token_secret},
                timeout=_TIMEOUT,
            )
        except requests.RequestException as exc:
            raise NotReachable(self.token_endpoint, type(exc).__name__) from exc
        if answer.status_code in _RETRIED:
            raise NotReachable(self.token_endpoint, f"it answers {answer.status_code}")
        if answer.status_code != 200:
            raise Refused(answer.status_code, "NoToken", "Entra gave no token; run the command by tools/pulumi-local")
        return str(answer.json()["access_token"])


def _require(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise WrongEnvironment(f"{name} is not set")
    return value
