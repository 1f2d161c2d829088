"""`/api/outages`, its files, and single outages."""

import csv
from copy import copy
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outages.models import Outage
from outages.tests.builders import ledger
from snapshots.models import RideStatusSnapshot
from stats.daily.recompute import refresh_today
from stats.models import RideDailyStats
from stats.tests.builders import DAY, LOS_ANGELES, local, make_park, make_ride, recomputed, report

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
MORNING = local(DAY, "09:00")
NOW = local(DAY + 2 * ONE_DAY, "12:00")
DAYS = f"start={DAY}&end={DAY + ONE_DAY}"
EVIL = '=cmd|"/c calc"!A1 <script>alert(1)</script>'


@pytest.fixture
def world():
    """Two parks; five outages of 10 to 120 minutes, the longest over midnight."""
    one, two = (
        make_park(name="First", operator="Disney", country="US"),
        make_park(timezone=LOS_ANGELES, country="JP", operator="Other"),
    )
    coaster, boat = make_ride(one, name=EVIL), make_ride(one, name="Boat")
    report(coaster, MORNING, "O60 D10 O60 D20 O60")
    report(boat, local(DAY, "20:00"), "D30 O150 D120 O60")
    report(make_ride(two, name="Train"), local(DAY, "10:00", LOS_ANGELES), "O60 D40 O60")
    with time_machine.travel(NOW, tick=False):
        for park in (one, two):
            for day in (DAY, DAY + ONE_DAY):
                recomputed(park, day)
        yield coaster, boat


def asked(client, query: str) -> Any:
    response = client.get(f"/api/outages?{query}")
    assert response.status_code == 200, response.content
    return response.json()


def lengths(body: Any) -> list[int]:
    return [row["seconds"] // 60 for row in body["data"]]


def test_a_list_has_every_outage_of_its_days_the_newest_first(client, world):
    body = asked(client, DAYS)
    assert sorted(lengths(body)) == [10, 20, 30, 40, 120]
    starts = [row["start"] for row in body["data"]]
    assert starts == sorted(starts, reverse=True)
    assert (body["total"], body["next_cursor"]) == (5, None)


def test_the_seconds_of_a_list_are_the_stored_downtime_of_its_days(client, world):
    for day in (DAY, DAY + ONE_DAY):
        body = asked(client, f"start={day}&end={day}")
        stored = sum(RideDailyStats.objects.filter(stat_date=day).values_list("down_seconds", flat=True))
        assert body["total_seconds"] == stored == sum(row["seconds_in_range"] for row in body["data"])


def test_an_outage_that_goes_on_into_the_first_day_is_listed_as_what_it_is(client, world):
    (row,) = asked(client, f"start={DAY + ONE_DAY}&end={DAY + ONE_DAY}")["data"]
    assert (row["date"], row["seconds"], row["seconds_in_range"]) == (str(DAY), 7200, 3600)
    assert row["id"] == asked(client, DAYS + "&sort=longest")["data"][0]["id"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=opening_delay", [30]),
        ("min_minutes=40", [40, 120]),
        ("country=us", [10, 20, 30, 120]),
        ("operator=disney", [10, 20, 30, 120]),
        ("operator=nobody", []),
        ("sort=longest", [120, 40, 30, 20, 10]),
        ("sort=shortest", [10, 20, 30, 40, 120]),
        ("open=true", []),
    ],
)
def test_filters_and_orders(client, world, query, expected):
    body = asked(client, f"{DAYS}&{query}")
    found = lengths(body) if "sort" in query else sorted(lengths(body))
    assert (found, body["total"]) == (expected, len(expected))


def test_a_park_and_a_ride_can_be_chosen(client, world):
    coaster, boat = world
    assert sorted(lengths(asked(client, f"{DAYS}&ride_id={boat.pk}"))) == [30, 120]
    assert sorted(lengths(asked(client, f"{DAYS}&park_id={coaster.park_id}"))) == [10, 20, 30, 120]
    assert asked(client, f"{DAYS}&ride_id={boat.pk}&park_id=999")["data"] == []


@pytest.mark.parametrize("order", ["newest", "oldest", "longest", "shortest"])
def test_pages_follow_each_other_without_a_gap(client, world, order):
    whole = [row["id"] for row in asked(client, f"{DAYS}&sort={order}")["data"]]
    found: list[str] = []
    cursor = ""
    for _ in range(3):
        body = asked(client, f"{DAYS}&sort={order}&limit=2{cursor}")
        found += [row["id"] for row in body["data"]]
        cursor = f"&cursor={body['next_cursor']}"
    assert found == whole
    assert body["next_cursor"] is None


def test_a_cursor_of_another_question_is_refused(client, world):
    cursor = asked(client, f"{DAYS}&limit=1")["next_cursor"]
    for query in (f"{DAYS}&sort=oldest", f"{DAYS}&min_minutes=5", f"start={DAY}&end={DAY}"):
        response = client.get(f"/api/outages?{query}&cursor={cursor}")
        assert response.status_code == 400
        assert "cursor" in response.json()["error"]


@pytest.mark.parametrize("cursor", ["x", "%00", "e30", "W10", "WyJhIl0", "é", "A" * 401, "bnVsbA"])
def test_a_cursor_that_is_none_is_refused(client, world, cursor):
    assert client.get(f"/api/outages?{DAYS}&cursor={cursor}").status_code == 400


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("park_id=0", "park_id"),
        ("park_id=x", "park_id"),
        ("ride_id=99999999999", "ride_id"),
        ("kind=nonsense", "kind"),
        ("min_minutes=-1", "min_minutes"),
        ("min_minutes=10001", "10,000"),
        ("start=2025-13-01", "start"),
        ("start=2025-07-05&end=2025-07-01", "start"),
        ("start=2025-01-01&end=2025-12-31&country=US", "31"),
        ("start=2023-01-01&end=2025-12-31&park_id=1", "366"),
        ("start=2005-01-01&end=2025-12-31&ride_id=1", "3,660"),
        ("sort=name", "sort"),
        ("country=USA", "country"),
        ("limit=-1", "limit"),
    ],
)
def test_what_is_not_acceptable_is_named_with_its_bound(client, query, named):
    for path in ("outages", "outages.csv"):
        if path == "outages.csv" and "limit" in query:
            continue
        response = client.get(f"/api/{path}?{query}")
        assert response.status_code == 400, query
        assert named in response.json()["error"]


def test_open_outages_are_those_that_last(client):
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D5", grain=300)
    with time_machine.travel(MORNING + timedelta(minutes=63), tick=False):
        refresh_today(MORNING + timedelta(minutes=63), 2)
        (row,) = asked(client, "open=true")["data"]
        assert (row["end"], row["seconds"]) == (None, 180)
    with time_machine.travel(MORNING + timedelta(hours=5), tick=False):
        assert asked(client, "open=true")["data"] == []
        (row,) = asked(client, "")["data"]
        assert row["end"] == row["last_seen"]


def test_a_file_has_every_outage_and_no_formula(client, world):
    response = client.get(f"/api/outages.csv?{DAYS}&sort=oldest")
    text = b"".join(response.streaming_content).decode()
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["id"] for row in rows] == [row["id"] for row in asked(client, f"{DAYS}&sort=oldest")["data"]]
    assert f"'{EVIL}" in {row["ride_name"] for row in rows}


def test_a_file_may_have_more_outages_than_one_expression_holds(client, world):
    row = Outage.objects.get(total_seconds=600)
    more = []
    for second in range(1, 1_501):
        row.started_at = row.ended_at = MORNING + timedelta(hours=1, seconds=-second)
        more.append(copy(row))
    Outage.objects.bulk_create(more)
    text = b"".join(client.get(f"/api/outages.csv?{DAYS}").streaming_content).decode()
    assert len(list(csv.DictReader(StringIO(text)))) == 1_505


def test_a_page_takes_few_statements(client, world):
    with CaptureQueriesContext(connection) as found:
        asked(client, f"{DAYS}&country=us&min_minutes=1")
    assert len(found) <= 8


# -- one outage ------------------------------------------------------------------------------------------


def detail(client, address: str) -> Any:
    response = client.get(f"/api/outages/{address}")
    assert response.status_code == 200, response.content
    return response.json()


def test_an_outage_shows_its_observations_and_neighbours(client, world):
    coaster, _ = world
    first = Outage.objects.filter(ride=coaster).order_by("started_at")[0]
    body = detail(client, first.address)
    evidence = body["evidence"]
    assert (body["state"], body["merged_into"], evidence["observations"]) == ("holds", None, 1)
    assert evidence["before"]["status"] == evidence["after"]["status"] == "OPERATING"
    assert evidence["first"]["at"] == body["start"]
    assert body["days"] == [{"date": str(DAY), "seconds": 600}]


def test_an_outage_over_midnight_names_its_days(client, world):
    body = detail(client, asked(client, f"{DAYS}&sort=longest")["data"][0]["id"])
    assert [part["seconds"] for part in body["days"]] == [3600, 3600]


def test_an_address_that_was_merged_says_into_which(client, world):
    coaster, _ = world
    first, second = Outage.objects.filter(ride=coaster).order_by("started_at")
    RideStatusSnapshot.objects.filter(
        ride=coaster, recorded_at__gte=first.started_at, recorded_at__lt=second.ended_at
    ).update(status="DOWN", computed_is_open=False)
    recomputed(coaster.park)
    body = detail(client, second.address)
    assert (body["state"], body["merged_into"], body["reason"]) == ("merged", first.address, "spell_changed")
    assert body["since"] is not None


def test_an_address_that_was_withdrawn_says_why(client, world):
    coaster, _ = world
    address = Outage.objects.filter(ride=coaster).order_by("started_at")[0].address
    RideStatusSnapshot.objects.filter(ride=coaster).update(status="OPERATING", computed_is_open=True)
    recomputed(coaster.park)
    body = detail(client, address)
    assert (body["state"], body["reason"], body["merged_into"]) == ("withdrawn", "ran", None)
    assert "ran" in body["reason_text"]


@pytest.mark.parametrize("address", ["zzz", "0", "<script>", "71ghp2a8r", "../etc", "a" * 300])
def test_an_unknown_address_is_404_with_a_way_on(client, address):
    response = client.get(f"/api/outages/{address}")
    assert response.status_code == 404
    if "/" not in address:
        assert "/api/outages" in response.json()["error"]


# -- observations ----------------------------------------------------------------------------------------


def test_observations_are_the_rows_under_the_figures(client, world):
    coaster, _ = world
    body = client.get(f"/api/rides/{coaster.pk}/observations?start={DAY}&end={DAY}").json()
    assert body["total"] == len(body["data"]) == RideStatusSnapshot.objects.filter(ride=coaster).count()
    down = [row["seconds"] for row in body["data"] if row["status"] == "DOWN" and row["park_open"]]
    assert sum(down) == sum(ledger("seconds", ride=coaster))
    assert body["data"][0]["origin"].startswith("cycle of ")


def test_observations_come_in_pages(client, world):
    coaster, _ = world
    url = f"/api/rides/{coaster.pk}/observations?start={DAY}&end={DAY}"
    whole = [row["at"] for row in client.get(url).json()["data"]]
    found: list[str] = []
    cursor = ""
    while True:
        body = client.get(f"{url}&limit=10{cursor}").json()
        found += [row["at"] for row in body["data"]]
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert found == whole
    assert client.get(f"{url}T10:00&cursor={cursor[8:]}").status_code == 400


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "start"),
        ("start=2025-07-01", "end"),
        ("start=x&end=2025-07-01", "start"),
        ("start=2025-07-02&end=2025-07-01", "end"),
        ("start=2025-07-01&end=2025-09-01", "31"),
    ],
)
def test_a_range_that_is_none_is_refused(client, query, named):
    ride = make_ride(make_park())
    response = client.get(f"/api/rides/{ride.pk}/observations?{query}")
    assert response.status_code == 400
    assert named in response.json()["error"]


def test_an_unknown_ride_has_no_observations(client):
    assert client.get(f"/api/rides/999/observations?{DAYS}").status_code == 404
