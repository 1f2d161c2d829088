"""What rides did through a local day, spell by spell (design §4, R-4.5, R-4.7, R-5.1, R-5.3)."""

from datetime import date, datetime, timedelta

import pytest

from core.instants import instant
from core.periods import Days
from parks.models import Park, Ride
from parks.tests.factories import ScheduleFactory
from snapshots.models import RideStatusSnapshot
from stats.answers.analytics import Question, rides_over
from stats.measures.timeline import UNKNOWN, Timeline, timeline_of
from stats.measures.window_measures import park_window
from stats.measures.windows import Bucket, Window
from stats.tests.builders import DAY, LOS_ANGELES, NEW_YORK, PARIS, local, make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db

OPENING = local(DAY, "09:00")
LATER = local(DAY + timedelta(days=2), "12:00")


def strips(*rides: Ride, first: date = DAY, last: date = DAY, now: datetime = LATER) -> Timeline:
    return timeline_of(rides[0].park, [ride.pk for ride in rides], Days(first, last), now)


def reported(found: Timeline, ride: Ride, day: date = DAY) -> list[tuple[str, int]]:
    """(state, minutes) of each spell."""
    return [(spell.state, spell.seconds // 60) for spell in found.spells.get((ride.pk, day), [])]


def open_park(minutes: int = 600, start: datetime = OPENING, **columns: object) -> Park:
    park = make_park(**columns)
    show_park(park, start, minutes)
    return park


def test_rows_of_one_state_that_follow_each_other_are_one_spell():
    ride = make_ride(open_park())
    report(ride, OPENING, "O120 C60 O420", grain=300)
    assert reported(strips(ride), ride) == [("OPERATING", 120), ("DOWN", 60), ("OPERATING", 420)]


def test_spells_begin_where_their_rows_begin():
    ride = make_ride(open_park())
    report(ride, OPENING, "O120 D60 O420")
    begun = [instant(spell.start) for spell in strips(ride).spells[ride.pk, DAY]]
    assert begun == [OPENING, OPENING + timedelta(hours=2), OPENING + timedelta(hours=3)]


def test_a_park_that_reports_breakdowns_has_closed_rides_that_are_not_down():
    ride = make_ride(open_park(is_disney=True))
    report(ride, OPENING, "O240 C120 D120 R120")
    expected = [("OPERATING", 240), ("CLOSED", 120), ("DOWN", 120), ("REFURBISHMENT", 120)]
    assert reported(strips(ride), ride) == expected


def test_a_ride_that_never_ran_that_day_is_closed_and_not_down():
    ride = make_ride(open_park())
    report(ride, OPENING, "D600")
    assert reported(strips(ride), ride) == [("CLOSED", 600)]


def test_on_a_day_that_still_runs_a_breakdown_proves_operation_where_the_feed_reports_breakdowns():
    rides = [make_ride(open_park(is_disney=is_disney)) for is_disney in (True, False)]
    for ride in rides:
        report(ride, OPENING, "D120")
    now = OPENING + timedelta(minutes=60)
    assert [reported(strips(ride, now=now), ride) for ride in rides] == [
        [("DOWN", 60)],
        [("CLOSED", 60)],
    ]


def test_open_time_without_a_report_is_unknown():
    ride = make_ride(open_park())
    end = report(ride, OPENING + timedelta(minutes=30), "O120")
    report(ride, end + timedelta(minutes=90), "O300")
    expected = [(UNKNOWN, 30), ("OPERATING", 120), (UNKNOWN, 90), ("OPERATING", 300), (UNKNOWN, 60)]
    assert reported(strips(ride), ride) == expected


def test_the_night_is_no_spell_at_all():
    park = open_park()
    ride = make_ride(park)
    report(ride, OPENING - timedelta(hours=3), "C180", park_open=False)
    report(ride, OPENING, "O600")
    assert reported(strips(ride), ride) == [("OPERATING", 600)]


def test_the_schedule_says_what_is_unknown_before_the_first_sight():
    park = open_park(start=OPENING + timedelta(hours=1), minutes=540)
    ScheduleFactory.create(
        park=park, schedule_date=DAY, opening_time=OPENING, closing_time=OPENING + timedelta(hours=10)
    )
    ride = make_ride(park)
    report(ride, OPENING + timedelta(hours=1), "O540")
    assert reported(strips(ride), ride) == [(UNKNOWN, 60), ("OPERATING", 540)]


def test_nothing_is_reported_of_the_future():
    ride = make_ride(open_park())
    report(ride, OPENING, "O600", grain=None)
    found = strips(ride, now=OPENING + timedelta(minutes=95))
    assert reported(found, ride) == [("OPERATING", 95)]
    assert found.opened[DAY] == [(int(OPENING.timestamp()), int(OPENING.timestamp()) + 95 * 60)]


def test_a_ride_without_a_report_in_the_open_park_has_no_spells():
    park = open_park()
    ride, silent = make_ride(park), make_ride(park)
    report(ride, OPENING, "O600")
    found = strips(ride, silent)
    assert list(found.of(silent.pk)) == [(DAY, [])]


def test_what_a_ride_reported_in_another_park_is_left_out():
    ride = make_ride(open_park())
    report(ride, OPENING, "O600")
    Ride.objects.filter(pk=ride.pk).update(park=open_park())
    moved = Ride.objects.select_related("park").get(pk=ride.pk)
    assert strips(moved).spells == {}


def test_a_day_before_the_first_and_after_the_last_report_is_empty():
    ride = make_ride(open_park())
    report(ride, OPENING, "O600")
    first, last = DAY - timedelta(days=1), DAY + timedelta(days=1)
    assert [len(spells) for _, spells in strips(ride, first=first, last=last).of(ride.pk)] == [0, 1, 0]


def test_a_night_is_cut_at_local_midnight():
    evening = local(DAY, "22:00")
    ride = make_ride(open_park(start=evening, minutes=240))
    report(ride, evening, "O240", grain=1200)
    found = strips(ride, last=DAY + timedelta(days=1))
    assert [reported(found, ride, DAY + timedelta(days=n)) for n in (0, 1)] == [[("OPERATING", 120)]] * 2


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25)])
def test_days_on_which_the_clock_is_changed_have_their_own_length(day, hours):
    midnight = local(day, "00:00", PARIS)
    ride = make_ride(open_park(timezone=PARIS, start=midnight, minutes=hours * 60))
    report(ride, midnight, f"O{hours * 60}", grain=900)
    assert reported(strips(ride, first=day, last=day), ride, day) == [("OPERATING", hours * 60)]


@pytest.mark.parametrize("zone", [NEW_YORK, LOS_ANGELES, PARIS])
def test_the_seconds_are_those_of_the_measures_and_the_analytics(zone):
    opening = local(DAY, "09:00", zone)
    park = open_park(timezone=zone, start=opening, is_disney=True)
    ride, idle = make_ride(park), make_ride(park)
    report(ride, opening, "D20 O200 D35 C25 O60")
    report(ride, opening + timedelta(minutes=400), "R30 O170")
    report(idle, opening, "D600")
    found = strips(ride, idle)
    window = Window(DAY, DAY)
    raw = park_window(park, [ride.pk, idle.pk], window, Bucket.NONE, LATER)
    answers = rides_over(Question(window, Bucket.NONE, (park,), needs_raw=True), 1, LATER)
    for pk in (ride.pk, idle.pk):
        measures, spells = raw.rides[pk, DAY, 0], found.spells[pk, DAY]
        assert sum(spell.seconds for spell in spells if spell.is_operating) == measures.up_seconds
        assert sum(spell.seconds for spell in spells if spell.is_down) == raw.counted_down(pk, DAY, measures)
        assert sum(spell.seconds for spell in spells if spell.is_unknown) == answers[pk].total.unknown_seconds
        assert sum(spell.seconds for spell in spells if not spell.is_unknown) == measures.open_seconds


def test_many_rides_take_as_many_statements_as_one(django_assert_max_num_queries):
    park = open_park()
    rides = [make_ride(park) for _ in range(20)]
    for ride in rides:
        report(ride, OPENING, "O600")
    with django_assert_max_num_queries(3):
        assert len(strips(*rides, first=DAY - timedelta(days=20)).spells) == 20


def test_rows_without_length_make_no_spell():
    ride = make_ride(open_park())
    report(ride, OPENING, "O600")
    RideStatusSnapshot.objects.filter(ride=ride, recorded_at=OPENING).update(duration_seconds=0, status="DOWN")
    assert reported(strips(ride), ride) == [(UNKNOWN, 10), ("OPERATING", 590)]
