"""One ride, one answer: its details beside its stored days, the lists, and figures computed by hand (N-2 to N-11)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from core.periods import Days
from parks.models import Ride
from parks.tests.factories import ScheduleFactory
from snapshots.models import RideStatusSnapshot
from stats.readings.period_sums import all_ride_sums
from stats.tests.builders import local, make_park, make_ride, recomputed, report, show_park

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
SATURDAY, SUNDAY = date(2025, 12, 20), date(2025, 12, 21)
MINUTES = ("uptime_minutes", "downtime_minutes", "closed_minutes", "unknown_minutes")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(ride: Ride, period: str = "yesterday") -> dict:
        body: dict = client.get(f"/api/rides/{ride.pk}/details", {"period": period}).json()
        return body

    return answer


def opened(park, day: date, opening: str = "09:00", closing: str = "19:00") -> None:
    ScheduleFactory(park=park, schedule_date=day, opening_time=local(day, opening), closing_time=local(day, closing))


def values(row: dict, *names: str) -> tuple:
    return tuple(row[name] for name in names)


def test_a_mean_over_time_is_not_the_mean_of_hours(ask):
    """N-2: an hour and 37 seconds; the hours' own means would give (100 + 0) ÷ 2."""
    park = make_park()
    ride = make_ride(park)
    end = report(ride, local(YESTERDAY, "09:00"), "O3600s D37s", wait=20)
    show_park(park, local(YESTERDAY, "09:00"), 61)
    assert end == local(YESTERDAY, "10:00") + timedelta(seconds=37)
    summary = ask(ride)["summary"]
    assert values(summary, "uptime_percentage", "availability_percentage") == (99.0, 99.0)  # 3600 of 3637
    assert [row["uptime_percentage"] for row in ask(ride)["timeseries"]] == [100.0, 0.0]


def test_up_down_closed_and_unknown_are_the_open_time(ask):
    """Open for ten hours: 5 h up, 1 h down, 1.5 h in works, 2.5 h without a report."""
    park = make_park()
    opened(park, YESTERDAY)
    ride = make_ride(park)
    report(ride, local(YESTERDAY, "09:00"), "O180 D60 R90")
    report(ride, local(YESTERDAY, "17:00"), "O120")
    recomputed(park, YESTERDAY)
    body = ask(ride)
    assert values(body["summary"], *MINUTES, "open_minutes") == (300, 60, 90, 150, 600)
    assert values(body["summary"], "uptime_percentage", "availability_percentage") == (66.7, 83.3)
    for name in (*MINUTES, "open_minutes"):
        assert sum(row[name] for row in body["timeseries"]) == body["summary"][name]
    silent = {row["hour_start_utc"]: row for row in body["timeseries"]}["Mon, 22 Dec 2025 20:00:00 GMT"]
    assert values(silent, *MINUTES, "uptime_percentage", "status") == (0, 0, 0, 60, None, "UNKNOWN")
    (silent,) = [row for row in body["hourly_breakdown"] if row["hour_start_utc"].endswith("20:00:00 GMT")]
    assert values(silent, "downtime_hours", "snapshot_count") == (None, 0)
    stored = all_ride_sums([park], Days(YESTERDAY, YESTERDAY))[ride.pk]
    closed = stored.open_seconds - stored.up_seconds - stored.down_seconds
    assert values(body["summary"], *MINUTES) == tuple(
        seconds // 60 for seconds in (stored.up_seconds, stored.down_seconds, closed, stored.unknown_seconds)
    )


def test_a_day_of_the_week_on_which_the_park_was_closed_has_every_key(ask):
    """What was observed of a closed park is no unknown; a day without any observation is."""
    park = make_park()
    ride = make_ride(park)
    report(ride, local(SATURDAY, "09:00"), "C600", park_open=False)
    show_park(park, local(SATURDAY, "09:00"), 600, is_open=False)
    body = ask(ride, "last_week")
    silent, closed = body["timeseries"][0], body["timeseries"][-1]
    assert closed.keys() == silent.keys()
    assert values(closed, "date", "status", "open_minutes", "uptime_percentage") == (
        "2025-12-20",
        "PARK_CLOSED",
        0,
        None,
    )
    assert values(silent, "date", "status", "open_minutes", "snapshot_count") == ("2025-12-14", "UNKNOWN", None, 0)
    assert values(body["hourly_breakdown"][0], "downtime_hours", "operating_hours") == (0, 0)
    assert values(body["hourly_breakdown"][-1], "downtime_hours", "operating_hours") == (None, None)


def test_an_observation_counts_in_every_hour_in_which_it_lasted(ask):
    """A row of three hours, as an archive has them, is known in each of them."""
    park = make_park()
    ride = make_ride(park)
    report(ride, local(YESTERDAY, "09:30"), "O180 D90", None)
    show_park(park, local(YESTERDAY, "09:30"), 270)
    rows = ask(ride)["hourly_breakdown"][::-1]
    shown = [values(row, "snapshot_count", "operating_snapshots", "down_snapshots") for row in rows]
    assert shown == [(1, 1, 0), (1, 1, 0), (1, 1, 0), (2, 1, 1), (1, 0, 1)]


def night_ride() -> Ride:
    """Down from 23:00 on Saturday until 1:30 on Sunday, late by 45 minutes and down for 20 on Saturday."""
    park = make_park(is_disney=True)
    ride = make_ride(park, 1)
    opened(park, SATURDAY, "09:00", "23:59")
    start = local(SATURDAY, "09:00")
    report(ride, start, "D45 O180 D20 O595")  # until 23:00
    report(ride, local(SATURDAY, "23:00"), "D60")
    report(ride, local(SUNDAY, "00:00"), "D90 O60")
    show_park(park, start, 900)
    show_park(park, local(SUNDAY, "00:00"), 150)
    for day in (SATURDAY, SUNDAY):
        recomputed(park, day)
    return ride


def test_every_outage_has_its_kind_and_they_add_up_to_the_downtime(ask):
    """N-11: an hour and a half of Sunday are the rest of Saturday's breakdown, no opening delay."""
    ride = night_ride()
    with time_machine.travel(local(SUNDAY, "12:00"), tick=False):
        saturday = ask(ride, "yesterday")
    with time_machine.travel(local(SUNDAY + timedelta(days=1), "12:00"), tick=False):
        sunday = ask(ride, "yesterday")
    shown = [values(event, "kind", "duration_hours") for event in saturday["downtime_events"]]
    assert shown == [("breakdown", 1.0), ("breakdown", 0.33), ("opening_delay", 0.75)]
    assert values(saturday["summary"], "outages", "opening_delay_minutes", "total_downtime_hours") == (3, 45, 2.08)
    assert [values(event, "kind", "duration_hours") for event in sunday["downtime_events"]] == [("breakdown", 1.5)]
    assert values(sunday["summary"], "outages", "opening_delay_minutes", "total_downtime_hours") == (1, 0, 1.5)


def test_an_outage_over_midnight_is_one_as_in_the_sums_of_days(ask):
    """A week that holds both days: three outages of 3.58 hours, of which 45 minutes are a late opening."""
    ride = night_ride()
    with time_machine.travel(local(date(2026, 1, 5), "12:00"), tick=False):
        body = ask(ride, "last_month")
    stored = all_ride_sums([ride.park], Days(date(2025, 12, 1), date(2025, 12, 31)))[ride.pk]
    assert body["summary"]["outages"] == len(body["downtime_events"]) == stored.outages == 3
    assert body["summary"]["total_downtime_hours"] == round(stored.down_seconds / 3600, 2) == 3.58
    assert body["summary"]["opening_delay_minutes"] * 60 == stored.opening_delay_seconds == 2700
    assert values(body["downtime_events"][0], "kind", "duration_hours") == ("breakdown", 2.5)


def test_rows_without_length_are_no_outage_and_no_sight(ask):
    """N-10: the closing instant says DOWN for no time at all."""
    park = make_park()
    ride = make_ride(park)
    end = report(ride, local(YESTERDAY, "09:00"), "O600")
    show_park(park, local(YESTERDAY, "09:00"), 600)
    before = ask(ride)
    RideStatusSnapshot.objects.create(
        ride=ride, park=park, recorded_at=end, duration_seconds=0, status="DOWN", park_appears_open=True
    )
    assert ask(ride) == before
    assert before["downtime_events"] == []


@pytest.mark.parametrize("period", ["today", "yesterday", "last_week", "last_month"])
def test_every_answer_says_its_dates(ask, period):
    dates = {
        "today": ("2025-12-23", "2025-12-23", False),
        "yesterday": ("2025-12-22", "2025-12-22", True),
        "last_week": ("2025-12-14", "2025-12-20", True),
        "last_month": ("2025-11-01", "2025-11-30", True),
    }
    body = ask(make_ride(make_park()), period)
    assert values(body, "start_date", "end_date", "is_complete") == dates[period]


def test_today_says_how_new_it_is(ask):
    park = make_park()
    ride = make_ride(park)
    report(ride, local(TODAY, "09:00"), "O60")
    assert ask(ride, "today")["as_of"] == "2025-12-23T14:50:00Z"
    assert "as_of" not in ask(ride, "yesterday")


def test_the_week_of_the_details_is_that_of_the_list(ask, client):
    """R-3.3, N-3: in whole and by day, uptime and waits agree with the ranking's."""
    park = make_park(timezone=settings.SITE_TIME_ZONE)
    ride = make_ride(park, 1)
    for n, story in enumerate(("O400 D47 O33", "D20 O460", "O100 R200 O180", "C480")):
        day = date(2025, 12, 14) + timedelta(days=n)
        report(ride, local(day, "09:00", park.timezone), story, wait=10 * n)
        show_park(park, local(day, "09:00", park.timezone), 480)
        recomputed(park, day)
    summary = ask(ride, "last_week")["summary"]
    # 900 + 280 of 1920 minutes; 67 down; waits of 10 for 460 and of 20 for 280 minutes, 433 at 0
    assert values(summary, "uptime_percentage", "availability_percentage", "avg_wait_time") == (61.1, 94.6, 13.8)
    assert values(summary, *MINUTES) == (1173, 67, 680, 0)
    assert summary["walk_on_percentage"] == 36.9
    stored = all_ride_sums([park], Days(date(2025, 12, 14), date(2025, 12, 20)))[ride.pk]
    assert float(stored.uptime() or 0) == summary["uptime_percentage"]
    assert float(stored.availability() or 0) == summary["availability_percentage"]
