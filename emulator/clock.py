"""The emulator's time, which a test can move forward."""

from datetime import UTC, datetime, timedelta

# What tokens and delays may add to a time.
_ROOM = timedelta(days=366)


class Clock:
    """Wall-clock time plus what it was advanced by."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Moves the time forward: what expires, propagates or becomes visible by then does so at once.

        Raises:
            ValueError: so far that there is no such date.
        """
        try:
            ahead = self._ahead + timedelta(seconds=seconds)
            _ = datetime.now(UTC) + ahead + _ROOM
        except OverflowError as exc:
            raise ValueError(f"advance is {seconds}: there is no date so far ahead") from exc
        self._ahead = ahead

    def reset(self) -> None:
        """Back to the wall clock."""
        self._ahead = timedelta()
