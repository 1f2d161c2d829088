"""Reliability as the API answers it: figures from daily rows, lengths from the ledger, ranks."""

from collections import Counter
from datetime import date, timedelta

import pytest
from time_machine import travel

from core.periods import Days
from parks.models import EntityMetadata, Shelter
from parks.tests.factories import NOON, ParkFactory, RideFactory
from stats.reliability import block_sums as sums
from stats.reliability import lengths
from stats.reliability.block_sums import block_sums
from stats.tests.factories import RideDayFactory

pytestmark = pytest.mark.django_db

FIRST = date(2026, 6, 1)
JUNE = "start_date=2026-06-01&end_date=2026-06-30"


@pytest.fixture(autouse=True)
def at_noon():
    with travel(NOON, tick=False):
        yield


def days_of(ride, down, *, number=30, unknown=0, closed=0):
    """So many days of ten hours; `down` minutes of each, by its number from 0 on."""
    for n in range(number):
        minutes = down(n)
        RideDayFactory(
            ride=ride,
            stat_date=FIRST + timedelta(days=n),
            operating_hours_minutes=600 - unknown,
            uptime_minutes=600 - unknown - minutes - closed,
            downtime_minutes=minutes,
            unknown_minutes=unknown,
        )


def asked(client, **query):
    words = "&".join(f"{name}={value}" for name, value in query.items())
    answer = client.get(f"/api/reliability?{JUNE}&{words}")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_a_ride_has_its_shares_of_exact_seconds_and_intervals_around_them(client):
    ride = RideFactory()
    days_of(ride, lambda n: 60 if n % 3 == 0 else 0, unknown=30, closed=57)
    (row,) = asked(client)["data"]
    assert row["coverage_percentage"] == 95.0
    assert row["days"] == 30
    assert row["uptime_percentage"] == 86.5
    assert row["availability_percentage"] == 96.1
    assert row["uptime_low"] < 86.5 < row["uptime_high"]
    assert row["availability_low"] < 96.1 < row["availability_high"]
    assert (row["known_hours"], row["down_hours"]) == (285, 10)
    assert (row["rank"], row["withheld"]) == (1, None)


def test_two_questions_have_the_same_interval(client):
    days_of(RideFactory(), lambda n: n * 7 % 50)
    assert asked(client) == asked(client, order="best")


def test_lengths_are_those_that_the_ledger_reads(client, monkeypatch):
    ride = RideFactory()
    days_of(ride, lambda n: 10)
    monkeypatch.setattr(lengths, "READERS", [lambda rides, days: {pk: Counter([600, 1200, 6000]) for pk in rides}])
    (row,) = asked(client)["data"]
    assert (row["outages"], row["mean_outage_minutes"], row["median_outage_minutes"]) == (3, 43.3, 20.0)


def test_opening_delays_are_counted_by_days_and_summed(client):
    ride = RideFactory()
    days_of(ride, lambda n: 10, number=28)
    RideDayFactory(
        ride=ride,
        stat_date=date(2026, 6, 30),
        operating_hours_minutes=600,
        uptime_minutes=555,
        downtime_minutes=45,
        opening_delay_minutes=45,
    )
    (row,) = asked(client)["data"]
    assert (row["opening_delays"], row["opening_delay_minutes"]) == (1, 45)


def test_rides_that_are_surely_apart_have_ranks_and_others_share(client):
    park = ParkFactory()
    best, middle, alike, worst = (RideFactory(park=park, name=name) for name in "abcd")
    days_of(best, lambda n: 0)
    days_of(middle, lambda n: 110 + n % 3)
    days_of(alike, lambda n: 111 + n % 3)
    days_of(worst, lambda n: 300 + n % 3)
    rows = asked(client)["data"]
    assert [row["ride_name"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["rank"] for row in rows] == [1, None, None, 4]
    assert [row["shares_ranks"] for row in rows] == [None, [2, 3], [2, 3], None]
    assert [row["withheld"] for row in rows] == [None, "overlap", "overlap", None]
    turned = asked(client, order="worst")["data"]
    assert [row["rank"] for row in turned] == [4, None, None, 1]


def test_a_rank_is_withheld_where_too_little_is_known(client):
    park = ParkFactory()
    known, few, dim = (RideFactory(park=park, name=name) for name in ("known", "few", "dim"))
    days_of(known, lambda n: n % 20)
    days_of(few, lambda n: n % 20, number=9)
    days_of(dim, lambda n: n % 20, unknown=150)
    rows = {row["ride_name"]: row for row in asked(client)["data"]}
    assert (rows["known"]["rank"], rows["known"]["shares_ranks"]) == (1, None)
    assert (rows["few"]["rank"], rows["few"]["withheld"]) == (None, "days")
    assert (rows["dim"]["rank"], rows["dim"]["withheld"]) == (None, "coverage")


def test_a_park_is_its_attractions_of_the_time_they_were_meant_to_run(client):
    park = ParkFactory()
    days_of(RideFactory(park=park), lambda n: 60, closed=300)
    days_of(RideFactory(park=park), lambda n: 0, closed=60)
    days_of(RideFactory(park=park, category="SHOW"), lambda n: 300)
    (row,) = asked(client, entity="parks")["data"]
    assert row["uptime_percentage"] == row["availability_percentage"] == 92.9  # (240 + 540) / 840 of each day
    assert (row["park_id"], row["days"], row["known_hours"]) == (park.pk, 30, 600)
    assert "ride_id" not in row
    summary = asked(client)["summary"]
    assert summary["uptime_percentage"] == 92.9


def test_rides_are_chosen_by_park_ride_operator_country_tier_and_shelter(client):
    here = ParkFactory(operator="Merlin", country="GB")
    ride = RideFactory(park=here, tier=1)
    other = RideFactory(park=ParkFactory(operator="Six Flags", country="US"), tier=2)
    for each in (ride, other):
        days_of(each, lambda n: n % 20)
    EntityMetadata.objects.create(
        ride=ride, themeparks_wiki_id="x", entity_name="x", entity_type="ATTRACTION", indoor_outdoor=Shelter.INDOOR
    )
    chosen = (
        {"park_id": here.pk},
        {"ride_id": ride.pk},
        {"operator": "merlin"},
        {"country": "gb"},
        {"tier": 1},
        {"shelter": "INDOOR"},
    )
    for query in chosen:
        answer = asked(client, **query)
        assert [row["ride_id"] for row in answer["data"]] == [ride.pk], query
    assert (asked(client)["rides"], asked(client)["rides_with_shelter"]) == (2, 1)


def test_pages_have_all_rows_once(client):
    park = ParkFactory()
    for n in range(5):
        days_of(RideFactory(park=park), lambda day, n=n: n * 10 + day % 3, number=12)
    pages = [asked(client, limit=2, offset=offset) for offset in (0, 2, 4)]
    listed = [row["ride_id"] for page in pages for row in page["data"]]
    assert listed == [row["ride_id"] for row in asked(client)["data"]]
    assert {page["total"] for page in pages} == {5}


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("entity=shows", 400, "entity"),
        ("period=live", 400, "period"),
        ("park_id=x", 400, "park_id"),
        ("ride_id=0", 400, "ride_id"),
        ("country=Germany", 400, "country"),
        ("tier=4", 400, "tier"),
        ("shelter=TENT", 400, "shelter"),
        ("measure=luck", 400, "measure"),
        ("order=up", 400, "order"),
        ("limit=-1", 400, "limit"),
        ("start_date=2026-06-30&end_date=2026-06-01", 400, "start_date"),
        ("start_date=2025-06-29&end_date=2026-06-30", 400, "366"),
        ("start_date=2010-06-29&end_date=2026-06-30&park_id=1", 400, "3,660"),
        ("park_id=99999", 400, "/api/search"),
        ("ride_id=99999", 400, "/api/search"),
    ],
)
def test_what_cannot_be_asked_is_named_with_the_remedy(client, query, status, word):
    answer = client.get(f"/api/reliability?{query}")
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert word in answer.json()["error"]


def test_the_file_has_a_line_for_each_and_no_formulas(client):
    ride = RideFactory(name="=1+1")
    days_of(ride, lambda n: 60 if n % 3 == 0 else 0)
    lines = client.get(f"/api/reliability.csv?{JUNE}").content.decode().splitlines()
    assert lines[0].startswith("coverage_percentage,days,")
    assert len(lines) == 2
    assert "'=1+1" in lines[1]


def test_a_long_window_of_many_parks_read_block_by_block_has_the_same_sums(monkeypatch):
    rides = [RideFactory(park=ParkFactory()) for _ in range(3)]
    for n, ride in enumerate(rides):
        days_of(ride, lambda day, n=n: n * 10 + day % 7, number=100)
    parks, days = [ride.park for ride in rides], Days(FIRST, FIRST + timedelta(days=99))
    by_day = block_sums(parks, days)
    monkeypatch.setattr(sums, "SCANNED_PARKS", 1)
    assert block_sums(parks, days) == by_day
    assert len(by_day[rides[0].pk].blocks) == 15
