"""Counting what arrives at the no-op server, and which of it the service's limits would refuse; pure."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["patch", "read", "query"]

LIMITS: dict[Kind, int] = {"patch": 1000, "read": 1000, "query": 500}
"""Requests a second of each kind (fact sheet adt-data-plane, section 6)."""
PER_TWIN = 10
"""Writes a second on one twin (same section)."""


class Window:
    """The arrivals of the last second."""

    def __init__(self) -> None:
        self._moments: deque[tuple[float, str]] = deque()
        self._per_twin: Counter[str] = Counter()
        self.most = 0
        """The most that any second held, wherever it began."""
        self.most_per_twin = 0

    def add(self, now: float, twin_id: str) -> None:
        """Takes an arrival; `now` is in seconds."""
        while self._moments and self._moments[0][0] <= now - 1:
            _, gone = self._moments.popleft()
            self._per_twin[gone] -= 1
            if not self._per_twin[gone]:
                del self._per_twin[gone]
        self._moments.append((now, twin_id))
        self._per_twin[twin_id] += 1
        self.most = max(self.most, len(self._moments))
        self.most_per_twin = max(self.most_per_twin, self._per_twin[twin_id])

    @property
    def count(self) -> int:
        """How many came within the second before the last arrival."""
        return len(self._moments)

    def count_of(self, twin_id: str) -> int:
        """How many of them were about the twin."""
        return self._per_twin[twin_id]


@dataclass
class Arrivals:
    """All that arrived since a measurement began."""

    began: float
    """On the server's clock, in seconds."""
    limited: bool = False
    """Whether what is over the service's limits is refused."""
    forced_until: float = 0.0
    """Until when everything is refused."""
    refused: int = 0
    forced: int = 0
    """How many of the refused were refused only because a burst was asked for."""
    bins: Counter[int] = field(default_factory=Counter)
    """Tenth of a second -> writes that were taken."""
    kinds: Counter[str] = field(default_factory=Counter)
    windows: dict[Kind, Window] = field(default_factory=lambda: {kind: Window() for kind in LIMITS})

    def take(self, kind: Kind, twin_id: str, now: float) -> bool:
        """Whether the request is served; False is a 429."""
        window = self.windows[kind]
        window.add(now, twin_id if kind == "patch" else "")
        self.kinds[kind] += 1
        if now < self.forced_until:
            self.refused += 1
            self.forced += 1
            return False
        if self.limited and (window.count > LIMITS[kind] or (kind == "patch" and window.count_of(twin_id) > PER_TWIN)):
            self.refused += 1
            return False
        if kind == "patch":
            self.bins[int((now - self.began) * 10)] += 1
        return True

    def report(self) -> dict[str, Any]:
        """What was counted."""
        patches = self.windows["patch"]
        return asdict(
            Report(
                kinds=dict(self.kinds),
                refused=self.refused,
                forced=self.forced,
                most_in_a_second=patches.most,
                most_per_twin=patches.most_per_twin,
                tenths=[self.bins[tenth] for tenth in range(max(self.bins, default=-1) + 1)],
                forced_until=max(0.0, self.forced_until - self.began),
            )
        )


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the no-op server counted since its counters were set back."""

    kinds: dict[str, int]
    refused: int
    forced: int
    most_in_a_second: int
    """Writes in any sliding second, refused ones too."""
    most_per_twin: int
    """The same for one twin."""
    tenths: list[int]
    """Writes taken in each tenth of a second."""
    forced_until: float
    """Seconds after the beginning at which the last burst of 429s ended."""
