"""Recomputing a range of days: the same rows again, each park on its own dates, a ledger row per day."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

import stats.daily.compute
from core.zones import day_range
from parks.models import Park
from snapshots.models import ParkOperatingSession, RideStatusSnapshot
from stats.daily.compute import ParkDay
from stats.daily.recompute import recompute, start_run
from stats.models import AggregationLog, ParkDailyStats, RecomputeRun, RideDailyStats
from stats.tests.builders import (
    DAY,
    LOS_ANGELES,
    NEW_YORK,
    PARIS,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    park_row_of,
    recomputed,
    report,
    ride_day,
    ride_row_of,
    values,
)

pytestmark = pytest.mark.django_db

OPENING = local(DAY, "09:00")


def everything() -> list[list[Any]]:
    """All values of all rows the recomputation writes; a session says besides when it was last written."""
    sessions = [field.name for field in ParkOperatingSession._meta.fields if field.name != "updated_at"]
    return [
        list(RideDailyStats.objects.order_by("pk").values()),
        list(ParkDailyStats.objects.order_by("pk").values()),
        list(ParkOperatingSession.objects.order_by("pk").values(*sessions)),
    ]


def compute(
    first: date, last: date, version: int = 1, park: Park | None = None, progress: Callable[[int], object] = id
) -> RecomputeRun:
    return recompute(start_run(first, last, version, park), progress=progress)


def sessions() -> list[tuple]:
    columns = ("session_date", "session_start_utc", "session_end_utc", "operating_minutes")
    return list(ParkOperatingSession.objects.order_by("session_date").values_list(*columns))


# -- again and again --------------------------------------------------------------------------------------


def test_a_second_run_changes_no_value_of_any_row():
    parks = [make_park(), make_park(timezone=TOKYO, is_disney=True)]
    for park in parks:
        for story in ("O300 D60 O240", "C600", "+500 -100"):
            report(make_ride(park, 1), local(DAY, "09:00", park.timezone), story, wait=15)
    compute(DAY, DAY)
    before = everything()
    assert list(map(len, before)) == [6, 2, 2]
    compute(DAY - timedelta(days=1), DAY + timedelta(days=1))
    assert everything() == before


def test_a_run_after_new_observations_replaces_the_rows_and_keeps_their_birth():
    ride = make_ride(make_park())
    report(ride, OPENING, "O60")
    recomputed(ride.park)
    before = ride_row_of(ride), park_row_of(ride.park)
    report(ride, OPENING + timedelta(hours=1), "D60 O60")
    recomputed(ride.park)
    after = ride_row_of(ride), park_row_of(ride.park)
    assert values(after[0], "uptime_minutes", "downtime_minutes") == (120, 60)
    assert after[1].shame_score == Decimal("3.3")
    assert [values(row, "pk", "created_at") for row in after] == [values(row, "pk", "created_at") for row in before]


def test_two_versions_lie_side_by_side_and_a_run_touches_only_its_own():
    ride = make_ride(make_park())
    report(ride, OPENING, "O60 D60")
    park_day(ride.park, DAY, metrics_version=1, shame_score=Decimal("9.900"))
    ride_day(ride, DAY, metrics_version=1, downtime_minutes=999)
    recomputed(ride.park, version=2)
    assert [ride_row_of(ride, version=n).downtime_minutes for n in (1, 2)] == [999, 60]
    assert [park_row_of(ride.park, version=n).shame_score for n in (1, 2)] == [Decimal("9.9"), Decimal("5.0")]
    RideStatusSnapshot.objects.all().delete()
    recomputed(ride.park, version=2)
    assert RideDailyStats.objects.get().metrics_version == 1
    assert ParkDailyStats.objects.get().metrics_version == 1


def test_rides_without_observations_lose_their_row_and_former_ones_stay_in_the_day():
    park = make_park()
    running, silent, retired = (make_ride(park) for _ in range(3))
    for ride in (running, silent, retired):
        report(ride, OPENING, "O60 D60")
    recomputed(park)
    retired.is_active = False
    retired.save()
    RideStatusSnapshot.objects.filter(ride=silent).delete()
    recomputed(park)
    assert set(RideDailyStats.objects.values_list("ride", "downtime_minutes")) == {(running.pk, 60), (retired.pk, 60)}
    assert park_row_of(park).total_rides_tracked == 2


def test_rows_of_an_unmapped_entity_are_in_no_figure():
    """An inactive ride without any key keeps them (ADR 17)."""
    park = make_park()
    report(make_ride(park), OPENING, "O120")
    keeper = make_ride(park, is_active=False, themeparks_wiki_id=None, queue_times_id=None)
    report(keeper, OPENING - timedelta(hours=1), "O60 D120")
    recomputed(park)
    assert RideDailyStats.objects.count() == 1
    assert values(park_row_of(park), "total_rides_tracked", "shame_score") == (1, 0)
    assert sessions()[0][1] == OPENING


def test_the_day_of_a_park_that_has_no_observations_any_more_is_removed_by_a_range_too():
    """A missing row is the only way to say "no data" (R-10.3)."""
    park = make_park()
    ride = make_ride(park)
    for day in (DAY, DAY + timedelta(days=1)):
        report(ride, local(day, "09:00"), "O60 D60")
    compute(DAY, DAY + timedelta(days=1))
    RideStatusSnapshot.objects.filter(recorded_at__lt=local(DAY + timedelta(days=1), "00:00")).delete()
    compute(DAY, DAY + timedelta(days=1))
    for rows in (RideDailyStats, ParkDailyStats):
        assert list(rows.objects.values_list("stat_date", flat=True)) == [DAY + timedelta(days=1)]
    assert [row[0] for row in sessions()] == [DAY + timedelta(days=1)]


# -- whose day --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [LOS_ANGELES, NEW_YORK, PARIS, TOKYO])
@pytest.mark.parametrize(("day", "hours"), [(date(2025, 6, 10), 24), (date(2025, 3, 9), 23), (date(2025, 11, 2), 25)])
def test_rows_lie_on_the_parks_own_date_from_midnight_to_midnight(zone, day, hours):
    if zone in (PARIS, TOKYO):
        hours = 24
    ride = make_ride(make_park(timezone=zone))
    start, end = day_range(day, zone)
    report(ride, start - timedelta(minutes=10), "D10")
    assert report(ride, start, f"O10 R{hours * 60 - 20} D10") == end
    report(ride, end, "D10")
    compute(day - timedelta(days=1), day + timedelta(days=1))
    columns = ("stat_date", "uptime_minutes", "downtime_minutes", "operating_hours_minutes")
    assert list(RideDailyStats.objects.order_by("stat_date").values_list(*columns)) == [
        (day - timedelta(days=1), 0, 0, 10),
        (day, 10, 10, hours * 60),
        (day + timedelta(days=1), 0, 0, 10),
    ]


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2025, 3, 30), 23),
        (date(2025, 10, 26), 25),
    ],
)
def test_paris_changes_its_clock_on_its_own_dates(day, hours):
    ride = make_ride(make_park(timezone=PARIS))
    start, end = day_range(day, PARIS)
    assert report(ride, start, f"O{hours * 60}") == end
    recomputed(ride.park, day)
    assert ride_row_of(ride, day).operating_hours_minutes == hours * 60


def test_one_instant_belongs_to_two_dates_in_tokyo_and_los_angeles():
    rides = [make_ride(make_park(timezone=zone)) for zone in (TOKYO, LOS_ANGELES)]
    for ride in rides:
        report(ride, local(date(2025, 12, 24), "07:00", TOKYO), "O60")
    compute(date(2025, 12, 22), date(2025, 12, 25))
    assert [RideDailyStats.objects.get(ride=ride).stat_date.day for ride in rides] == [24, 23]


# -- sessions (R-12) --------------------------------------------------------------------------------------


@pytest.mark.parametrize("grain", [600, None])
@pytest.mark.parametrize(
    ("zone", "day", "first", "minutes"),
    [
        (NEW_YORK, date(2024, 7, 15), "09:00", 780),
        (LOS_ANGELES, date(2024, 7, 15), "06:00", 720),
        (NEW_YORK, date(2024, 7, 15), "18:00", 300),
        (TOKYO, date(2024, 7, 15), "09:00", 600),
    ],
)
def test_a_session_lasts_from_the_first_to_the_last_moment_of_activity(grain, zone, day, first, minutes):
    ride = make_ride(make_park(timezone=zone))
    start = local(day, first, zone)
    report(ride, local(day, "00:00", zone), "C60")
    report(ride, start, f"O60 D{minutes - 120} +60 C20", grain)
    recomputed(ride.park, day)
    assert sessions() == [(day, start, start + timedelta(minutes=minutes), minutes)]


def test_session_minutes_are_truncated_and_span_all_rides():
    park = make_park()
    report(make_ride(park), OPENING, "O90s")
    report(make_ride(park), OPENING + timedelta(seconds=60), "O119s")
    recomputed(park)
    assert sessions() == [(DAY, OPENING, OPENING + timedelta(seconds=179), 2)]


def test_a_day_without_activity_has_no_session_and_loses_an_old_one():
    ride = make_ride(make_park())
    report(ride, OPENING, "O60")
    recomputed(ride.park)
    RideStatusSnapshot.objects.update(status="CLOSED", computed_is_open=False)
    recomputed(ride.park)
    assert sessions() == []
    assert RideDailyStats.objects.count() == 1


# -- the ledger (R-26.1) ----------------------------------------------------------------------------------


def test_every_day_of_a_range_leaves_a_ledger_row():
    parks = [make_park(), make_park(timezone=LOS_ANGELES)]
    for park in parks:
        report(make_ride(park), local(DAY, "09:00", park.timezone), "O60")
    done: list[int] = []
    for park in parks:
        report(park.rides.get(), local(DAY + timedelta(days=1), "09:00", park.timezone), "O60")
    run = compute(DAY - timedelta(days=9), DAY + timedelta(days=1), 7, progress=done.append)
    assert values(run, "status", "days_processed", "parks_processed", "rides_processed") == ("success", 2, 4, 4)
    assert sum(done) == 4
    first, second = AggregationLog.objects.order_by("aggregation_date")
    columns = ("aggregation_date", "aggregation_type", "status", "metrics_version", "park_id", "error_message")
    assert values(first, *columns) == (DAY, "daily", "success", 7, None, None)
    assert values(first, "parks_processed", "rides_processed") == (2, 2)
    assert values(second, "aggregation_date", "rides_processed") == (DAY + timedelta(days=1), 2)
    # The day is over when the westernmost park's midnight has come.
    assert first.aggregated_until_ts == local(DAY + timedelta(days=1), "00:00", LOS_ANGELES)
    assert first.completed_at is not None
    assert first.started_at <= first.completed_at <= second.started_at


def test_the_ledger_names_the_park_only_when_it_was_asked_for_alone():
    park = make_park()
    report(make_ride(park), OPENING, "O60")
    compute(DAY, DAY)
    compute(DAY, DAY, park=park)
    assert list(AggregationLog.objects.order_by("pk").values_list("park", flat=True)) == [None, park.pk]


def test_a_park_that_fails_stops_no_other_and_the_ledger_reports(monkeypatch):
    parks = [make_park(name=name) for name in ("A", "B", "C")]
    for park in parks:
        report(make_ride(park), OPENING, "O60")
    computed = stats.daily.compute.park_row

    def fails_for_b(day: ParkDay):
        if day.park.name == "B":
            raise ValueError("no such thing")
        return computed(day)

    monkeypatch.setattr(stats.daily.compute, "park_row", fails_for_b)
    run = compute(DAY, DAY)
    log = AggregationLog.objects.get()
    assert values(run, "status", "parks_processed") == ("failed", 2)
    assert "no such thing" in run.error_message
    assert values(log, "status", "parks_processed", "rides_processed") == ("failed", 2, 2)
    assert log.error_message is not None
    assert "(B)" in log.error_message
    assert "no such thing" in log.error_message
    assert log.completed_at is not None
    assert set(ParkDailyStats.objects.values_list("park__name", flat=True)) == {"A", "C"}
    # Nothing half-written remains of the failed one.
    assert not RideDailyStats.objects.filter(ride__park__name="B").exists()


def test_a_ride_that_moved_to_another_park_does_not_break_the_days_before():
    old, new = make_park(), make_park()
    ride, stayed = make_ride(old), make_ride(old)
    for each in (ride, stayed):
        report(each, OPENING, "O60 D60")
    ride.park = new
    ride.save()
    assert compute(DAY, DAY).status == "success"
    recomputed(new)
    recomputed(old)
    recomputed(new)
    assert set(RideDailyStats.objects.values_list("ride", "downtime_minutes")) == {(ride.pk, 60), (stayed.pk, 60)}
