"""What the charts' tests have in common: a moment, labels, and short ways to fill a chart."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from parks.models import Park, Ride
from stats.tests.builders import make_ride, report, show_park

NOW = datetime(2025, 12, 23, 22, 32, tzinfo=UTC)  # Tuesday, 17:32 in New York, 14:32 in Los Angeles
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
WEEK = [date(2025, 12, 14) + timedelta(days=n) for n in range(7)]

HOURS = [f"{hour}:00" for hour in range(6, 24)]
DAYS = ["Dec 14", "Dec 15", "Dec 16", "Dec 17", "Dec 18", "Dec 19", "Dec 20"]
NOVEMBER = [f"Nov {day:02}" for day in range(1, 31)]
# The ten minutes that were running an hour ago, until now.
MARKS = ["13:30", "13:40", "13:50", "14:00", "14:10", "14:20", "14:30"]
FIRST_MARK = datetime(2025, 12, 23, 21, 30, tzinfo=UTC)
LABELS = {"live": MARKS, "today": HOURS, "yesterday": HOURS, "last_week": DAYS, "last_month": NOVEMBER}
GRANULARITY = {
    "live": "minutes",
    "today": "hourly",
    "yesterday": "hourly",
    "last_week": "daily",
    "last_month": "daily",
}

URL = "/api/trends/chart-data"
TYPES = ("parks", "rides", "waittimes", "ridewaittimes")
PERIODS = tuple(LABELS)
ALL_TYPES = pytest.mark.parametrize("kind", TYPES)
ALL_PERIODS = pytest.mark.parametrize("period", PERIODS)
BY_HOUR = pytest.mark.parametrize(("period", "day"), [("today", TODAY), ("yesterday", YESTERDAY)])

Cells = list[float | None]


def minutes_after(minutes: int) -> datetime:
    return FIRST_MARK + timedelta(minutes=minutes)


def by_hour(values: Mapping[int, float]) -> Cells:
    """Eighteen cells with these values at these hours."""
    return [values.get(hour) for hour in range(6, 24)]


def by_day(values: Mapping[int, float]) -> Cells:
    """Seven cells with these values on these days of December."""
    return [values.get(day.day) for day in WEEK]


def run_scored(park: Park, start: datetime, *scores: float | None, minutes: int = 60) -> Ride:
    """A ride that is the whole of its park: in each span down for as much of it as gives the score; None: closed."""
    ride = make_ride(park, name=park.name)
    for n, score in enumerate(scores):
        at = start + timedelta(minutes=n * minutes)
        if score is not None:
            down = round(score * minutes * 6)
            report(ride, at, f"D{down}s O{minutes * 60 - down}s", None)
            show_park(park, at, minutes, grain=minutes * 60)
    return ride


def run_posting(park: Park, start: datetime, *waits: int | None, minutes: int = 60) -> Ride:
    """A ride that operates and posts each wait for a span; None: closed."""
    ride = make_ride(park, name=park.name)
    for n, wait in enumerate(waits):
        at = start + timedelta(minutes=n * minutes)
        if wait is not None:
            report(ride, at, f"O{minutes}", None, wait=wait)
            show_park(park, at, minutes, grain=minutes * 60)
    return ride


def chart_of(client: Client, kind: str, period: str, **query: Any) -> dict[str, Any]:
    """The `chart_data` of an answer about all parks."""
    query = {"type": kind, "period": period, "filter": "all-parks", **query}
    response = client.get("/api/trends/chart-data", query)
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["mock"] is False
    found: dict[str, Any] = body["chart_data"]
    assert all(len(each["data"]) == len(found["labels"]) for each in found["datasets"])
    return found


def lines_of(chart: Mapping[str, Any]) -> list[tuple[str, Cells]]:
    """The datasets as pairs of a name and its values."""
    return [(each["label"], each["data"]) for each in chart["datasets"]]
