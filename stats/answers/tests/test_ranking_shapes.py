"""Both rankings answer with exactly the contract's keys and types in every period (public-api 4.3, 4.9, 7)."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from snapshots.models import ParkActivitySnapshot
from stats.tests.builders import local, make_park, make_ride, park_day, report, ride_day, show_park

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, 32, tzinfo=UTC)  # Tuesday, 17:32 in New York, 14:32 in Los Angeles
TODAY = date(2025, 12, 23)
YESTERDAY, LAST_WEEK, LAST_MONTH = date(2025, 12, 22), date(2025, 12, 17), date(2025, 11, 11)
PERIODS = ("live", "today", "yesterday", "last_week", "7days", "last_month", "30days")
LABELS = {
    "yesterday": "Dec 22, 2025",
    "last_week": "Dec 14-20, 2025",
    "7days": "Dec 14-20, 2025",
    "last_month": "November 2025",
    "30days": "November 2025",
}
NOTE = {"data_source": "ThemeParks.wiki", "url": "https://themeparks.wiki"}

NULLABLE_NUMBER = float | None
DATES = {"start_date": str, "end_date": str, "is_complete": bool}
PARK = {
    "rank": int,
    "park_id": int,
    "park_name": str,
    "location": str,
    "queue_times_id": int | None,
    "queue_times_url": str | None,
    "shame_score": float,
    "total_downtime_hours": float,
    "weighted_downtime_hours": float,
    "rides_down": int,
    "uptime_percentage": NULLABLE_NUMBER,
    "trend_percentage": NULLABLE_NUMBER,
    "previous_downtime_hours": NULLABLE_NUMBER,
    **DATES,
}
RIDE = {
    "rank": int,
    "ride_id": int,
    "ride_name": str,
    "tier": int | None,
    "park_id": int,
    "park_name": str,
    "location": str,
    "queue_times_id": int | None,
    "park_queue_times_id": int | None,
    "queue_times_url": str | None,
    "downtime_hours": float,
    "uptime_percentage": NULLABLE_NUMBER,
    "trend_percentage": NULLABLE_NUMBER,
    "availability_percentage": NULLABLE_NUMBER,
    "opening_delay_minutes": int,
    "previous_downtime_hours": NULLABLE_NUMBER,
    **DATES,
}
DAYS_OF_RIDE = {"status_changes": int, "period_label": str}
WAITS = {"avg_wait_time": int | None, "peak_wait_time": int | None, "walk_on_percentage": NULLABLE_NUMBER}
NOW_OPEN = {"park_is_open": bool | None, "as_of": str}
CURRENT = {"current_status": str, "current_is_open": bool | None} | NOW_OPEN
ROWS: dict[tuple[str, str], dict[str, Any]] = {
    ("parks", "live"): PARK | NOW_OPEN | {"total_rides": int},
    ("parks", "today"): PARK
    | NOW_OPEN
    | {"rides_operating": int, "effective_park_weight": float, "snapshot_count": int},
    ("parks", "yesterday"): PARK | {"park_is_open": bool | None},
    ("rides", "live"): RIDE | WAITS | CURRENT,
    ("rides", "today"): RIDE | WAITS | CURRENT,
    ("rides", "yesterday"): RIDE | WAITS | DAYS_OF_RIDE,
}
for each in ("last_week", "7days", "last_month", "30days"):
    ROWS["parks", each] = PARK | {"period_label": str}
    ROWS["rides", each] = RIDE | DAYS_OF_RIDE
TOTALS = {
    "period": str,
    "filter_disney_universal": bool,
    "total_parks": int,
    "total_parks_tracked": int,
    "rides_down": int,
    "rides_operating": int,
    "rides_closed": int | None,
    "rides_refurbishment": int | None,
    "total_downtime_hours": float,
    "avg_uptime_percentage": NULLABLE_NUMBER,
}
ROOT = {
    "parks": {"success", "period", "filter", "weighted", "sort_by", "aggregate_stats", "total", "data", "attribution"},
    "rides": {"success", "period", "filter", "total", "data", "attribution"},
}


@pytest.fixture
def world():
    """A park with something to show in every period, and one that has nothing but names."""
    with time_machine.travel(NOW, tick=False):
        for columns in ({}, {"queue_times_id": None, "state_province": None, "country": "IS", "city": "Reykjavik"}):
            park = make_park(**columns)
            ride = make_ride(park, 1, last_operated_at=NOW, queue_times_id=columns.get("queue_times_id", 1_000_108))
            opening = local(TODAY, "09:00")
            report(ride, opening, "O440 D70", wait=35)
            show_park(park, opening, 510, "4.0")
            for day in (YESTERDAY, LAST_WEEK, LAST_MONTH):
                park_day(park, day)
                ride_day(ride, day)
        make_ride(make_park())
        yield


def answer(client: Client, path: str, **query: Any) -> Any:
    response = client.get(f"/api/{path}", query)
    assert response.status_code == 200, response.content
    return response.json()


def is_a(value: Any, kind: Any) -> bool:
    """`isinstance`, but true is no int and 1 is no float."""
    kinds = kind.__args__ if hasattr(kind, "__args__") else (kind,)
    return type(value) in kinds


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("kind", ["parks", "rides"])
def test_every_period_has_exactly_its_fields_as_json_numbers(world, client, kind, period):
    body = answer(client, f"{kind}/downtime", period=period)
    assert set(body) == ROOT[kind]
    assert (body["success"], body["period"], body["filter"], body["attribution"]) == (True, period, "all-parks", NOTE)
    assert len(body["data"]) == 2
    expected = ROWS[kind, period]
    for row in body["data"]:
        assert set(row) == set(expected)
        assert [name for name, kind_ in expected.items() if not is_a(row[name], kind_)] == []
        if period in LABELS and "period_label" in row:
            assert row["period_label"] == LABELS[period]
    assert [row["rank"] for row in body["data"]] == [1, 2]
    if kind == "parks":
        silent = {"parks_silent"} if period in ("live", "today") else set()
        assert set(body["aggregate_stats"]) == set(TOTALS) | silent
        assert all(is_a(body["aggregate_stats"][name], kind_) for name, kind_ in TOTALS.items())
        normal = {"7days": "last_week", "30days": "last_month"}.get(period, period)
        assert body["aggregate_stats"]["period"] == normal


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("kind", ["parks", "rides"])
def test_places_and_links_are_there_in_every_period(world, client, kind, period):
    orlando, reykjavik = answer(client, f"{kind}/downtime", period=period)["data"]
    assert (orlando["location"], reykjavik["location"]) == ("Orlando, Florida", "Reykjavik, IS")
    url = f"https://queue-times.com/parks/{orlando['park_queue_times_id' if kind == 'rides' else 'queue_times_id']}"
    assert orlando["queue_times_url"] == (f"{url}/rides/1000108" if kind == "rides" else url)
    assert reykjavik["queue_times_url"] is reykjavik["queue_times_id"] is None


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("kind", ["parks", "rides"])
def test_without_a_period_before_there_is_no_trend(world, client, kind, period):
    trends = {row["trend_percentage"] for row in answer(client, f"{kind}/downtime", period=period)["data"]}
    assert trends == {None}


@pytest.mark.parametrize(
    "path", ["/api/parks/downtime", "/api/rides/downtime?period=last_week", "/api/health", "/api/search/index", "/"]
)
def test_head_answers_like_get_without_a_body(world, client, path):
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Type"] == get["Content-Type"] == "application/json"
    assert head["Content-Length"] == get["Content-Length"] == str(len(get.content))


@pytest.mark.parametrize("filter_", ["all-parks", "disney-universal"])
@pytest.mark.parametrize("period", PERIODS)
def test_an_empty_database_answers_with_zeros(client, period, filter_):
    with time_machine.travel(NOW, tick=False):
        body = answer(client, "parks/downtime", period=period, filter=filter_)
        assert answer(client, "rides/downtime", period=period, filter=filter_)["data"] == []
    assert body["data"] == []
    unknown = ("avg_uptime_percentage", *(() if period == "live" else ("rides_closed", "rides_refurbishment")))
    assert body["aggregate_stats"] == {
        **dict.fromkeys(TOTALS, 0),
        **dict.fromkeys(unknown),
        **({"parks_silent": 0} if period in ("live", "today") else {}),
        "filter_disney_universal": filter_ == "disney-universal",
        "period": {"7days": "last_week", "30days": "last_month"}.get(period, period),
    }


@pytest.mark.parametrize("kind", ["parks", "rides"])
@pytest.mark.parametrize("period", PERIODS)
def test_the_number_of_queries_does_not_depend_on_the_number_of_parks(django_assert_max_num_queries, kind, period):
    client = Client()  # which shares nothing and stores nothing

    def add_parks(count: int) -> None:
        for number in range(count):
            park = make_park(timezone=f"Etc/GMT+{number % 6 + 3}", is_disney=bool(number % 2))
            for _ in range(3):
                ride = make_ride(park, 2, last_operated_at=NOW)
                report(ride, NOW - timedelta(hours=8), "O355 D120", None, wait=20)
                for day in (YESTERDAY, LAST_WEEK, LAST_MONTH):
                    ride_day(ride, day)
            show_park(park, NOW - timedelta(hours=8), 475, "3.0")
            for day in (YESTERDAY, LAST_WEEK, LAST_MONTH):
                park_day(park, day)

    def queries(rows: int) -> int:
        with django_assert_max_num_queries(14) as captured:
            assert len(answer(client, f"{kind}/downtime", period=period)["data"]) == rows
        return len(captured)

    with time_machine.travel(NOW, tick=False):
        add_parks(2)
        few = queries(2 if kind == "parks" else 6)
        add_parks(18)
        assert queries(20 if kind == "parks" else 60) == few


@pytest.mark.parametrize("kind", ["parks", "rides"])
@pytest.mark.parametrize("period", PERIODS)
def test_no_number_is_nan_or_a_string_of_digits(world, client, kind, period):
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = client.get(f"/api/{kind}/downtime", {"period": period}).content
    body = json.loads(text, parse_constant=refuse)
    for row in body["data"]:
        assert not [name for name, value in row.items() if isinstance(value, str) and value.isdigit()]


def test_a_park_seen_but_closed_appears_in_the_totals_of_live_alone(client):
    with time_machine.travel(NOW, tick=False):
        park = make_park()
        make_ride(park, last_operated_at=NOW)
        show_park(park, NOW - timedelta(minutes=10), 10, is_open=False)
        body = answer(client, "parks/downtime")
        assert ParkActivitySnapshot.objects.count() == 1
    assert body["data"] == []
    totals = body["aggregate_stats"]
    assert (totals["total_parks"], totals["rides_down"], totals["rides_operating"]) == (1, 0, 0)
