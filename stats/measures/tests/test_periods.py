"""Weeks, months and years from daily rows (R-3.4, R-10.4, R-15)."""

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.measures.spans import (
    RideDay,
    RideSpan,
    ScoreDay,
    day_score,
    park_span,
    period_score,
    ride_span,
    ride_spans,
)


def day(up: int = 540, down: int = 60, open_minutes: int = 600, ride: int = 1, **columns: Any) -> RideDay:
    return RideDay(ride, up, down, open_minutes, **columns)


def decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


# -- rides -----------------------------------------------------------------------------------------------


def test_a_span_is_sums_and_the_highest_peak():
    days = [
        day(540, 60, 600, avg_wait_time=Decimal("30.00"), peak_wait_time=60, status_changes=2),
        day(300, 0, 480, avg_wait_time=Decimal("12.50"), peak_wait_time=None, status_changes=1),
    ]
    assert ride_span(days) == RideSpan(
        uptime_minutes=840,
        downtime_minutes=60,
        operating_hours_minutes=1080,
        uptime_percentage=Decimal("77.78"),
        avg_wait_time=Decimal("22.22"),  # (30 × 600 + 12.5 × 480) / 1080
        peak_wait_time=60,
        status_changes=3,
    )


def test_the_rides_of_a_span_do_not_mix():
    days = [day(ride=7), day(up=0, down=0, ride=9), day(ride=7)]
    spans = ride_spans(days)
    assert set(spans) == {7, 9}
    assert (spans[7].downtime_minutes, spans[9].downtime_minutes) == (120, 0)


def test_a_ride_without_a_day_has_no_figures():
    assert ride_spans([]) == {}


@pytest.mark.parametrize(
    ("up", "open_minutes", "expected"),
    [(0, 0, "0.00"), (0, 600, "0.00"), (600, 600, "100.00"), (1, 800, "0.13"), (1, 3, "33.33"), (2, 3, "66.67")],
)
def test_uptime_has_two_decimals_and_is_zero_where_the_park_never_opened(up, open_minutes, expected):
    assert str(ride_span([day(up, 0, open_minutes)]).uptime_percentage) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([(None, 600)], None),
        ([("30.00", 600), (None, 600)], "30.00"),  # D-23: not 15
        ([("0.00", 600), ("30.00", 600)], "15.00"),
        ([("30.00", 0)], None),  # waits on a day on which the park never opened: nothing to weigh them by
        ([("30.00", 0), ("10.00", 60)], "10.00"),
        ([("10.00", 600), ("10.01", 600)], "10.01"),  # 10.005 is a tie
    ],
)
def test_the_average_wait_is_weighted_by_the_days_that_have_one(days, expected):
    span = ride_span([day(open_minutes=minutes, avg_wait_time=decimal(wait)) for wait, minutes in days])
    assert span.avg_wait_time == decimal(expected)


@pytest.mark.parametrize(
    ("peaks", "highest"), [([None], None), ([0], 0), ([0, None], 0), ([50, 56, None, 55], 56), ([None, None], None)]
)
def test_the_peak_is_the_highest_that_was_seen(peaks, highest):
    assert ride_span([day(peak_wait_time=peak) for peak in peaks]).peak_wait_time == highest


DAYS = st.builds(
    lambda up, down, rest, wait, peak: day(up, down, up + down + rest, avg_wait_time=wait, peak_wait_time=peak),
    st.integers(0, 700),
    st.integers(0, 400),
    st.integers(0, 400),
    st.none() | st.decimals(0, 300, places=2),
    st.none() | st.integers(0, 479),
)


@given(st.lists(DAYS, min_size=1, max_size=31))
def test_a_span_lies_between_its_days(days):
    span = ride_span(days)
    assert span.uptime_minutes + span.downtime_minutes <= span.operating_hours_minutes
    assert 0 <= span.uptime_percentage <= 100
    assert ride_span(days[::-1]) == span, "whatever their order"
    waits = [one.avg_wait_time for one in days if one.avg_wait_time is not None and one.operating_hours_minutes]
    assert (span.avg_wait_time is None) is (not waits)
    if waits:
        assert span.avg_wait_time is not None
        assert min(waits) <= span.avg_wait_time <= max(waits)


@given(DAYS, st.integers(1, 31))
def test_the_same_day_again_and_again_has_its_own_percentages(one, count):
    alone, many = ride_span([one]), ride_span([one] * count)
    assert (many.uptime_percentage, many.avg_wait_time) == (alone.uptime_percentage, alone.avg_wait_time)
    assert many.downtime_minutes == count * one.downtime_minutes


# -- parks -----------------------------------------------------------------------------------------------

SPAN = ride_span([day(avg_wait_time=Decimal("30.00"), peak_wait_time=60)])


def test_a_park_is_the_sums_and_means_of_its_rides():
    still = replace(
        SPAN,
        downtime_minutes=0,
        operating_hours_minutes=300,
        uptime_percentage=Decimal("100.00"),
        avg_wait_time=Decimal("60.00"),
        peak_wait_time=None,
    )
    found = park_span([SPAN, still])
    assert found is not None
    assert asdict(found) == {
        "total_rides_tracked": 2,
        "avg_uptime_percentage": Decimal("95.00"),
        "total_downtime_hours": Decimal("1.00"),
        "rides_with_downtime": 1,
        "avg_wait_time": Decimal("40.00"),  # (30 × 600 + 60 × 300) / 900
        "peak_wait_time": 60,
    }


def test_a_single_minute_is_downtime():
    found = park_span([replace(SPAN, downtime_minutes=down) for down in (0, 1, 2)])
    assert found is not None
    assert found.rides_with_downtime == 2


def test_a_park_without_rides_has_no_figures():
    assert park_span([]) is None


def test_rides_without_waits_leave_the_parks_average_alone():
    silent = replace(SPAN, avg_wait_time=None, peak_wait_time=None)
    mixed, none = park_span([SPAN, silent]), park_span([silent])
    assert mixed is not None
    assert none is not None
    assert (mixed.avg_wait_time, mixed.peak_wait_time) == (Decimal("30.00"), 60)
    assert (none.avg_wait_time, none.peak_wait_time) == (None, None)


@pytest.mark.parametrize(("minutes", "hours"), [([0], "0.00"), ([1], "0.02"), ([9, 18], "0.45"), ([10, 10], "0.33")])
def test_the_hours_of_a_park_are_rounded_once(minutes, hours):
    found = park_span([replace(SPAN, downtime_minutes=down) for down in minutes])
    assert found is not None
    assert str(found.total_downtime_hours) == hours


def test_the_mean_uptime_of_a_park_rounds_half_up():
    shares = [Decimal("90.00"), Decimal("90.01")]
    found = park_span([replace(SPAN, uptime_percentage=share) for share in shares])
    assert found is not None
    assert found.avg_uptime_percentage == Decimal("90.01")


# -- scores ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], None),
        ([ScoreDay(None, 600)], None),
        ([ScoreDay(Decimal(0), 0)], None),  # closed all day: stored as 0, measured as nothing
        ([ScoreDay(Decimal("2.0"), 600), ScoreDay(Decimal(0), 0)], "2.0"),
        ([ScoreDay(Decimal("2.0"), 600), ScoreDay(Decimal(0), 600)], "1.0"),
        ([ScoreDay(Decimal("2.0"), 600), ScoreDay(None, 600)], "2.0"),
        ([ScoreDay(Decimal("0.1"), 1), ScoreDay(Decimal("0.0"), 900)], "0.1"),  # a tie; days weigh the same
    ],
)
def test_the_score_of_a_period_is_the_mean_of_the_days_that_were_measured(days, expected):
    assert period_score(days) == decimal(expected)


@pytest.mark.parametrize(("score", "shown"), [(None, "0.0"), ("0", "0.0"), ("1.25", "1.3"), ("10.0", "10.0")])
def test_the_score_of_one_day_is_shown_as_stored(score, shown):
    assert str(day_score(decimal(score))) == shown
