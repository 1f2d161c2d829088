"""Small archives for tests: events by hand, written in the upstream's layout."""

import json
import zlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

DESTINATION = "11111111-1111-4111-8111-111111111111"
PARK = "22222222-2222-4222-8222-222222222222"
COASTER = "33333333-3333-4333-8333-333333333333"
FLUME = "44444444-4444-4444-8444-444444444444"
ZONE = "America/New_York"


def event(at: str, status: str | None = "OPERATING", wait: Any = None, entity: str = COASTER, **changes: Any) -> dict:
    """An event at an ISO instant; `changes` replace top-level fields, `data` and `queue` what lies inside."""
    queue = {"STANDBY": {"waitTime": wait}, **changes.pop("queue", {})}
    data = {"status": status, "queue": queue, "destinationId": DESTINATION, **changes.pop("data", {})}
    return {
        "entityId": entity,
        "internalId": "1",
        "name": {COASTER: "Big Coaster", FLUME: "Old Flume"}.get(entity, "Something"),
        "data": data,
        "eventTime": at,
        "timezone": ZONE,
        "parkId": PARK,
        "parkSlug": "testpark",
        **changes,
    }


def write_day(root: Path, day: date, content: Any, destination: str = DESTINATION) -> Path:
    """One file: a list of events is put into an object and compressed, bytes are written as they are."""
    path = root / destination / f"{day:%Y/%m/%d}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else zlib.compress(json.dumps({"events": content}).encode())
    path.write_bytes(data)
    return path


def write_events(root: Path, events: list[dict]) -> None:
    """Files by UTC day of the events' instants."""
    days: dict[date, list[dict]] = {}
    for each in events:
        instant = datetime.fromisoformat(each["eventTime"]).astimezone(UTC)
        days.setdefault(instant.date(), []).append(each)
    for day, found in days.items():
        write_day(root, day, found)
