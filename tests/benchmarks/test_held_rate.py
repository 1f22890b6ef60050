from collections.abc import Sequence

from benchmarks.arrivals import Report
from benchmarks.held_rate import HeldRate


def held(tenths: Sequence[int], *, burst_ends: float) -> HeldRate:
    report = Report(
        kinds={}, refused=0, forced=0, most_in_a_second=0, most_per_twin=1, tenths=list(tenths), forced_until=burst_ends
    )
    return HeldRate(twins=1, seconds=1.0, cpu=1.0, report=report)


# 1 s to begin, 20 s at 960/s, 3 s of nothing, 2 s at half of it, 20 s at 980/s, 1 s to end.
STORY = [50] * 10 + [96] * 200 + [0] * 30 + [48] * 20 + [98] * 200 + [10] * 10


def test_the_rate_is_that_of_the_time_without_beginning_end_burst_and_the_way_back() -> None:
    result = held(STORY, burst_ends=24.0)

    # 199 tenths of 96 before the burst; after it 50 are left out, 20 slow and 30 quick ones, so that 170 of 98 count.
    assert [len(part) for part in result.steady] == [199, 170]
    assert round(result.mean, 2) == round(10 * (199 * 96 + 170 * 98) / 369, 2)
    assert result.lowest == 960


def test_the_way_back_ends_with_the_first_second_that_holds_nine_tenths() -> None:
    # Nine tenths of 969.2 are 872.3: a second with 2 slow and 8 quick tenths holds 880, one with 3 slow ones 830.
    assert held(STORY, burst_ends=24.0).recovered_after == 2.8


def test_a_rate_that_never_comes_back_is_no_number() -> None:
    assert held([96] * 300 + [0] * 30 + [50] * 300, burst_ends=33.0).recovered_after is None
