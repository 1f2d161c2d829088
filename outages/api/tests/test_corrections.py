"""`/api/corrections`, its feed, and what had been published before."""

from datetime import timedelta
from xml.etree import ElementTree as Xml

import pytest
import time_machine

from outages.models import Correction
from outages.tests.factories import CorrectionFactory
from snapshots.models import RideStatusSnapshot
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report

pytestmark = pytest.mark.django_db

MORNING = local(DAY, "09:00")
FIRST, SECOND = MORNING + timedelta(days=1), MORNING + timedelta(days=9)
EVIL = "]]><script>alert(1)</script> & \u202etxt"


@pytest.fixture
def ride():
    """Ten minutes down, and ten that were withdrawn a week later for forty at another time."""
    ride = make_ride(make_park(), name=EVIL)
    report(ride, MORNING, "O60 D10 O60 D10 O60")
    with time_machine.travel(FIRST, tick=False):
        recomputed(ride.park)
    RideStatusSnapshot.objects.filter(recorded_at__gte=MORNING + timedelta(minutes=120)).delete()
    report(ride, MORNING + timedelta(minutes=120), "O60 D40 O30")
    with time_machine.travel(SECOND, tick=False):
        recomputed(ride.park)
        yield ride


def test_corrections_say_what_was_and_what_is(client, ride):
    body = client.get(f"/api/corrections?ride_id={ride.pk}").json()
    assert body["total"] == len(body["data"]) == Correction.objects.count() == 3
    day = next(row for row in body["data"] if row["outage_id"] is None)
    assert {"what": "down_seconds", "old": 1200, "new": 3000} in day["changes"]
    assert day["cause"] == "observations"
    states = [each for row in body["data"] for each in row["changes"] if each["what"] == "state"]
    assert {(each["old"], each["new"]) for each in states} == {("holds", "withdrawn"), (None, "holds")}


def test_pages_of_corrections_follow_each_other(client, ride):
    whole = [row["id"] for row in client.get("/api/corrections").json()["data"]]
    first = client.get("/api/corrections?limit=2").json()
    second = client.get(f"/api/corrections?limit=2&cursor={first['next_cursor']}").json()
    assert [row["id"] for row in first["data"] + second["data"]] == whole
    assert client.get(f"/api/corrections?ride_id=1&cursor={first['next_cursor']}").status_code == 400


@pytest.mark.parametrize("query", ["start=2025-01-01", "start=2025-02-01&end=2025-01-01", "park_id=x", "limit=-1"])
def test_what_is_not_acceptable_is_refused(client, query):
    assert client.get(f"/api/corrections?{query}").status_code == 400


def test_the_feed_is_well_formed_whatever_the_names(client, ride):
    response = client.get("/api/corrections.atom")
    assert response["Content-Type"].startswith("application/atom+xml")
    root = Xml.fromstring(response.content)  # noqa: S314  (written here)
    titles = [each.text or "" for each in root.iter("{http://www.w3.org/2005/Atom}title")]
    assert any("<script>alert(1)</script>" in title for title in titles)
    assert b"<script>" not in response.content
    assert len(root.findall("{http://www.w3.org/2005/Atom}entry")) == 3


def test_the_ledger_as_of_an_instant_is_what_was_published_then(client, ride):
    days = f"ride_id={ride.pk}&start={DAY}&end={DAY}&sort=oldest"

    def seconds(at: str) -> list[int]:
        body = client.get(f"/api/outages?{days}{at}").json()
        assert body["total_seconds"] == sum(row["seconds_in_range"] for row in body["data"])
        return [row["seconds"] for row in body["data"]]

    assert seconds("") == [600, 2400]
    assert seconds(f"&as_of={FIRST:%Y-%m-%dT%H:%M:%SZ}") == [600, 600]
    assert seconds(f"&as_of={SECOND:%Y-%m-%dT%H:%M:%SZ}") == [600, 2400]
    assert seconds(f"&as_of={MORNING:%Y-%m-%dT%H:%M:%SZ}") == []


def test_as_of_needs_a_park_or_a_ride(client):
    response = client.get("/api/outages?as_of=2025-01-01")
    assert response.status_code == 400
    assert "as_of" in response.json()["error"]


def test_a_list_can_be_narrowed_to_days(client):
    row = CorrectionFactory.create()
    assert client.get(f"/api/corrections?start={row.stat_date}&end={row.stat_date}").json()["total"] == 1
    assert client.get("/api/corrections?start=2020-01-01&end=2020-01-02").json()["total"] == 0
