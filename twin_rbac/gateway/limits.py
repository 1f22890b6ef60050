"""How much one call may hold, how long it may take, and how many are answered at once."""

from collections import Counter
from collections.abc import Callable, Iterator
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

MAX_CALLS = 200
"""Calls that are answered at once."""
_MOST_REMEMBERED = 1000

PATIENCE = Patience(
    attempts_without_answer=2,
    attempts_that_fail=3,
    # Handed on at once: whoever asked too much waits, and nobody else.
    attempts_when_throttled=1,
    longest_pause=2,
    answer_timeout=15,
    # A page of 100 twins, the service's usual size, has at most 3.2 MB; one of 1,000 may have ten times that.
    largest_answer=16 * 1024 * 1024,
    connections=MAX_CALLS,
    budget=20,
)
"""How long the instance is waited for: someone is waiting for us, and will try again."""


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """How many calls are answered at once."""

    overall: int = MAX_CALLS
    per_caller: int = 25


class Effort:
    """How much of the process the texts of one caller's queries take.

    A query is read, scoped and certified in one go, in which nobody else is answered: some 20 ms for the longest. So a
    caller may use a fifth of the time, and ten times that for a moment.
    """

    SHARE = 0.2
    """Seconds of work for each second."""
    BURST = 0.5
    """Seconds of work in debt at most."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._debts: dict[str, tuple[float, float]] = {}

    @property
    def remembered(self) -> int:
        """How many callers are kept in mind."""
        return len(self._debts)

    @contextmanager
    def spend(self, caller: str) -> Iterator[None]:
        """Lets the caller's work be done, and remembers how long it took.

        Raises:
            TooManyCalls: the caller has had more than its share.
        """
        started = self._clock()
        debt = self._debt(caller, started)
        if debt > self.BURST:
            raise TooManyCalls
        try:
            yield
        finally:
            ended = self._clock()
            self._debts[caller] = (debt + ended - started, ended)
            self._forget(ended)

    def _debt(self, caller: str, now: float) -> float:
        debt, since = self._debts.get(caller, (0.0, now))
        return max(0.0, debt - (now - since) * self.SHARE)

    def _forget(self, now: float) -> None:
        # However many callers there are, only those in debt are kept.
        if len(self._debts) > _MOST_REMEMBERED:
            self._debts = {caller: item for caller, item in self._debts.items() if self._debt(caller, now) > 0}


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
