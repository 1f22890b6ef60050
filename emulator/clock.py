"""The emulator's time, which a test can move forward."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Wall-clock time plus what it was advanced by."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Moves the time forward: what expires, propagates or becomes visible by then does so at once."""
        self._ahead += timedelta(seconds=seconds)
