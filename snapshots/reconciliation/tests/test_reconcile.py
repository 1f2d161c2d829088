"""`manage.py reconcile`: it files what contradicts itself, once, and settles what is gone."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from parks.models import Ride
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.management.commands import reconcile
from snapshots.models import DataQualityLog, DataSource, QueueData, Resolution, RideStatusChange, RideStatusSnapshot
from snapshots.reconciliation.days import reconcile_day
from snapshots.reconciliation.orphans import reconcile_orphans
from snapshots.status import Status
from snapshots.tests.factories import ActivityFactory, ChangeFactory, QueueFactory, SnapshotFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 7, 1)
NINE = datetime(2026, 7, 1, 13, tzinfo=UTC)  # 9:00 in New York
MINUTE = timedelta(minutes=1)


def at(minutes):
    return NINE + minutes * MINUTE


def watch(park, minutes=120, begin=0, **columns):
    for n in range(begin, begin + minutes, 5):
        ActivityFactory.create(park=park, recorded_at=at(n), **columns)


def see(ride, *minutes, **columns):
    for n in minutes:
        SnapshotFactory.create(ride=ride, recorded_at=at(n), **columns)


def logged(**only):
    return list(DataQualityLog.objects.filter(**only).order_by("pk"))


# -- status changes --------------------------------------------------------------------------------------


def test_a_change_that_nobody_stored_is_filed_with_its_place():
    ride = RideFactory.create()
    see(ride, 0, 5)
    see(ride, 10, 15, status=Status.DOWN)
    assert reconcile_day(ride.park, DAY).missing_changes == 1
    (row,) = logged()
    assert (row.issue_type, row.entity_type, row.entity_id) == ("INVALID", "park", ride.park_id)
    assert row.raw_data["first"] == [{"ride_id": ride.pk, "changed_at": "2026-07-01T13:10:00+00:00"}]
    assert f"1 status changes are missing, the first of ride {ride.pk}" in row.description


def test_changes_that_are_stored_and_first_sights_are_no_finding():
    ride = RideFactory.create()
    see(ride, 0)
    see(ride, 5, status=Status.DOWN)
    ChangeFactory.create(ride=ride, changed_at=at(5))
    assert reconcile_day(ride.park, DAY).missing_changes == 0
    assert logged() == []


def test_a_change_over_midnight_is_looked_for_against_the_day_before():
    ride = RideFactory.create()
    see(ride, -600)
    see(ride, 0, status=Status.CLOSED)
    assert reconcile_day(ride.park, DAY).missing_changes == 1


def test_states_of_the_archive_are_not_held_against_live_changes():
    ride = RideFactory.create()
    see(ride, 0, data_source=DataSource.ARCHIVE)
    see(ride, 5, status=Status.DOWN, data_source=DataSource.ARCHIVE)
    assert reconcile_day(ride.park, DAY).missing_changes == 0


def test_finding_it_again_files_nothing_new_and_reports_the_present_number():
    ride = RideFactory.create()
    see(ride, 0)
    see(ride, 5, status=Status.DOWN)
    assert reconcile_day(ride.park, DAY).filed == 1
    see(ride, 10)
    assert reconcile_day(ride.park, DAY).filed == 0
    (row,) = logged()
    assert (row.raw_data["missing"], row.resolution_status) == (2, Resolution.OPEN)


def test_what_was_mended_is_settled_and_what_comes_back_is_taken_up_again():
    ride = RideFactory.create()
    see(ride, 0)
    see(ride, 5, status=Status.DOWN)
    reconcile_day(ride.park, DAY)
    change = ChangeFactory.create(ride=ride, changed_at=at(5))
    assert reconcile_day(ride.park, DAY).settled == 1
    assert logged()[0].resolution_status == Resolution.RESOLVED
    change.delete()
    assert reconcile_day(ride.park, DAY).filed == 0
    assert logged()[0].resolution_status == Resolution.INVESTIGATING


def test_what_a_person_will_not_fix_stays_so():
    ride = RideFactory.create()
    see(ride, 0)
    see(ride, 5, status=Status.DOWN)
    reconcile_day(ride.park, DAY)
    logged()[0].move_to(Resolution.WONTFIX, "before the collector was mended")
    reconcile_day(ride.park, DAY)
    assert logged()[0].resolution_status == Resolution.WONTFIX
    ChangeFactory.create(ride=ride, changed_at=at(5))
    assert reconcile_day(ride.park, DAY).settled == 0


# -- holes of rides --------------------------------------------------------------------------------------


def test_a_ride_without_rows_while_its_open_park_was_observed_has_a_gap():
    ride = RideFactory.create()
    watch(ride.park)
    see(ride, 0, 5, *range(45, 120, 5))
    assert reconcile_day(ride.park, DAY).holes == 1
    (row,) = logged()
    assert (row.issue_type, row.entity_type, row.entity_id) == ("GAP", "ride", ride.pk)
    assert (row.timestamp_start, row.timestamp_end) == (at(10), at(45))
    assert reconcile_day(ride.park, DAY).filed == 0


@pytest.mark.parametrize("back", [35, 40])
def test_half_an_hour_without_rows_is_no_hole_yet(back):
    ride = RideFactory.create()
    watch(ride.park, 60)
    see(ride, 0, *range(back, 60, 5))
    assert reconcile_day(ride.park, DAY).holes == (back > 35)


def test_a_ride_that_is_gone_before_closing_has_a_gap_until_closing():
    ride = RideFactory.create()
    watch(ride.park)
    watch(ride.park, 60, begin=120, park_appears_open=False)
    see(ride, 0, 5)
    reconcile_day(ride.park, DAY)
    (row,) = logged()
    assert (row.timestamp_start, row.timestamp_end) == (at(10), at(120))


def test_the_silence_of_the_whole_park_is_no_hole_of_its_rides():
    ride = RideFactory.create()
    watch(ride.park, 30)
    watch(ride.park, 30, begin=180)
    see(ride, *range(0, 30, 5), *range(180, 210, 5))
    assert reconcile_day(ride.park, DAY).holes == 0


def test_a_ride_that_was_not_seen_before_is_no_hole():
    ride = RideFactory.create()
    watch(ride.park)
    see(ride, *range(60, 120, 5))
    assert reconcile_day(ride.park, DAY).holes == 0


def test_a_hole_that_was_filled_is_settled():
    ride = RideFactory.create()
    watch(ride.park)
    see(ride, 0, 5, *range(45, 120, 5))
    reconcile_day(ride.park, DAY)
    see(ride, *range(10, 45, 5), data_source=DataSource.ARCHIVE)
    assert reconcile_day(ride.park, DAY).settled == 1


def test_a_day_costs_few_queries_however_many_rides(django_assert_max_num_queries):
    park = ParkFactory.create()
    watch(park)
    for ride in RideFactory.create_batch(20, park=park):
        see(ride, 0, *range(60, 120, 5))
    with django_assert_max_num_queries(24):
        assert reconcile_day(park, DAY).holes == 20


# -- orphans ---------------------------------------------------------------------------------------------


def test_rows_of_rides_and_parks_that_do_not_exist_are_filed_once_by_table():
    rides = RideFactory.create_batch(3)
    for ride in rides:
        see(ride, 0, 5)
        QueueFactory.create(ride=ride, recorded_at=at(0))
    gone = rides[1]
    Ride.objects.filter(pk=gone.pk)._raw_delete("default")  # as no application does
    assert reconcile_orphans() == (2, 0)
    assert [(row.entity_type, row.external_id, row.raw_data["rows"]) for row in logged()] == [
        ("ride_status_snapshots", f"ride {gone.pk}", 2),
        ("queue_data", f"ride {gone.pk}", 1),
    ]
    assert reconcile_orphans() == (0, 0)
    assert (logged()[0].timestamp_start, logged()[0].timestamp_end) == (at(0), at(5))


def test_rows_before_the_first_and_after_the_last_key_are_found():
    ride = RideFactory.create()
    see(ride, 0)
    RideStatusSnapshot.objects.filter(ride=ride).update(park_id=ride.park_id + 100)
    QueueFactory.create(ride=ride, recorded_at=at(0))
    QueueData.objects.update(ride_id=ride.pk + 1_000)
    assert reconcile_orphans() == (2, 0)


def test_orphans_that_are_gone_are_settled():
    QueueFactory.create(recorded_at=at(0))
    QueueData.objects.update(ride_id=9_999)
    reconcile_orphans()
    QueueData.objects.all().delete()
    assert reconcile_orphans() == (0, 1)
    assert logged()[0].resolution_status == Resolution.RESOLVED


def test_an_empty_warehouse_has_no_orphans():
    assert reconcile_orphans() == (0, 0)


# -- the command -----------------------------------------------------------------------------------------


def run(*options):
    out = StringIO()
    with time_machine.travel(NINE + timedelta(days=1), tick=False):
        call_command("reconcile", *options, stdout=out, stderr=StringIO(), verbosity=0)
    return out.getvalue()


def test_the_command_checks_yesterday_of_every_active_park_and_reports_what_it_found():
    ride = RideFactory.create()
    see(ride, 0)
    see(ride, 5, status=Status.DOWN)
    reported = run("--sample", "0")
    assert "Orphans: 0 new, 0 gone." in reported
    assert "1 park-days: 1 missing status changes, 0 holes of rides; 1 findings new, 0 settled." in reported
    assert "1 findings new" not in run("--sample", "0")
    assert RideStatusChange.objects.count() == 0, "it mends nothing"


def test_the_command_asks_the_statistics_to_compare_a_sample():
    ride = RideFactory.create()
    see(ride, 0, 5)
    reported = run()
    assert "1 park-days recomputed: 1 differ from their daily rows" in reported
    assert logged()[0].raw_data["reason"] == "daily rows"


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (("--days", "-1"), "--days must be between 0 and 366"),
        (("--sample", "100001"), "--sample must be between 0 and 100000"),
        (("--park-id", "7"), "--park-id: park 7 is not known"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(options, reported):
    with pytest.raises(CommandError, match=reported) as raised:
        run(*options)
    assert raised.value.returncode == 2


def test_that_the_comparison_failed_is_a_partial_failure(monkeypatch):
    def broken(*args, **options):
        raise CommandError("no memory")

    monkeypatch.setattr(reconcile, "request", broken)
    with pytest.raises(CommandError, match="no memory") as raised:
        run()
    assert raised.value.returncode == 1
