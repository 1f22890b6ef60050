"""Faults on demand: what a test or a person asks the emulator to do wrong."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

When = Literal["before", "after"]


@dataclass(frozen=True, kw_only=True)
class FailingCall:
    """Calls of one service that fail instead of being served."""

    service: str = "digital-twins"
    """digital-twins, resource-manager, entra, graph, blob, app-service (a site's front end) or scm."""
    method: str = ".*"
    """A regular expression over the whole verb."""
    path: str = ".*"
    """A regular expression over the whole path."""
    status: int | None = None
    """The HTTP status to answer; None drops the connection."""
    code: str | None = None
    """The error code in the body; None for what the service usually says with that status."""
    retry_after: int | None = None
    """Seconds in Retry-After, when given."""
    skip: int = 0
    """How many matching calls are served before the fault acts."""
    times: int = 1
    """How many calls fail at most."""
    share: float = 1.0
    """How likely a call is to fail, from 0 to 1; which ones do depends on the seed and their order alone."""
    burst: int = 1
    """How many calls in a row fail each time that one was drawn."""
    seed: int = 0
    """Another one draws other calls."""
    drawn: int = 0
    """How many matching calls have been drawn for so far, counted by the emulator."""
    when: When = "before"
    """`before`: the call is not carried out. `after`: it is, and only its answer is replaced or lost."""

    def matches(self, service: str, method: str, path: str) -> bool:
        """Whether this call is one of those."""
        return (
            service == self.service
            and re.fullmatch(self.method, method) is not None
            and re.fullmatch(self.path, path) is not None
        )

    def draws_next(self) -> bool:
        """Whether the next matching call is one that fails."""
        return any(self._starts_at(self.drawn - back) for back in range(min(self.burst, self.drawn + 1)))

    def _starts_at(self, number: int) -> bool:
        if self.share >= 1:
            return True
        digest = hashlib.blake2b(f"{self.seed} {number}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) < self.share * 2**64


@dataclass
class Faults:
    """The faults that act now. Seconds where nothing else is said; all off when new."""

    query_lag: float = 0.0
    """How far queries lag behind writes."""
    role_propagation: float = 0.0
    """How long a new or removed role assignment takes to act on the data plane."""
    latency: float = 0.0
    """Added to every call of a data plane."""
    write_latency: float = 0.0
    """Added to every write of a twin, before it happens."""
    publish_seconds: float = 0.0
    """How long it takes to deploy a package to a site."""
    failing_publishes: int = 0
    """How many of the next deployments to sites end with status 3."""
    outside: bool = False
    """Whether loopback counts as outside every network: what has no public access then answers 403."""
    failing_calls: list[FailingCall] = field(default_factory=list)

    def update(self, document: Mapping[str, Any]) -> None:
        """Sets the faults that the document names (their names as here) and leaves the rest.

        Raises:
            TypeError, ValueError: the document names what is no fault, or gives it no usable value.
        """
        unknown = set(document) - {*asdict(self)}
        if unknown:
            raise ValueError(f"unknown fault {sorted(unknown)[0]!r}; there are: {', '.join(asdict(self))}")
        for name, value in document.items():
            setattr(self, name, _READERS.get(name, float)(value))

    def document(self) -> dict[str, Any]:
        """The faults as `update` takes them."""
        return asdict(self)

    def take(self, service: str, method: str, path: str) -> FailingCall | None:
        """The fault that this call meets, which is thereby used up once."""
        for position, call in enumerate(self.failing_calls):
            if not call.matches(service, method, path):
                continue
            if call.skip > 0:
                self.failing_calls[position] = replace(call, skip=call.skip - 1)
                continue
            if call.times == 0:
                continue
            fails = call.draws_next()
            self.failing_calls[position] = replace(call, drawn=call.drawn + 1, times=call.times - fails)
            if fails:
                return call
        return None


def _read_calls(items: Iterable[Mapping[str, Any]]) -> list[FailingCall]:
    return [FailingCall(**item) for item in items]


def _read_switch(value: object) -> bool:
    # Not bool(): it takes "false" for true.
    if not isinstance(value, bool):
        raise ValueError(f"outside is {value!r}: give true or false")  # noqa: TRY004 - one kind of error
    return value


_READERS: Mapping[str, Callable[[Any], object]] = {
    "failing_calls": _read_calls,
    "failing_publishes": int,
    "outside": _read_switch,
}
