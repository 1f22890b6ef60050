"""How much one call may hold, how long it may take, and how many are answered at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from twin_rbac.clients.calls import Patience
from twin_rbac.gateway.errors import TooBusy, TooManyCalls

MAX_BODY_BYTES = 128 * 1024
"""A query of 8,000 characters and the token of its next page, in the widest escapes of JSON."""
MAX_AUTHORIZATION_CHARACTERS = 16 * 1024
"""A token with 200 groups has about 12,000."""
MAX_PARAMETERS_BYTES = 2 * 1024
MAX_TWIN_ID_CHARACTERS = 2 * 1024
"""How long a twin's id may be is not documented; a longer one would not fit the instance's request line."""
MAX_PAGE_SIZE = 1000
"""Rows on a page, the service's own limit (fact sheet adt-data-plane, section 6)."""

PATIENCE = Patience(
    attempts_without_answer=2,
    attempts_that_fail=3,
    attempts_when_throttled=2,
    longest_pause=2,
    answer_timeout=15,
    budget=20,
)
"""How long the instance is waited for: someone is waiting for us, and will try again."""


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """How many calls are answered at once."""

    overall: int = 200
    per_caller: int = 25


class Gate:
    """Counts the calls under way."""

    def __init__(self, limits: Concurrency) -> None:
        self._limits = limits
        self._inside = 0
        self._by_caller: Counter[str] = Counter()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Lets a call in, before it is known whose it is.

        Raises:
            TooBusy: there are too many.
        """
        if self._inside >= self._limits.overall:
            raise TooBusy
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @contextmanager
    def enter_as(self, caller: str) -> Iterator[None]:
        """Lets a caller's call go on.

        Raises:
            TooManyCalls: the caller has too many.
        """
        if self._by_caller[caller] >= self._limits.per_caller:
            raise TooManyCalls
        self._by_caller[caller] += 1
        try:
            yield
        finally:
            self._by_caller[caller] -= 1
            if not self._by_caller[caller]:
                del self._by_caller[caller]
