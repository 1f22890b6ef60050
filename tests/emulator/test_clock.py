from datetime import UTC, datetime, timedelta

import pytest

from emulator.clock import Clock


def test_an_advanced_clock_is_ahead_by_all_that_it_was_advanced() -> None:
    clock = Clock()
    clock.advance(60)
    clock.advance(0.5)

    before, now, after = datetime.now(UTC), clock.now(), datetime.now(UTC)

    assert before + timedelta(seconds=60.5) <= now <= after + timedelta(seconds=60.5)


@pytest.mark.parametrize("seconds", [2.6e11, 1e15])
def test_a_clock_that_would_leave_the_calendar_stays_where_it_is(seconds: float) -> None:
    clock = Clock()

    with pytest.raises(ValueError, match="there is no date so far ahead"):
        clock.advance(seconds)

    assert clock.now() - datetime.now(UTC) < timedelta(seconds=1)


def test_a_reset_clock_tells_the_real_time_again() -> None:
    clock = Clock()
    clock.advance(86_400)

    clock.reset()

    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 60
