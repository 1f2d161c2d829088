"""A ride's outages with their kinds, and that they are the downtime events of the API."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils.http import parse_http_date

from core.periods import Days
from core.zones import local_date
from parks.models import Ride
from snapshots.current import LIVE_WINDOW
from stats.measures.outages import Kind, Outage, outages_of
from stats.measures.timeline import timeline_of
from stats.tests.builders import DAY, NEW_YORK, local, make_park, make_ride, recomputed, report, ride_row_of, show_park

pytestmark = pytest.mark.django_db

OPENING = local(DAY, "09:00")
LATER = local(DAY + timedelta(days=1), "12:00")
BREAKDOWN, DELAY, UNKNOWN = Kind


def ride_with(story: str, start: datetime = OPENING, minutes: int = 600, **columns: object) -> Ride:
    park = make_park(**columns)
    show_park(park, OPENING, minutes)
    ride = make_ride(park)
    report(ride, start, story)
    return ride


def outages(ride: Ride, now: datetime = LATER) -> list[Outage]:
    days = Days(DAY - timedelta(days=1), local_date(now, NEW_YORK))
    return outages_of(timeline_of(ride.park, [ride.pk], days, now), ride.pk, now)


def brief(found: list[Outage]) -> list[tuple[Kind, int]]:
    return [(outage.kind, outage.seconds // 60) for outage in found]


def test_down_before_the_ride_first_ran_is_an_opening_delay_and_later_a_breakdown():
    ride = ride_with("D30 O270 D45 O255")
    assert brief(outages(ride)) == [(BREAKDOWN, 45), (DELAY, 30)]


def test_opening_delays_are_those_of_the_daily_rows():
    ride = ride_with("D30 C20 D10 O270 D45 O225", is_disney=True)
    recomputed(ride.park)
    delays = sum(outage.seconds for outage in outages(ride) if outage.kind == DELAY)
    assert delays == 40 * 60 == ride_row_of(ride).opening_delay_minutes * 60


def test_silence_in_the_open_park_is_an_outage_of_unknown_kind():
    ride = ride_with("O300", start=OPENING + timedelta(minutes=60))
    assert brief(outages(ride)) == [(UNKNOWN, 240), (UNKNOWN, 60)]


def test_a_ride_that_did_not_run_that_day_has_no_outage():
    assert outages(ride_with("D600")) == []


def test_each_outage_reports_its_start_and_end():
    [outage] = outages(ride_with("O300 D45 O255"))
    start = OPENING + timedelta(minutes=300)
    assert (outage.start, outage.end, outage.is_over) == (start, start + timedelta(minutes=45), True)


def test_an_outage_that_holds_when_last_heard_of_goes_on():
    ride = ride_with("O300 D300")
    found = outages(ride, now=OPENING + timedelta(minutes=360))
    assert [(outage.kind, outage.seconds // 60, outage.is_over) for outage in found] == [(BREAKDOWN, 60, False)]


def test_an_outage_that_lasted_until_closing_is_over_the_day_after():
    assert [outage.is_over for outage in outages(ride_with("O300 D300"))] == [True]


def test_a_ride_that_was_never_seen_has_no_outage():
    park = make_park()
    show_park(park, OPENING, 600)
    assert outages(make_ride(park)) == []


@pytest.mark.parametrize(("late", "is_over"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_an_outage_goes_on_for_the_live_window_after_it_was_last_heard_of(late, is_over):
    ride = ride_with("O240 D60")
    now = OPENING + timedelta(minutes=300) + LIVE_WINDOW + late
    down = [outage for outage in outages(ride, now) if outage.kind == BREAKDOWN]
    assert [outage.is_over for outage in down] == [is_over]


@pytest.mark.parametrize(("late", "is_over"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_silence_until_closing_goes_on_for_the_live_window_after_it(late, is_over):
    ride = ride_with("O540")
    found = outages(ride, OPENING + timedelta(minutes=600) + LIVE_WINDOW + late)
    assert [(outage.kind, outage.is_over) for outage in found] == [(UNKNOWN, is_over)]


def test_silence_is_over_when_the_ride_is_heard_of_again():
    ride = ride_with("O240")
    report(ride, OPENING + timedelta(minutes=270), "O30")
    found = outages(ride, now=OPENING + timedelta(minutes=300))
    assert [(outage.kind, outage.seconds // 60, outage.is_over) for outage in found] == [(UNKNOWN, 30, True)]


def test_silence_that_holds_goes_on():
    ride = ride_with("O300")
    found = outages(ride, now=OPENING + timedelta(minutes=400))
    assert [(outage.kind, outage.is_over) for outage in found] == [(UNKNOWN, False)]


def test_an_outage_over_midnight_is_one():
    ride = ride_with("O840 D120 O60", minutes=1020)
    [outage] = outages(ride)
    assert (outage.kind, outage.seconds // 60) == (BREAKDOWN, 120)


def test_an_outage_over_midnight_may_go_on():
    ride = ride_with("O840 D120", minutes=960, is_disney=True)
    [outage] = outages(ride, now=OPENING + timedelta(minutes=960))
    assert (outage.seconds // 60, outage.is_over) == (120, False)


def test_what_is_down_are_the_downtime_events_of_the_api(client):
    ride = ride_with("D30 O270 D45 O100 D20 O60")
    with time_machine.travel(LATER, tick=False):
        events = client.get(f"/api/rides/{ride.pk}/details", {"period": "yesterday"}).json()["downtime_events"]
    reported = [(parse_http_date(event["start_time"]), parse_http_date(event["end_time"])) for event in events]
    down = [outage for outage in outages(ride) if outage.kind != UNKNOWN]
    assert reported == [(int(outage.start.timestamp()), int(outage.end.timestamp())) for outage in down]
    assert len(reported) == 3
