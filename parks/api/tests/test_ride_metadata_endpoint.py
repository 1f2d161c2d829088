"""`GET /api/rides/{id}/metadata`: what is known of a ride, and what changed when (R-26.6)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from parks.models import EntityMetadata, Ride
from parks.sync.metadata import store_metadata
from parks.sync.tests.upstream_world import RIDE
from parks.tests.factories import NOON, MetadataFactory, RideFactory
from parks.upstreams.themeparks_wiki import Entity

pytestmark = pytest.mark.django_db


def ask(ride_id: int, status: int = 200) -> dict[str, Any]:
    response = APIClient().get(f"/api/rides/{ride_id}/metadata")
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()
    return body


def reported(ride: Ride, days: int, **changes: Any) -> None:
    """What the upstream reports a ride so many days later."""
    known = EntityMetadata.objects.filter(ride=ride).first()
    with time_machine.travel(NOON + timedelta(days=days), tick=False):
        store_metadata(ride, known, Entity(RIDE, changes.pop("name", "Coaster"), "ATTRACTION", **changes))


def test_every_version_is_reported_with_what_changed_and_since_when():
    ride = RideFactory()
    reported(ride, 0, latitude=40.0, longitude=-80.0)
    reported(ride, 5, latitude=40.5, longitude=-80.0)
    reported(ride, 9, name="New Coaster")
    body = ask(ride.pk)
    assert [(each["version"], each["since"], each["changed"]) for each in body["versions"]] == [
        (3, "2026-07-10T12:00:00Z", ["entity_name"]),
        (2, "2026-07-06T12:00:00Z", ["latitude"]),
        (1, None, []),
    ]
    assert [(each["entity_name"], each["latitude"]) for each in body["versions"]] == [
        ("New Coaster", 40.5),
        ("Coaster", 40.5),
        ("Coaster", 40.0),
    ]
    assert body["last_synced"] == "2026-07-10T12:00:00Z"


def test_what_is_not_reported_is_null():
    row = MetadataFactory()
    (version,) = ask(row.ride_id)["versions"]
    assert (version["latitude"], version["indoor_outdoor"], version["height_min_cm"], version["tags"]) == (None,) * 4


def test_a_ride_of_which_nothing_is_known_has_no_versions():
    ride = RideFactory()
    body = ask(ride.pk)
    assert (body["ride_name"], body["versions"], body["last_synced"]) == (ride.name, [], None)


def test_an_unknown_ride_is_not_found():
    assert ask(9_999_999, 404) == {"success": False, "error": "Ride 9999999 not found"}


def test_it_takes_two_queries(django_assert_num_queries):
    row = MetadataFactory()
    with django_assert_num_queries(2):
        ask(row.ride_id)
