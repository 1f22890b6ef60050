import pytest

from twin_rbac.gateway.errors import TooBusy, TooManyCalls
from twin_rbac.gateway.limits import Concurrency, Gate


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
