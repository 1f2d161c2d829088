"""Who earns a rank, and which ranks are shared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.reliability.ranks import Withheld, refusal, shared_ranks


@pytest.mark.parametrize(
    ("coverage", "days", "has_interval", "reason"),
    [
        (80.0, 10, True, None),
        (79.9, 10, True, Withheld.COVERAGE),
        (None, 0, False, Withheld.COVERAGE),
        (100.0, 9, True, Withheld.DAYS),
        (100.0, 30, False, Withheld.DAYS),
    ],
)
def test_a_rank_needs_coverage_days_and_an_interval(coverage, days, has_interval, reason):
    assert refusal(coverage, days, has_interval) == reason


def test_intervals_apart_have_ranks_of_their_own_and_touching_ones_share():
    assert shared_ranks([(99, 100), (95, 97), (90, 95), (80, 85)]) == [(1, 1), (2, 3), (2, 3), (4, 4)]


def test_a_chain_shares_only_with_its_neighbours():
    assert shared_ranks([(90, 100), (85, 92), (80, 86)]) == [(1, 2), (1, 3), (2, 3)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (pair[0], pair[0] + pair[1]))))
def test_a_rank_counts_who_is_surely_better_and_worse(intervals):
    for (low, high), (first, last) in zip(intervals, shared_ranks(intervals), strict=True):
        assert first == 1 + sum(other > high for other, _ in intervals)
        assert last == len(intervals) - sum(other < low for _, other in intervals)
