"""Lists take dates instead of a period, and say the same of them as of the period that has these dates."""

from datetime import UTC, date, datetime

import pytest

from core.periods import Days, Period, days_of, shifted, whole_months
from stats.tests.builders import make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 14, 18, tzinfo=UTC)  # a Tuesday
WEEK = "start_date=2026-07-05&end_date=2026-07-11"
LISTS = (
    "/api/parks/downtime",
    "/api/rides/downtime",
    "/api/parks/waittimes",
    "/api/rides/waittimes",
    "/api/trends?category=rides-declining",
    "/api/trends/longest-wait-times",
    "/api/trends/least-reliable",
    "/api/trends/chart-data?type=rides&filter=all-parks",
    "/api/trends/heatmap-data?type=rides-downtime",
)
ECHO = {"period", "mode", "start_date", "end_date", "timestamp", "title"}


@pytest.fixture
def world(time_machine):
    time_machine.move_to(NOW, tick=False)
    park = make_park(name="Park", timezone="America/Los_Angeles")
    ride = make_ride(park, name="Ride")
    waits = {"wait_seconds": 30_000, "wait_minute_seconds": 900_000, "peak_wait_time": 55}
    for day, down in ((date(2026, 7, 1), 4_000), (date(2026, 7, 7), 8_000), (date(2026, 7, 9), 5_000)):
        ride_day(ride, day, up_seconds=30_000, down_seconds=down, open_seconds=40_000, **waits)
        park_day(park, day, shame_score=2, down_seconds=down, operating_hours_minutes=600)
    return park


def found(client, address, asked):
    response = client.get(f"{address}{'&' if '?' in address else '?'}{asked}")
    assert response.status_code == 200, response.content
    body = response.json()
    body.get("aggregate_stats", {}).pop("period", None)
    return {key: value for key, value in body.items() if key not in ECHO}, body


@pytest.mark.parametrize("address", LISTS)
def test_dates_say_what_their_period_says(client, world, address):
    by_dates, body = found(client, address, WEEK)
    assert by_dates == found(client, address, "period=last_week")[0]
    assert body["period"] == "dates"
    if "heatmap" not in address:
        assert (body["start_date"], body["end_date"]) == ("2026-07-05", "2026-07-11")


def test_dates_go_before_a_period_and_any_span_can_be_asked_for(client, world):
    both, _ = found(client, "/api/rides/downtime", f"period=today&{WEEK}")
    assert [row["downtime_hours"] for row in both["data"]] == [3.61]
    since, _ = found(client, "/api/rides/downtime", "start_date=2020-01-01&end_date=2026-07-13")
    assert [(row["downtime_hours"], row["start_date"]) for row in since["data"]] == [(4.72, "2020-01-01")]
    before, _ = found(client, "/api/rides/downtime", "start_date=2019-01-01&end_date=2019-12-31")
    assert before["data"] == []


def test_without_dates_no_answer_has_a_word_of_them(client, world):
    assert not {"start_date", "end_date"} & client.get("/api/rides/downtime?period=last_week").json().keys()


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ("start_date=2026-07-05", "Missing end_date"),
        ("end_date=2026-07-05", "Missing start_date"),
        ("start_date=2026-07-11&end_date=2026-07-05", "Invalid start_date. Must not be after end_date"),
        ("start_date=2026-07-11&end_date=2026-07-14", "Invalid end_date. Must be before 2026-07-14"),
        ("start_date=yesterday&end_date=2026-07-11", "Invalid start_date. Must be a date"),
        ("start_date=2026-02-30&end_date=2026-07-11", "Invalid start_date. Must be a date"),
    ],
)
@pytest.mark.parametrize("address", LISTS)
def test_dates_that_cannot_be_are_refused_by_name_with_the_remedy(client, world, address, asked, complaint):
    response = client.get(f"{address}{'&' if '?' in address else '?'}{asked}")
    assert response.status_code == 400
    assert complaint in response.json()["error"]


def test_a_chart_has_a_year_of_days_at_most(client, world):
    address = "/api/trends/chart-data?start_date=2025-01-01&end_date=2026-06-30"
    assert "366 is the most" in client.get(address).json()["error"]


def test_lengths_are_shifted_by_calendar_months_or_by_days():
    july, week = Days(date(2026, 7, 1), date(2026, 7, 31)), Days(date(2026, 7, 5), date(2026, 7, 11))
    year = Days(date(2024, 1, 1), date(2024, 12, 31))
    assert shifted(july, -1) == Days(date(2026, 6, 1), date(2026, 6, 30))
    assert shifted(july, 8) == Days(date(2027, 3, 1), date(2027, 3, 31))
    assert shifted(week, -1) == Days(date(2026, 6, 28), date(2026, 7, 4))
    assert shifted(year, 1) == Days(date(2025, 1, 1), date(2025, 12, 31))
    assert (whole_months(july), whole_months(week), whole_months(year)) == (1, None, 12)
    assert days_of(week, NOW, "UTC") == week
    assert days_of(Period.LAST_WEEK, NOW, "UTC") == week
