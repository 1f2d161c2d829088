"""Answers of both upstreams as they come, for tests to bend: one call per kind of entry."""

from typing import Any

from parks.tests.factories import wiki_id

DESTINATION = wiki_id(700_000)
PARK = wiki_id(700_001)
RIDE = wiki_id(700_100)
SHOW = wiki_id(700_200)


def entity(uuid: str = PARK, **changes: Any) -> dict[str, Any]:
    return {
        "id": uuid,
        "name": "Test Park",
        "slug": "testpark",
        "entityType": "PARK",
        "parentId": DESTINATION,
        "destinationId": DESTINATION,
        "timezone": "America/New_York",
        "location": {"latitude": 40.0, "longitude": -80.0, "pointsOfInterest": []},
        "externalId": "1",
        **changes,
    }


def child(uuid: str = RIDE, **changes: Any) -> dict[str, Any]:
    return {
        "id": uuid,
        "name": "Test Coaster",
        "entityType": "ATTRACTION",
        "slug": None,
        "parentId": PARK,
        "externalId": "2",
        "location": {"latitude": 40.001, "longitude": -80.001},
        **changes,
    }


def children(*reported: Any, uuid: str = PARK, **changes: Any) -> dict[str, Any]:
    around = {"id": uuid, "name": "Test Park", "entityType": "PARK", "timezone": "America/New_York"}
    return {**around, "children": list(reported), **changes}


def destinations(*parks: tuple[str, str], uuid: str = DESTINATION) -> dict[str, Any]:
    """One destination and its (UUID, name) parks."""
    inside = [{"id": park, "name": name} for park, name in parks]
    one = {"id": uuid, "name": "Test Resort", "slug": "testresort", "externalId": "t", "parks": inside}
    return {"destinations": [one]}


def live_entry(uuid: str = RIDE, **changes: Any) -> dict[str, Any]:
    return {
        "id": uuid,
        "name": "Test Coaster",
        "entityType": "ATTRACTION",
        "parkId": PARK,
        "externalId": "2",
        "status": "OPERATING",
        "queue": {"STANDBY": {"waitTime": 15}},
        "lastUpdated": "2026-07-01T11:55:00Z",
        **changes,
    }


def live(*reported: Any, **changes: Any) -> dict[str, Any]:
    around = {"id": PARK, "name": "Test Park", "entityType": "PARK", "timezone": "America/New_York"}
    return {**around, "liveData": list(reported), **changes}


def window(day: str, opens: str | None = "09:00", closes: str | None = "21:00", **changes: Any) -> dict[str, Any]:
    """A window in New York's summer; `opens`, `closes`: clock times, or None for absent."""
    times = {"openingTime": opens, "closingTime": closes}
    reported = {name: f"{day}T{clock}:00-04:00" for name, clock in times.items() if clock}
    return {"date": day, "type": "OPERATING", **reported, **changes}


def schedule(*reported: Any, **changes: Any) -> dict[str, Any]:
    around = {"id": PARK, "name": "Test Park", "entityType": "PARK", "timezone": "America/New_York"}
    return {**around, "schedule": list(reported), **changes}


def directory_park(number: int = 57, **changes: Any) -> dict[str, Any]:
    """A park of Queue-Times' directory."""
    return {
        "id": number,
        "name": "Test Park",
        "country": "United States",
        "continent": "North America",
        "latitude": "40.002",
        "longitude": "-80.002",
        "timezone": "America/New_York",
        **changes,
    }


def directory(*parks: Any, operator: str = "Test Parks Company") -> list[dict[str, Any]]:
    return [{"id": 11, "name": operator, "parks": list(parks)}]


def queue_times_ride(number: int = 450, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": "Test Coaster",
        "is_open": True,
        "wait_time": 35,
        "last_updated": "2026-07-01T11:58:00.000Z",
        **changes,
    }
