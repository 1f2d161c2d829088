"""Park-local days as UTC ranges (R-3.2)."""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.zones import day_range, day_start, is_zone, local_date

LOS_ANGELES, NEW_YORK, PARIS = "America/Los_Angeles", "America/New_York", "Europe/Paris"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "zone", "start", "end", "hours"),
    [
        # the table of
        ("2025-11-27", LOS_ANGELES, "2025-11-27 08:00", "2025-11-28 08:00", 24),
        ("2024-07-15", NEW_YORK, "2024-07-15 04:00", "2024-07-16 04:00", 24),
        ("2024-07-15", LOS_ANGELES, "2024-07-15 07:00", "2024-07-16 07:00", 24),
        ("2024-01-15", NEW_YORK, "2024-01-15 05:00", "2024-01-16 05:00", 24),
        ("2025-03-09", NEW_YORK, "2025-03-09 05:00", "2025-03-10 04:00", 23),
        ("2025-11-02", NEW_YORK, "2025-11-02 04:00", "2025-11-03 05:00", 25),
        ("2025-07-14", PARIS, "2025-07-13 22:00", "2025-07-14 22:00", 24),
        # clocks that never change, and one a quarter of an hour off
        ("2026-03-08", "America/Phoenix", "2026-03-08 07:00", "2026-03-09 07:00", 24),
        ("2026-01-01", "Asia/Tokyo", "2025-12-31 15:00", "2026-01-01 15:00", 24),
        ("2026-01-01", "Asia/Kathmandu", "2025-12-31 18:15", "2026-01-01 18:15", 24),
        # the clock changes at midnight: there is no 00:00, so the day begins at 01:00
        ("2017-10-15", "America/Sao_Paulo", "2017-10-15 03:00", "2017-10-16 02:00", 23),
        ("2024-04-26", "Africa/Cairo", "2024-04-25 22:00", "2024-04-26 21:00", 23),
        # back from midnight to 23:00: the hour comes twice on the evening before
        ("2018-02-17", "America/Sao_Paulo", "2018-02-17 02:00", "2018-02-18 03:00", 25),
        # back from 01:00 to midnight: 00:00 comes twice, and the day begins with the first
        ("2025-11-02", "America/Havana", "2025-11-02 04:00", "2025-11-03 05:00", 25),
        # half an hour of summer time
        ("2025-10-05", "Australia/Lord_Howe", "2025-10-04 13:30", "2025-10-05 13:00", 23.5),
        # a date that was left out
        ("2011-12-30", "Pacific/Apia", "2011-12-30 10:00", "2011-12-30 10:00", 0),
    ],
)
def test_a_local_day_is_a_range_of_utc(day, zone, start, end, hours):
    assert day_range(date.fromisoformat(day), zone) == (utc(start), utc(end))
    assert utc(end) - utc(start) == timedelta(hours=hours)


def test_the_golden_days_agree(shared_data_dir):
    cases = json.loads((shared_data_dir / "golden" / "time_and_periods.json").read_text())["day_ranges"]
    assert len(cases) >= 10
    for case in cases:
        start, end = day_range(date.fromisoformat(case["local_date"]), case["timezone"])
        assert start == datetime.fromisoformat(case["start_utc"]), case
        assert end == datetime.fromisoformat(case["end_utc_exclusive"]), case


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-07-01 03:59:59", NEW_YORK, "2026-06-30"),
        ("2026-07-01 04:00:00", NEW_YORK, "2026-07-01"),
        ("2026-12-31 15:00:00", "Asia/Tokyo", "2027-01-01"),
    ],
)
def test_an_instant_has_one_local_date(instant, zone, day):
    assert local_date(utc(instant), zone) == date.fromisoformat(day)


@given(
    st.dates(date(1971, 1, 1), date(2037, 12, 30)),
    st.sampled_from(
        [LOS_ANGELES, NEW_YORK, PARIS, "America/Sao_Paulo", "America/Havana", "Africa/Cairo", "Asia/Tokyo"]
    ),
)
def test_days_follow_each_other_without_gap_or_overlap(day, zone):
    start, end = day_range(day, zone)
    assert end == day_start(day + timedelta(days=1), zone)
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)
    assert local_date(start, zone) == day == local_date(end - timedelta(seconds=1), zone)
    assert local_date(end, zone) == day + timedelta(days=1)


def test_every_park_local_midnight_lies_on_the_quarter_hour_grid():
    """The collection grid counts on it (COLLECTION_INTERVAL_SECONDS)."""
    for zone in available_timezones() - {"localtime"}:
        for month in range(1, 13):
            start = day_start(date(2026, month, 1), zone)
            assert (start.minute % 15, start.second) == (0, 0), zone


@pytest.mark.parametrize("name", ["America/New_York", "UTC", "Etc/GMT+8"])
def test_known_zones_are_zones(name):
    assert is_zone(name)
    assert ZoneInfo(name).key == name


@pytest.mark.parametrize(
    "name", ["", "Pacific", "America", "America/", "../zone", "/UTC", "\x00", "Zone/" + "x" * 300]
)
def test_unknown_zones_are_none(name):
    assert not is_zone(name)
