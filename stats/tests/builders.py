"""Short ways to say what a park and its rides did."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from parks.models import ClassificationMethod, Park, Ride
from parks.tests.factories import ClassificationFactory, ParkFactory, RideFactory
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import Status
from snapshots.tests.factories import ChangeFactory
from stats.daily.recompute import recompute_park_day
from stats.measures.ride_measures import RideMeasures
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.factories import ParkDayFactory, RideDayFactory

NEW_YORK, LOS_ANGELES, TOKYO, PARIS = "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Europe/Paris"
DAY = date(2025, 12, 22)

# Letters of `say`: a status, or an observation without one that says open (+) or not open (-).
STATES: dict[str, tuple[str | None, bool]] = {
    "O": (Status.OPERATING, True),
    "D": (Status.DOWN, False),
    "C": (Status.CLOSED, False),
    "R": (Status.REFURBISHMENT, False),
    "+": (None, True),
    "-": (None, False),
}


def make_park(**columns: Any) -> Park:
    return ParkFactory.create(**columns)


def make_ride(park: Park, classified: int | None = None, **columns: Any) -> Ride:
    """A ride, with a classification of tier `classified` when given."""
    ride = RideFactory.create(park=park, **columns)
    if classified:
        method = ClassificationMethod.MANUAL_OVERRIDE
        ClassificationFactory.create(ride=ride, tier=classified, classification_method=method, confidence_score=None)
    return ride


def local(day: date, clock: str, zone: str = NEW_YORK) -> datetime:
    """The instant (UTC) at which the clock in `zone` shows `clock` (HH:MM) on `day`."""
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def report(
    ride: Ride,
    start: datetime,
    story: str,
    grain: int | None = 600,
    wait: int | None = None,
    park_open: bool = True,
) -> datetime:
    """Observations of a ride one after the other; returns the instant at which they end.

    `story` is a list of states with minutes ("O540 D60", or "O90s" for seconds); `wait` is what it posts.
    `grain` is the seconds of a row; None: one row per state, as the archive importer writes them.
    """
    rows = []
    for letter, number, unit in re.findall(r"([ODCR+-])(\d+)(s?)", story):
        status, is_open = STATES[letter]
        left = int(number) * (1 if unit else 60)
        while left > 0:
            seconds = min(grain or left, left)
            rows.append(
                RideStatusSnapshot(
                    ride=ride,
                    park_id=ride.park_id,
                    recorded_at=start,
                    duration_seconds=seconds,
                    status=status,
                    is_open=is_open,
                    computed_is_open=is_open,
                    wait_time=wait,
                    park_appears_open=park_open,
                )
            )
            start += timedelta(seconds=seconds)
            left -= seconds
    RideStatusSnapshot.objects.bulk_create(rows)
    return start


def show_park(
    park: Park, start: datetime, minutes: int, score: str | None = None, is_open: bool = True, grain: int = 600
) -> None:
    """Activity rows of a park, open or closed, with a stored score."""
    ParkActivitySnapshot.objects.bulk_create(
        ParkActivitySnapshot(
            park=park,
            recorded_at=start + timedelta(seconds=offset),
            duration_seconds=min(grain, minutes * 60 - offset),
            park_appears_open=is_open,
            shame_score=None if score is None else Decimal(score),
        )
        for offset in range(0, minutes * 60, grain)
    )


def change(ride: Ride, at: datetime) -> None:
    ChangeFactory.create(ride=ride, changed_at=at, duration_in_previous_status=10)


def measured(up: int, down: int, open_seconds: int = 0, ride: int = 1) -> RideMeasures:
    """A ride's seconds in a window."""
    return RideMeasures(ride, 1, open_seconds=open_seconds, up_seconds=up, down_seconds=down)


def park_day(park: Park, day: date, **columns: Any) -> ParkDailyStats:
    """A stored day of a park, open for ten hours."""
    defaults = {
        "total_rides_tracked": 10,
        "avg_uptime_percentage": Decimal("90.00"),
        "shame_score": Decimal("1.000"),
        "total_downtime_hours": Decimal("2.00"),
        "weighted_downtime_hours": Decimal("4.00"),
        "effective_park_weight": 20,
        "rides_with_downtime": 2,
        "operating_hours_minutes": 600,
    }
    return ParkDayFactory.create(park=park, stat_date=day, **{**defaults, **columns})


def ride_day(ride: Ride, day: date, **columns: Any) -> RideDailyStats:
    """A stored day of a ride: an hour down in ten."""
    defaults = {
        "uptime_minutes": 540,
        "downtime_minutes": 60,
        "uptime_percentage": Decimal("90.00"),
        "operating_hours_minutes": 600,
        "avg_wait_time": Decimal("30.00"),
        "peak_wait_time": 60,
        "status_changes": 2,
    }
    return RideDayFactory.create(ride=ride, stat_date=day, **{**defaults, **columns})


def recomputed(park: Park, day: date = DAY, version: int | None = None) -> None:
    recompute_park_day(park, day, version or settings.METRICS_VERSION)


def ride_row_of(ride: Ride, day: date = DAY, version: int | None = None) -> RideDailyStats:
    return RideDailyStats.objects.get(ride=ride, stat_date=day, metrics_version=version or settings.METRICS_VERSION)


def park_row_of(park: Park, day: date = DAY, version: int | None = None) -> ParkDailyStats:
    return ParkDailyStats.objects.get(park=park, stat_date=day, metrics_version=version or settings.METRICS_VERSION)


def values(row: Any, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)
