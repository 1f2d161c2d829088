"""The charts as a matrix (R-20.1, public-api 4.16): rows, cells, totals and titles."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from stats.charts.series import best
from stats.charts.tests.chart_builders import (
    DAYS,
    GRANULARITY,
    HOURS,
    LABELS,
    NOVEMBER,
    TODAY,
    WEEK,
    YESTERDAY,
    by_day,
    by_hour,
)
from stats.tests.builders import TOKYO, local, make_park, make_ride, park_day, recomputed, report, ride_day, show_park
from stats.tests.shapes import misfits

pytestmark = pytest.mark.django_db

URL = "/api/trends/heatmap-data"
TYPES = ("parks", "parks-shame", "rides-downtime", "rides-waittimes")
PERIODS = ("today", "yesterday", "last_week", "last_month")
ALL_TYPES = pytest.mark.parametrize("kind", TYPES)
ALL_PERIODS = pytest.mark.parametrize("period", PERIODS)
CHARTS = {
    "parks": "waittimes",
    "parks-shame": "parks",
    "rides-downtime": "rides",
    "rides-waittimes": "ridewaittimes",
}
METRICS = {
    "parks": ("avg_wait_time_minutes", "minutes"),
    "parks-shame": ("shame_score", "points"),
    "rides-downtime": ("downtime_hours", "hours"),
    "rides-waittimes": ("avg_wait_time_minutes", "minutes"),
}
TITLES = {
    "parks": "Top {} Parks by Wait Time ({})",
    "parks-shame": "Top {} Parks by Shame Score ({})",
    "rides-downtime": "Top {} Rides by Downtime ({})",
    "rides-waittimes": "Top {} Rides by Wait Time ({})",
}
WORDS = {"today": "Today", "yesterday": "Yesterday", "last_week": "Last Week", "last_month": "Last Month"}

BAD_LIMIT = "Invalid limit. Must be a non-negative integer"
NO_PERIOD = "Missing required parameter: period"
NO_TYPE = "Missing required parameter: type"
BAD_PERIOD = "Invalid period for heatmaps. LIVE period not supported. Use: today, yesterday, last_week, last_month"
BAD_TYPE = "Invalid type. Must be one of: parks, parks-shame, rides-downtime, rides-waittimes"
BAD_FILTER = "Invalid filter. Must be one of: disney-universal, all-parks"


@pytest.fixture
def ask(client):
    def answer(kind: str, period: str, **query: Any) -> dict:
        response = client.get(URL, {"type": kind, "period": period, **query})
        assert response.status_code == 200, response.content
        return response.json()

    return answer


def fill(count: int = 1, **columns: Any) -> None:
    """Parks with two rides and something to show in every period and of every type."""
    for n in range(count):
        park = make_park(**columns)
        start = {day: local(day, "09:00", park.timezone) for day in (TODAY, YESTERDAY)}
        for tier in (1, None):
            ride = make_ride(park, tier)
            for day in (TODAY, YESTERDAY):
                report(ride, start[day], f"O60 D{60 + n} O60", wait=30 + n)
            for day in (YESTERDAY, WEEK[3], date(2025, 11, 11)):
                ride_day(ride, day, downtime_minutes=60 + n, avg_wait_time=Decimal(20 + n))
        for day in (TODAY, YESTERDAY):
            show_park(park, start[day], 180)
        for day in (YESTERDAY, WEEK[3], date(2025, 11, 11)):
            park_day(park, day, avg_wait_time=Decimal(20 + n))


# -- numbers ---------------------------------------------------------------------------------------------


def test_a_week_of_waits_is_that_of_the_contract(ask):
    """The totals are the averages of the week, of days that posted for one hour each: 280 / 6 and 278 / 6 minutes."""
    park = make_park(name="Magic Kingdom")
    weeks = {"Dumbo": [69, 69, 40, 29, 39, 34], "Living with the Land": [48, 15, 66, 27, 66, 56]}
    for name, waits in weeks.items():
        ride = make_ride(park, 3, name=name)
        for day, wait in zip(WEEK, waits, strict=False):
            ride_day(ride, day, avg_wait_time=Decimal(wait))
    body = ask("rides-waittimes", "last_week")
    assert body["matrix"] == [[*map(float, waits), None] for waits in weeks.values()]
    entities = [
        {"entity_name": name, "park_name": "Magic Kingdom", "tier": 3, "rank": rank, "total_value": total}
        for rank, (name, total) in enumerate(zip(weeks, (46.7, 46.3), strict=True), start=1)
    ]
    assert [{key: row[key] for key in entities[0]} for row in body["entities"]] == entities
    assert body["title"] == "Top 2 Rides by Wait Time (Last Week)"


@pytest.mark.parametrize(("period", "day"), [("today", TODAY), ("yesterday", YESTERDAY)])
def test_a_day_by_the_hour(ask, period, day):
    """Down for 20 minutes of three hours; the totals are those of the day, not means of its hours."""
    park = make_park(name="Park")
    ride = make_ride(park, 2, name="Ride")
    at = report(ride, local(day, "09:00"), "O20", wait=40)
    at = report(ride, at, "O90 D20", wait=31)
    report(ride, at, "O50", wait=0)
    show_park(park, local(day, "09:00"), 180, "9.9")
    recomputed(park, day)
    found = {kind: ask(kind, period) for kind in TYPES}
    waits = by_hour({9: 34.0, 10: 31.0})
    assert {kind: body["matrix"] for kind, body in found.items()} == {
        "parks": [waits],
        "parks-shame": [by_hour({9: 0.0, 10: 1.7, 11: 1.7})],
        "rides-downtime": [by_hour({9: 0.0, 10: 0.17, 11: 0.17})],
        "rides-waittimes": [waits],
    }
    totals = {kind: body["entities"][0]["total_value"] for kind, body in found.items()}
    # 20 of 180 minutes; a third of an hour in three; (20 × 40 + 90 × 31) ÷ 110, where the hours' mean is 32.5
    assert totals == {"parks": 32.6, "parks-shame": 1.1, "rides-downtime": 0.1, "rides-waittimes": 32.6}


def test_a_week_of_scores_and_of_downtime(ask):
    """Of days of ten hours; 190 minutes on three days."""
    park = make_park()
    ride = make_ride(park)
    for day, score, minutes in ((14, "1.3", 60), (15, "0.0", 0), (17, "2.6", 130)):
        park_day(park, date(2025, 12, day), shame_score=Decimal(score))
        ride_day(ride, date(2025, 12, day), downtime_minutes=minutes)
    scores, hours = ask("parks-shame", "last_week"), ask("rides-downtime", "last_week")
    assert scores["matrix"] == [by_day({14: 1.3, 15: 0.0, 17: 2.6})]
    assert hours["matrix"] == [by_day({14: 1.0, 15: 0.0, 17: 2.17})]
    assert (scores["entities"][0]["total_value"], hours["entities"][0]["total_value"]) == (1.3, 1.1)


def test_a_long_day_weighs_more_in_the_total_than_a_short_one(ask):
    """N-2: 2 h of 4 h down and none of 12 h are 1.25, not the mean of 5.0 and 0.0."""
    park = make_park()
    park_day(park, WEEK[0], shame_score=Decimal(5), operating_hours_minutes=240)
    park_day(park, WEEK[1], shame_score=Decimal(0), operating_hours_minutes=720)
    assert ask("parks-shame", "last_week")["entities"][0]["total_value"] == 1.3


def test_rides_stand_in_the_order_of_the_total_that_they_show(ask):
    """Four hours in two days are more an hour of a day than five in five; the chart has the longest downtime first."""
    park = make_park()
    rare, often = make_ride(park, name="rare"), make_ride(park, name="often")
    for day in WEEK[:2]:
        ride_day(rare, day, downtime_minutes=120)
    for day in WEEK[:5]:
        ride_day(often, day, downtime_minutes=60)
    body = ask("rides-downtime", "last_week")
    heads = [(row["rank"], row["entity_name"], row["total_value"]) for row in body["entities"]]
    assert heads == [(1, "rare", 2.0), (2, "often", 1.0)]
    assert [row[:2] for row in body["matrix"]] == [[2.0, 2.0], [1.0, 1.0]]
    assert ask("rides-downtime", "last_week", limit=1)["entities"][0]["entity_name"] == "often"


def test_the_best_are_the_largest_above_zero_and_ties_go_by_id():
    figures = {7: Decimal(2), 3: Decimal(2), 5: Decimal(9), 1: Decimal(0), 2: Decimal(-1)}
    assert [best(figures, limit) for limit in (1, 2, 20)] == [[5], [5, 3], [5, 3, 7]]


@ALL_PERIODS
@ALL_TYPES
def test_the_cells_are_those_of_the_chart(client, ask, kind, period):
    fill(3)
    fill(1, timezone=TOKYO)
    body = ask(kind, period)
    query = {"type": CHARTS[kind], "period": period, "filter": "all-parks"}
    chart = client.get("/api/trends/chart-data", query).json()["chart_data"]
    assert len(body["entities"]) >= 2
    assert body["time_labels"] == chart["labels"]
    cells = {row["entity_id"]: values for row, values in zip(body["entities"], body["matrix"], strict=True)}
    assert cells == {each["entity_id"]: each["data"] for each in chart["datasets"]}
    if kind != "rides-downtime":
        assert list(cells) == [each["entity_id"] for each in chart["datasets"]]
    totals = [row["total_value"] for row in body["entities"]]
    assert totals == sorted(totals, reverse=True)


# -- shape -----------------------------------------------------------------------------------------------


@ALL_PERIODS
@ALL_TYPES
def test_every_answer_has_exactly_its_fields_as_numbers(ask, kind, period):
    fill(2)
    body = ask(kind, period)
    entity: dict[str, Any] = {"entity_id": int, "entity_name": str, "rank": int, "total_value": float}
    entity |= {"start_date": str, "end_date": str, "is_complete": bool, "last_is_partial": bool}
    entity |= {"location": str} if kind.startswith("parks") else {"park_name": str, "tier": int | None}
    root: dict[str, Any] = {
        "success": bool,
        "period": str,
        "metric": str,
        "metric_unit": str,
        "granularity": str,
        "timezone": str,
        "title": str,
        "time_labels": [str],
        "entities": [entity],
        "matrix": [[float | None]],
    }
    assert misfits(body, root) == []
    rows = 2 if kind.startswith("parks") else 4
    assert [row["rank"] for row in body["entities"]] == list(range(1, rows + 1))
    assert [len(row) for row in body["matrix"]] == [len(LABELS[period])] * rows
    assert {name: body[name] for name in ("success", "period", "granularity", "timezone", "time_labels")} == {
        "success": True,
        "period": period,
        "granularity": GRANULARITY[period],
        "timezone": "America/Los_Angeles",
        "time_labels": {"last_week": DAYS, "last_month": NOVEMBER}.get(period, HOURS),
    }
    assert (body["metric"], body["metric_unit"]) == METRICS[kind]
    assert body["title"] == TITLES[kind].format(rows, WORDS[period])


@ALL_PERIODS
def test_a_park_always_has_a_location_and_a_ride_never(ask, period):
    """Q25: the browser takes what has no location for a ride."""
    fill(city="Reykjavik", state_province=None, country="IS")
    for kind in ("parks", "parks-shame"):
        assert [row["location"] for row in ask(kind, period)["entities"]] == ["Reykjavik, IS"]
    for kind in ("rides-downtime", "rides-waittimes"):
        assert [row["tier"] for row in ask(kind, period)["entities"]] == [1, None]


@ALL_PERIODS
@ALL_TYPES
def test_an_empty_database_has_labels_and_nothing_else(ask, kind, period):
    """Q53: an empty map of parks was called one of rides."""
    body = ask(kind, period, filter="disney-universal")
    assert (body["entities"], body["matrix"], body["time_labels"]) == ([], [], LABELS[period])
    assert body["title"] == TITLES[kind].format(0, WORDS[period])


@ALL_PERIODS
@ALL_TYPES
def test_the_filter_keeps_disney_and_universal_parks(ask, kind, period):
    fill(is_disney=True)
    fill(is_universal=True)
    fill()
    factor = 1 if kind.startswith("parks") else 2
    assert len(ask(kind, period)["entities"]) == 3 * factor
    assert len(ask(kind, period, filter="disney-universal")["entities"]) == 2 * factor


@pytest.mark.parametrize(
    ("query", "rows"), [({}, 10), ({"limit": 20}, 20), ({"limit": 999}, 20), ({"limit": 0}, 1), ({"limit": "03"}, 3)]
)
def test_the_limit_is_clamped(ask, query, rows):
    for n in range(21):
        park_day(make_park(), WEEK[0], shame_score=Decimal(n) / 10 + 1)
    body = ask("parks-shame", "last_week", **query)
    assert [row[0] for row in body["matrix"]] == [round(3 - n / 10, 1) for n in range(rows)]
    assert body["title"] == f"Top {rows} Parks by Shame Score (Last Week)"


# -- parameters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", NO_PERIOD),
        ("period=&type=parks", NO_PERIOD),
        ("type=parks", NO_PERIOD),
        ("period=today", NO_TYPE),
        ("period=today&type=", NO_TYPE),
        ("period=live&type=parks", BAD_PERIOD),
        ("period=7days&type=parks", BAD_PERIOD),
        ("period=Today&type=parks", BAD_PERIOD),
        ("period=today&type=rides", BAD_TYPE),
        ("period=today&type=waittimes", BAD_TYPE),
        ("period=today&type=parks&filter=", BAD_FILTER),
        ("period=today&type=parks&filter=all", BAD_FILTER),
        ("period=today&type=parks&limit=abc", BAD_LIMIT),
        ("period=today&type=parks&limit=5.5", BAD_LIMIT),
        ("period=today&type=parks&limit=", BAD_LIMIT),
        ("period=today&type=parks&limit=-1", BAD_LIMIT),
    ],
)
def test_each_wrong_parameter_has_its_text(client, query, error):
    response = client.get(f"{URL}?{query}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": error})


def test_the_first_check_that_fails_decides_the_text(client):
    """Limit parse, period present, type present, period value, type value, filter."""
    query = {"limit": "x", "filter": "x"}
    steps = [
        (BAD_LIMIT, {"limit": "5"}),
        (NO_PERIOD, {"period": "live"}),
        (NO_TYPE, {"type": "x"}),
        (BAD_PERIOD, {"period": "today"}),
        (BAD_TYPE, {"type": "parks"}),
        (BAD_FILTER, {"filter": "all-parks"}),
    ]
    for error, mended in steps:
        assert client.get(URL, query).json() == {"success": False, "error": error}
        query |= mended
    assert client.get(URL, query).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(URL)
    assert (response.status_code, response.json()["success"]) == (405, False)


@ALL_PERIODS
@ALL_TYPES
def test_the_number_of_queries_does_not_depend_on_the_number_of_parks(django_assert_max_num_queries, kind, period):
    client = Client()  # which shares nothing and stores nothing

    def queries() -> int:
        with django_assert_max_num_queries(11) as captured:
            answer = client.get(URL, {"type": kind, "period": period, "limit": 3}).json()
            assert len(answer["entities"]) == 3
        return len(captured)

    fill(3)
    few = queries()
    fill(12)
    assert queries() == few
