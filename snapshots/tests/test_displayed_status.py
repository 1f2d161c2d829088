"""What a ride is shown as: in the live summary (R-4.7), and over an hour (R-16.4)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from snapshots.current import ParkNow, RideNow, displayed_status, summary_status
from snapshots.status import PARK_CLOSED, Status, hour_status, status_today

OPEN, CLOSED = ParkNow(True, None, True), ParkNow(False, None, True)
STATES = list(itertools.product([*Status, None], [True, False]))


@pytest.mark.parametrize("case", golden_cases("ride_status", "displayed_live_status", "cases"))
def test_the_golden_live_statuses_hold(case):
    park = ParkNow(case["park_open"], None, True)
    ride = RideNow(case["status"], case["computed_is_open"])
    assert summary_status(park, ride, case["operated_today"]) == case["expected"]


# Items 2 to 8 of the rule, in its order: (status, open flag) → (operated today, did not).
SHOWN = {
    (Status.OPERATING, True): ("OPERATING", "OPERATING"),
    (Status.OPERATING, False): ("OPERATING", "OPERATING"),
    (Status.DOWN, True): ("DOWN", "CLOSED"),
    (Status.DOWN, False): ("DOWN", "CLOSED"),
    (Status.CLOSED, True): ("CLOSED", "CLOSED"),
    (Status.CLOSED, False): ("CLOSED", "CLOSED"),
    (Status.REFURBISHMENT, True): ("REFURBISHMENT", "REFURBISHMENT"),
    (Status.REFURBISHMENT, False): ("REFURBISHMENT", "REFURBISHMENT"),
    (None, True): ("OPERATING", "OPERATING"),
    (None, False): ("DOWN", "CLOSED"),
}


@pytest.mark.parametrize(("status", "is_open"), STATES)
def test_every_state_is_shown_as_the_first_item_that_fits(status, is_open):
    ride = RideNow(status, is_open)
    for operated, expected in zip((True, False), SHOWN[status, is_open], strict=True):
        assert summary_status(OPEN, ride, operated) == status_today(status, is_open, operated) == expected


@pytest.mark.parametrize("operated", [True, False])
@pytest.mark.parametrize(("status", "is_open"), STATES)
def test_a_closed_park_hides_every_status(status, is_open, operated):
    assert summary_status(CLOSED, RideNow(status, is_open), operated) == PARK_CLOSED


@pytest.mark.parametrize("park", [OPEN, CLOSED])
@pytest.mark.parametrize(("status", "is_open"), STATES)
def test_the_summary_shows_a_ride_that_ran_today_as_the_ranking_does(status, is_open, park):
    ride = RideNow(status, is_open)
    assert summary_status(park, ride, operated_today=True) == displayed_status(park, ride)


# -- an hour ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", golden_cases("ride_status", "status_of_an_hour", "cases"))
def test_the_golden_hours_hold(case):
    assert hour_status(case["operating"], case["down"], case["total"]) == case["expected"]


@pytest.mark.parametrize(
    ("operating", "down", "total", "expected"),
    [
        # operating wins its ties, down its tie with closed
        (2, 2, 6, "OPERATING"),
        (3, 3, 6, "OPERATING"),
        (3, 0, 6, "OPERATING"),
        (0, 3, 6, "DOWN"),
        # one short of a tie
        (2, 1, 6, "CLOSED"),
        (1, 2, 6, "CLOSED"),
        (1, 3, 6, "DOWN"),
        (0, 2, 6, "CLOSED"),
        # the least and the most
        (1, 0, 1, "OPERATING"),
        (0, 1, 1, "DOWN"),
        (0, 0, 1, "CLOSED"),
        # none
        (None, 3, 6, "DOWN"),
        (3, None, 6, "OPERATING"),
        (None, None, None, "CLOSED"),
        (1, 1, None, "CLOSED"),
        (1, 1, 0, "CLOSED"),
        # seconds of the same hour
        (1800, 1800, 3600, "OPERATING"),
        (1799, 1800, 3600, "DOWN"),
    ],
)
def test_an_hour_is_what_the_ride_mostly_was(operating, down, total, expected):
    assert hour_status(operating, down, total) == expected


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(1, 600))
def test_the_status_of_an_hour_has_the_largest_share_in_whatever_unit(up, down, closed, unit):
    total = up + down + closed
    found = hour_status(up, down, total)
    shares = {Status.OPERATING: up, Status.DOWN: down, Status.CLOSED: closed}
    assert shares[found] == max(shares.values())
    assert found == hour_status(up * unit, down * unit, total * unit)
