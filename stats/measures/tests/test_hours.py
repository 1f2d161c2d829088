"""Which hours a chart shows and what they are called (R-6.6, R-20.1)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import Days
from core.tests.golden import golden_cases
from stats.measures.hours import (
    HEATMAP_HOURS,
    chart_hours,
    daily_labels,
    hour_label,
    hours_between,
    local_hour,
    window_hours,
)
from stats.tests.builders import DAY, LOS_ANGELES, NEW_YORK, PARIS, TOKYO, local

ALL_DAY = list(range(24))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def hours_of(opening: str, closing: str, days_later: int = 0) -> list[int]:
    """The hours shown of a window in New York."""
    return window_hours(local(DAY, opening), local(DAY + timedelta(days=days_later), closing), NEW_YORK)


# -- golden cases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", golden_cases("time_and_periods", "local_hour"))
def test_the_golden_clocks_show_their_hour(case):
    assert local_hour(at(case["utc"]), case["timezone"]) == case["expected_local_hour"]


@pytest.mark.parametrize("case", golden_cases("time_and_periods", "hour_filter"))
def test_the_golden_day_shows_its_open_hours(case):
    schedule = case["schedule"]
    window = at(schedule["opening_utc"]), at(schedule["closing_utc"])
    hours = chart_hours([window], schedule["timezone"], case["is_today"], active_hours=ALL_DAY)
    labels = [hour_label(hour) for hour in hours]
    assert labels == case["expected_labels"]
    assert [hour_label(hour) for hour in ALL_DAY if hour not in hours] == case["expected_missing"]


@pytest.mark.parametrize("case", golden_cases("time_and_periods", "hour_filter_edges", "cases"))
def test_the_golden_edges_of_the_night_hold(case):
    assert hours_between(case["open_hour"], case["close_hour"]) == case["expected_hours"]


@pytest.mark.parametrize("label", golden_cases("time_and_periods", "heatmap_hour_labels"))
def test_the_golden_hours_are_columns_of_the_heatmap(label):
    assert label in map(hour_label, HEATMAP_HOURS)


# -- the hour filter -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("open_hour", "close_hour", "expected"),
    [
        (8, 22, list(range(8, 22))),
        (10, 11, [10]),
        (0, 24, ALL_DAY),
        (10, 24, list(range(10, 24))),
        (10, 0, list(range(10, 24))),
        (23, 0, [23]),
        (0, 0, ALL_DAY),
        (10, 10, ALL_DAY),
        (10, 1, [0, *range(10, 24)]),
        (23, 22, [*range(22), 23]),
    ],
)
def test_the_hours_from_opening_until_before_closing(open_hour, close_hour, expected):
    assert hours_between(open_hour, close_hour) == expected


@given(st.integers(0, 23), st.integers(0, 24))
def test_an_open_hour_is_kept_and_the_closing_hour_is_not(open_hour, close_hour):
    kept = hours_between(open_hour, close_hour)
    assert open_hour in kept
    if close_hour != open_hour:
        assert close_hour not in kept
        assert len(kept) == (close_hour - open_hour) % 24 or (open_hour, close_hour) == (0, 24)


@pytest.mark.parametrize(
    ("opening", "closing", "days_later", "expected"),
    [
        ("08:00", "22:00", 0, list(range(8, 22))),
        ("08:30", "22:30", 0, list(range(8, 23))),  # parts of an hour show what happened in them
        ("08:59", "22:01", 0, list(range(8, 23))),
        ("10:10", "10:50", 0, [10]),
        ("10:00", "23:59", 0, list(range(10, 24))),
        ("10:00", "00:00", 1, list(range(10, 24))),
        ("10:00", "00:30", 1, [0, *range(10, 24)]),
        ("18:00", "02:00", 1, [0, 1, *range(18, 24)]),
        ("10:00", "10:00", 1, ALL_DAY),
        ("10:30", "10:15", 1, ALL_DAY),
        ("10:00", "10:30", 1, ALL_DAY),  # an all-day party
        ("10:00", "08:30", 1, [*range(9), *range(10, 24)]),
    ],
)
def test_a_window_keeps_every_hour_it_touches(opening, closing, days_later, expected):
    assert hours_of(opening, closing, days_later) == expected


def test_a_second_past_the_hour_is_part_of_it():
    opening = local(DAY, "08:00")
    assert window_hours(opening, local(DAY, "22:00") + timedelta(seconds=1), NEW_YORK)[-1] == 22


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)], ids=["spring", "autumn"])
def test_the_hours_are_those_of_the_clock_on_days_of_23_and_25_hours(day):
    assert window_hours(local(day, "09:00"), local(day, "21:00"), NEW_YORK) == list(range(9, 21))
    assert window_hours(local(day, "00:00"), local(day, "04:00"), NEW_YORK) == [0, 1, 2, 3]


@pytest.mark.parametrize("zone", [LOS_ANGELES, NEW_YORK, PARIS, TOKYO])
def test_the_hours_are_the_parks_own(zone):
    window = local(DAY, "09:00", zone), local(DAY, "18:00", zone)
    assert chart_hours([window], zone, is_today=False, active_hours=[]) == list(range(9, 18))


def test_several_windows_of_a_day_are_shown_together():
    windows = [
        (local(DAY, "19:00"), local(DAY, "21:00")),
        (local(DAY, "09:00"), local(DAY, "11:00")),
        (local(DAY, "10:00"), local(DAY, "12:00")),
    ]
    assert chart_hours(windows, NEW_YORK, is_today=False, active_hours=ALL_DAY) == [9, 10, 11, 19, 20]


def test_today_is_not_filtered():
    window = local(DAY, "09:00"), local(DAY, "18:00")
    assert chart_hours([window], NEW_YORK, is_today=True, active_hours=[9]) == ALL_DAY
    assert chart_hours([], NEW_YORK, is_today=True, active_hours=[]) == ALL_DAY


def test_a_day_without_a_schedule_shows_the_hours_in_which_a_ride_ran():
    assert chart_hours([], NEW_YORK, is_today=False, active_hours={12, 9, 10}) == [9, 10, 12]
    assert chart_hours([], NEW_YORK, is_today=False, active_hours=set()) == []


# -- labels ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "label"), [(0, "0:00"), (6, "6:00"), (23, "23:00")])
def test_an_hour_is_written_without_a_leading_zero(hour, label):
    assert hour_label(hour) == label


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2025-12-01", "2025-12-01", ["Dec 01"]),
        ("2025-12-30", "2026-01-02", ["Dec 30", "Dec 31", "Jan 01", "Jan 02"]),
        ("2024-02-28", "2024-03-01", ["Feb 28", "Feb 29", "Mar 01"]),
        ("2025-02-28", "2025-03-01", ["Feb 28", "Mar 01"]),
    ],
)
def test_a_daily_heatmap_has_a_column_for_each_date(first, last, labels):
    assert daily_labels(Days(date.fromisoformat(first), date.fromisoformat(last))) == labels


def test_a_month_of_labels_is_in_order():
    labels = daily_labels(Days(date(2025, 11, 1), date(2025, 11, 30)))
    assert labels == [f"Nov {day:02}" for day in range(1, 31)]


def test_one_instant_is_another_hour_in_another_zone():
    instant = datetime(2025, 12, 22, 3, 59, tzinfo=UTC)
    assert [local_hour(instant, zone) for zone in (LOS_ANGELES, NEW_YORK, PARIS, TOKYO)] == [19, 22, 4, 12]
    assert local_hour(instant, "Asia/Kathmandu") == 9, "a quarter of an hour off"
