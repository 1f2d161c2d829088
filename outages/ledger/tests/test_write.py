"""Every minute of a ride-day's downtime stands in the ledger, whatever is computed in which order, how often."""

from datetime import timedelta
from itertools import permutations

import pytest
import time_machine

from outages.models import Doubt, Kind, LedgerDay, Outage, Reason, Source, State
from outages.tests.builders import differing_days, ledger
from parks.models import ParkSchedule
from snapshots.models import DataSource, RideStatusSnapshot
from stats.daily.recompute import compute_ended_days, refresh_today
from stats.models import RideDailyStats
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report, show_park

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
NEXT_DAY, THIRD_DAY = DAY + ONE_DAY, DAY + 2 * ONE_DAY
MORNING = local(DAY, "09:00")
MINUTE = timedelta(minutes=1)


def minutes(*count: int) -> list[int]:
    return [60 * each for each in count]


def replace_rows(ride, start, story: str) -> None:
    """Contradicting history: what was observed from `start` on is another story now."""
    RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=start).delete()
    report(ride, start, story)


def test_each_spell_down_is_an_outage_of_the_ledger():
    ride = make_ride(make_park())
    report(ride, MORNING, "D30 O60 D10 O30 D20 O60")
    recomputed(ride.park)
    assert ledger("seconds") == minutes(30, 10, 20)
    assert ledger("kind") == [Kind.OPENING_DELAY, Kind.BREAKDOWN, Kind.BREAKDOWN]
    assert ledger("started_at")[1] == MORNING + 90 * MINUTE
    assert differing_days() == []


def test_a_ride_that_did_not_operate_has_no_outage():
    ride = make_ride(make_park())
    report(ride, MORNING, "D300")
    recomputed(ride.park)
    assert ledger("pk") == []
    assert differing_days() == []


def test_computed_again_nothing_is_written():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10 O60")
    with time_machine.travel(local(NEXT_DAY, "12:00"), tick=False):
        recomputed(ride.park)
        before = list(Outage.objects.values()), list(LedgerDay.objects.values())
    with time_machine.travel(local(THIRD_DAY, "12:00"), tick=False):
        recomputed(ride.park)
    assert (list(Outage.objects.values()), list(LedgerDay.objects.values())) == before


def test_a_spell_that_grows_keeps_its_address_and_gets_a_new_revision():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10 O60")
    recomputed(ride.park)
    before = Outage.objects.get()
    replace_rows(ride, MORNING + 70 * MINUTE, "D20 O40")
    with time_machine.travel(before.revised_at + ONE_DAY, tick=False):
        recomputed(ride.park)
    after = Outage.objects.get()
    assert (after.address, after.seconds) == (before.address, 30 * 60)
    assert after.revised_at == before.revised_at + ONE_DAY


def test_a_spell_that_begins_earlier_now_takes_the_old_address_in():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10 O60")
    recomputed(ride.park)
    old = Outage.objects.get().address
    replace_rows(ride, MORNING, "O50 D20 O60")
    recomputed(ride.park)
    now, merged = Outage.objects.order_by("started_at")
    assert (merged.address, merged.state, merged.home, merged.seconds) == (old, State.MERGED, now.address, 0)
    assert differing_days() == []


def test_two_spells_that_become_one_are_merged_into_the_first():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10 O10 D10 O60")
    recomputed(ride.park)
    first, second = Outage.objects.order_by("started_at")
    replace_rows(ride, MORNING, "O60 D30 O60")
    recomputed(ride.park)
    merged = Outage.objects.get(started_at=second.started_at)
    assert (merged.state, merged.reason, merged.home) == (State.MERGED, Reason.SPELL_CHANGED, first.address)
    assert ledger("seconds") == minutes(30)


def test_a_spell_that_splits_keeps_its_address_for_the_first_part():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D30 O60")
    recomputed(ride.park)
    address = Outage.objects.get().address
    replace_rows(ride, MORNING, "O60 D10 O10 D10 O60")
    recomputed(ride.park)
    rows = list(Outage.objects.order_by("started_at"))
    assert [row.state for row in rows] == [State.HOLDS, State.HOLDS]
    assert rows[0].address == address


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ("O130", Reason.RAN),
        ("O60 R10 O60", Reason.CLOSED),
        ("D130", Reason.DID_NOT_OPERATE),
    ],
)
def test_a_spell_that_vanishes_is_withdrawn_with_what_the_observations_say_now(story, reason):
    ride = make_ride(make_park(is_disney=True))
    report(ride, MORNING, "O60 D10 O60")
    recomputed(ride.park)
    replace_rows(ride, MORNING, story)
    recomputed(ride.park)
    row = Outage.objects.get()
    assert (row.state, row.reason, row.seconds, row.total_seconds) == (State.WITHDRAWN, reason, 0, 600)
    assert differing_days() == []


def test_a_spell_whose_observations_are_gone_is_withdrawn_and_comes_back_with_them():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10 O60")
    recomputed(ride.park)
    RideStatusSnapshot.objects.all().delete()
    recomputed(ride.park)
    assert Outage.objects.get().reason == Reason.NOT_OBSERVED
    report(ride, MORNING, "O60 D10 O60")
    recomputed(ride.park)
    row = Outage.objects.get()
    assert (row.state, row.reason, row.seconds) == (State.HOLDS, None, 600)


def test_a_spell_in_a_park_that_was_closed_is_withdrawn():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D10 O60")
    recomputed(ride.park)
    RideStatusSnapshot.objects.filter(recorded_at__gte=MORNING + 60 * MINUTE).update(park_appears_open=False)
    recomputed(ride.park)
    assert Outage.objects.get().reason == Reason.PARK_CLOSED


# -- midnights -------------------------------------------------------------------------------------------


def night(story: str, start: str = "22:00"):
    ride = make_ride(make_park())
    report(ride, local(DAY, start), story)
    return ride


@pytest.mark.parametrize("order", list(permutations([DAY, NEXT_DAY, THIRD_DAY])))
def test_a_day_without_operation_between_ends_an_outage(order):
    """R-5.3: nothing of that day counts, and nothing is carried over from it."""
    ride = night("O60 D1620 O60")  # from 23:00 to 2:00 two days later
    for day in order:
        recomputed(ride.park, day)
    assert ledger("started_at", "seconds", "kind") == [
        (local(DAY, "23:00"), 3600, Kind.BREAKDOWN),
        (local(THIRD_DAY, "00:00"), 7200, Kind.OPENING_DELAY),
    ]
    assert differing_days() == []


@pytest.mark.parametrize("order", list(permutations([DAY, NEXT_DAY])))
def test_an_outage_over_midnight_has_its_seconds_on_each_day(order):
    ride = night("O60 D120 O60")
    for day in (*order, *order):
        recomputed(ride.park, day)
    assert ledger("started_at", "ended_at", "seconds", "total_seconds", "kind") == [
        (local(DAY, "23:00"), local(NEXT_DAY, "01:00"), 3600, 7200, Kind.BREAKDOWN)
    ]
    part = Outage.objects.get(state=State.CONTINUES)
    assert (part.stat_date, part.seconds, part.belongs_to) == (NEXT_DAY, 3600, local(DAY, "23:00"))
    assert differing_days() == []


def test_what_a_later_day_continues_stands_alone_when_the_first_day_says_otherwise():
    ride = night("O60 D120 O60")
    for day in (DAY, NEXT_DAY):
        recomputed(ride.park, day)
    RideStatusSnapshot.objects.filter(
        recorded_at__gte=local(DAY, "23:00"), recorded_at__lt=local(NEXT_DAY, "00:00")
    ).update(status="OPERATING", computed_is_open=True)
    recomputed(ride.park, DAY)
    old, own = Outage.objects.order_by("started_at")
    assert (old.state, old.reason) == (State.WITHDRAWN, Reason.RAN)
    assert (own.state, own.started_at, own.total_seconds) == (State.HOLDS, local(NEXT_DAY, "00:00"), 3600)
    recomputed(ride.park, NEXT_DAY)
    assert differing_days() == []


def test_what_a_later_day_continues_follows_a_beginning_that_moved():
    ride = night("O60 D120 O60")
    for day in (DAY, NEXT_DAY):
        recomputed(ride.park, day)
    RideStatusSnapshot.objects.filter(
        recorded_at__gte=local(DAY, "22:30"), recorded_at__lt=local(DAY, "23:00")
    ).update(status="DOWN", computed_is_open=False)
    recomputed(ride.park, DAY)
    assert ledger("started_at", "total_seconds") == [(local(DAY, "22:30"), 9000)]
    assert Outage.objects.get(started_at=local(DAY, "23:00")).home == Outage.objects.get(state=State.HOLDS).address
    assert differing_days() == []


def test_a_day_before_that_is_not_computed_leaves_its_seconds_out():
    ride = night("O60 D120 O60")
    recomputed(ride.park, NEXT_DAY)
    assert ledger("started_at", "seconds", "total_seconds") == [(local(DAY, "23:00"), 0, 3600)]
    assert differing_days() == []


def test_a_later_day_that_no_longer_goes_on_is_taken_off():
    ride = night("O60 D120 O60")
    for day in (DAY, NEXT_DAY):
        recomputed(ride.park, day)
    replace_rows(ride, local(NEXT_DAY, "00:00"), "O60")
    recomputed(ride.park, NEXT_DAY)
    assert ledger("ended_at", "total_seconds") == [(local(NEXT_DAY, "00:00"), 3600)]
    assert differing_days() == []


# -- the present day -------------------------------------------------------------------------------------


def test_a_live_outage_opens_with_the_cycle_and_closes_when_the_ride_runs():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D5", grain=300)
    with time_machine.travel(MORNING + 62 * MINUTE, tick=False):
        refresh_today(MORNING + 62 * MINUTE, 2)
    assert ledger("is_lasting", "seconds") == [(True, 120)]
    report(ride, MORNING + 65 * MINUTE, "O5", grain=300)
    with time_machine.travel(MORNING + 66 * MINUTE, tick=False):
        refresh_today(MORNING + 66 * MINUTE, 2)
    assert ledger("is_lasting", "seconds") == [(False, 300)]


def test_an_outage_of_a_silent_ride_does_not_last():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D5", grain=300)
    at = MORNING + timedelta(hours=4)
    with time_machine.travel(at, tick=False):
        refresh_today(at, 2)
    assert ledger("is_lasting") == [False]


def test_a_day_is_settled_by_the_first_write_after_its_end():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D5 O60", grain=300)
    with time_machine.travel(MORNING + 100 * MINUTE, tick=False):
        refresh_today(MORNING + 100 * MINUTE, 2)
    assert LedgerDay.objects.get().settled_at is None
    night = local(NEXT_DAY, "00:10")
    with time_machine.travel(night, tick=False):
        compute_ended_days(night, 2)
    assert LedgerDay.objects.get().settled_at == night


def test_the_present_second_opens_no_outage():
    """N-10: the day so far ends within the second in which the row begins."""
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D5", grain=300)
    with time_machine.travel(MORNING + 60 * MINUTE + timedelta(milliseconds=400), tick=False):
        refresh_today(MORNING + 60 * MINUTE + timedelta(milliseconds=400), 2)
    assert ledger("pk") == []
    assert RideDailyStats.objects.get().outages == 0


# -- kinds and doubts ------------------------------------------------------------------------------------


def schedule(park, closing: str = "21:00") -> None:
    ParkSchedule.objects.create(park=park, schedule_date=DAY, opening_time=MORNING, closing_time=local(DAY, closing))


@pytest.mark.parametrize(
    ("story", "columns", "kind"),
    [
        ("O660 C60", {}, Kind.EARLY_CLOSING),
        ("O600 C120", {}, Kind.BREAKDOWN),  # too long before
        ("O650 C60", {}, Kind.BREAKDOWN),  # not until the closing
        ("O660 D60", {"is_disney": True}, Kind.BREAKDOWN),  # the feed says that it is down
    ],
)
def test_a_stop_from_shortly_before_the_closing_on_is_an_early_closing(story, columns, kind):
    ride = make_ride(make_park(**columns))
    schedule(ride.park)
    report(ride, MORNING, story)
    recomputed(ride.park)
    assert ledger("kind") == [kind]


def doubts(story: str, **columns) -> Doubt:
    ride = make_ride(make_park(**columns))
    schedule(ride.park)
    report(ride, MORNING, story)
    show_park(ride.park, MORNING, 720)
    recomputed(ride.park)
    (found,) = ledger("doubts")
    return Doubt(found)


def test_an_outage_that_the_feed_calls_down_is_beyond_doubt():
    assert doubts("O60 D60 O600") == Doubt(0)


def test_a_feed_that_only_says_closed_leaves_a_doubt():
    assert doubts("O60 C60 O600") == Doubt.ONLY_CLOSED


def test_gaps_before_and_after_are_told():
    ride = make_ride(make_park())
    schedule(ride.park)
    report(ride, MORNING, "O60")
    report(ride, MORNING + 120 * MINUTE, "D30")
    report(ride, MORNING + 240 * MINUTE, "O300")
    recomputed(ride.park)
    (row,) = Outage.objects.all()
    assert Doubt(row.doubts) == Doubt.GAP_BEFORE | Doubt.GAP_AFTER
    assert (row.confidence, len(row.doubts_in_words)) == ("low", 2)


def test_a_day_without_a_schedule_and_hours_set_by_hand_are_doubts():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D60 O600")
    recomputed(ride.park)
    assert ledger("doubts") == [Doubt.INFERRED_HOURS]
    schedule(ride.park)
    ParkSchedule.objects.update(set_by="ann", reason="told by phone")
    recomputed(ride.park)
    assert ledger("doubts") == [Doubt.REPAIRED_HOURS]


def test_observations_are_counted_and_their_source_is_kept():
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D30 O60", grain=600)
    RideStatusSnapshot.objects.filter(recorded_at=MORNING + 60 * MINUTE).update(data_source=DataSource.ARCHIVE)
    recomputed(ride.park)
    assert ledger("observations", "data_source") == [(3, Source.BOTH)]


def test_a_ride_that_left_the_park_keeps_the_ledger_of_its_rows():
    """Inactive rides keep their days, so they keep their outages."""
    ride = make_ride(make_park())
    report(ride, MORNING, "O60 D30 O60")
    recomputed(ride.park)
    ride.is_active = False
    ride.save()
    RideStatusSnapshot.objects.all().delete()
    recomputed(ride.park)
    assert ledger("seconds") == minutes(30)
    assert differing_days() == []
