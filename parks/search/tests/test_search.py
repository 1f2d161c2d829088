"""The name index for search in the browser (public-api 4.24)."""

from datetime import UTC, datetime

import pytest
import time_machine

from parks.models import Category
from parks.tests.factories import ParkFactory, RideFactory

pytestmark = pytest.mark.django_db
URL = "/api/search/index"


def test_the_index_has_the_contracts_shape(client):
    park = ParkFactory.create(name="Dollywood", city="Pigeon Forge", state_province="Tennessee")
    ride = RideFactory.create(park=park, name="Carousel")
    with time_machine.travel(datetime(2026, 7, 1, 12, 30, tzinfo=UTC), tick=False):
        response = client.get(URL)
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "parks": [
            {
                "id": park.pk,
                "name": "Dollywood",
                "location": "Pigeon Forge, Tennessee",
                "type": "park",
                "url": f"/park-detail.html?id={park.pk}",
            }
        ],
        "rides": [
            {
                "id": ride.pk,
                "name": "Carousel",
                "park_id": park.pk,
                "park_name": "Dollywood",
                "type": "ride",
                "url": f"/ride-detail.html?id={ride.pk}",
            }
        ],
        "meta": {"park_count": 1, "ride_count": 1, "last_updated": "2026-07-01T12:30:00+00:00"},
    }


def test_an_empty_database_has_an_empty_index(client):
    body = client.get(URL).json()
    assert (body["parks"], body["rides"]) == ([], [])
    assert (body["meta"]["park_count"], body["meta"]["ride_count"]) == (0, 0)


def test_what_is_inactive_is_hidden_together_with_its_rides(client):
    shown = RideFactory.create()
    RideFactory.create(park=shown.park, is_active=False)
    RideFactory.create(park__is_active=False)
    body = client.get(URL).json()
    assert [park["id"] for park in body["parks"]] == [shown.park_id]
    assert [ride["id"] for ride in body["rides"]] == [shown.pk]
    assert (body["meta"]["park_count"], body["meta"]["ride_count"]) == (1, 1)


def test_rides_of_every_category_are_found(client):
    park = ParkFactory.create()
    for category in [*Category, None]:
        RideFactory.create(park=park, category=category)
    assert client.get(URL).json()["meta"]["ride_count"] == 5


def test_both_lists_are_sorted_by_name_and_equal_names_by_id(client):
    parks = [ParkFactory.create(name=name) for name in ("Efteling", "Alton Towers", "Efteling")]
    rides = [RideFactory.create(park=parks[0], name=name) for name in ("Zip", "Éclair", "Arrow", "Zip")]
    body = client.get(URL).json()
    assert [row["id"] for row in body["parks"]] == [parks[1].pk, parks[0].pk, parks[2].pk]
    ids = [row["id"] for row in body["rides"]]
    assert ids[0] == rides[2].pk
    assert ids.index(rides[0].pk) + 1 == ids.index(rides[3].pk)


def test_names_arrive_as_they_are(client):
    RideFactory.create(name='"it\'s a small world" <b>&amp; Astérix 東京 🎢')
    assert client.get(URL).json()["rides"][0]["name"] == '"it\'s a small world" <b>&amp; Astérix 東京 🎢'


@pytest.mark.parametrize("rides", [1, 30])
def test_two_queries_whatever_the_number_of_rides(client, django_assert_num_queries, rides):
    park = ParkFactory.create()
    RideFactory.create_batch(rides, park=park)
    with django_assert_num_queries(2):
        client.get(URL)


def test_unknown_parameters_are_ignored(client):
    assert client.get(f"{URL}?q=splash&limit=abc&format=xml").status_code == 200
