"""The golden outages over several hours, reported as observations (R-5.3, R-16.1, R-16.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.tests.golden import golden_cases
from parks.models import Park, Ride
from stats.tests.builders import DAY, local, make_park, make_ride, report, show_park

OUTAGES = golden_cases("multi_hour_outage", "cases")
EVIDENCE = golden_cases("multi_hour_outage", "operated_evidence")
DEFAULT_INTERVAL = 10  # minutes
EVIDENCE_HOUR = 11  # the six open snapshots of a case of evidence fill it


@dataclass(frozen=True, slots=True)
class Reported:
    """A ride whose day was reported; every row lasts `interval` minutes."""

    park: Park
    ride: Ride
    interval: int


def hour_of_day(hour: int) -> tuple[datetime, datetime]:
    """[start, end) of a local hour of the reported day."""
    start = local(DAY, f"{hour:02}:00")
    return start, start + timedelta(hours=1)


def report_outage(given: dict[str, Any]) -> Reported:
    """The snapshots of an outage, the park open all the time."""
    reported = new_ride(given, given["interval_minutes"])
    for row in given["snapshots"]:
        observe(reported, local(DAY, row["local_time"]), row["status"], given["park_open_throughout"])
    return reported


def report_evidence(given: dict[str, Any]) -> Reported:
    """Six snapshots of the open park from 11:00; those of the closed park come before."""
    reported = new_ride(given, DEFAULT_INTERVAL)
    same = [{"status": status, "park_open": given["park_open"]} for status in given.get("statuses", [])]
    rows = given.get("snapshots", same)
    closed_rows = sum(not row["park_open"] for row in rows)
    at, _ = hour_of_day(EVIDENCE_HOUR)
    at -= timedelta(minutes=closed_rows * reported.interval)
    for row in rows:
        at = observe(reported, at, row["status"], row["park_open"])
    return reported


def new_ride(given: dict[str, Any], interval: int) -> Reported:
    park = make_park(is_disney=given["is_disney"], is_universal=given.get("is_universal", False))
    return Reported(park, make_ride(park), interval)


def observe(reported: Reported, at: datetime, status: str, park_open: bool) -> datetime:
    """One row of the ride and one of its park; returns where they end."""
    show_park(reported.park, at, reported.interval, is_open=park_open)
    return report(reported.ride, at, f"{status[0]}{reported.interval}", grain=None, park_open=park_open)
