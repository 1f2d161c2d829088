"""`GET /api/rides/nearby`: what lies around a place, measured the same on both databases (R-26.6)."""

import math
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from core.tests.planner import statistics_of
from parks.catalog.places import Place, km_between
from parks.models import EntityMetadata, Ride, Shelter
from parks.nearby import box, distance, near
from parks.tests.factories import MetadataFactory, ParkFactory, RideFactory

pytestmark = pytest.mark.django_db
CASTLE = (28.4195, -81.5812)
URL = "/api/rides/nearby"


def put(place: Place, **columns: Any) -> EntityMetadata:
    latitude, longitude = (Decimal(str(round(value, 7))) for value in place)
    return MetadataFactory.create(latitude=latitude, longitude=longitude, **columns)


def north(metres: float, place: Place = CASTLE) -> Place:
    return place[0] + math.degrees(metres / 6_371_000), place[1]


def ask(status: int = 200, place: Place = CASTLE, **query: Any) -> dict[str, Any]:
    response = APIClient().get(URL, {"lat": place[0], "lon": place[1], **query})
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()
    return body


def found(**query: Any) -> list[int]:
    return [row["ride_id"] for row in ask(**query)["data"]]


# -- distances -------------------------------------------------------------------------------------------

PLACES = [
    (28.4195, -81.5812),
    (28.4196, -81.5813),
    (33.8121, -117.919),
    (48.8722, 2.7758),
    (35.6329, 139.8804),
    (-27.8637, 153.3166),
    (0.0, 0.0),
    (0.0, 180.0),
    (0.0, -180.0),
    (-16.5, 179.9999),
    (-16.5, -179.9999),
    (89.9999, 12.0),
    (90.0, 0.0),
    (-90.0, 77.0),
    (51.5, -0.0001),
    (-28.4195, 98.4188),  # opposite of the first
]


@pytest.mark.parametrize("place", PLACES)
def test_distances_are_those_of_the_globe_to_a_metre(place):
    """The database's own measure, whichever it is, against the formula in Python."""
    rows = [put(other) for other in PLACES]
    measured = dict(EntityMetadata.objects.annotate(away=distance(place, connection.vendor)).values_list("pk", "away"))
    for row, other in zip(rows, PLACES, strict=True):
        assert measured[row.pk] == pytest.approx(km_between(place, other) * 1000, abs=1.0), other


def test_a_known_distance():
    """Main Street station to Space Mountain, by the haversine on a sphere of 6,371 km."""
    put((28.4190958, -81.5781553))
    (row,) = near((28.4163, -81.5812), 1_000)
    assert row.distance_m == pytest.approx(429.6, abs=1)


# -- what is found ---------------------------------------------------------------------------------------


def test_the_nearest_comes_first_and_what_is_too_far_does_not():
    far, near_one, outside = put(north(900)), put(north(100)), put(north(1_001))
    assert found(radius_m=1_000) == [near_one.ride_id, far.ride_id]
    assert outside.ride_id in found(radius_m=1_002)


def test_a_ride_reports_where_it_stands_and_what_it_asks_for():
    row = put(north(250), height_min_cm=102, indoor_outdoor=Shelter.INDOOR, tags=["Dark Ride"])
    (reported,) = ask()["data"]
    assert reported == {
        "ride_id": row.ride_id,
        "ride_name": row.ride.name,
        "park_id": row.ride.park_id,
        "park_name": row.ride.park.name,
        "entity_type": "ATTRACTION",
        "latitude": float(row.latitude),
        "longitude": float(row.longitude),
        "distance_m": 250.0,
        "indoor_outdoor": "INDOOR",
        "height_min_cm": 102,
        "height_max_cm": None,
        "tags": ["Dark Ride"],
    }


def test_the_question_and_the_source_are_reported():
    body = ask(radius_m=750)
    assert (body["lat"], body["lon"], body["radius_m"], body["data"]) == (*CASTLE, 750.0, [])
    assert body["attribution"]["data_source"] == "ThemeParks.wiki"


def test_without_a_radius_it_is_a_kilometre():
    put(north(990))
    put(north(1_010))
    body = ask()
    assert (body["radius_m"], len(body["data"])) == (1_000.0, 1)


def test_rides_without_a_place_and_inactive_ones_are_not_near():
    MetadataFactory()
    put(CASTLE, ride=RideFactory(is_active=False))
    put(CASTLE, ride=RideFactory(park=ParkFactory(is_active=False)))
    assert found() == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"indoor_outdoor": "INDOOR"}, [1]),
        ({"indoor_outdoor": "OUTDOOR"}, [2]),
        ({"min_height_cm": 100}, [2, 3]),
        ({"min_height_cm": 102.5}, [3]),
        ({"max_height_cm": 102}, [2]),
        ({"rider_height_cm": 110}, [0, 2]),
        ({"rider_height_cm": 140}, [0, 2, 3]),
        ({"rider_height_cm": 95}, [0, 1]),
        ({"indoor_outdoor": "INDOOR", "min_height_cm": 1}, []),
        ({"limit": 2}, [0, 1]),
        ({"limit": 0}, []),
    ],
)
def test_rides_are_chosen_by_shelter_and_height(query, expected):
    rides = [
        put(north(10)),
        put(north(20), indoor_outdoor=Shelter.INDOOR, height_max_cm=100),
        put(north(30), indoor_outdoor=Shelter.OUTDOOR, height_min_cm=102),
        put(north(40), height_min_cm=137),
    ]
    assert found(**query) == [rides[n].ride_id for n in expected]


# -- the edges of the map --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ((-16.5, 179.999), (-16.5, -179.999)),
        ((-16.5, -179.999), (-16.5, 179.999)),
        ((0.0, 180.0), (0.0, -180.0)),
        ((89.9995, 10.0), (89.9995, -170.0)),
        ((-89.9995, 0.0), (-89.9999, 123.0)),
        ((90.0, 0.0), (89.9999, 55.0)),
        ((0.0, 0.0), (0.001, -0.001)),
    ],
)
def test_over_the_antimeridian_and_the_poles_is_near_too(here, there):
    row = put(there)
    metres = km_between(here, there) * 1000
    assert found(place=here, radius_m=max(metres + 1, 1)) == [row.ride_id]
    if metres > 2:
        assert found(place=here, radius_m=metres - 1) == []


@given(
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    st.floats(1, 1_000_000),
    st.floats(0, 2 * math.pi),
    st.floats(0, 1),
)
def test_the_box_holds_all_that_lies_within_the_radius(here, radius, bearing, share):
    """Any place at any bearing, not farther away than the radius."""
    angle, latitude = radius * share / 6_371_000, math.radians(here[0])
    sine = math.sin(latitude) * math.cos(angle) + math.cos(latitude) * math.sin(angle) * math.cos(bearing)
    there = math.asin(max(-1.0, min(1.0, sine)))
    east = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(latitude), math.cos(angle) - math.sin(latitude) * sine
    )
    longitude = (here[1] + math.degrees(east) + 540) % 360 - 180
    assert holds(box(here, radius), (math.degrees(there), longitude))


def holds(condition: Any, place: Place) -> bool:
    """Is a place within a box, as a database would say?"""
    values = {"latitude": place[0], "longitude": place[1]}
    answers = []
    for child in condition.children:
        if not isinstance(child, tuple):
            answers.append(holds(child, place))
            continue
        column, _, lookup = child[0].partition("__")
        answers.append(
            {"gte": lambda a, b: a >= b, "lte": lambda a, b: a <= b, "isnull": lambda a, b: not b}[lookup](
                values[column], child[1]
            )
        )
    return any(answers) if condition.connector == "OR" else all(answers)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)  # ANALYZE commits
def test_the_box_is_looked_up_by_the_index():
    park = ParkFactory()
    Ride.objects.bulk_create(Ride(park=park, name=f"R{n}") for n in range(5_000))
    EntityMetadata.objects.bulk_create(
        EntityMetadata(
            ride=ride,
            themeparks_wiki_id=f"{n:036}",
            entity_name="x",
            entity_type="ATTRACTION",
            latitude=Decimal(n % 100) - 50,
            longitude=Decimal(n // 100) * 3,
        )
        for n, ride in enumerate(Ride.objects.filter(park=park).order_by("pk"))
    )
    with statistics_of("entity_metadata", "rides", "parks"):
        plan = near(CASTLE, 1_000).explain()
    assert "metadata_place" in plan, plan


def test_a_question_takes_one_query(django_assert_num_queries):
    put(north(10))
    put(north(20))
    with django_assert_num_queries(1):
        ask()


# -- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"lat": "91"}, "Invalid lat. Must be a number from -90 to 90"),
        ({"lat": "nan"}, "Invalid lat. Must be a number from -90 to 90"),
        ({"lat": ""}, "Invalid lat. Must be a number from -90 to 90"),
        ({"lat": "north"}, "Invalid lat. Must be a number from -90 to 90"),
        ({"lon": "-180.5"}, "Invalid lon. Must be a number from -180 to 180"),
        ({"lon": "inf"}, "Invalid lon. Must be a number from -180 to 180"),
        ({"radius_m": "0"}, "Invalid radius_m. Must be a number from 1 to 1,000,000"),
        ({"radius_m": "-5"}, "Invalid radius_m. Must be a number from 1 to 1,000,000"),
        ({"radius_m": "99999999"}, "Invalid radius_m. Must be a number from 1 to 1,000,000"),
        ({"indoor_outdoor": "UNDERGROUND"}, "Invalid indoor_outdoor. Must be one of: INDOOR, OUTDOOR, HYBRID"),
        ({"min_height_cm": "tall"}, "Invalid min_height_cm. Must be a number from 0 to 300"),
        ({"rider_height_cm": "900"}, "Invalid rider_height_cm. Must be a number from 0 to 300"),
        ({"limit": "-1"}, "Invalid limit. Must be a non-negative integer"),
    ],
)
def test_an_absurd_value_is_refused_by_name(query, text):
    assert ask(400, **query) == {"success": False, "error": text}


@pytest.mark.parametrize("given", [{}, {"lat": 1}, {"lon": 1}])
def test_a_place_is_needed(given):
    response = APIClient().get(URL, given)
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"Invalid {'lon' if 'lat' in given else 'lat'}.")
