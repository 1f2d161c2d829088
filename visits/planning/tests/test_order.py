"""The order of rides: as good as the best of all orders, the same every time, and quick."""

import random
import time
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from visits.planning.order import best_order, earliest_ends, exact_order, in_time, rank, searched_order


@st.composite
def cases(draw, most=5):
    """(first, walk, done) of a few rides whose waits jump up and down."""
    count, end = draw(st.integers(1, most)), draw(st.integers(0, 60))
    minutes = st.integers(0, 12)
    first = draw(st.lists(minutes, min_size=count, max_size=count))
    walk = draw(st.lists(st.lists(minutes, min_size=count, max_size=count), min_size=count, max_size=count))
    costs = draw(
        st.lists(st.lists(st.integers(1, 40), min_size=end + 1, max_size=end + 1), min_size=count, max_size=count)
    )
    return first, walk, [earliest_ends(each, end)[0] for each in costs]


def by_brute_force(first, walk, done):
    """(rides left out, end) of the best of all orders of all subsets."""
    numbers = range(len(first))
    best = (len(first), 0)
    for size in range(1, len(first) + 1):
        for order in permutations(numbers, size):
            fitting, leaves = in_time(order, first, walk, done)
            if len(fitting) == size:
                best = min(best, (len(first) - size, leaves))
    return best


def value(order, first, walk, done):
    fitting, leaves = in_time(order, first, walk, done)
    assert fitting == order, "each ride of the order is done in time"
    return len(first) - len(order), leaves


@settings(max_examples=60, deadline=None)
@given(cases())
def test_dynamic_programming_finds_the_best_of_all_orders(case):
    assert value(exact_order(*case), *case) == by_brute_force(*case)


@settings(max_examples=40, deadline=None)
@given(cases(most=7))
def test_the_search_for_many_rides_gives_an_order_that_can_be_walked_and_never_beats_the_exact_one(case):
    order = searched_order(*case)
    assert len(set(order)) == len(order)
    assert value(order, *case) >= value(exact_order(*case), *case)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 80).flatmap(lambda end: st.lists(st.integers(1, 60), min_size=end + 1, max_size=end + 1)))
def test_who_may_wait_before_joining_is_done_as_early_as_any_moment_allows(costs):
    end = len(costs) - 1
    done, join = earliest_ends(costs, end)
    for at in range(end + 1):
        in_reach = [later + costs[later] for later in range(at, end + 1) if later + costs[later] <= end]
        assert done[at] == min(in_reach, default=end + 1)
        if in_reach:
            assert join[at] >= at
            assert join[at] + costs[join[at]] == done[at]
    assert done == sorted(done)


def a_day(count, end=600, seed=7):
    """Rides whose waits change each quarter of an hour, around a square."""
    numbers = random.Random(seed)
    places = [(numbers.random() * 12, numbers.random() * 12) for _ in range(count)]
    walk = [[int(abs(a - c) + abs(b - d)) for c, d in places] for a, b in places]
    done = []
    for _ in range(count):
        quarters = [numbers.randrange(5, 70) for _ in range(end // 15 + 1)]
        done.append(earliest_ends([quarters[at // 15] + 5 for at in range(end + 1)], end)[0])
    return [5] * count, walk, done


def test_twelve_rides_are_ordered_exactly_within_half_a_second_of_cpu():
    case = a_day(12)
    began = time.process_time()
    order = best_order(*case)
    assert time.process_time() - began < 0.5
    assert sorted(order) == list(range(12))
    assert rank(order, *case) <= rank(searched_order(*case), *case)


def test_thirty_rides_are_searched_the_same_way_each_time():
    case = a_day(30, end=1_200)
    began = time.process_time()
    order = best_order(*case)
    assert time.process_time() - began < 2
    assert order == best_order(*case)
    assert len(order) == 30


def test_what_does_not_fit_is_left_out_for_as_many_others_as_possible():
    done = [earliest_ends([cost] * 61, 60)[0] for cost in (50, 25, 25)]
    walk = [[0] * 3 for _ in range(3)]
    assert set(best_order([0, 0, 0], walk, done)) == {1, 2}
    assert best_order([0, 0, 0], walk, [[1], [1], [1]]) == []
    assert best_order([], [], []) == []
