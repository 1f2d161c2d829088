from collections import Counter
from statistics import median as by_hand

from hypothesis import given
from hypothesis import strategies as st

from stats.reliability.lengths import mean, median


@given(st.lists(st.integers(0, 10_000)))
def test_mean_and_median_are_those_of_the_single_outages(values):
    lengths = Counter(values)
    assert median(lengths) == (by_hand(values) if values else None)
    assert mean(lengths) == (sum(values) / len(values) if values else None)
