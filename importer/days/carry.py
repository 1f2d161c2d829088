"""What one slice of an import hands to the next: per park the next day and the state of its rides, and what is known
to be no ride, as bytes.

With it an import goes on as if it had never stopped, whoever does the next slice.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from importer.archive.events import Event
from importer.days.shapes import RideMemory
from parks.models import Park
from snapshots.status import Status


@dataclass
class ParkStream:
    """The events of one park that are not written yet, and what is remembered of its rides."""

    park: Park
    next_day: date
    memory: dict[int, RideMemory]
    feed_before: int | None = None
    has_written: bool = False
    events: dict[int, list[Event]] = field(default_factory=dict)  # by ride
    feed: list[int] = field(default_factory=list)


def packed(streams: Iterable[ParkStream], no_rides: dict[str, str]) -> bytes:
    """The streams without their events, which stand in the files; and kinds by UUID of what is no ride."""
    parks: list[dict[str, Any]] = [
        {
            "park": stream.park.pk,
            "next_day": stream.next_day.isoformat(),
            "feed_before": stream.feed_before,
            "rides": [[ride, *reported(memory)] for ride, memory in stream.memory.items()],
        }
        for stream in streams
        if stream.has_written
    ]
    return zlib.compress(json.dumps([*parks, {"no_rides": no_rides}], separators=(",", ":")).encode())


def reported(memory: RideMemory) -> list[Any]:
    status, wait = memory.state
    return [
        status and status.value,
        wait,
        memory.reported_at,
        memory.last_event,
        memory.status_since,
        memory.last_operated,
        memory.last_apart,
    ]


def unpacked(carry: bytes) -> tuple[dict[int, ParkStream], dict[str, str]]:
    """The streams by park, and what is no ride; a park that is gone by now is left out."""
    parts = json.loads(zlib.decompress(carry))
    found = {each["park"]: each for each in parts if "park" in each}
    no_rides: dict[str, str] = next((each["no_rides"] for each in parts if "no_rides" in each), {})
    streams = {
        park.pk: ParkStream(
            park=park,
            next_day=date.fromisoformat(found[park.pk]["next_day"]),
            memory={ride: remembered(values) for ride, *values in found[park.pk]["rides"]},
            feed_before=found[park.pk]["feed_before"],
            has_written=True,
        )
        for park in Park.objects.filter(pk__in=found)
    }
    return streams, no_rides


def remembered(values: list[Any]) -> RideMemory:
    status, wait, reported_at, last_event, status_since, last_operated, *last_apart = values
    return RideMemory(
        state=(Status(status) if status else None, wait),
        reported_at=reported_at,
        last_event=last_event,
        status_since=status_since,
        last_operated=last_operated,
        last_apart=last_apart[0] if last_apart else None,  # unknown to what an older version packed
    )
