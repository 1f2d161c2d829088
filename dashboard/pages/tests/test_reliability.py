"""The page of reliability: figures with their intervals, ranks that are shared, what it cannot be asked."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from time_machine import travel

from parks.tests.factories import NOON, ParkFactory, RideFactory
from stats.tests.factories import RideDayFactory

pytestmark = pytest.mark.django_db

JUNE = "start=2026-06-01&end=2026-06-30"


@pytest.fixture(autouse=True)
def at_noon():
    with travel(NOON, tick=False):
        yield


def report(ride, down, number=30):
    for n in range(number):
        RideDayFactory(
            ride=ride,
            stat_date=date(2026, 6, 1) + timedelta(days=n),
            operating_hours_minutes=600,
            uptime_minutes=600 - down - n % 3,
            downtime_minutes=down + n % 3,
        )


def text_of(client, query="", status=200):
    response = client.get(f"/reliability?{JUNE}&{query}", headers={"accept": "text/html"})
    assert response.status_code == status
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_each_figure_has_its_interval_and_its_rank_or_the_ranks_it_shares(client):
    park = ParkFactory(name="Castle")
    for name, down in (("Best", 0), ("Alike", 100), ("Same", 101), ("Worst", 300)):
        report(RideFactory(park=park, name=name), down)
    report(RideFactory(park=park, name="New"), 5, number=4)
    text = text_of(client)
    assert re.search(r" 1 Best Castle ", text)
    assert re.search(r"shares ranks 2–3 Alike", text)
    assert re.search(r" 4 Worst Castle .*?49\.8 % \d\d\.\d–\d\d\.\d", text)
    assert "under 10 days New" in text
    assert "5 rides" in text


def test_it_says_that_no_source_knows_which_rides_stand_indoors(client):
    report(RideFactory(), 5)
    assert "No source says of any of these 1 rides whether it stands indoors." in text_of(client)


def test_parks_are_listed_by_what_their_attractions_did(client):
    report(RideFactory(park=ParkFactory(name="Castle")), 60)
    assert "Castle" in text_of(client, "entity=parks")


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("tier=9", 400, "tier"),
        ("park_id=9999", 400, "/api/search"),
        ("order=up", 400, "order"),
        ("page=0", 400, "page"),
    ],
)
def test_what_it_cannot_show_is_named(client, query, status, words):
    assert words in text_of(client, query, status)


def test_names_stay_text(client):
    report(RideFactory(name="<script>x</script>"), 5)
    response = client.get(f"/reliability?{JUNE}")
    assert b"<script>x" not in response.content
