"""What the line charts show (R-20.2, public-api 4.13): whom, in which order, with which values."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from parks.models import Category, Park, Ride
from stats.charts.tests.chart_builders import (
    ALL_PERIODS,
    ALL_TYPES,
    FIRST_MARK,
    GRANULARITY,
    LABELS,
    NOW,
    URL,
    WEEK,
    YESTERDAY,
    by_day,
)
from stats.tests.builders import LOS_ANGELES, TOKYO, local, make_park, make_ride, park_day, report, ride_day, show_park
from stats.tests.shapes import misfits

pytestmark = pytest.mark.django_db


BAD_LIMIT = "Invalid limit. Must be a non-negative integer"
BAD_PERIOD = "Invalid period. Must be one of: live, today, yesterday, last_week, last_month"
BAD_TYPE = "Invalid type. Must be one of: parks, rides, waittimes, ridewaittimes"
BAD_FILTER = "Invalid filter. Must be one of: disney-universal, all-parks"


# -- days ------------------------------------------------------------------------------------------------


def test_a_day_of_a_park_is_its_stored_score(lines):
    """Q13: it was hours of downtime by rides."""
    park = make_park(name="A")
    for day, score in ((14, "1.300"), (15, "0.000"), (16, "2.250"), (20, "10.000")):
        park_day(park, date(2025, 12, day), shame_score=Decimal(score))
    park_day(park, date(2025, 12, 17), shame_score=Decimal(0), operating_hours_minutes=0)  # closed
    park_day(park, date(2025, 12, 13), shame_score=Decimal(9))
    park_day(park, date(2025, 12, 21), shame_score=Decimal(9))
    park_day(park, date(2025, 12, 19), shame_score=Decimal(9), metrics_version=settings.METRICS_VERSION + 1)
    assert lines("parks", "last_week") == [("A", by_day({14: 1.3, 15: 0.0, 16: 2.3, 20: 10.0}))]


def test_parks_of_a_week_are_ranked_by_their_mean_score(lines):
    """R-10.4: over the time in which they were open; one bad day is not a bad week, a closed one not a good one."""
    scores: dict[str, list[Any]] = {
        "bad day": [9, 0, 0, 0, 0, 0, 0],
        "closed often": [2, None, None, None, None, None, None],
        "tie": [2, 2],
        "good": [0, 0, 0],
    }
    for name, days in scores.items():
        park = make_park(name=name)
        for day, score in zip(WEEK, days, strict=False):
            minutes = {"operating_hours_minutes": 0} if score is None else {}
            park_day(park, day, shame_score=Decimal(score or 0), **minutes)
    assert [name for name, _ in lines("parks", "last_week")] == ["closed often", "tie", "bad day"]
    assert [name for name, _ in lines("parks", "last_week", limit=1)] == ["closed often"]


def test_a_day_of_waits_is_its_average_in_whole_minutes(lines):
    """Ranked before rounding: 30.3 and 30.25 minutes on average; a day of walk-ons alone has none (N-4)."""
    parks = [make_park(name=name) for name in ("lower", "higher")]
    averages = (["30.00", "30.50"], ["30.49", "30.11", None])
    for park, waits in zip(parks, averages, strict=True):
        ride = make_ride(park, name=park.name)
        for day, wait in zip(WEEK, waits, strict=False):
            columns = {"avg_wait_time": None if wait is None else Decimal(wait)}
            park_day(park, day, **columns)
            ride_day(ride, day, **columns)
        if park.name == "lower":
            walk_on = {"avg_wait_time": None, "walk_on_seconds": 3600}
            park_day(park, WEEK[6], **walk_on)
            ride_day(ride, WEEK[6], **walk_on)
    expected = [("higher", by_day({14: 30, 15: 30})), ("lower", by_day({14: 30, 15: 31}))]
    assert lines("waittimes", "last_week") == lines("ridewaittimes", "last_week") == expected


def test_a_day_of_a_ride_is_its_hours_down(lines):
    """Ranked by all of the week's downtime."""
    often, once = make_ride(make_park(), name="often"), make_ride(make_park(), name="once")
    for day in WEEK[:3]:
        ride_day(often, day, downtime_minutes=50)
    ride_day(often, WEEK[3], downtime_minutes=0)
    ride_day(often, WEEK[4], downtime_minutes=0, uptime_minutes=0, operating_hours_minutes=0)
    ride_day(often, WEEK[5], downtime_minutes=500, metrics_version=settings.METRICS_VERSION + 1)
    ride_day(once, WEEK[6], downtime_minutes=149)
    ride_day(make_ride(make_park(), name="never"), WEEK[0], downtime_minutes=0)
    ride_day(make_ride(make_park(), name="show", category=Category.SHOW), WEEK[0], downtime_minutes=60)
    assert lines("rides", "last_week") == [
        ("often", by_day({14: 0.83, 15: 0.83, 16: 0.83, 17: 0.0})),
        ("once", by_day({20: 2.48})),
    ]


@pytest.mark.parametrize(
    ("now", "labels", "first", "last"),
    [
        (NOW, 30, "Nov 01", "Nov 30"),
        (datetime(2026, 3, 15, 12, tzinfo=UTC), 28, "Feb 01", "Feb 28"),
        (datetime(2024, 3, 15, 12, tzinfo=UTC), 29, "Feb 01", "Feb 29"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), 31, "Dec 01", "Dec 31"),
    ],
)
@ALL_TYPES
def test_a_month_has_the_dates_of_the_calendar(chart, kind, now, labels, first, last):
    with time_machine.travel(now, tick=False):
        found = chart(kind, "last_month")["labels"]
    assert (len(found), found[0], found[-1]) == (labels, first, last)


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (datetime(2025, 12, 21, 7, 59, tzinfo=UTC), "Dec 07", "Dec 13"),  # still Saturday in Los Angeles (Q8)
        (datetime(2025, 12, 21, 8, tzinfo=UTC), "Dec 14", "Dec 20"),
        (datetime(2025, 12, 28, 7, 59, tzinfo=UTC), "Dec 14", "Dec 20"),
    ],
)
def test_a_week_is_sunday_to_saturday_by_the_sites_clock(chart, now, first, last):
    park_day(make_park(timezone=LOS_ANGELES), date(2025, 12, 13))
    park_day(make_park(timezone=LOS_ANGELES), date(2025, 12, 20))
    with time_machine.travel(now, tick=False):
        found = chart("parks", "last_week")
    assert (len(found["labels"]), found["labels"][0], found["labels"][-1]) == (7, first, last)
    assert [each["data"] for each in found["datasets"]] == [[None] * 6 + [1.0]]


@ALL_TYPES
def test_a_chart_has_one_set_of_dates_for_all_parks(chart, kind):
    """N-1: Saturday evening in California, Sunday noon in Tokyo: both show the week that is over at the site."""
    for zone in (LOS_ANGELES, TOKYO):
        park = make_park(timezone=zone, name=zone)
        ride = make_ride(park, name=zone)
        for day in range(7, 21):
            park_day(park, date(2025, 12, day), avg_wait_time=Decimal(20))
            ride_day(ride, date(2025, 12, day))
    with time_machine.travel(datetime(2025, 12, 21, 4, tzinfo=UTC), tick=False):
        found = chart(kind, "last_week")
    assert found["labels"] == ["Dec 07", "Dec 08", "Dec 09", "Dec 10", "Dec 11", "Dec 12", "Dec 13"]
    assert [[value is not None for value in each["data"]] for each in found["datasets"]] == [[True] * 7] * 2
    for each in found["datasets"]:
        assert [each[name] for name in ("start_date", "end_date", "is_complete")] == ["2025-12-07", "2025-12-13", True]


def test_a_park_whose_last_day_has_not_ended_says_so(chart):
    """The site's week ends at midnight in Los Angeles; in Honolulu it is ten in the evening."""
    park_day(make_park(timezone="Pacific/Honolulu"), date(2025, 12, 20))
    with time_machine.travel(datetime(2025, 12, 21, 8, 30, tzinfo=UTC), tick=False):
        (line,) = chart("parks", "last_week")["datasets"]
    assert [line[name] for name in ("start_date", "end_date", "is_complete")] == ["2025-12-14", "2025-12-20", False]


@pytest.mark.parametrize("period", ["yesterday", "last_week", "last_month"])
@ALL_TYPES
def test_days_that_are_over_keep_what_is_no_longer_active(chart, kind, period):
    """N-15."""
    fill()
    Ride.objects.update(is_active=False)
    Park.objects.update(is_active=False)
    assert len(chart(kind, period)["datasets"]) == (2 if "ride" in kind else 1)


# -- everywhere ------------------------------------------------------------------------------------------


def fill(count: int = 1, **columns: Any) -> None:
    """Parks with two rides and something to show in every period and of every type."""
    for n in range(count):
        park = make_park(**columns)
        morning = local(YESTERDAY, "09:00", park.timezone)
        for tier in (1, None):
            ride = make_ride(park, tier)
            report(ride, morning, "O120 D60", wait=30 + n)
            report(ride, FIRST_MARK, "O20 D20 O20", wait=30 + n)
            for day in (YESTERDAY, WEEK[3], date(2025, 11, 11)):
                ride_day(ride, day)
        show_park(park, morning, 180)
        show_park(park, FIRST_MARK, 60)
        park_day(park, YESTERDAY, avg_wait_time=Decimal(30 + n))
        for day in (WEEK[3], date(2025, 11, 11)):
            park_day(park, day, avg_wait_time=Decimal(25))


ROOT = {
    "success": bool,
    "period": str,
    "type": str,
    "filter": str,
    "granularity": str,
    "mock": bool,
    "attribution": str,
    "timestamp": str,
}


@ALL_PERIODS
@ALL_TYPES
def test_every_answer_has_exactly_its_fields_as_numbers(client, kind, period):
    fill(2)
    body = client.get(URL, {"type": kind, "period": period, "filter": "all-parks"}).json()
    is_whole = "wait" in kind and period != "live"
    dataset: dict[str, Any] = {"label": str, "data": [int | None if is_whole else float | None]}
    dataset |= {"start_date": str, "end_date": str, "is_complete": bool, "last_is_partial": bool}
    if "ride" in kind:
        dataset["park"] = str
    if period != "live":
        dataset |= {"entity_id": int}
        dataset |= {"park_name": str, "tier": int | None} if "ride" in kind else {"location": str}
    data: dict[str, Any] = {"labels": [str], "datasets": [dataset]}
    if period == "live" and kind != "parks":
        data["granularity"] = str
        assert body["chart_data"]["granularity"] == "minutes"
    assert misfits(body, ROOT | {"chart_data": data}) == []
    assert len(body["chart_data"]["datasets"]) == (4 if "ride" in kind else 2)
    assert body["chart_data"]["labels"] == LABELS[period]
    assert [body[name] for name in ("success", "period", "type", "filter", "granularity", "mock")] == [
        True,
        period,
        kind,
        "all-parks",
        GRANULARITY[period],
        False,
    ]
    assert body["attribution"] == "Data powered by ThemeParks.wiki - https://themeparks.wiki"
    assert body["timestamp"] == "2025-12-23T22:32:00Z"
    for each in body["chart_data"]["datasets"]:
        assert any(value is not None for value in each["data"])


@pytest.mark.parametrize("period", ["today", "yesterday", "last_week", "last_month"])
def test_a_dataset_names_its_park_or_ride(chart, period):
    fill(city="Reykjavik", state_province=None, country="IS")
    (park,) = chart("parks", period)["datasets"]
    assert park["location"] == "Reykjavik, IS"
    rides = chart("rides", period)["datasets"]
    assert [ride["tier"] for ride in rides] == [1, None]
    assert {ride["park"] for ride in rides} == {ride["park_name"] for ride in rides} == {park["label"]}


@ALL_PERIODS
@ALL_TYPES
def test_an_empty_database_has_labels_and_nothing_invented(client, kind, period):
    """Q6: it was filled with random numbers."""
    body = client.get(URL, {"type": kind, "period": period}).json()
    assert (body["mock"], body["chart_data"]["datasets"], body["chart_data"]["labels"]) == (False, [], LABELS[period])


@ALL_PERIODS
@ALL_TYPES
def test_disney_and_universal_is_the_default(client, kind, period):
    fill(name="Disney's Neighbour")
    assert client.get(URL, {"type": kind, "period": period}).json()["chart_data"]["datasets"] == []
    fill(is_universal=True)
    fill(is_disney=True)
    body = client.get(URL, {"type": kind, "period": period}).json()
    assert (body["filter"], len(body["chart_data"]["datasets"])) == ("disney-universal", 4 if "ride" in kind else 2)


@pytest.mark.parametrize("period", ["live", "today"])
@ALL_TYPES
def test_what_is_no_longer_active_is_not_shown_as_present(chart, kind, period):
    fill(is_active=False)
    assert chart(kind, period)["datasets"] == []


def test_parks_by_the_last_week_are_the_default(client):
    body = client.get(URL).json()
    assert (body["type"], body["period"], body["filter"]) == ("parks", "last_week", "disney-universal")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({}, 10),
        ({"limit": 20}, 20),
        ({"limit": 21}, 20),
        ({"limit": "9" * 30}, 20),
        ({"limit": 0}, 1),
        ({"limit": " +3"}, 3),
    ],
)
def test_the_limit_is_clamped(chart, query, rows):
    for n in range(21):
        park_day(make_park(), WEEK[0], shame_score=Decimal(n) / 10 + 1)
    data = [each["data"][0] for each in chart("parks", "last_week", **query)["datasets"]]
    assert data == [round(3 - n / 10, 1) for n in range(rows)]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("limit=abc", BAD_LIMIT),
        ("limit=5.5", BAD_LIMIT),
        ("limit=", BAD_LIMIT),
        ("limit=-1", BAD_LIMIT),
        ("period=7days", BAD_PERIOD),
        ("period=", BAD_PERIOD),
        ("period=LIVE", BAD_PERIOD),
        ("type=", BAD_TYPE),
        ("type=parks-shame", BAD_TYPE),
        ("type=Parks", BAD_TYPE),
        ("filter=", BAD_FILTER),
        ("filter=all", BAD_FILTER),
        ("limit=x&period=x&type=x&filter=x", BAD_LIMIT),
        ("filter=x&type=x&period=x", BAD_PERIOD),
        ("filter=x&type=x", BAD_TYPE),
    ],
)
def test_each_wrong_parameter_has_its_text_and_the_first_decides(client, query, error):
    response = client.get(f"{URL}?{query}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": error})


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
            body = client.get(URL, {"type": kind, "period": period, "filter": "all-parks", "limit": 2}).json()
        assert len(body["chart_data"]["datasets"]) == 2
        return len(captured)

    fill(2)
    few = queries()
    fill(4)
    assert queries() == few


def test_each_further_time_zone_among_the_rides_shown_costs_a_few_queries(client, django_assert_max_num_queries):
    for n in range(20):
        fill(timezone=f"Etc/GMT+{n % 10 + 1}")
    for period in ("live", "today", "yesterday"):
        with django_assert_max_num_queries(11 + 9 * 6):
            body = client.get(URL, {"type": "rides", "period": period, "filter": "all-parks", "limit": 20}).json()
        assert len(body["chart_data"]["datasets"]) == 20
