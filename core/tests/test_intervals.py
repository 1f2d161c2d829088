"""Intervals of seconds: where an instant lies."""

from bisect import bisect_right

from hypothesis import given
from hypothesis import strategies as st

from core.intervals import edges, holding, merged

INSTANTS = st.integers(0, 60)


@given(st.lists(st.tuples(INSTANTS, INSTANTS)), INSTANTS)
def test_an_instant_behind_an_odd_number_of_edges_lies_in_the_interval_that_ends_at_the_next(pairs, at):
    intervals = merged(pairs)
    found = edges(intervals)
    place = bisect_right(found, at)
    held = holding(intervals, at)
    assert (found[place] if place % 2 else None) == (held[1] if held else None)


def test_of_two_intervals_that_touch_the_later_one_holds_the_instant_between():
    found = edges([(1, 5), (5, 9)])
    assert found[bisect_right(found, 5)] == 9
