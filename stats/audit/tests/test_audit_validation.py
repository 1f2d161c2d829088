"""Each validation check finds exactly its impossible rows (R-24.1)."""

import logging
from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec import to_builtins

from parks.models import Ride
from stats.audit import validation
from stats.audit.scope import Scope
from stats.audit.validation import CHECKS, run_checks, validation_report
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

NEXT_DAY = DAY + timedelta(days=1)
SEVERITIES = {
    "downtime_exceeds_24h": ("CRITICAL", 0),
    "uptime_percentage_out_of_bounds": ("CRITICAL", 0),
    "negative_downtime": ("CRITICAL", 0),
    "shame_score_negative": ("CRITICAL", 0),
    "shame_score_above_10": ("CRITICAL", 0),
    "park_uptime_out_of_bounds": ("CRITICAL", 0),
    "downtime_exceeds_operating_hours": ("CRITICAL", 0),
    "uptime_plus_downtime_exceeds_operating_hours": ("CRITICAL", 0),
    "rides_with_downtime_exceeds_total": ("CRITICAL", 0),
    "no_ride_data_for_date": ("WARNING", 50),
    "rides_with_zero_operating_time": ("INFO", 100),
    "weekly_vs_daily_sum_mismatch": ("WARNING", 0),
}
ONE_HOUR = Decimal("1.00")


def outcome(name: str, scope: Scope | None = None) -> validation.Outcome:
    (found,) = [each for each in run_checks(scope or Scope(DAY, 1)) if each.check_name == name]
    return found


def good_day(day: date = DAY) -> tuple[ParkDailyStats, RideDailyStats]:
    """A park with one ride whose rows are possible and agree."""
    park = make_park()
    row = ride_day(make_ride(park), day)
    total = park_day(park, day, total_downtime_hours=ONE_HOUR, rides_with_downtime=1, total_rides_tracked=1)
    return total, row


def test_there_is_every_check_of_the_rule_with_its_severity_and_allowance():
    assert {check.name: (check.severity.value, check.max_allowed) for check in CHECKS} == SEVERITIES


def test_possible_rows_pass_every_check():
    good_day()
    assert [each.check_name for each in run_checks(Scope(DAY, 1)) if each.violations] == []
    assert to_builtins(validation_report(Scope(DAY, 1))) == {
        "success": True,
        "target_date": "2025-12-22",
        "total_checks": 13,
        "passed": 13,
        "failed": 0,
        "critical_failures": 0,
        "status": "PASS",
        "failures": [],
    }


@pytest.mark.parametrize(
    ("name", "columns", "violations"),
    [
        ("downtime_exceeds_24h", {"downtime_minutes": 1440}, 0),
        ("downtime_exceeds_24h", {"downtime_minutes": 1441}, 1),
        ("uptime_percentage_out_of_bounds", {"uptime_percentage": "0"}, 0),
        ("uptime_percentage_out_of_bounds", {"uptime_percentage": "100"}, 0),
        ("uptime_percentage_out_of_bounds", {"uptime_percentage": "-0.01"}, 1),
        ("uptime_percentage_out_of_bounds", {"uptime_percentage": "100.01"}, 1),
        ("negative_downtime", {"downtime_minutes": 0}, 0),
        ("negative_downtime", {"downtime_minutes": -1}, 1),
        ("downtime_exceeds_operating_hours", {"downtime_minutes": 600}, 0),
        ("downtime_exceeds_operating_hours", {"downtime_minutes": 601}, 1),
        # without any opening there is nothing to exceed; the sum check has it
        ("downtime_exceeds_operating_hours", {"downtime_minutes": 601, "operating_hours_minutes": 0}, 0),
        ("uptime_plus_downtime_exceeds_operating_hours", {"uptime_minutes": 540}, 0),
        ("uptime_plus_downtime_exceeds_operating_hours", {"uptime_minutes": 541}, 1),
        ("uptime_plus_downtime_exceeds_operating_hours", {"operating_hours_minutes": 0}, 1),
    ],
)
def test_a_ride_row_is_judged_at_the_bound(name, columns, violations):
    _, row = good_day()
    for column, value in columns.items():
        setattr(row, column, value)
    row.save()
    found = outcome(name)
    assert (found.violations, found.passed) == (violations, violations == 0)


@pytest.mark.parametrize(
    ("name", "columns", "violations"),
    [
        ("shame_score_negative", {"shame_score": "0"}, 0),
        ("shame_score_negative", {"shame_score": "-0.001"}, 1),
        ("shame_score_negative", {"shame_score": None}, 0),
        ("shame_score_above_10", {"shame_score": "10"}, 0),
        ("shame_score_above_10", {"shame_score": "10.001"}, 1),
        ("park_uptime_out_of_bounds", {"avg_uptime_percentage": "100"}, 0),
        ("park_uptime_out_of_bounds", {"avg_uptime_percentage": "100.01"}, 1),
        ("park_uptime_out_of_bounds", {"avg_uptime_percentage": "-0.01"}, 1),
        ("park_uptime_out_of_bounds", {"avg_uptime_percentage": None}, 0),
        ("rides_with_downtime_exceeds_total", {"rides_with_downtime": 1}, 0),
        ("rides_with_downtime_exceeds_total", {"rides_with_downtime": 2}, 1),
    ],
)
def test_a_park_row_is_judged_at_the_bound(name, columns, violations):
    total, _ = good_day()
    for column, value in columns.items():
        setattr(total, column, None if value is None else Decimal(value))
    total.save()
    found = outcome(name)
    assert (found.violations, found.passed) == (violations, violations == 0)


@pytest.mark.parametrize(
    ("name", "columns", "shown"),
    [
        ("downtime_exceeds_24h", {"downtime_minutes": 1500}, {"downtime_hours": 25.0}),
        ("downtime_exceeds_24h", {"downtime_minutes": 1441}, {"downtime_hours": 24.02}),
        ("negative_downtime", {"downtime_minutes": -5}, {"downtime_minutes": -5}),
        ("uptime_percentage_out_of_bounds", {"uptime_percentage": "100.25"}, {"uptime_percentage": 100.25}),
        (
            "downtime_exceeds_operating_hours",
            {"downtime_minutes": 700},
            {"downtime_minutes": 700, "operating_hours_minutes": 600},
        ),
        (
            "uptime_plus_downtime_exceeds_operating_hours",
            {"uptime_minutes": 600},
            {"uptime_minutes": 600, "downtime_minutes": 60, "operating_hours_minutes": 600},
        ),
    ],
)
def test_the_sample_of_a_ride_check_names_the_ride_and_the_figures_as_numbers(name, columns, shown):
    good_day()
    RideDailyStats.objects.update(**columns)
    ride = Ride.objects.get()
    assert outcome(name).sample == [
        {
            "ride_id": ride.pk,
            "ride_name": ride.name,
            "park_name": ride.park.name,
            "stat_date": "2025-12-22",
            **shown,
        }
    ]


@pytest.mark.parametrize(
    ("name", "columns", "shown"),
    [
        ("shame_score_negative", {"shame_score": "-1.5"}, {"shame_score": -1.5}),
        ("shame_score_above_10", {"shame_score": "21.7"}, {"shame_score": 21.7}),
        ("park_uptime_out_of_bounds", {"avg_uptime_percentage": "101"}, {"avg_uptime_percentage": 101.0}),
        (
            "rides_with_downtime_exceeds_total",
            {"rides_with_downtime": 3},
            {"rides_with_downtime": 3, "total_rides_tracked": 1},
        ),
    ],
)
def test_the_sample_of_a_park_check_names_the_park(name, columns, shown):
    total, _ = good_day()
    ParkDailyStats.objects.update(**columns)
    place = {"park_id": total.park_id, "park_name": total.park.name, "stat_date": "2025-12-22"}
    assert outcome(name).sample == [{**place, **shown}]


def test_five_rows_are_shown_and_all_are_counted():
    park = make_park()
    rides = [ride_day(make_ride(park), DAY, downtime_minutes=-1).ride_id for _ in range(7)]
    found = outcome("negative_downtime")
    assert found.violations == 7
    assert [row["ride_id"] for row in found.sample] == sorted(rides)[:5]


def test_rows_of_other_days_versions_and_parks_are_left_alone():
    park, other = make_park(), make_park()
    ride_day(make_ride(park), NEXT_DAY, downtime_minutes=-1)
    ride_day(make_ride(park), DAY, downtime_minutes=-1, metrics_version=2)
    ride_day(make_ride(other), DAY, downtime_minutes=-1)
    assert outcome("negative_downtime", Scope(DAY, 1, park.pk)).violations == 0
    assert outcome("negative_downtime", Scope(DAY, 1, other.pk)).violations == 1
    assert outcome("negative_downtime", Scope(DAY, 1)).violations == 1
    assert outcome("negative_downtime", Scope(DAY, 2)).violations == 1
    assert outcome("negative_downtime", Scope(NEXT_DAY, 1)).violations == 1


def test_a_row_whose_ride_was_deleted_is_still_found():
    RideDailyStats.objects.create(ride=None, stat_date=DAY, downtime_minutes=-1)
    ParkDailyStats.objects.create(park=None, stat_date=DAY, shame_score=-1)
    (row,) = outcome("negative_downtime").sample
    assert (row["ride_id"], row["ride_name"], row["park_name"]) == (None, None, None)
    assert outcome("shame_score_negative").sample[0]["park_name"] is None


# -- rides without a row ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "passed"), [(50, True), (51, False)])
def test_fifty_active_rides_may_lack_a_row(missing, passed):
    parks = [make_park(), make_park()]
    for n in range(missing):
        make_ride(parks[n % 2])
    ride_day(make_ride(parks[0]), DAY)
    found = outcome("no_ride_data_for_date")
    assert (found.violations, found.passed) == (missing, passed)
    assert found.sample == [
        {"park_id": park.pk, "park_name": park.name, "stat_date": "2025-12-22"} for park in parks
    ], "each park once"


def test_inactive_rides_and_parks_need_no_row_and_another_version_is_none():
    make_ride(make_park(), is_active=False)
    make_ride(make_park(is_active=False))
    ride_day(make_ride(make_park()), DAY, metrics_version=2)
    assert outcome("no_ride_data_for_date").violations == 1


@pytest.mark.parametrize(("closed", "passed"), [(100, True), (101, False)])
def test_a_hundred_rides_may_stand_in_a_closed_park(closed, passed):
    park = make_park()
    for _ in range(closed):
        ride_day(make_ride(park), DAY, uptime_minutes=0, downtime_minutes=0, operating_hours_minutes=0)
    park_day(park, DAY, total_downtime_hours=0)
    found = outcome("rides_with_zero_operating_time")
    assert (found.violations, found.passed, len(found.sample)) == (closed, passed, 5)
    assert validation_report(Scope(DAY, 1)).status == ("PASS" if passed else "WARN"), "INFO is a warning"


# -- weeks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "violations"), [("1.50", 0), ("1.51", 1), ("0.50", 0), ("0.49", 1), ("1.00", 0)])
def test_a_week_may_differ_by_half_an_hour(hours, violations):
    good_day()
    ParkDailyStats.objects.update(down_seconds=Decimal(hours) * 3600)
    assert outcome("weekly_vs_daily_sum_mismatch").violations == violations
    # Days from elsewhere, without seconds.
    ParkDailyStats.objects.update(down_seconds=None, total_downtime_hours=Decimal(hours))
    RideDailyStats.objects.update(down_seconds=None)
    assert outcome("weekly_vs_daily_sum_mismatch").violations == violations


def test_a_week_is_the_iso_week_around_the_day_and_its_two_sums_are_shown():
    park = make_park()
    ride, other = make_ride(park), make_ride(park)
    monday, sunday = date(2024, 12, 30), date(2025, 1, 5)
    for day in (monday, sunday):
        ride_day(ride, day, downtime_minutes=90)
        ride_day(other, day, downtime_minutes=20)
        park_day(park, day, total_downtime_hours=ONE_HOUR)
    for day in (monday - timedelta(days=1), sunday + timedelta(days=1)):
        ride_day(ride, day, downtime_minutes=600)
    for day in (monday, date(2025, 1, 1), sunday):
        found = outcome("weekly_vs_daily_sum_mismatch", Scope(day, 1))
        assert (found.severity, found.message) == ("WARNING", "Weekly total doesn't match sum of daily stats")
        assert found.sample == [
            {
                "park_id": park.pk,
                "park_name": park.name,
                "year": 2025,
                "week_number": 1,
                "weekly_total": 3.67,
                "daily_sum": 2.0,
                "diff": 1.67,
            }
        ]


@pytest.mark.parametrize("kept", [RideDailyStats, ParkDailyStats])
def test_a_week_with_rows_on_one_side_only_does_not_add_up(kept):
    good_day()
    for model in {RideDailyStats, ParkDailyStats} - {kept}:
        model.objects.all().delete()
    (row,) = outcome("weekly_vs_daily_sum_mismatch").sample
    assert sorted((row["weekly_total"], row["daily_sum"])) == [0.0, 1.0]


def test_weeks_of_two_versions_are_not_mixed():
    good_day()
    RideDailyStats.objects.update(metrics_version=2)
    ParkDailyStats.objects.update(metrics_version=2)
    assert outcome("weekly_vs_daily_sum_mismatch", Scope(DAY, 1)).violations == 0
    assert outcome("weekly_vs_daily_sum_mismatch", Scope(DAY, 2)).violations == 0


# -- reporting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("warning", "critical", "status", "counts"),
    [
        (False, False, "PASS", (13, 0, 0)),
        (True, False, "WARN", (12, 1, 0)),
        (False, True, "FAIL", (12, 1, 1)),
        (True, True, "FAIL", (11, 2, 1)),
    ],
)
def test_the_gravest_failure_decides_the_status(warning, critical, status, counts):
    good_day()
    if warning:
        ParkDailyStats.objects.update(down_seconds=9 * 3600)
    if critical:
        ParkDailyStats.objects.update(shame_score=Decimal("-1.0"))
    report = validation_report(Scope(DAY, 1))
    assert report.status == status
    assert (report.passed, report.failed, report.critical_failures) == counts
    assert [set(to_builtins(failure)) for failure in report.failures] == [
        {"check_name", "severity", "passed", "violations", "max_allowed", "message", "sample"}
    ] * counts[1]
    assert not any(failure.passed for failure in report.failures)


def test_a_check_that_cannot_be_carried_out_is_critical_and_reports_no_secret(monkeypatch, caplog):
    def fails(scope):
        raise RuntimeError("mysql://rw:hunter2@10.0.0.7")

    broken = validation.Check("broken", validation.Severity.INFO, 3, "never shown", fails)
    monkeypatch.setattr(validation, "CHECKS", (broken, *CHECKS))
    good_day()
    with caplog.at_level(logging.ERROR):
        report = validation_report(Scope(DAY, 1))
    assert to_builtins(report.failures) == [
        {
            "check_name": "broken",
            "severity": "CRITICAL",
            "passed": False,
            "violations": 0,
            "max_allowed": 3,
            "message": "Check failed with error: RuntimeError",
            "sample": [],
        }
    ]
    assert (report.status, report.passed) == ("FAIL", 13), "the others were carried out"
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("parks", [1, 4])
def test_every_check_is_one_query_whatever_it_finds(django_assert_num_queries, parks):
    for _ in range(parks):
        park = make_park()
        park_day(park, DAY, shame_score=-1, avg_uptime_percentage=-1, rides_with_downtime=99)
        for _ in range(7):
            ride_day(make_ride(park), DAY, downtime_minutes=1500, uptime_percentage=-1)
            make_ride(park)
    with django_assert_num_queries(len(CHECKS) + 1):  # and that of the ledger
        run_checks(Scope(DAY, 1))


@pytest.mark.parametrize("day", [date.min, date.max, date(1, 1, 7), date(9999, 12, 27)])
def test_the_ends_of_the_calendar_can_be_audited(day):
    assert validation_report(Scope(day, 1)).status == "PASS"
