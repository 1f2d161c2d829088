"""When was a park open, judged by its rides alone (N-8)? Days are made by hand; times are hours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intervals import holding
from snapshots.witnesses import are_enough, open_spans, running_apart, while_operating, witnesses

HOUR = 3_600
DAY = [(0, 24 * HOUR)]


def hours(*spans):
    return [(round(a * HOUR), round(b * HOUR)) for a, b in spans]


def in_hours(spans):
    return [(a / HOUR, b / HOUR) for a, b in spans]


def park(rides: int, opens=10.0, closes=18.0, **others):
    """So many rides that keep the park's hours; others by name, with spans of their own."""
    return {**{n: hours((opens, closes)) for n in range(rides)}, **{name: hours(*ran) for name, ran in others.items()}}


def day(runs, lately=None, reported=()):
    """Open spans of a day, without the rides that ran apart on it."""
    asked = witnesses(set(runs) if lately is None else lately, set(runs), {*runs, *reported}, running_apart(runs, DAY))
    return in_hours(open_spans(runs, asked))


@pytest.mark.parametrize(
    ("number", "least"), [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (7, 2), (8, 3), (11, 3), (12, 4), (34, 9)]
)
def test_more_than_a_quarter_of_the_witnesses_hold_a_park_open(number, least):
    assert are_enough(least, number)
    assert not are_enough(least - 1, number)


def test_witnesses_operated_lately_or_operate_now_and_do_not_run_apart():
    assert witnesses({1, 2, 3}, {3, 4}, {1, 2, 3, 4, 5}, apart={2}) == {1, 3, 4}


def test_where_all_of_them_ran_apart_lately_all_are_witnesses():
    """As in the recorded 2018: each of two was down for a day while the other ran."""
    assert witnesses({1, 2}, {1, 2}, {1, 2, 3}, apart={1, 2}) == {1, 2}
    assert witnesses(set(), {1}, {1, 2, 3}, apart={1}) == {2, 3}, "a train in winter"


def test_after_seven_days_of_rest_every_reported_ride_is_a_witness():
    assert witnesses(set(), {1}, {1, 2, 3}, set()) == {1, 2, 3}


def test_a_late_runner_holds_no_park_open():
    assert day(park(4, late=[(10, 23)])) == [(10, 18)]


def test_two_monorails_hold_no_large_park_open():
    assert day(park(30, monorail=[(9, 20.5)], second=[(9, 20.5)])) == [(10, 18)]


@pytest.mark.parametrize("rides", [1, 2, 3, 4])
def test_a_play_area_around_the_clock_holds_no_small_park_open(rides):
    assert day(park(rides, area=[(0, 24)])) == [(10, 18)]


def test_seven_playgrounds_around_the_clock_hold_no_park_of_nineteen_open():
    areas = {f"area {n}": [(0, 24)] for n in range(7)}
    runs = park(12, **areas)
    assert running_apart(runs, DAY) == set(areas)
    assert day(runs) == [(10, 18)]


def test_a_park_of_one_ride_is_open_while_it_operates():
    assert day(park(1)) == [(10, 18)]
    assert running_apart(park(1, 0, 24), DAY) == set()


def test_a_transport_that_runs_on_a_closed_day_opens_nothing():
    assert day({"train": hours((9, 18))}, lately={"train", 1, 2, 3}) == []
    assert day({"train": hours((9, 18))}, lately=set(), reported=(1, 2, 3)) == []


def test_a_storm_at_noon_does_not_close_the_park():
    assert day({n: hours((10, 12), (14, 18)) for n in range(20)}) == [(10, 18)]


def test_an_evening_that_runs_over_midnight_is_parted_from_the_morning():
    assert day({n: hours((0, 1), (9, 22)) for n in range(5)}) == [(0, 1), (9, 22)]


def test_a_staggered_start_opens_with_the_rides_that_start_on_time():
    runs = {n: hours((10 if n % 2 else 11, 18)) for n in range(20)}
    assert day(runs) == [(10, 18)]


def test_a_few_rides_for_hotel_guests_do_not_open_the_park():
    assert day(park(16, **{f"early {n}": [(9, 18)] for n in range(5)})) == [(10, 18)]


def test_rides_that_close_early_in_the_evening_do_not_close_the_park():
    runs = {n: hours((9.5, 22 if n < 14 else 21)) for n in range(35)}
    assert day(runs) == [(9.5, 22)]
    assert running_apart(runs, DAY) == set(), "an hour is not apart"


def test_an_hour_in_which_a_ride_starts_first_is_not_apart_even_where_the_night_was_not_observed():
    runs = park(10, first=[(9.5, 18)])
    assert running_apart(runs, hours((9.5, 18))) == set()


@pytest.mark.parametrize(("rides", "least", "spans"), [(3, 2, [(2, 5)]), (3, 3, [(3, 4)]), (3, 1, [(1, 6)])])
def test_so_many_rides_operate_at_once(rides, least, spans):
    runs = [hours((1, 4)), hours((2, 5)), hours((3, 6))][:rides]
    assert while_operating(runs, least) == hours(*spans)


SPANS = st.lists(st.tuples(st.integers(0, 95), st.integers(1, 20)), max_size=4)
RUNS = st.dictionaries(st.integers(0, 9), SPANS, max_size=10)


@settings(max_examples=40)
@given(runs=RUNS, least=st.integers(1, 5))
def test_counting_at_every_moment_says_the_same(runs, least):
    found = {ride: [(a, a + lasting) for a, lasting in spans] for ride, spans in runs.items()}
    spans = while_operating(list(found.values()), least)
    for at in range(120):
        number = sum(any(a <= at < b for a, b in ran) for ran in found.values())
        assert (holding(spans, at) is not None) == (number >= least), at


@settings(max_examples=40)
@given(runs=RUNS)
def test_whenever_enough_operate_the_park_is_open(runs):
    found = {ride: [(a, a + lasting) for a, lasting in spans] for ride, spans in runs.items()}
    asked = {ride for ride, spans in found.items() if spans}
    spans = open_spans(found, asked)
    for at in range(120):
        number = sum(any(a <= at < b for a, b in found[ride]) for ride in asked)
        assert not are_enough(number, len(asked)) or holding(spans, at)
