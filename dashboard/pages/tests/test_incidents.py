"""Incidents of parks, in the API and as pages."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from outages.models import Outage
from parks.models import Park
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report, show_park
from weather.tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db

EVIL = "<script>alert(1)</script>"
DAYS = f"start={DAY}&end={DAY}"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(local(DAY + timedelta(days=2), "12:00"), tick=False):
        yield


@pytest.fixture
def park() -> Park:
    park = make_park(name=EVIL)
    for number, story in enumerate(("O120 D60 O300", "O120 D60 O300", "O130 D60 O290", "O130 D30 O320")):
        report(make_ride(park, name=f"Ride {number}"), local(DAY, "10:00"), story)
    report(make_ride(park, name="Boat"), local(DAY, "10:00"), "O300 D60 O120")
    show_park(park, local(DAY, "10:00"), 480)
    ObservationFactory(park=park, observation_time=local(DAY, "12:00"), weather_code=95)
    recomputed(park, DAY)
    return park


def page(client, url, status=200):
    response = client.get(url, headers={"accept": "text/html"})
    assert response.status_code == status
    return response.content.decode()


def text_of(html):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


def test_the_list_has_the_incident_with_its_members(client, park):
    body = client.get(f"/api/incidents?{DAYS}&park_id={park.pk}").json()
    (row,) = body["data"]
    assert (row["kind"], row["rides"], row["seconds"]) == ("weather", 4, 210 * 60)
    assert {member["ride_name"] for member in row["members"]} == {f"Ride {n}" for n in range(4)}
    assert client.get(f"/api/incidents?{DAYS}&park_id={park.pk + 1}").json()["total"] == 0
    assert client.get(f"/api/incidents/{row['id']}").json()["incident"] == row


def test_an_incident_and_its_outages_lead_to_each_other(client, park):
    row = client.get(f"/api/incidents?{DAYS}").json()["data"][0]
    html = page(client, f"/incidents/{row['id']}")
    assert "Weather closure" in text_of(html)
    assert "<script>alert" not in html
    for member in row["members"]:
        assert f"/outages/{member['id']}" in html
        assert client.get(f"/api/outages/{member['id']}").json()["incident"] == row["id"]
        assert f"/incidents/{row['id']}" in page(client, f"/outages/{member['id']}")
    boat = Outage.objects.get(ride__name="Boat")
    assert "/incidents/" not in page(client, f"/outages/{boat.address}")


def test_an_address_from_before_the_first_ride_moved_leads_to_the_incident(client, park):
    row = client.get(f"/api/incidents?{DAYS}").json()["data"][0]
    Outage.objects.filter(ride__name__in=("Ride 0", "Ride 1")).update(kind="breakdown")
    moved = client.get(f"/api/incidents/{row['id']}").json()["incident"]
    assert (moved["rides"], moved["id"] != row["id"]) == (2, True)


@pytest.mark.parametrize(
    ("url", "status", "word"),
    [
        ("/api/incidents?start=soon", 400, "start"),
        ("/api/incidents?park_id=x", 400, "park_id"),
        ("/api/incidents?start=2020-01-01&end=2021-06-01", 400, "31"),
        ("/api/incidents/zzz", 404, "/api/incidents"),
        ("/api/incidents/uuuu", 404, "/api/incidents"),
    ],
)
def test_what_it_cannot_answer_is_named_with_the_way_on(client, url, status, word):
    answer = client.get(url)
    assert (answer.status_code, word in answer.json()["error"]) == (status, True)
