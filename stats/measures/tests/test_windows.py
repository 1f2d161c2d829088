"""Periods become park-local dates, UTC ranges and headings (R-3.2, R-3.3, public-api 2.4)."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core.periods import ALIASES, Days, Period, days_of
from core.zones import local_date
from stats.measures.windows import days_before, label
from stats.tests.builders import LOS_ANGELES, NEW_YORK, PARIS, TOKYO, local


def golden(shared_data_dir: Path) -> dict:
    return json.loads((shared_data_dir / "golden" / "time_and_periods.json").read_text())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "zone", "start", "end", "hours"),
    [
        ("2025-11-27", LOS_ANGELES, "2025-11-27T08:00Z", "2025-11-28T08:00Z", 24),
        ("2024-07-15", NEW_YORK, "2024-07-15T04:00Z", "2024-07-16T04:00Z", 24),
        ("2024-07-15", LOS_ANGELES, "2024-07-15T07:00Z", "2024-07-16T07:00Z", 24),
        ("2024-01-15", NEW_YORK, "2024-01-15T05:00Z", "2024-01-16T05:00Z", 24),
        ("2025-03-09", NEW_YORK, "2025-03-09T05:00Z", "2025-03-10T04:00Z", 23),
        ("2025-11-02", NEW_YORK, "2025-11-02T04:00Z", "2025-11-03T05:00Z", 25),
        ("2025-07-14", PARIS, "2025-07-13T22:00Z", "2025-07-14T22:00Z", 24),
        ("2025-03-30", PARIS, "2025-03-29T23:00Z", "2025-03-30T22:00Z", 23),
        ("2025-10-26", PARIS, "2025-10-25T22:00Z", "2025-10-26T23:00Z", 25),
        ("2025-12-24", TOKYO, "2025-12-23T15:00Z", "2025-12-24T15:00Z", 24),
    ],
)
def test_a_local_day_is_23_24_or_25_hours_of_utc(day, zone, start, end, hours):
    found = Days(date.fromisoformat(day), date.fromisoformat(day)).utc_range(zone)
    assert found == (at(start), at(end))
    assert found[1] - found[0] == timedelta(hours=hours)


def test_the_golden_day_ranges_hold(shared_data_dir):
    for case in golden(shared_data_dir)["day_ranges"]:
        day = date.fromisoformat(case["local_date"])
        found = Days(day, day).utc_range(case["timezone"])
        assert found == (at(case["start_utc"]), at(case["end_utc_exclusive"])), case


@pytest.mark.parametrize("zone", [LOS_ANGELES, NEW_YORK, PARIS, TOKYO])
@pytest.mark.parametrize("clock", ["00:00", "12:00", "23:59"])
def test_the_golden_periods_hold_in_every_zone_at_every_hour(shared_data_dir, zone, clock):
    for case in golden(shared_data_dir)["periods"]:
        now = local(date.fromisoformat(case["today"]), clock, zone)
        for period, (first, last) in case["expected"].items():
            expected = Days(date.fromisoformat(first), date.fromisoformat(last))
            assert days_of(Period(period), now, zone) == expected, (case["today"], period)


def test_the_golden_local_hours_hold(shared_data_dir):
    for case in golden(shared_data_dir)["local_hour"]:
        start, _ = Days(*[local_date(at(case["utc"]), case["timezone"])] * 2).utc_range(case["timezone"])
        assert (at(case["utc"]) - start) // timedelta(hours=1) == case["expected_local_hour"]


@pytest.mark.parametrize("today", [date(2025, 11, 30) + timedelta(days=n) for n in range(7)])
def test_last_week_is_the_sunday_to_saturday_just_ended_all_week_long(today):
    assert days_of(Period.LAST_WEEK, local(today, "12:00"), NEW_YORK) == Days(date(2025, 11, 23), date(2025, 11, 29))


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        (Period.TODAY, "2025-03-01", ("2025-02-28", "2025-02-28")),
        (Period.YESTERDAY, "2025-03-01", ("2025-02-27", "2025-02-27")),
        (Period.LAST_WEEK, "2025-12-03", ("2025-11-16", "2025-11-22")),
        (Period.LAST_MONTH, "2025-12-03", ("2025-10-01", "2025-10-31")),
        (Period.LAST_MONTH, "2025-04-15", ("2025-02-01", "2025-02-28")),
        (Period.LAST_MONTH, "2024-04-15", ("2024-02-01", "2024-02-29")),
        (Period.LAST_MONTH, "2025-02-15", ("2024-12-01", "2024-12-31")),
    ],
)
def test_the_period_before_is_of_the_same_kind(period, today, expected):
    found = days_before(period, local(date.fromisoformat(today), "12:00"), NEW_YORK)
    assert found == Days(*map(date.fromisoformat, expected))


def test_one_instant_lies_on_two_dates():
    now = at("2025-12-01T05:00Z")
    assert days_of(Period.TODAY, now, LOS_ANGELES) == Days(date(2025, 11, 30), date(2025, 11, 30))
    assert days_of(Period.TODAY, now, TOKYO) == Days(date(2025, 12, 1), date(2025, 12, 1))
    assert days_of(Period.LAST_MONTH, now, LOS_ANGELES).first == date(2025, 10, 1)
    assert days_of(Period.LAST_MONTH, now, TOKYO).first == date(2025, 11, 1)


def test_a_week_over_the_change_of_time_has_an_hour_less_or_more():
    spring = days_of(Period.LAST_WEEK, local(date(2025, 3, 18), "12:00"), NEW_YORK)
    autumn = days_of(Period.LAST_WEEK, local(date(2025, 11, 11), "12:00"), NEW_YORK)
    lengths = [end - start for start, end in (days.utc_range(NEW_YORK) for days in (spring, autumn))]
    assert lengths == [timedelta(hours=167), timedelta(hours=169)]


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        (Period.LIVE, "2025-12-23", "Live"),
        (Period.TODAY, "2025-12-23", "Today"),
        (Period.YESTERDAY, "2025-12-23", "Dec 22, 2025"),
        (Period.YESTERDAY, "2025-12-02", "Dec 1, 2025"),
        (Period.YESTERDAY, "2026-01-01", "Dec 31, 2025"),
        (Period.LAST_WEEK, "2025-12-23", "Dec 14-20, 2025"),
        (Period.LAST_WEEK, "2025-12-10", "Nov 30 - Dec 6, 2025"),
        (Period.LAST_WEEK, "2025-02-12", "Feb 2-8, 2025"),
        (Period.LAST_WEEK, "2026-01-05", "Dec 28 - Jan 3, 2026"),
        (Period.LAST_MONTH, "2025-12-23", "November 2025"),
        (Period.LAST_MONTH, "2026-01-01", "December 2025"),
    ],
)
def test_a_heading_names_the_period_without_zero_padding(period, today, expected):
    assert label(period, local(date.fromisoformat(today), "12:00", LOS_ANGELES), LOS_ANGELES) == expected


def test_the_heading_depends_on_the_zone_it_is_written_for():
    now = datetime(2025, 12, 1, 5, tzinfo=UTC)
    assert label(Period.LAST_MONTH, now, LOS_ANGELES) == "October 2025"
    assert label(Period.LAST_MONTH, now, TOKYO) == "November 2025"


def test_the_two_aliases_are_the_calendar_week_and_month():
    assert ALIASES == {"7days": Period.LAST_WEEK, "30days": Period.LAST_MONTH}
