"""Stored rows are held against a fresh computation from the observations (R-24.3, R-2.2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

import stats.audit.verification
from parks.models import Park, Ride
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from stats.audit.comparison import Comparison
from stats.audit.scope import Scope
from stats.audit.verification import Verification, verify_day
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, TOKYO, local, make_park, make_ride, park_day, recomputed, report, ride_day

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
NIGHT = local(DAY, "00:00")


def verified(*parks: Park, now: datetime = NOW, version: int = 1) -> Verification:
    return verify_day(Scope(DAY, version), parks, now)


def busy_park(rides: int = 1, **columns: Any) -> Park:
    """Rides that ran seven hours and were down for three, with their stored rows."""
    park = make_park(**columns)
    for _ in range(rides):
        report(make_ride(park), local(DAY, "09:00"), "O420 D180")
    recomputed(park)
    return park


def shift(model: Any, **columns: Any) -> None:
    """Move stored figures by so much."""
    model.objects.update(**{name: F(name) + by for name, by in columns.items()})


# -- rows ------------------------------------------------------------------------------------------------


def test_rows_that_were_just_computed_are_right():
    result = verified(busy_park(3), busy_park(2, is_disney=True))
    assert (result.rides.severity, result.parks.severity, result.problems) == (None, None, [])
    assert (result.rides.compared, result.parks.compared) == (5, 2)


@pytest.mark.parametrize("column", ["uptime_minutes", "downtime_minutes", "operating_hours_minutes"])
@pytest.mark.parametrize(("by", "mismatches"), [(10, 0), (-10, 0), (11, 1), (-11, 1)])
def test_minutes_of_a_ride_may_be_off_by_ten(column, by, mismatches):
    park = busy_park()
    shift(RideDailyStats, **{column: by})
    assert verified(park).rides.mismatches == mismatches


@pytest.mark.parametrize(
    ("column", "by", "mismatches"),
    [
        ("total_downtime_hours", "0.17", 0),
        ("total_downtime_hours", "-0.17", 0),
        ("total_downtime_hours", "0.18", 1),
        ("total_downtime_hours", "-0.18", 1),
        ("shame_score", "0.2", 0),
        ("shame_score", "-0.2", 0),
        ("shame_score", "0.201", 1),
        ("shame_score", "-0.201", 1),
        ("rides_with_downtime", "1", 0),
        ("rides_with_downtime", "-1", 0),
        ("rides_with_downtime", "2", 1),
    ],
)
def test_figures_of_a_park_may_be_off_by_their_tolerance(column, by, mismatches):
    park = busy_park()
    shift(ParkDailyStats, **{column: Decimal(by)})
    assert verified(park).parks.mismatches == mismatches


@pytest.mark.parametrize(
    ("column", "by"), [("total_rides_tracked", 5), ("avg_uptime_percentage", -20), ("operating_hours_minutes", 60)]
)
def test_other_figures_of_a_park_are_not_compared(column, by):
    park = busy_park()
    shift(ParkDailyStats, **{column: by})
    assert verified(park).parks.severity is None


def test_a_mismatch_shows_both_figures():
    park = busy_park()
    shift(RideDailyStats, downtime_minutes=-60)
    shift(ParkDailyStats, shame_score=Decimal("-1.5"))
    result = verified(park)
    ride = park.rides.get()
    assert result.rides.sample == [
        {
            "park_name": park.name,
            "ride_id": ride.pk,
            "stat_date": "2025-12-22",
            "column": "downtime_minutes",
            "stored": 120,
            "computed": 180,
        }
    ]
    assert result.parks.sample == [
        {
            "park_id": park.pk,
            "park_name": park.name,
            "stat_date": "2025-12-22",
            "column": "shame_score",
            "stored": 1.5,
            "computed": 3.0,
        }
    ]


def test_a_score_that_is_not_stored_is_a_mismatch():
    park = busy_park()
    ParkDailyStats.objects.update(shame_score=None)
    result = verified(park)
    assert (result.parks.mismatches, result.parks.sample[0]["stored"]) == (1, None)


def test_rows_that_are_not_stored_are_missing():
    park = busy_park(2)
    RideDailyStats.objects.first().delete()
    ParkDailyStats.objects.all().delete()
    result = verified(park)
    assert (result.rides.missing, result.rides.mismatches, result.rides.compared) == (1, 0, 2)
    assert (result.parks.missing, result.parks.mismatches, result.parks.compared) == (1, 0, 1)
    assert result.rides.sample[0]["stored"] is None


def test_rows_without_any_observation_are_mismatches():
    park = busy_park()
    RideStatusSnapshot.objects.all().delete()
    result = verified(park)
    assert (result.rides.mismatches, result.parks.mismatches) == (1, 1)
    assert result.rides.sample[0]["computed"] is None
    assert result.parks.sample[0]["computed"] is None


def test_a_row_without_observations_beside_others_is_a_mismatch():
    park = busy_park()
    ghost = ride_day(make_ride(park), DAY)
    result = verified(park)
    assert (result.rides.mismatches, result.rides.compared) == (1, 2)
    assert result.rides.sample[0]["ride_id"] == ghost.ride_id


def test_history_of_a_ride_that_is_no_longer_active_is_left_alone():
    park = busy_park()
    ride_day(make_ride(park, is_active=False), DAY)
    assert verified(park).rides.severity is None


def test_a_ride_that_has_moved_is_compared_where_it_stood():
    old, new = busy_park(), make_park()
    Ride.objects.update(park=new)
    result = verified(old, new)
    assert (result.rides.severity, result.rides.compared) == (None, 1)
    assert verified(new).rides.severity is None


def test_rows_of_another_version_are_another_matter():
    park = busy_park()
    recomputed(park, version=2)
    RideDailyStats.objects.filter(metrics_version=2).update(downtime_minutes=0)
    assert verified(park).rides.severity is None
    assert verified(park, version=2).rides.mismatches == 1


def test_a_park_whose_day_has_not_ended_is_passed_over():
    park, tokyo = busy_park(), make_park(timezone=TOKYO)
    report(make_ride(tokyo), local(DAY, "09:00", TOKYO), "O60")
    ParkDailyStats.objects.all().delete()
    ended_in_tokyo = local(DAY, "00:00", TOKYO) + timedelta(days=1)
    assert verified(park, tokyo, now=ended_in_tokyo - timedelta(seconds=1)).parks.missing == 0
    assert verified(park, tokyo, now=ended_in_tokyo).parks.missing == 1
    assert verified(park, tokyo).parks.missing == 2


@pytest.mark.parametrize(
    ("table", "mismatches", "missing", "severity"),
    [
        ("rides", 0, 0, None),
        ("rides", 10, 5, "WARNING"),
        ("rides", 1, 0, "WARNING"),
        ("rides", 11, 0, "CRITICAL"),
        ("rides", 0, 6, "CRITICAL"),
        ("parks", 5, 2, "WARNING"),
        ("parks", 6, 0, "CRITICAL"),
        ("parks", 0, 3, "CRITICAL"),
    ],
)
def test_many_discrepancies_are_critical(table, mismatches, missing, severity):
    comparison: Comparison = getattr(Verification(DAY), table)
    comparison.mismatches, comparison.missing = mismatches, missing
    assert comparison.severity == severity


def test_discrepancies_add_up_over_the_parks_of_a_day_and_five_are_shown():
    parks = [busy_park(4) for _ in range(3)]
    shift(RideDailyStats, downtime_minutes=11)
    result = verified(*parks)
    assert (result.rides.mismatches, result.rides.severity, len(result.rides.sample)) == (12, "CRITICAL", 5)


def test_progress_is_reported_park_by_park():
    reported: list[int] = []
    verify_day(Scope(DAY, 1), [busy_park(), make_park()], NOW, reported.append)
    assert reported == [1, 1]


@pytest.mark.parametrize("rides", [1, 6])
def test_a_park_day_costs_three_queries_more_than_its_computation_and_its_hours(
    django_assert_num_queries, monkeypatch, rides
):
    park = busy_park(rides)
    computed = stats.audit.verification.compute_park_day(park, DAY, 1)
    monkeypatch.setattr(stats.audit.verification, "compute_park_day", lambda *asked: computed)
    monkeypatch.setattr(stats.audit.verification, "compare_hours", lambda *asked: None)
    with django_assert_num_queries(3):
        verified(park)


def test_nothing_is_corrected():
    park = busy_park()
    shift(RideDailyStats, downtime_minutes=60)
    verified(park)
    assert RideDailyStats.objects.get().downtime_minutes == 240


# -- the interval ----------------------------------------------------------------------------------------


def collect(park: Park, every: int, duration: int = 300, rows: int = 10, source: str = DataSource.LIVE) -> None:
    """Live rows of a park, so many seconds apart."""
    ParkActivitySnapshot.objects.bulk_create(
        ParkActivitySnapshot(
            park=park,
            recorded_at=NIGHT + timedelta(seconds=n * every),
            duration_seconds=duration,
            data_source=source,
        )
        for n in range(rows)
    )


# The day's last moment in New York, and a day and a second later.
RECENT = local(DAY, "00:00") + timedelta(days=1)
LATER = RECENT + timedelta(days=1, seconds=1)


@pytest.mark.parametrize(
    ("every", "is_right"),
    [(300, True), (360, True), (361, False), (240, True), (239, False), (600, False), (60, False)],
)
def test_the_median_gap_may_differ_from_the_setting_by_a_fifth(settings, every, is_right):
    settings.COLLECTION_INTERVAL_SECONDS = 300
    park = make_park()
    collect(park, every)
    problems = verified(park, now=RECENT).problems
    assert [(each.name, each.park_id) for each in problems] == (
        [] if is_right else [("interval_consistency", park.pk)]
    )


def test_a_wrong_interval_is_reported_in_seconds(settings):
    settings.COLLECTION_INTERVAL_SECONDS = 300
    park = make_park()
    collect(park, 600)
    (problem,) = verified(park, now=RECENT).problems
    assert problem.message == "collected every 600 s, but the interval is 300 s"


def test_an_older_day_is_held_against_the_interval_of_its_time(settings):
    settings.COLLECTION_INTERVAL_SECONDS = 300
    park = make_park()
    collect(park, 600, duration=600)
    assert len(verified(park, now=RECENT).problems) == 1
    assert verified(park, now=LATER).problems == []
    ParkActivitySnapshot.objects.update(duration_seconds=300)
    (problem,) = verified(park, now=LATER).problems
    assert problem.message == "collected every 600 s, but the interval is 300 s"


def test_single_outages_of_the_collection_do_not_move_the_median(settings):
    settings.COLLECTION_INTERVAL_SECONDS = 300
    park = make_park()
    collect(park, 300)
    ParkActivitySnapshot.objects.create(park=park, recorded_at=NIGHT + timedelta(hours=12))
    assert verified(park, now=RECENT).problems == []


@pytest.mark.parametrize(("rows", "problems"), [(3, 0), (4, 1)])
def test_a_median_of_too_few_gaps_says_nothing(rows, problems):
    park = make_park()
    collect(park, 3600, rows=rows)
    assert len(verified(park).problems) == problems


def test_imported_rows_have_no_interval():
    park = make_park()
    collect(park, 3600, source=DataSource.ARCHIVE)
    assert verified(park).problems == []


# -- downtime is recognised ------------------------------------------------------------------------------


def test_a_disney_park_whose_down_was_not_counted_is_found():
    park = busy_park(is_disney=True)
    assert verified(park).problems == []
    RideDailyStats.objects.update(downtime_minutes=0)
    (problem,) = verified(park).problems
    ride = park.rides.get()
    assert (problem.name, problem.park_id) == ("down_recognised", park.pk)
    assert problem.message == f"ride {ride.pk}: 10800 s DOWN in the open park, stored as no downtime"


@pytest.mark.parametrize(("story", "problems"), [("O300 D9", 0), ("O300 D10", 1)])
def test_a_few_minutes_may_be_lost_by_rounding(story, problems):
    park = make_park(is_universal=True)
    report(make_ride(park), local(DAY, "09:00"), story, grain=60)
    recomputed(park)
    RideDailyStats.objects.update(downtime_minutes=0)
    assert len(verified(park).problems) == problems


def test_a_ride_that_never_ran_is_rightly_without_downtime():
    park = make_park(is_disney=True)
    report(make_ride(park), local(DAY, "09:00"), "D600")
    recomputed(park)
    assert verified(park).problems == []


def test_other_parks_are_compared_by_their_minutes_alone():
    park = busy_park()
    RideDailyStats.objects.update(downtime_minutes=0)
    result = verified(park)
    assert (result.problems, result.rides.mismatches) == ([], 1)


@pytest.mark.parametrize("is_disney", [True, False])
def test_both_forms_of_the_rule_have_to_count_the_same(monkeypatch, is_disney):
    park = busy_park(is_disney=is_disney)
    computed = stats.audit.verification.compute_park_day(park, DAY, 1)
    ride = park.rides.get()
    computed.measures[ride.pk].down_seconds -= 60
    monkeypatch.setattr(stats.audit.verification, "compute_park_day", lambda *asked: computed)
    (problem,) = verified(park).problems
    assert problem.message == f"ride {ride.pk}: 10800 s down by the query, 10740 s by the measures"


def test_a_park_row_without_a_ride_row_is_a_mismatch():
    park = make_park()
    park_day(park, DAY)
    result = verified(park)
    assert (result.parks.mismatches, result.parks.compared, result.rides.compared) == (1, 1, 0)
