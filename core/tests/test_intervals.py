"""Intervals of seconds: where an instant lies."""

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intervals import clipped, edges, holding, length, merged, overlap, overlaps, without

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


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([], []),
        ([(3, 4), (1, 2)], [(1, 2), (3, 4)]),
        ([(1, 3), (3, 4)], [(1, 4)]),
        ([(1, 3), (2, 5)], [(1, 5)]),
        ([(1, 9), (2, 5)], [(1, 9)]),
        ([(1, 9), (2, 5), (8, 10), (11, 12)], [(1, 10), (11, 12)]),
        ([(1, 1), (4, 3), (5, 6)], [(5, 6)]),
    ],
)
def test_merged_intervals_do_not_touch_and_none_is_empty(intervals, expected):
    assert merged(intervals) == expected


@pytest.mark.parametrize(
    ("holes", "expected"),
    [
        ([], [(10, 20), (30, 60)]),
        ([(0, 10), (20, 30), (60, 70)], [(10, 20), (30, 60)]),
        ([(10, 20)], [(30, 60)]),
        ([(12, 14), (16, 40)], [(10, 12), (14, 16), (40, 60)]),
        ([(0, 11), (59, 70)], [(11, 20), (30, 59)]),
        ([(0, 100)], []),
    ],
)
def test_holes_are_left_out_of_intervals(holes, expected):
    assert without([(10, 20), (30, 60)], holes) == expected


def test_lengths_clips_and_overlaps_count_seconds():
    intervals = [(10, 20), (30, 60)]
    assert length(intervals) == 40
    ranges = ((0, 100), (15, 35), (20, 30), (0, 10), (60, 70), (40, 50), (12, 14))
    assert [overlap(intervals, *each) for each in ranges] == [40, 10, 0, 0, 0, 10, 2]
    assert clipped(intervals, 15, 30) == [(15, 20)]
    assert clipped([(50, 40), (1, 2)], 0, 100) == [(1, 2)]
    assert [holding(intervals, at) for at in (9, 10, 19, 20, 30, 59, 60)] == [
        None,
        (10, 20),
        (10, 20),
        None,
        (30, 60),
        (30, 60),
        None,
    ]
