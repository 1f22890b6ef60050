import pytest

from benchmarks.arrivals import Arrivals, Kind, Window


def test_a_window_is_any_second_and_not_only_a_whole_one() -> None:
    window = Window()
    for moment in (0.875, 0.95, 1.0, 1.1, 1.8, 1.875):
        window.add(moment, "A")

    # The second before 1.8 holds five; 0.875 is a whole second before 1.875.
    assert (window.most, window.count) == (5, 5)


def test_a_window_tells_twins_apart() -> None:
    window = Window()
    for moment, twin_id in ((0.0, "A"), (0.1, "B"), (0.2, "A"), (1.05, "A"), (1.3, "B")):
        window.add(moment, twin_id)

    assert (window.count_of("A"), window.count_of("B"), window.most_per_twin) == (1, 1, 2)


@pytest.mark.parametrize(("kind", "limit"), [("patch", 1000), ("read", 1000), ("query", 500)])
def test_what_is_over_a_limit_of_the_service_is_refused(kind: Kind, limit: int) -> None:
    arrivals = Arrivals(began=0.0, limited=True)

    taken = [arrivals.take(kind, str(number), 0.5) for number in range(limit + 2)]

    assert taken == [True] * limit + [False] * 2
    assert arrivals.report()["refused"] == 2


def test_the_eleventh_write_of_a_twin_within_a_second_is_refused() -> None:
    arrivals = Arrivals(began=0.0, limited=True)

    assert [arrivals.take("patch", "A", 0.01 * number) for number in range(11)] == [True] * 10 + [False]
    assert arrivals.take("patch", "A", 1.2)


def test_a_burst_refuses_everything_until_it_ends_and_is_counted_by_itself() -> None:
    arrivals = Arrivals(began=10.0, forced_until=12.0)

    assert [arrivals.take("patch", "A", moment) for moment in (11.0, 11.99, 12.0)] == [False, False, True]
    report = arrivals.report()
    assert (report["refused"], report["forced"], report["forced_until"]) == (2, 2, 2.0)
    assert report["tenths"] == [0] * 20 + [1]
