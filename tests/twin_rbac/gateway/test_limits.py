import pytest

from twin_rbac.gateway.errors import TooBusy, TooManyCalls
from twin_rbac.gateway.limits import Concurrency, Effort, Gate


def test_a_place_is_free_again_after_a_call_however_it_ended() -> None:
    gate = Gate(Concurrency(overall=1, per_caller=1))
    for _ in range(3):
        with pytest.raises(KeyError), gate.enter(), gate.enter_as("a"):
            raise KeyError
    with gate.enter(), gate.enter_as("a"), pytest.raises(TooBusy), gate.enter():
        pass


def test_a_caller_that_is_turned_away_takes_no_place_from_itself() -> None:
    gate = Gate(Concurrency(overall=10, per_caller=1))
    with gate.enter_as("a"):
        for _ in range(3):
            with pytest.raises(TooManyCalls), gate.enter_as("a"):
                pass
        with gate.enter_as("b"):
            pass
    with gate.enter_as("a"):
        pass


class Time:
    """A clock that the work itself moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def work(effort: Effort, time: Time, caller: str, seconds: float) -> bool:
    """Whether the caller may do work that takes so long; does it then."""
    try:
        with effort.spend(caller):
            time.now += seconds
    except TooManyCalls:
        return False
    return True


def test_a_caller_whose_queries_take_more_than_its_share_is_turned_away_until_it_has_waited() -> None:
    time = Time()
    effort = Effort(time)

    # Work begins with half a second in debt at most, and ends with an eighth more.
    assert [work(effort, time, "a", 0.125) for _ in range(8)] == [True] * 5 + [False] * 3
    # A fifth of the time comes back.
    time.now += 0.5
    assert not work(effort, time, "a", 0.125)
    time.now += 0.25
    assert work(effort, time, "a", 0.125)


def test_one_callers_effort_is_not_anothers() -> None:
    time = Time()
    effort = Effort(time)
    while work(effort, time, "a", 0.3):
        pass

    assert work(effort, time, "b", 0.3)


def test_a_caller_with_ordinary_queries_is_never_turned_away() -> None:
    time = Time()
    effort = Effort(time)

    # 500 a second, each of which takes 0.3 ms.
    for _ in range(5000):
        assert work(effort, time, "a", 0.0003)
        time.now += 0.0017


def test_those_who_owe_nothing_any_more_are_forgotten() -> None:
    time = Time()
    effort = Effort(time)
    for number in range(5000):
        work(effort, time, str(number), 0.001)
        time.now += 1

    assert effort.remembered <= 1001
