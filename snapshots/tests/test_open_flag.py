"""Is a ride open, by a source that says waits and an open flag but no status (R-4.3, R-4.4)?"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from parks.models import Park, Ride
from parks.upstreams.queue_times import QueueTimesEntry
from snapshots.collection.feeds import ParkReading, read_ride
from snapshots.models import IssueSource
from snapshots.queues import LARGEST_WAIT
from snapshots.status import computed_is_open, is_operating
from snapshots.tests.live_answers import AT

FLAGS = [True, False, None]
WAITS = st.none() | st.integers(-100_000, 100_000)


@pytest.mark.parametrize("case", golden_cases("computed_is_open", "computed_is_open"))
def test_the_golden_open_flags_hold(case):
    assert computed_is_open(case["wait_time"], case["is_open"]) is case["expected"]


def reading(wait, is_open):
    """A ride as the collection reads it from Queue-Times."""
    entry = QueueTimesEntry(1, "Coaster", None, is_open, wait, None)
    reading = read_ride(Ride(), entry, ParkReading(Park(), IssueSource.QUEUE_TIMES), AT, AT)
    assert reading is not None
    return reading


@pytest.mark.parametrize("case", golden_cases("computed_is_open", "sanitise_wait_time"))
def test_the_golden_waits_are_sanitised(case):
    assert reading(case["wait_time"], None).wait == case["expected"]


@pytest.mark.parametrize("case", golden_cases("computed_is_open", "sanitise_then_compute"))
def test_the_golden_waits_are_sanitised_before_they_prove_anything(case):
    found = reading(case["wait_time"], case["is_open"])
    assert (found.wait, found.computed_is_open) == (case["expected_wait"], case["expected_open"])


@pytest.mark.parametrize(
    ("wait", "expected"),
    # open flag true, false, not reported
    [(1, (True, True, True)), (0, (True, False, False)), (None, (True, False, False)), (-1, (True, False, False))],
)
def test_a_posted_wait_outweighs_the_flag_and_no_wait_leaves_it_to_it(wait, expected):
    assert tuple(computed_is_open(wait, flag) for flag in FLAGS) == expected


@given(WAITS)
def test_what_is_no_number_of_minutes_is_dropped_and_the_rest_is_kept(wait):
    assert reading(wait, None).wait == (wait if wait is not None and 0 <= wait <= LARGEST_WAIT else None)


@pytest.mark.parametrize(("wait", "flag"), list(itertools.product([None, 0, 5], FLAGS)))
def test_a_ride_without_status_operates_exactly_when_it_is_open(wait, flag):
    is_open = computed_is_open(wait, flag)
    assert is_operating(None, is_open) is is_open
