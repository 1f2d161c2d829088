"""Who gets an award, and how it is asked for and reported (public-api 4.14, 4.15)."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client

from parks.models import Park
from stats.answers.tests.award_cases import (
    BOTH,
    DAY_IN,
    ENTITIES,
    EVERY,
    FAILURES,
    NOW,
    STORED,
    WAITS,
    YESTERDAY,
    award,
    names,
    remarkable,
)
from stats.tests.builders import make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    return partial(award, client)


ROW = {"rank": int, "start_date": str, "end_date": str, "is_complete": bool}
PARK = ROW | {"park_id": int, "park_name": str, "location": str}
RIDE = ROW | {"ride_id": int, "ride_name": str, "park_id": int, "park_name": str}
WAIT = {"avg_wait_time": int, "walk_on_percentage": float | None}
RIDE_WAIT = RIDE | WAIT | {"peak_wait_time": int | None}


def keys_of(path: str, entity: str, period: str) -> dict[str, Any]:
    if path == WAITS and entity == "parks":
        return PARK | WAIT | {"rides_with_waits": int}
    if path == WAITS:
        is_one_day = period in ("today", "yesterday")
        return RIDE_WAIT | {"snapshot_count" if is_one_day else "days_with_data": int}
    if entity == "parks":
        return PARK | {"avg_shame_score": float, "uptime_percentage": float | None}
    uptimes = {"uptime_percentage": float | None, "availability_percentage": float | None}
    return RIDE | uptimes | {"downtime_hours": float, "downtime_incidents": int}


# -- who -------------------------------------------------------------------------------------------------


@BOTH
@EVERY
def test_attractions_get_awards_and_of_the_present_day_only_active_ones(ask, path, period):
    """R-5.6, N-15."""
    for name, columns, park in (
        ("shown", {}, {"name": "open"}),
        ("show", {"category": "SHOW"}, {}),
        ("uncategorised", {"category": None}, {}),
        ("retired", {"is_active": False}, {}),
        ("in a closed-down park", {}, {"is_active": False}),
    ):
        remarkable(20, park, name=name, **columns)
    former = [] if period == "today" else ["retired", "in a closed-down park"]
    assert names(ask(path, period, "rides")) == ["shown", *former]
    parks = names(ask(path, period, "parks"))
    assert "open" in parks
    closed_down = set(Park.objects.filter(is_active=False).values_list("name", flat=True))
    assert set(parks) & closed_down == (set() if period == "today" else closed_down)


@BOTH
@ENTITIES
@EVERY
def test_the_filter_goes_by_flags(ask, path, entity, period):
    for name, flags in (("a", {"is_disney": True}), ("b", {"is_universal": True}), ("Disney", {})):
        remarkable(20, {"name": name, **flags}, name=name)
    assert set(names(ask(path, period, entity))) == {"a", "b", "Disney"}
    assert names(ask(path, period, entity, filter="disney-universal")) == ["a", "b"]


@BOTH
@ENTITIES
@STORED
def test_only_rows_of_the_current_rule_set_are_read(ask, settings, path, entity, period):
    park = make_park()
    park_day(park, DAY_IN[period], avg_wait_time=Decimal(30), shame_score=Decimal(3))
    ride_day(make_ride(park), DAY_IN[period])
    assert len(ask(path, period, entity)) == 1
    settings.METRICS_VERSION += 1
    assert ask(path, period, entity) == []


@BOTH
@ENTITIES
@EVERY
def test_the_limit_cuts_the_list_after_ranking(ask, client, path, entity, period):
    for figure in (10, 30, 20):
        remarkable(figure, {"name": str(figure)}, name=str(figure))
    assert names(ask(path, period, entity, limit=2)) == ["30", "20"]
    body = client.get(path, {"period": period, "entity": entity, "limit": 2}).json()
    assert (body["count"], body["total"]) == (2, 3)
    assert ask(path, period, entity, limit=0) == []


@BOTH
@ENTITIES
def test_the_default_limit_is_ten_and_the_largest_twenty(ask, path, entity):
    for _ in range(21):
        park = make_park()
        park_day(park, YESTERDAY, avg_wait_time=Decimal(30), shame_score=Decimal(2))
        ride_day(make_ride(park), YESTERDAY)
    lengths = [len(ask(path, "yesterday", entity, **query)) for query in ({}, {"limit": 20}, {"limit": 1000})]
    assert lengths == [10, 20, 20]


# -- shape ------------------------------------------------------------------------------------------------


@BOTH
@ENTITIES
@EVERY
def test_every_period_has_exactly_its_fields_as_json_numbers(client, path, entity, period):
    remarkable(20, {"is_disney": True})
    remarkable(30, {"is_disney": True, "state_province": None, "city": "Reykjavik", "country": "IS"})
    body = client.get(path, {"period": period, "entity": entity, "filter": "disney-universal"}).json()
    rows = body.pop("data")
    assert body == {
        "success": True,
        "period": period,
        "filter": "disney-universal",
        "entity": entity,
        "count": 2,
        "total": 2,
        "cached": True,
        "attribution": "Data powered by ThemeParks.wiki - https://themeparks.wiki",
        "timestamp": "2025-12-23T22:00:00.000250Z",
    }
    expected = keys_of(path, entity, period)
    for row in rows:
        assert set(row) == set(expected)
        for name, kind in expected.items():
            assert type(row[name]) in getattr(kind, "__args__", (kind,)), name
    if entity == "parks":
        assert [row["location"] for row in rows] == ["Reykjavik, IS", "Orlando, Florida"]


@BOTH
@ENTITIES
@EVERY
def test_an_empty_database_has_no_awards(client, path, entity, period):
    body = client.get(path, {"period": period, "entity": entity}).json()
    assert (body["success"], body["data"], body["count"]) == (True, [], 0)


@BOTH
@ENTITIES
@EVERY
def test_the_number_of_queries_does_not_depend_on_the_number_of_parks(
    django_assert_max_num_queries, path, entity, period
):
    ask = partial(award, Client())  # which shares nothing and stores nothing

    def queries(rows: int) -> int:
        with django_assert_max_num_queries(7) as captured:
            assert len(ask(path, period, entity, limit=20)) == rows
        return len(captured)

    remarkable(10)
    few = queries(1)
    for number in range(12):
        remarkable(10, {"timezone": f"Etc/GMT+{number % 5 + 3}"})
    assert queries(13) == few


# -- parameters -------------------------------------------------------------------------------------------


def test_rides_and_today_are_the_defaults(ask):
    remarkable(20)
    for path in (WAITS, FAILURES):
        assert ask(path) == ask(path, "today", "rides") != []


BAD_LIMIT = "Invalid limit. Must be a non-negative integer"
BAD_PERIOD = "Invalid period. Must be one of: today, yesterday, last_week, last_month"
BAD_FILTER = "Invalid filter. Must be one of: disney-universal, all-parks"
BAD_ENTITY = "Invalid entity. Must be one of: parks, rides"


@BOTH
@pytest.mark.parametrize(
    ("query", "text"),
    [
        *((f"limit={text}", BAD_LIMIT) for text in ("abc", "-1", "5.5", "")),
        *((f"period={text}", BAD_PERIOD) for text in ("live", "7days", "30days", "TODAY", "")),
        *((f"filter={text}", BAD_FILTER) for text in ("disney", "", "All-Parks")),
        *((f"entity={text}", BAD_ENTITY) for text in ("ride", "", "Parks")),
        # the first that is wrong decides
        ("entity=x&filter=x&period=x&limit=x", BAD_LIMIT),
        ("entity=x&filter=x&period=x", BAD_PERIOD),
        ("entity=x&filter=x", BAD_FILTER),
        ("entity=x&entity=parks", BAD_ENTITY),
    ],
)
def test_a_parameter_that_is_wrong_is_reported(client, path, query, text):
    response = client.get(f"{path}?{query}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": text})


@BOTH
@pytest.mark.parametrize("query", ["limit=%202", "limit=%2B2", "entity=parks&entity=x", "mode=x&sort_by=x"])
def test_blanks_a_sign_repetitions_and_unknown_parameters_are_accepted(client, path, query):
    assert client.get(f"{path}?{query}").status_code == 200


@BOTH
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response.json()["success"]) == (405, False)


def test_the_endpoints_are_documented_with_their_parameters(client):
    paths = client.get("/api/schema/", headers={"accept": "application/json"}).json()["paths"]
    list_of = {"limit", "period", "filter", "start_date", "end_date"}
    expected = {
        WAITS: list_of | {"entity"},
        FAILURES: list_of | {"entity"},
        "/api/parks/waittimes": list_of,
        "/api/rides/waittimes": list_of | {"mode"},
        "/api/live/status-summary": {"filter", "park_id"},
    }
    for path, parameters in expected.items():
        operation = paths[path]["get"]
        assert operation["summary"]
        assert {each["name"] for each in operation["parameters"]} == parameters
        assert set(operation["responses"]) - {"429", "503"} == {"200", "400"}
