"""Usual events take a quick way; it says the same as the careful one, and leaves it whatever is unusual."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from msgspec import Raw

from importer.archive import plain
from importer.archive.decoding import EventStream, as_reported
from importer.archive.events import parse_event
from importer.archive.plain import PlainEvents
from importer.sample.write import write_sample_archive
from importer.tests.archives import DESTINATION, event

NOW = datetime(2024, 7, 10, tzinfo=UTC)
DAY = date(2024, 7, 4)
AT = "2024-07-04T14:00:00.123Z"
WINDOW = {"state": "AVAILABLE", "returnStart": "2024-07-04T12:00:00-04:00", "returnEnd": None}


def reader(day=DAY, now=NOW, destination=DESTINATION):
    events = PlainEvents(destination)
    events.begin_file(day, now)
    return events


def quick(raw, events=None):
    return (events or reader()).event(Raw(json.dumps(raw).encode()))


def careful(raw, destination=DESTINATION, now=NOW):
    """The event, and whatever was reported or normalised on the way."""
    reported: list = []
    met: Counter = Counter()
    found = parse_event(raw, destination, now, lambda *problem: reported.append(problem), met)
    return found, reported, met


def changed(**data):
    raw = event(AT, wait=35)
    raw["data"].update(data)
    return raw


def queued(**queues):
    return changed(queue={"STANDBY": {"waitTime": 35}, **queues})


USUAL = {
    "a wait": event(AT, wait=35),
    "no wait": event(AT, "DOWN"),
    "no queue": changed(queue={}),
    "null for a queue": queued(RETURN_TIME=None),
    "a single rider line": queued(SINGLE_RIDER={"waitTime": 5}),
    "a return window": queued(RETURN_TIME=WINDOW),
    "a price": queued(PAID_RETURN_TIME={**WINDOW, "price": {"amount": 1500, "currency": "USD"}}),
    "boarding groups": queued(BOARDING_GROUP={"allocationStatus": "OPEN", "currentGroupStart": 5}),
    "a word more": event(AT) | {"more": [1, {"x": None}]},
    "a name with accents": event(AT) | {"name": "Château d’Été"},
    "no name": event(AT) | {"name": None},
    "a show": event(AT) | {"internalId": "1;entityType=Entertainment"},
    "no park": event(AT) | {"parkId": None},
}
UNUSUAL = {
    "no object": [1],
    "another case of a status": changed(status="Operating"),
    "no status": changed(status=None),
    "an unknown status": changed(status="BROKEN"),
    "a fraction for a wait": changed(queue={"STANDBY": {"waitTime": 35.0}}),
    "a very long wait": changed(queue={"STANDBY": {"waitTime": 485}}),
    "a negative wait": changed(queue={"STANDBY": {"waitTime": -1}}),
    "an unknown queue": queued(LOOSE={"waitTime": 1}),
    "a queue that is none": queued(SINGLE_RIDER=[5]),
    "a window without offset": queued(RETURN_TIME={"state": "AVAILABLE", "returnStart": "2024-07-04T12:00:00"}),
    "a flat wait": {**event(AT), "data": {"status": "OPERATING", "waitTime": 5}},
    "members of the preview": changed(meta={"type": "ATTRACTION"}),
    "show times": changed(showtimes=[{"startTime": AT}]),
    "a kind": event(AT) | {"entityType": "SHOW"},
    "another destination": changed(destinationId="99999999-1111-4111-8111-111111111111"),
    "capitals in a UUID": event(AT) | {"entityId": "ABCDABCD-3333-4333-8333-333333333333"},
    "no UUID": event(AT) | {"entityId": "x"},
    "names by language": event(AT) | {"name": {"en": "Coaster"}},
    "an offset": event("2024-07-04T14:00:00.123+02:00"),
    "no milliseconds": event("2024-07-04T14:00:00Z"),
    "no such minute": event("2024-07-04T14:61:00.000Z"),
    "no such second": event("2024-07-04T14:00:61.000Z"),
    "a time to come": event("2024-07-05T23:00:00.000Z"),
    "a day too far": event("2024-07-07T00:00:00.000Z"),
}


@pytest.mark.parametrize("name", USUAL)
def test_a_usual_event_is_read_as_by_the_careful_way(name):
    raw = USUAL[name]
    assert quick(raw) is not None
    assert careful(raw) == (quick(raw), [], Counter())


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_event_is_left_to_the_careful_way(name):
    events = reader(now=datetime(2024, 7, 5, 12, tzinfo=UTC))
    assert quick(UNUSUAL[name], events) is None
    assert quick(UNUSUAL[name], events) is None  # also when it is met again


def test_the_events_of_a_sample_archive_are_read_alike_and_nearly_all_the_quick_way(tmp_path):
    write_sample_archive(tmp_path, days=2, destinations=1, seed=1, ends_at=datetime(2026, 3, 3, tzinfo=UTC), workers=1)
    (path,) = tmp_path.glob("*/2026/03/01.json.gz")
    destination, now = path.parts[-4], datetime(2026, 3, 4, tzinfo=UTC)
    events = reader(date(2026, 3, 1), now, destination)
    pieces = list(islice(EventStream(path.read_bytes()).pieces(), 3_000))
    ways = [(events.event(piece), careful(as_reported(piece), destination, now)) for piece in pieces]
    usual = [(quickly, carefully) for quickly, carefully in ways if quickly is not None]
    assert len(usual) > 0.95 * len(ways) > 950
    assert all((quickly, [], Counter()) == carefully for quickly, carefully in usual)


def test_what_is_remembered_of_texts_is_bounded(monkeypatch):
    monkeypatch.setattr(plain, "TEXTS_KEPT", 3)
    events = reader()
    for n in range(20):
        raw = event(f"2024-07-04T14:{n:02}:00.000Z", wait=n)
        assert quick(raw, events) == careful(raw)[0]
        assert max(map(len, (events.sources, events.lines, events.minutes))) <= 3
