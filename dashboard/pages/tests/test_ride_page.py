"""The page of a ride: strips, outages, waits, lines and facts over the days up to a date; bad addresses."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.test import Client

from core.periods import Days
from dashboard.components.links import ride_url
from dashboard.pages.ride_view import MOST_OUTAGES, queues_table, ride_days
from parks.models import Ride, Shelter
from parks.tests.factories import MetadataFactory
from snapshots.models import QueueType, ReturnState
from snapshots.tests.factories import QueueFactory
from stats.tests.builders import LOS_ANGELES, local, make_park, make_ride, recomputed, report, show_park

pytestmark = pytest.mark.django_db

TODAY = date(2025, 12, 23)
YESTERDAY = date(2025, 12, 22)
NOW = local(TODAY, "17:00", LOS_ANGELES)
WEEK = Days(TODAY - timedelta(days=6), TODAY)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def make_coaster(days: int = 3, **columns: object) -> Ride:
    """Down for an hour in the morning and half an hour after noon of every day; waits grow from day to day."""
    park = make_park(name="Fairyland", timezone=LOS_ANGELES, is_disney=True)
    ride = make_ride(park, 1, name="Coaster", land_area="Frontier", last_operated_at=NOW, **columns)
    for n in range(days):
        day = TODAY - timedelta(days=n)
        opening = local(day, "09:00", LOS_ANGELES)
        report(ride, opening, "D60 O240 D30 O150", wait=20 + 10 * n)
        show_park(park, opening, 480)
        recomputed(park, day)
    return Ride.objects.select_related("park", "classification", "metadata").get(pk=ride.pk)


def ask(client: Client, ride: Ride, status: int = 200, **query: str) -> str:
    response = client.get(ride_url(ride.pk), query, headers={"accept": "text/html"})
    assert response.status_code == status, response.content
    return unescape(response.content.decode())


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def column(table, *keys: str) -> list[tuple]:
    return [tuple(re.sub(r"<[^>]+>", "", str(row[key])) for key in keys) for row in table.rows]


# -- strips and outages ---------------------------------------------------------------------------------------


def test_every_day_has_its_strip_newest_first(client):
    page = ask(client, make_coaster(), start="2025-12-17")
    days = re.findall(r"<li><a href=\"/parks/\d+\?date=([\d-]+)\">", page)
    assert days == [(TODAY - timedelta(days=n)).isoformat() for n in range(7)]
    timeline = page.count(
        'aria-label="Down 09:00–10:00, Operating 10:00–14:00, Down 14:00–14:30, Operating 14:30–17:00"'
    )
    assert timeline == 3


def test_outages_have_start_end_length_and_kind():
    table = ride_days(make_coaster(1), WEEK, NOW)["outages"]
    assert column(table, "start", "end", "length", "kind") == [
        ("Tue 23 Dec, 14:00", "14:30", "30 min", "Breakdown"),
        ("Tue 23 Dec, 09:00", "10:00", "1 h 00 min", "Opening delay"),
    ]


def test_silence_is_an_outage_of_unknown_kind():
    ride = make_coaster(0)
    opening = local(TODAY, "09:00", LOS_ANGELES)
    show_park(ride.park, opening, 480)
    report(ride, opening + timedelta(minutes=120), "O360")
    shown = ride_days(ride, WEEK, NOW)
    assert column(shown["outages"], "length", "kind") == [("2 h 00 min", "Unknown")]
    assert shown["figures"]["outages"] == 0
    assert column(shown["time"], "part", "length") == [
        ("Operating", "6 h 00 min"),
        ("Down", "0 min"),
        ("Closed as planned", "0 min"),
        ("Nothing known", "2 h 00 min"),
        ("Together", "8 h 00 min"),
    ]


def test_up_down_closed_and_unknown_add_up(client):
    """N-3: of 12 h open 6 up, 2 down, 2 closed as planned, 2 unknown: uptime 6 of 10, availability 6 of 8."""
    ride = make_coaster(0)
    opening = local(YESTERDAY, "09:00", LOS_ANGELES)
    show_park(ride.park, opening, 720)
    report(ride, opening, "D30 O360 D90 R120")
    shown = ride_days(ride, Days(YESTERDAY, YESTERDAY), NOW)
    assert [round(row["share"], 1) for row in shown["time"].rows] == [50.0, 16.7, 16.7, 16.7, 100.0]
    figures = shown["figures"]
    assert (figures["uptime"], figures["availability"], figures["downtime"], figures["delay"]) == (60.0, 75.0, 2.0, 30)


def test_the_outages_are_those_of_the_api_and_add_up_to_the_downtime(client):
    """N-11: one over midnight is one; a day on which the ride never ran has none."""
    ride = make_coaster(0)
    park, sunday = ride.park, date(2025, 12, 14)
    show_park(park, local(sunday, "09:00", LOS_ANGELES), 900)
    end = report(ride, local(sunday, "09:00", LOS_ANGELES), "D20 O200 D30 O200 D450")  # until midnight
    end = report(ride, end, "D60")
    report(ride, local(sunday + timedelta(days=1), "09:00", LOS_ANGELES), "D15 O400")
    report(ride, local(sunday + timedelta(days=2), "09:00", LOS_ANGELES), "D300")
    page = ask(client, ride, start="2025-12-14", end="2025-12-20")
    assert "14 December 2025 to 20 December 2025" in page
    shown = ride_days(ride, Days(sunday, sunday + timedelta(days=6)), NOW)
    call = f"/api/rides/{ride.pk}/details?period=last_week"
    body = client.get(unescape(call)).json()
    assert shown["figures"]["outages"] == len(body["downtime_events"]) == 4
    assert shown["figures"]["downtime"] == body["summary"]["total_downtime_hours"] == 9.58  # 575 minutes
    kinds = [row["kind"] for row in shown["outages"].rows if row["kind"] != "Unknown"]
    assert kinds == ["Opening delay", "Breakdown", "Breakdown", "Opening delay"]
    assert shown["figures"]["delay"] == body["summary"]["opening_delay_minutes"] == 35


def test_an_outage_that_goes_on_says_so():
    ride = make_coaster(0)
    opening = local(TODAY, "09:00", LOS_ANGELES)
    show_park(ride.park, opening, 480)
    report(ride, opening, "O400 D80")
    assert column(ride_days(ride, WEEK, NOW)["outages"], "start", "end") == [("Tue 23 Dec, 15:40", "not over yet")]


def test_a_long_list_of_outages_is_cut_and_says_so(client):
    ride = make_coaster(0)
    opening = local(TODAY, "09:00", LOS_ANGELES)
    show_park(ride.park, opening, 480)
    report(ride, opening, "O1 D1 " * (MOST_OUTAGES + 10) + "O60")
    table = ride_days(ride, WEEK, NOW)["outages"]
    assert len(table.rows) == MOST_OUTAGES
    assert table.caption == "Outages, the latest 200 of 210, America/Los_Angeles"


def test_a_park_that_does_not_report_breakdowns_has_a_word_of_caution(client):
    caution = "does not distinguish breakdowns from planned closures"
    assert caution not in ask(client, make_coaster(1))
    plain = make_ride(make_park(), name="Carousel")
    assert caution in ask(client, plain)


# -- figures --------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_analytics(client):
    ride = make_coaster()
    query = {"rides": ride.pk, "start": WEEK.first, "end": WEEK.last, "bucket": "hour_of_day"}
    [reported] = client.get("/api/analytics/rides", query).json()["data"]
    shown = ride_days(ride, WEEK, NOW)
    total, figures = reported["total"], shown["figures"]
    assert figures["uptime"] == total["uptime_percentage"] == 81.3
    assert figures["downtime"] * 60 == pytest.approx(total["downtime_minutes"])
    assert figures["wait"] == total["wait_avg"]
    by_hour = {row["bucket"]: row["wait_avg"] for row in reported["buckets"]}
    chart = shown["charts"][0]
    assert dict(zip((label.zfill(5) for label in chart.labels), chart.series[0].values, strict=True)) == by_hour


def test_the_weekdays_are_those_of_the_analytics(client):
    ride = make_coaster(10)
    days = Days(TODAY - timedelta(days=9), TODAY)
    query = {"rides": ride.pk, "start": days.first, "end": days.last, "bucket": "weekday", "metrics": "wait_avg"}
    [reported] = client.get("/api/analytics/rides", query).json()["data"]
    chart = ride_days(ride, days, NOW)["charts"][1]
    assert list(chart.series[0].values) == [row["wait_avg"] for row in reported["buckets"]]
    assert chart.labels[0] == "Monday"


def test_hours_and_weekdays_show_when_it_is_full_and_when_it_breaks(client):
    """The coaster is down from 9 to 10, and half of 14 to 15, every day."""
    shown = ride_days(make_coaster(7), WEEK, NOW)
    waits, down = shown["matrices"]
    assert waits.hours == down.hours[1:] or len(waits.hours) < len(down.hours)
    assert [day for day, _ in down.rows] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    of_day = dict(zip(down.hours, down.rows[0][1], strict=True))
    assert [text for _, text in of_day.values()] == ["60", "0", "0", "0", "0", "30", "0", "0"]
    assert next(iter(of_day.values()))[0] == "h6"
    assert dict(waits.rows)["Tue"][0][1] == "20"  # today


def test_the_typical_length_of_an_outage_is_said_where_there_are_enough(client):
    assert ride_days(make_coaster(2), WEEK, NOW)["half"] is None
    page = text_of(ask(client, make_coaster(3)))
    assert "Half are over in 45 min: the median of the 6 outages of these days that have ended." in page


def test_the_day_beside_a_strip_has_its_downtime():
    bars = ride_days(make_coaster(2), WEEK, NOW)["bars"]
    assert [bar["down"] for bar in bars] == [1.5, 1.5, None, None, None, None, None]


# -- lines and facts --------------------------------------------------------------------------------------------


def test_every_kind_of_line_is_reported_with_its_latest_report():
    ride = make_coaster(1)
    at = local(TODAY, "12:00", LOS_ANGELES)
    facts = {
        QueueType.SINGLE_RIDER: {"wait_time_minutes": 15},
        QueueType.RETURN_TIME: {
            "wait_time_minutes": None,
            "return_state": ReturnState.AVAILABLE,
            "return_time_start": local(TODAY, "13:05", LOS_ANGELES),
            "return_time_end": local(TODAY, "14:05", LOS_ANGELES),
        },
        QueueType.PAID_RETURN_TIME: {
            "wait_time_minutes": None,
            "return_state": ReturnState.FINISHED,
            "price_amount": Decimal("18.00"),
            "price_currency": "USD",
        },
        QueueType.BOARDING_GROUP: {
            "wait_time_minutes": None,
            "boarding_group_status": "PAUSED",
            "boarding_group_current": "38-42",
        },
        QueueType.PAID_STANDBY: {"wait_time_minutes": 5},
    }
    for kind, columns in facts.items():
        QueueFactory.create(ride=ride, recorded_at=at, queue_type=kind, **columns)
        QueueFactory.create(ride=ride, recorded_at=at - timedelta(hours=1), queue_type=kind, wait_time_minutes=45)
    found = dict(column(queues_table(ride, WEEK, NOW), "line", "said"))
    assert found == {
        "Single Rider": "15 min",
        "Return Time": "Available, return 13:05–14:05",
        "Paid Return Time": "Finished, 18.00 USD",
        "Boarding Group": "Paused, groups 38-42",
        "Paid Standby": "5 min",
    }
    spreads = dict(column(queues_table(ride, WEEK, NOW), "line", "waits"))
    assert spreads["Single Rider"] == "15–45"
    assert spreads["Boarding Group"] == "45"


def test_reports_of_lines_outside_the_days_are_left_out():
    ride = make_coaster(0)
    QueueFactory.create(ride=ride, recorded_at=local(WEEK.first - timedelta(days=1), "12:00", LOS_ANGELES))
    assert queues_table(ride, WEEK, NOW).rows == []


def test_what_is_known_of_the_ride_is_reported(client):
    ride = make_coaster(1)
    MetadataFactory.create(
        ride=ride,
        themeparks_wiki_id="00000000-0000-4000-8000-000000000001",
        indoor_outdoor=Shelter.OUTDOOR,
        height_min_cm=102,
        tags=["coaster", "single rider"],
        latitude=Decimal("33.8120000"),
        longitude=Decimal("-117.9190000"),
    )
    text = text_of(ask(client, ride))
    for fact in ("Frontier", "1, weight 3", "Manual Override", "Outdoor", "102 cm", "coaster, single rider"):
        assert fact in text, fact
    assert "33.81200, -117.91900" in text


def test_a_ride_about_which_nothing_is_known_has_a_page(client):
    page = ask(client, make_ride(make_park(), name="New"))
    assert "Nothing is known of the ride in the open park in these days." in page
    assert "Nothing is known of these days." in page
    assert "No outage" not in page  # N-6


def test_a_ride_that_stood_still_did_not_operate(client):
    ride = make_coaster(0)
    report(ride, local(TODAY, "09:00", LOS_ANGELES), "C300")
    page = ask(client, ride)
    assert "The ride did not operate in the open park in these days." in page
    assert "No outage in these days." in page


@pytest.mark.parametrize("what", ["park", "ride"])
def test_what_is_no_longer_followed_keeps_its_page(client, what):
    """N-15."""
    ride = make_coaster(2)
    if what == "ride":
        Ride.objects.update(is_active=False)
    else:
        ride.park.is_active = False
        ride.park.save()
    page = ask(client, ride)
    assert "No longer followed." in page
    assert text_of(page).count("Downtime h 3.00") == 1


def test_a_ride_that_was_retired_shows_when_it_last_ran(client):
    ride = make_coaster(0)
    Ride.objects.filter(pk=ride.pk).update(last_operated_at=local(date(2025, 3, 1), "12:00", LOS_ANGELES))
    page = ask(client, ride)
    assert "?start=2025-01-31&end=2025-03-01" in page


# -- addresses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "24 November 2025 to 23 December 2025"),
        ({"period": "last_week"}, "14 December 2025 to 20 December 2025"),
        ({"period": "today"}, "Tuesday, 23 December 2025"),
        ({"period": "live"}, "Tuesday, 23 December 2025"),
        ({"period": "yesterday"}, "Monday, 22 December 2025"),
        ({"date": "2025-12-01"}, "Monday, 1 December 2025"),
        ({"start": "2025-12-01"}, "1 December 2025 to 23 December 2025"),
        ({"start": "2025-12-20", "end": "2026-01-03"}, "20 December 2025 to 23 December 2025"),
    ],
)
def test_the_address_says_which_days(client, query, words):
    assert f"<h2>{words}</h2>" in ask(client, make_coaster(1), **query)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"date": "x" * 500}, "is not a date"),
        ({"date": "2026-01-01"}, "is still to come"),
        ({"start": "2025-12-02", "end": "2025-12-01"}, "the end must not lie before the start"),
        ({"period": "'"}, "is not known"),
    ],
)
def test_a_bad_parameter_is_a_friendly_page(client, query, words):
    page = ask(client, make_coaster(0), 400, **query)
    assert words in page
    assert "The way on" in page


@pytest.mark.parametrize("ride_id", ["0", "999999", "9" * 30])
def test_an_unknown_ride_is_a_friendly_page(client, ride_id):
    response = client.get(f"/rides/{ride_id}", headers={"accept": "text/html"})
    assert response.status_code == 404
    assert "There is no ride with the number" in response.content.decode()


def test_names_stay_text(client):
    name = """"Quotes" & 'more' <script>alert(1)</script> 🎢 مدينة"""
    park = make_park(name=name)
    body = client.get(ride_url(make_ride(park, name=name, land_area="<b>Land</b>").pk)).content.decode()
    assert "<script>alert" not in body
    assert "<b>" not in body
    assert "🎢 مدينة" in body


def test_figures_of_downtime_lead_to_their_outages_and_these_to_their_observations(client):
    ride = make_coaster(1)
    page = ask(client, ride)
    lists = set(re.findall(r'href="(/outages\?[^"]+)"', page))
    assert lists
    for each in lists:
        assert client.get(unescape(each)).status_code == 200
    outages = set(re.findall(r'href="(/outages/[^"?]+)"', page))
    assert outages
    for each in outages:
        [raw] = re.findall(r'href="(/api/rides/[^"]+)"', client.get(each).content.decode())
        assert client.get(unescape(raw)).json()["total"] > 0


@pytest.mark.parametrize("query", [{"start": "2025-09-01", "end": "2025-12-22"}, {"start": "2001-01-01"}])
def test_more_days_than_can_be_drawn_are_shown_by_month_and_week(client, query, django_assert_max_num_queries):
    ride = make_coaster(30)
    with django_assert_max_num_queries(15):
        page = text_of(ask(client, ride, **query))
    assert "November 2025" in page
    assert "Downtime by week" in page
    assert "Status day by day" not in page
    days = (Days(date(2025, 11, 24), YESTERDAY), 29)
    short = text_of(ask(client, ride, start=days[0].first.isoformat(), end=days[0].last.isoformat()))
    for figure in (r"Uptime [\d.]+ %", r"Downtime h [\d.]+", r"Outages \d+", r"Longest outage 1 h 00 min"):
        found = re.search(figure, short)
        if query.get("end"):
            assert found
            assert found.group() in page


def test_the_page_takes_few_statements(client, django_assert_max_num_queries):
    ride = make_coaster(30)
    with django_assert_max_num_queries(28):
        ask(client, ride)
