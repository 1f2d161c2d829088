"""What an upstream reports parks and rides, as its own bytes, and cycles over it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from parks.models import Park, Ride
from parks.tests.factories import NOON, ParkFactory, RideFactory
from snapshots.collection.run import CycleResult, Fetch, collect
from snapshots.models import (
    DataQualityIssue,
    DataQualityLog,
    ParkActivitySnapshot,
    QueueData,
    RideStatusChange,
    RideStatusSnapshot,
)

AT = NOON
INTERVAL = timedelta(minutes=5)
TABLES: tuple[type[Model], ...] = (
    RideStatusSnapshot,
    ParkActivitySnapshot,
    QueueData,
    RideStatusChange,
    DataQualityIssue,
    DataQualityLog,
    Ride,
)
UNTOLD: Any = object()


def zulu(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(ride: Ride, status: Any = "OPERATING", wait: Any = UNTOLD, **members: Any) -> dict[str, Any]:
    """A ThemeParks.wiki entry that changed a minute before noon; `queue` adds lines, UNTOLD leaves a member out."""
    queue = {} if wait is UNTOLD else {"STANDBY": {"waitTime": wait}}
    reported = {
        "id": ride.themeparks_wiki_id,
        "name": ride.name,
        "entityType": "ATTRACTION",
        "parkId": ride.park.themeparks_wiki_id,
        "status": status,
        "lastUpdated": zulu(AT - timedelta(minutes=1)),
        **members,
        "queue": {**queue, **members.get("queue", {})},
    }
    return {name: value for name, value in reported.items() if value is not UNTOLD}


def live(park: Park, *entries: dict[str, Any], **members: Any) -> bytes:
    """A ThemeParks.wiki answer about a park."""
    reported = {"id": park.themeparks_wiki_id, "name": park.name, "entityType": "PARK", "timezone": park.timezone}
    return json.dumps({**reported, "liveData": list(entries), **members}).encode()


def line(ride: Ride, is_open: Any = True, wait: Any = 10, **members: Any) -> dict[str, Any]:
    """A ride in a Queue-Times answer."""
    reported = {"id": ride.queue_times_id, "name": ride.name, "is_open": is_open, "wait_time": wait}
    return {**reported, "last_updated": "2026-07-01T11:57:00.000Z", **members}


def queue_times(*rides: dict[str, Any], lands: Mapping[str, Sequence[dict[str, Any]]] | None = None) -> bytes:
    reported = [
        {"id": n, "name": name, "rides": list(inside)} for n, (name, inside) in enumerate((lands or {}).items())
    ]
    return json.dumps({"lands": reported, "rides": list(rides)}).encode()


def fetch_of(answers: Mapping[Park, bytes | Exception]) -> Fetch:
    def fetch(park: Park) -> bytes:
        reported = answers[park]
        if isinstance(reported, Exception):
            raise reported
        return reported

    return fetch


def cycle(answers: Mapping[Park, bytes | Exception], at: datetime = AT) -> CycleResult:
    """The cycle of `at` over the parks that have an answer."""
    return collect(at, fetch_of(answers), list(answers))


def report(
    ride: Ride, status: Any = "OPERATING", wait: Any = UNTOLD, at: datetime = AT, **members: Any
) -> CycleResult:
    """A cycle in which a park reports one ride."""
    members = {"lastUpdated": zulu(at), **members}
    return cycle({ride.park: live(ride.park, entry(ride, status, wait, **members))}, at)


def wiki_ride(**columns: Any) -> Ride:
    """A ride in a park of its own that ThemeParks.wiki reports; `park__…` are columns of the park."""
    return RideFactory.create(**columns)


def queue_times_park(**columns: Any) -> Park:
    return ParkFactory.create(themeparks_wiki_id=None, **columns)


def tables() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that a cycle writes, without the instants at which rows were touched."""
    touched = {"created_at", "updated_at"}
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in touched}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in TABLES
    }
