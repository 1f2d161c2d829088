"""Is a ride open, by a source that tells waits and an open flag but no status (R-4.3, R-4.4)?"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from snapshots.status import computed_is_open, is_operating, sanitised_wait

FLAGS = [True, False, None]
WAITS = st.none() | st.integers(-100_000, 100_000)


@pytest.mark.parametrize("case", golden_cases("computed_is_open", "computed_is_open"))
def test_the_golden_open_flags_hold(case):
    assert computed_is_open(case["wait_time"], case["is_open"]) is case["expected"]


@pytest.mark.parametrize("case", golden_cases("computed_is_open", "sanitise_wait_time"))
def test_the_golden_waits_are_sanitised(case):
    assert sanitised_wait(case["wait_time"]) == case["expected"]


@pytest.mark.parametrize("case", golden_cases("computed_is_open", "sanitise_then_compute"))
def test_the_golden_waits_are_sanitised_before_they_prove_anything(case):
    wait = sanitised_wait(case["wait_time"])
    assert (wait, computed_is_open(wait, case["is_open"])) == (case["expected_wait"], case["expected_open"])


@pytest.mark.parametrize(
    ("wait", "expected"),
    # open flag true, false, not told
    [(1, (True, True, True)), (0, (True, False, False)), (None, (True, False, False)), (-1, (True, False, False))],
)
def test_a_posted_wait_outweighs_the_flag_and_no_wait_leaves_it_to_it(wait, expected):
    assert tuple(computed_is_open(wait, flag) for flag in FLAGS) == expected


@given(WAITS)
def test_only_negative_waits_are_dropped_and_nothing_is_capped(wait):
    found = sanitised_wait(wait)
    assert found == (None if wait is None or wait < 0 else wait)
    assert sanitised_wait(found) == found


@given(WAITS, st.sampled_from(FLAGS))
def test_sanitising_never_opens_or_closes_a_ride(wait, flag):
    assert computed_is_open(sanitised_wait(wait), flag) is computed_is_open(wait, flag)


@pytest.mark.parametrize(("wait", "flag"), list(itertools.product([None, 0, 5], FLAGS)))
def test_a_ride_without_status_operates_exactly_when_it_is_open(wait, flag):
    is_open = computed_is_open(wait, flag)
    assert is_operating(None, is_open) is is_open
