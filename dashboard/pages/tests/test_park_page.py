"""The page of a park: a day's strips, score, hours, comparison and weather; the score of a period; bad addresses."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.test import Client

from dashboard.components.links import park_url
from dashboard.pages.park_view import comparison, park_day
from parks.models import Park, ScheduleType
from parks.tests.factories import ScheduleFactory
from stats.tests.builders import LOS_ANGELES, local, make_park, make_ride, recomputed, report, show_park
from stats.tests.builders import park_day as stored_day
from weather.tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db

TODAY = date(2025, 12, 23)
YESTERDAY = TODAY - timedelta(days=1)
NOW = local(TODAY, "17:00", LOS_ANGELES)
OPENING = local(TODAY, "09:00", LOS_ANGELES)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def make_day(day: date, park: Park | None = None) -> Park:
    """A park with a coaster that was down for two hours, a train that ran, and a ride under repair."""
    park = park or make_park(name="Fairyland", timezone=LOS_ANGELES, is_disney=True)
    opening = local(day, "09:00", LOS_ANGELES)
    rides = {ride.name: ride for ride in park.rides.all()}
    for name, tier, story in (("Coaster", 1, "D60 O240 D60 O120"), ("Train", 3, "O480"), ("Castle", 2, "R480")):
        ride = rides.get(name) or make_ride(park, tier, name=name, last_operated_at=None if name == "Castle" else NOW)
        report(ride, opening, story, wait=None if name == "Castle" else 20)
    show_park(park, opening, 480, "3.0")
    recomputed(park, day)
    return park


def ask(client: Client, park: Park, status: int = 200, **query: str) -> str:
    response = client.get(park_url(park.pk), query, headers={"accept": "text/html"})
    assert response.status_code == status, response.content
    return unescape(response.content.decode())


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# -- a day --------------------------------------------------------------------------------------------------


def test_every_ride_has_its_strip_and_the_table_beside_it(client):
    page = ask(client, make_day(TODAY))
    assert 'aria-label="Down 09:00–10:00, Operating 10:00–14:00, Down 14:00–15:00, Operating 15:00–17:00"' in page
    assert 'aria-label="Refurbishment 09:00–17:00"' in page
    assert page.count("<td>14:00</td><td>15:00</td>") == 1


def test_rides_with_most_downtime_come_first(client):
    page = ask(client, make_day(TODAY))
    bars = page[page.index('class="strips"') :]
    assert bars.index("Coaster") < bars.index("Castle") < bars.index("Train")


@pytest.mark.parametrize(("day", "period"), [(TODAY, "today"), (YESTERDAY, "yesterday")])
def test_the_score_and_its_parts_are_those_of_the_api(client, day, period):
    park = make_day(day)
    reported = client.get(f"/api/parks/{park.pk}/details", {"period": period}).json()
    breakdown = reported["shame_breakdown"]
    context = park_day(park, day, NOW)
    assert context["breakdown"].shame_score == breakdown["shame_score"] > 0
    parts = [(row["ride_name"], row["weighted_contribution"]) for row in context["contributions"].rows]
    assert parts == [(row["ride_name"], row["weighted_contribution"]) for row in breakdown["rides"]]
    waits = context["charts"][0].series[0].values
    assert list(waits) == reported["chart_data"]["avg_wait"]


def test_a_rides_share_of_the_score_is_reported(client):
    park = make_day(TODAY)
    second = make_ride(park, 3, name="Boat", last_operated_at=NOW)
    report(second, OPENING, "O360 D120")
    shares = {row["ride_name"]: row["share"] for row in park_day(park, TODAY, NOW)["contributions"].rows}
    assert shares == {"Coaster": 75.0, "Boat": 25.0}


def test_rides_that_do_not_count_have_their_reason(client):
    park = make_day(TODAY)
    make_ride(park, 2, name="Silent", last_operated_at=NOW - timedelta(days=2))
    make_ride(park, 2, name="Forgotten", last_operated_at=NOW - timedelta(days=20))
    reasons = {row["ride_name"]: row["reason"] for row in park_day(park, TODAY, NOW)["excluded"].rows}
    assert reasons == {
        "Castle": "Never operated",
        "Silent": "No report that day so far",
        "Forgotten": "Last operated 20 days ago",
    }


def test_on_a_past_day_those_do_not_count_that_did_not_operate_then(client):
    reasons = {
        row["ride_name"]: row["reason"] for row in park_day(make_day(YESTERDAY), YESTERDAY, NOW)["excluded"].rows
    }
    assert reasons == {"Castle": "Did not operate that day"}


def test_the_date_is_in_the_address_with_the_days_beside_it(client):
    page = ask(client, make_day(YESTERDAY), date="2025-12-22")
    assert "Monday, 22 December 2025" in page
    assert 'href="?start=2025-12-21&end=2025-12-21" rel="prev"' in page
    assert 'href="?start=2025-12-23&end=2025-12-23" rel="next"' in page


def test_there_is_no_day_after_today(client):
    page = ask(client, make_day(TODAY))
    assert "start=2025-12-24" not in page
    assert "Tuesday, 23 December 2025, so far" in page


def test_a_day_without_reports_offers_the_last_one_that_has(client):
    page = ask(client, make_day(TODAY), date="2025-12-01")
    assert "No ride was seen in the open park on this day." in page
    assert '<a href="?date=2025-12-23">Show 23 December 2025</a>' in page


def test_before_the_park_opens_today_has_no_figures_and_offers_the_last_day_open(client):
    park = make_day(YESTERDAY)
    show_park(park, local(TODAY, "01:00", LOS_ANGELES), 60, is_open=False)
    with time_machine.travel(local(TODAY, "05:00", LOS_ANGELES), tick=False):
        page = ask(client, park)
    assert "No ride was seen in the open park on this day so far." in page
    assert '<a href="?date=2025-12-22">Show 22 December 2025</a>' in page
    assert "Shame score of 10 –" in text_of(page)
    assert "−100" not in page


def test_a_park_that_never_reported_is_reported_so(client):
    page = ask(client, make_park(name="Announced"))
    assert "Nothing has been reported yet." in page


def test_the_zone_of_the_times_is_named(client):
    page = ask(client, make_day(TODAY))
    assert "Times are those of America/Los_Angeles (PST)." in page


def test_planned_hours_are_shown_with_their_kind(client):
    park = make_day(TODAY)
    for kind, opening in ((ScheduleType.OPERATING, OPENING), (ScheduleType.EXTRA_HOURS, OPENING - timedelta(hours=1))):
        ScheduleFactory.create(
            park=park,
            schedule_date=TODAY,
            schedule_type=kind,
            opening_time=opening,
            closing_time=OPENING + timedelta(hours=12),
        )
    text = text_of(ask(client, park))
    assert "Operating 09:00 PST 21:00 PST" in text
    assert "Extra Hours 08:00 PST 21:00 PST" in text


def test_the_hours_of_the_week_ahead_are_shown(client):
    park = make_day(TODAY)
    for days, kind in ((1, ScheduleType.OPERATING), (2, ScheduleType.EXTRA_HOURS), (9, ScheduleType.OPERATING)):
        opening = OPENING + timedelta(days=days)
        ScheduleFactory.create(
            park=park,
            schedule_date=TODAY + timedelta(days=days),
            schedule_type=kind,
            opening_time=opening,
            closing_time=opening + timedelta(hours=12),
        )
    text = re.sub(" ?– ?", "–", text_of(ask(client, park)))
    assert "Wed 24 Dec 2025 09:00–21:00 Thu 25 Dec 2025 09:00–21:00 extra hours" in text
    assert "1 Jan 2026" not in text


def test_parks_within_a_day_trip_are_shown_the_nearest_first(client):
    park = make_day(TODAY, make_park(name="Fairyland", timezone=LOS_ANGELES, latitude="33.81", longitude="-117.92"))
    places = {"Far": ("40.71", "-74.0"), "Near": ("34.1", "-118.3"), "Next": ("33.8", "-117.92")}
    for name, (latitude, longitude) in places.items():
        make_park(name=name, latitude=latitude, longitude=longitude)
    text = text_of(ask(client, park))
    assert re.search(r"Nearby parks Next 1 km Near 48 km", text)
    assert " Far " not in text


def test_the_day_is_compared_with_the_week_and_the_year_before():
    park = make_park(timezone=LOS_ANGELES)
    stored_day(park, YESTERDAY, shame_score=Decimal("3.000"), total_downtime_hours=Decimal("6.00"))
    stored_day(park, date(2025, 12, 15), shame_score=Decimal("2.000"), total_downtime_hours=Decimal("4.00"))
    stored_day(park, date(2024, 12, 22), shame_score=Decimal("4.000"), total_downtime_hours=Decimal("12.00"))
    table = comparison(park, YESTERDAY, {}, is_today=False)
    score, downtime = table.rows[:2]
    assert (score["day"], score["week"], score["week_change"]) == ("3.0", "2.0", 50.0)
    assert (score["year"], score["year_change"]) == ("4.0", -25.0)
    assert (downtime["week_change"], downtime["year_change"]) == (50.0, -50.0)


def test_a_day_that_runs_is_compared_with_no_whole_day(client):
    """N-5: both values are given, no change."""
    park = make_day(TODAY)
    stored_day(park, date(2025, 12, 16), total_downtime_hours=Decimal("4.00"))
    (table,) = [
        park_day(park, TODAY, NOW)["comparison"],
    ]
    assert [column.key for column in table.columns] == ["measure", "day", "week", "year"]
    assert table.rows[1]["week"] == "4.00"


def test_a_change_from_next_to_nothing_is_no_change():
    """N-5: from 29 minutes of downtime, or from 4 of wait."""
    park = make_park(timezone=LOS_ANGELES)
    stored_day(park, YESTERDAY, shame_score=Decimal("3.000"), total_downtime_hours=Decimal("6.00"), avg_wait_time=40)
    stored_day(
        park, date(2025, 12, 15), shame_score=Decimal("0.100"), total_downtime_hours=Decimal("0.48"), avg_wait_time=4
    )
    rows = {row["measure"]: row for row in comparison(park, YESTERDAY, {}, is_today=False).rows}
    for measure, before in (("Shame score", "0.1"), ("Downtime, hours", "0.48"), ("Average wait, min", "4")):
        assert (rows[measure]["week"], rows[measure]["week_change"]) == (before, None)


def test_the_address_may_name_several_days(client):
    """N-1: what a list's link says."""
    park = make_park(name="Kingdom", timezone=LOS_ANGELES)
    ride = make_ride(park)
    for day, story in ((YESTERDAY, "O60 D60"), (date(2025, 12, 21), "O480")):
        report(ride, local(day, "09:00", LOS_ANGELES), story)
        recomputed(park, day)
    page = text_of(ask(client, park, start="2025-12-21", end="2025-12-22"))
    assert "21 December 2025 to 22 December 2025" in page
    assert "Shame score of 10 1.0" in page  # 1 of 10 h, no mean of 5.0 and 0.0 (N-2)
    assert "Uptime of attractions 90.0 %" in page
    assert "Operating 9 h 00 min 90.0 %" in page
    assert "Together 10 h 00 min 100.0 %" in page
    one = text_of(ask(client, park, start="2025-12-22", end="2025-12-22"))
    assert "Monday, 22 December 2025" in one
    assert "Shame score of 10 5.0" in one


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"start": "2025-12-22", "end": "2025-12-21"}, "the end must not lie before the start"),
        ({"start": "x", "end": "2025-12-21"}, "The start “x” is not a date"),
        ({"start": "2025-12-24", "end": "2025-12-25"}, "is still to come"),
    ],
)
def test_days_that_cannot_be_shown_are_refused_with_the_remedy(client, query, words):
    assert words in ask(client, make_park(timezone=LOS_ANGELES), 400, **query)


def test_years_of_a_park_are_shown_by_month_and_week(client):
    park = make_park(name="Kingdom", timezone=LOS_ANGELES)
    sums = {"ride_seconds": 36_000, "down_seconds": 3_600, "weighted_down_seconds": 7_200}
    for day in (date(2018, 7, 4), date(2018, 7, 5), date(2025, 12, 1)):
        stored_day(park, day, total_rides_tracked=1, effective_park_weight=2, **sums)
    page = ask(client, park, start="2018-07-05", end="2025-12-22")
    assert f'<a href="/parks/{park.pk}?start=2018-07-05&end=2018-07-31">July 2018</a>' in page
    assert "Shame score by week" in page
    assert "/outages?park_id" not in page[page.index("Downtime") : page.index("Score</h2>")]


def test_a_park_with_old_data_alone_opens_there_and_says_so(client):
    park = make_park(name="Kingdom", timezone=LOS_ANGELES)
    for day in (date(2018, 7, 3), date(2018, 7, 4)):
        stored_day(park, day)
    page = text_of(ask(client, park))
    assert "Nothing newer than 4 Jul 2018 is stored" in page
    assert "3 July 2018 to 4 July 2018" in page


def test_a_silent_park_has_no_rides_down_to_count(client):
    """N-6."""
    park = make_day(TODAY)
    with time_machine.travel(NOW + timedelta(hours=4), tick=False):
        page = text_of(ask(client, park, period="live"))
    assert "Rides down –" in page
    assert "Nothing has been heard of the park for two hours" in page
    assert "No ride is down" not in page


def test_days_that_were_not_computed_leave_gaps_in_the_comparison():
    table = comparison(make_park(), YESTERDAY, {}, is_today=False)
    assert {value for row in table.rows for key, value in row.items() if key != "measure"} == {"–", None}


def test_weather_is_shown_where_it_was_collected(client):
    park = make_day(TODAY)
    assert "Weather" not in ask(client, park)
    for hour, celsius, code in ((9, "11.5", 2), (10, "14.0", 95)):
        ObservationFactory.create(
            park=park,
            observation_time=local(TODAY, f"{hour:02}:00", LOS_ANGELES),
            temperature_c=Decimal(celsius),
            weather_code=code,
            precipitation_mm=Decimal("1.50"),
        )
    text = text_of(ask(client, park))
    assert "Temperature °C 11.5 to 14" in text
    assert "09:00 Clouds 11.5" in text
    assert "10:00 Thunderstorm 14" in text


def test_the_outages_behind_the_downtime_are_one_link_away(client):
    park = make_day(TODAY)
    page = ask(client, park)
    lists = set(re.findall(r'href="(/outages\?[^"]+)"', page))
    assert f"/outages?park_id={park.pk}&start={TODAY}&end={TODAY}" in lists
    assert all(client.get(unescape(each)).status_code == 200 for each in lists)


# -- periods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["live", "last_week", "last_month"])
def test_a_longer_period_has_the_score_of_the_api(client, period):
    park = make_day(TODAY)
    for days in (3, 4, 40):
        stored_day(park, TODAY - timedelta(days=days), shame_score=Decimal("5.500"))
    score = client.get(f"/api/parks/{park.pk}/details", {"period": period}).json()["shame_breakdown"]["shame_score"]
    assert f"Shame score of 10 {score:.1f}" in text_of(ask(client, park, period=period))


def test_a_period_lists_its_days_with_links(client):
    park = make_day(TODAY)
    stored_day(park, date(2025, 12, 16))
    assert f'href="/parks/{park.pk}?date=2025-12-16"' in ask(client, park, period="last_week")


# -- addresses that cannot be answered ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"date": "tomorrow"}, "The date “tomorrow” is not a date"),
        ({"date": "2025-12-24"}, "is still to come"),
        ({"date": "1800-01-01"}, "outside of what can be known"),
        ({"date": "<script>"}, "is not a date"),
        ({"period": "soon"}, "The period “soon” is not known"),
    ],
)
def test_a_bad_parameter_is_a_friendly_page_that_says_what_is_wrong(client, query, words):
    page = ask(client, make_day(TODAY), 400, **query)
    assert words in page
    assert "<h2>The way on</h2>" in page


@pytest.mark.parametrize("park_id", ["0", "999999", "9" * 30])
def test_an_unknown_park_is_a_friendly_page(client, park_id):
    response = client.get(f"/parks/{park_id}", headers={"accept": "text/html"})
    assert response.status_code == 404
    assert "There is no park with the number" in response.content.decode()


def test_names_stay_text(client):
    name = """"Quotes" & 'more' <script>alert(1)</script> 🎢 مدينة"""
    park = make_park(name=name, timezone=LOS_ANGELES)
    report(make_ride(park, 1, name=name, last_operated_at=NOW), OPENING, "O240 D60")
    show_park(park, OPENING, 300)
    body = client.get(park_url(park.pk)).content.decode()
    assert "<script>alert" not in body
    assert body.count("<bdi>&quot;Quotes&quot; &amp; &#x27;more&#x27; &lt;script&gt;") >= 3
    assert "🎢 مدينة" in body


# -- cost -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "most"), [({}, 26), ({"date": "2025-12-22"}, 26), ({"period": "last_week"}, 16)])
def test_the_page_takes_few_statements_whatever_the_number_of_rides(
    client, query, most, django_assert_max_num_queries
):
    park = make_day(YESTERDAY, make_day(TODAY))
    for n in range(30):
        report(make_ride(park, 2, name=f"More {n}", last_operated_at=NOW), OPENING, "O240 D60")
    with django_assert_max_num_queries(most):
        ask(client, park, **query)
