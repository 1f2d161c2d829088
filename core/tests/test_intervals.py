"""Intervals of seconds: where an instant lies."""

from bisect import bisect_right

from hypothesis import given
from hypothesis import strategies as st

from core.intervals import clipped, edges, holding, merged, overlap, overlaps

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


@given(st.lists(st.tuples(INSTANTS, INSTANTS)), INSTANTS, st.integers(1, 60))
def test_overlaps_are_the_parts_that_clipping_leaves_each_with_its_number(pairs, start, lasting):
    bounds, end = merged(pairs), start + lasting
    found = overlaps(start, end, bounds)
    assert [(first, last) for _, first, last in found] == clipped(bounds, start, end)
    assert all(bounds[n][0] <= first < last <= bounds[n][1] for n, first, last in found)
    assert overlap(bounds, start, end) == sum(holding(bounds, at) is not None for at in range(start, end))
