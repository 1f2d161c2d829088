"""The pages of the ledger: the list with its filters and calendar, and single outages."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from core import data_version
from outages.models import Outage
from parks.models import Park
from snapshots.models import RideStatusSnapshot
from stats.tests.builders import DAY, local, make_park, make_ride, park_day, recomputed, report, show_park
from weather.tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
DAYS = f"start={DAY}&end={DAY + ONE_DAY}"
EVIL = '"Quotes" <script>alert(1)</script> مدينة'


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(local(DAY + 2 * ONE_DAY, "12:00"), tick=False):
        yield


@pytest.fixture
def park() -> Park:
    """A ride down twice, the second time over midnight, and one down meanwhile."""
    park = make_park(name=EVIL)
    ride, other = make_ride(park, name=EVIL), make_ride(park, name="Boat")
    report(ride, local(DAY, "20:00"), "O60 D20 O100 D120 O60")
    report(other, local(DAY, "20:00"), "O65 D30 O100")
    show_park(park, local(DAY, "20:00"), 360)
    for day in (DAY, DAY + ONE_DAY):
        recomputed(park, day)
    return park


def ask(client, url: str, status: int = 200) -> str:
    response = client.get(url, headers={"accept": "text/html"})
    assert response.status_code == status, response.content[:2000]
    return response.content.decode()


def text_of(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_the_list_says_how_many_and_how_long(client, park):
    text = text_of(ask(client, f"/outages?{DAYS}"))
    assert "3 outages, 2 h 50 min down" in text
    assert "22 Dec: 3 outages, 1 h 50 min down" in text
    assert "23 Dec: 1 outage, 1 h 00 min down" in text


def test_a_day_of_the_calendar_leads_to_its_outages(client, park):
    page = ask(client, f"/outages?{DAYS}&sort=longest")
    [last] = re.findall(rf'class="h\d" href="(\?[^"]*start={DAY + ONE_DAY}[^"]*)"', page)
    text = text_of(ask(client, f"/outages{unescape(last)}"))
    assert "1 outage, 1 h 00 min down" in text
    assert "2 h 00 min (1 h 00 min here)" in text


def test_the_form_keeps_what_was_asked(client, park):
    page = ask(client, f"/outages?{DAYS}&kind=breakdown&min_minutes=25&sort=longest&park_id={park.pk}&open=")
    for each in (
        'value="breakdown" selected',
        'value="25"',
        'value="longest" selected',
        f'value="{park.pk}" selected',
    ):
        assert each in page
    assert "2 outages" in text_of(page)


def test_pages_of_the_list_follow_each_other(client, park):
    page = ask(client, f"/outages?{DAYS}&limit=2")
    [following] = re.findall(r'rel="next" href="([^"]+)"', page)
    assert len(re.findall(r'href="/outages/[a-z0-9]+"', ask(client, f"/outages{unescape(following)}"))) == 1


def test_every_outage_of_the_list_has_its_page(client, park):
    page = ask(client, f"/outages?{DAYS}")
    addresses = re.findall(r'href="(/outages/[a-z0-9]+)"', page)
    assert len(addresses) == 3
    for each in addresses:
        assert "Nothing speaks" in (text := text_of(ask(client, each))) or "speaks against" in text


def test_an_outage_shows_observations_neighbours_and_weather(client, park):
    ObservationFactory.create(park=park, observation_time=local(DAY, "21:00"), weather_code=95, temperature_c=31)
    first = Outage.objects.order_by("started_at")[0]
    text = text_of(ask(client, f"/outages/{first.address}"))
    assert "Breakdown: down in the open park on a day on which the ride operated" in text
    assert "31 °C" in text and "thunder" in text  # noqa: PT018
    assert "Boat" in text
    assert "inside" in text


def test_an_old_address_leads_to_what_became_of_it(client, park):
    first, second = Outage.objects.filter(ride__name=EVIL, state="holds").order_by("started_at")
    gap = RideStatusSnapshot.objects.filter(
        ride=first.ride_id, recorded_at__gte=first.started_at, recorded_at__lt=second.started_at
    )
    gap.update(status="DOWN", computed_is_open=False)
    recomputed(park, DAY)
    page = ask(client, f"/outages/{second.address}")
    assert "no longer holds" in text_of(page)
    assert f'href="/outages/{first.address}"' in page
    RideStatusSnapshot.objects.filter(ride=first.ride_id).update(status="OPERATING", computed_is_open=True)
    recomputed(park, DAY)
    assert "withdrawn" in text_of(ask(client, f"/outages/{first.address}"))


def test_names_stay_text(client, park):
    first = Outage.objects.filter(ride__name=EVIL).order_by("started_at")[0]
    for url in (f"/outages?{DAYS}&ride_id={first.ride_id}", f"/outages?{DAYS}", f"/outages/{first.address}"):
        assert "<script>alert" not in ask(client, url)


@pytest.mark.parametrize("url", ["/outages/zzz", "/outages/0", "/outages/%3Cscript%3E"])
def test_an_unknown_address_is_a_friendly_page(client, url):
    assert "There is no outage at this address" in ask(client, url, 404)


@pytest.mark.parametrize("query", ["start=soon", "min_minutes=x", "kind=none", "cursor=x", "start=2020-01-01"])
def test_what_cannot_be_asked_is_a_friendly_page(client, query):
    assert query.partition("=")[0] in ask(client, f"/outages?{query}", 400)


def test_corrections_stand_on_their_page_and_lead_to_what_changed(client, park):
    ride = Outage.objects.filter(ride__name=EVIL)[0].ride
    RideStatusSnapshot.objects.filter(ride=ride, status="DOWN").update(status="OPERATING", computed_is_open=True)
    recomputed(park, DAY)
    page = ask(client, f"/corrections?ride_id={ride.pk}")
    text = text_of(page)
    assert "3 corrections" in text
    assert "downtime 4800 → 0" in text
    assert "<script>alert" not in page
    for each in re.findall(r'href="(/outages/[a-z0-9]+)"', page):
        assert "withdrawn" in text_of(ask(client, each))
    assert "3 corrections" in text_of(ask(client, f"/rides/{ride.pk}?start={DAY}&end={DAY}"))
    assert "3 corrections" in text_of(ask(client, f"/parks/{park.pk}?date={DAY}"))


@pytest.mark.parametrize("query", ["ride_id=x", "start=soon&end=soon", "cursor=x"])
def test_corrections_that_cannot_be_asked_are_a_friendly_page(client, query):
    assert query.partition("=")[0] in ask(client, f"/corrections?{query}", 400)


def test_the_list_opens_at_the_newest_days_where_all_data_are_old(client):
    old = make_park(name="Import")
    park_day(old, DAY - 900 * ONE_DAY)
    data_version.move()
    page = ask(client, "/outages")
    assert "Nothing newer than" in page
    assert (DAY - 900 * ONE_DAY).isoformat() in page
