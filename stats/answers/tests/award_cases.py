"""What the tests of the awards share: the moment, the periods, parks and rides that get one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from parks.models import Park, Ride
from stats.tests.builders import local, make_park, make_ride, park_day, report, ride_day, show_park

WAITS, FAILURES = "/api/trends/longest-wait-times", "/api/trends/least-reliable"
NOW = datetime(2025, 12, 23, 22, 0, 0, 250, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
OPENING = local(TODAY, "09:00")  # eight hours before NOW
DAY_IN = {"yesterday": YESTERDAY, "last_week": date(2025, 12, 16), "last_month": date(2025, 11, 30)}
PERIODS = ("today", *DAY_IN)
STORED = pytest.mark.parametrize("period", list(DAY_IN))
LONG = pytest.mark.parametrize(
    ("period", "first"), [("last_week", date(2025, 12, 14)), ("last_month", date(2025, 11, 1))]
)
EVERY = pytest.mark.parametrize("period", PERIODS)
BOTH = pytest.mark.parametrize("path", [WAITS, FAILURES])
ENTITIES = pytest.mark.parametrize("entity", ["parks", "rides"])


def award(client: Client, path: str, period: str | None = None, entity: str | None = None, **query: Any) -> list[dict]:
    """The rows of a list of awards."""
    given = {name: text for name, text in (("period", period), ("entity", entity)) if text}
    response = client.get(path, {**given, **query})
    assert response.status_code == 200, response.content
    rows: list[dict] = response.json()["data"]
    assert response.json()["count"] == len(rows)
    return rows


def figures(rows: list[dict], *columns: str) -> tuple:
    (row,) = rows
    return tuple(row[name] for name in columns)


def names(rows: list[dict]) -> list[str]:
    return [row.get("ride_name", row["park_name"]) for row in rows]


def open_park(**columns: Any) -> Park:
    park = make_park(**columns)
    show_park(park, OPENING, 480)
    return park


def reported(story: str, wait: int | None = None, park: Park | None = None, **columns: Any) -> Ride:
    """A ride with this story since 09:00, in a park that is open since then."""
    ride = make_ride(park or open_park(), **columns)
    report(ride, OPENING, story, wait=wait)
    return ride


def remarkable(figure: int, park: dict | None = None, **columns: Any) -> Ride:
    """A park and its ride that are awarded in every period: this wait, this many ten minutes down, a score from 1."""
    owner = open_park(**(park or {}))
    ride = reported(f"O{480 - 10 * figure} D{10 * figure}", figure, owner, **columns)
    for day in DAY_IN.values():
        waits = {"avg_wait_time": Decimal(figure), "peak_wait_time": figure}
        park_day(owner, day, shame_score=Decimal(figure) / 10, **waits)
        ride_day(ride, day, downtime_minutes=10 * figure, **waits)
    return ride
