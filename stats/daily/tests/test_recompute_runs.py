"""The ledger of recomputations: what a run notes, how it goes on after it broke off, the hourly job (R-26.1)."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

import stats.daily.recompute
import stats.management.commands.recompute_daily_stats as command
from core.jobs import forks
from parks.models import Park, ParkSchedule
from snapshots.models import RideStatusSnapshot
from stats.daily.recompute import (
    CATCH_UP_DAYS,
    compute_ended_days,
    days_to_compute,
    ended_days,
    parks_of,
    recompute,
    start_run,
)
from stats.models import AggregationLog, AggregationType, ParkDailyStats, RecomputeRun, RideDailyStats
from stats.tests.builders import DAY, LOS_ANGELES, NEW_YORK, TOKYO, local, make_park, make_ride, report, values

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
DAYS = [DAY + n * ONE_DAY for n in range(4)]
SPAN = ("--start-date", str(DAYS[0]), "--end-date", str(DAYS[-1]))


def park_with_days(*days: date, rides: int = 1, **columns: Any) -> Park:
    """A park whose rides ran for an hour and were down for half of one, on each of these days."""
    park = make_park(**columns)
    for _ in range(rides):
        ride = make_ride(park)
        for day in days:
            report(ride, local(day, "09:00", park.timezone), "O60 D30", grain=None)
    return park


def run(*options: str) -> str:
    out = StringIO()
    call_command("recompute_daily_stats", *options, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def computed(monkeypatch) -> list[tuple[int, date]]:
    """The park-days that are computed from now on, in order."""
    seen: list[tuple[int, date]] = []
    compute = stats.daily.recompute.recompute_parks

    def noting(parks, day, version):
        seen.extend((park.pk, day) for park in parks)
        return compute(parks, day, version)

    monkeypatch.setattr(stats.daily.recompute, "recompute_parks", noting)
    return seen


@pytest.fixture
def trouble(monkeypatch) -> dict[tuple[int, date], BaseException]:
    """What computing a park-day raises instead of a result."""
    errors: dict[tuple[int, date], BaseException] = {}
    compute = stats.daily.recompute.recompute_parks

    def failing(parks, day, version):
        for park in parks:
            if (park.pk, day) in errors:
                raise errors[park.pk, day]
        return compute(parks, day, version)

    monkeypatch.setattr(stats.daily.recompute, "recompute_parks", failing)
    return errors


# -- what a run notes -------------------------------------------------------------------------------------


def test_a_run_notes_its_range_version_times_rows_and_warnings():
    park_with_days(*DAYS, rides=2)
    park_with_days(DAYS[1], DAYS[3], name="Gap")
    began = datetime(2026, 1, 5, 12, tzinfo=UTC)
    with time_machine.travel(began, tick=False):
        run("--start-date", "2025-12-01", "--end-date", str(DAYS[-1]), "--metrics-version", "7")
    row = RecomputeRun.objects.get()
    assert values(row, "first_date", "last_date", "park", "metrics_version") == (date(2025, 12, 1), DAYS[-1], None, 7)
    assert values(row, "status", "started_at", "completed_at") == ("success", began, began)
    assert values(row, "days_processed", "parks_processed", "rides_processed") == (4, 4 + 2, 8 + 2)
    assert RideDailyStats.objects.count() == 10
    assert ParkDailyStats.objects.count() == 6
    assert values(row, "warnings", "error_message") == (f"{DAYS[2]} Gap: no observations", "")


def test_a_run_of_one_park_names_it():
    park = park_with_days(DAY)
    park_with_days(DAY)
    out = run("--start-date", str(DAY), "--end-date", str(DAY), "--park-id", str(park.pk))
    assert out == f"Computed 1 ride-days in 1 park-days of {park.name} from {DAY} to {DAY} (metrics version 1).\n"
    row = RecomputeRun.objects.get()
    assert values(row, "park", "parks_processed") == (park, 1)
    assert f"{DAY} to {DAY} v1 success" in str(row)


def test_a_run_that_found_nothing_is_in_the_ledger_too():
    run(*SPAN)
    assert values(RecomputeRun.objects.get(), "status", "days_processed", "rides_processed") == ("success", 0, 0)


def test_a_running_day_is_known_only_until_its_computation_began():
    park = park_with_days(DAY)
    noon = local(DAY, "12:00")
    with time_machine.travel(noon, tick=False):
        run(*SPAN)
    with time_machine.travel(local(DAY + ONE_DAY, "12:00"), tick=False):
        run(*SPAN)
    columns = AggregationLog.objects.order_by("pk").values_list("aggregated_until_ts", flat=True)
    assert list(columns) == [noon, local(DAY + ONE_DAY, "00:00", park.timezone)]


def test_progress_sums_up_to_the_park_days_even_when_some_fail(trouble):
    broken = park_with_days(*DAYS)
    park_with_days(*DAYS[1:3], timezone=TOKYO)
    trouble[broken.pk, DAYS[1]] = ValueError("broken")
    row = start_run(DAYS[0], DAYS[-1], 1)
    reported: list[int] = []
    recompute(row, progress=reported.append)
    assert (sum(reported), days_to_compute(parks_of(row))) == (6, 6)


def test_a_resumed_run_reports_the_progress_of_what_was_left(trouble, monkeypatch):
    park = park_with_days(*DAYS)
    park_with_days(*DAYS)
    trouble[park.pk, DAYS[1]] = ValueError("broken")
    with pytest.raises(CommandError):
        run(*SPAN)
    trouble.clear()
    bars: list[Any] = []

    def bar(total, unit, verbosity):
        bars.append(make_bar(total, unit, verbosity))
        return bars[0]

    make_bar = command.Command.bar
    monkeypatch.setattr(command.Command, "bar", staticmethod(bar))
    monkeypatch.setattr("core.commands.tqdm", CountingBar)
    run(*SPAN, "--resume")
    assert (bars[0].total, bars[0].n, bars[0].unit) == (2, 2, "park-day")


class CountingBar:
    """A bar that only counts."""

    def __init__(self, total: int, unit: str, disable: bool | None) -> None:
        self.total, self.unit, self.n = total, unit, 0

    def update(self, number: int) -> None:
        self.n += number

    def __enter__(self) -> "CountingBar":
        return self

    def __exit__(self, *error: object) -> None:
        """Draws nothing."""


# -- missing data -----------------------------------------------------------------------------------------


def test_a_day_without_observations_inside_a_parks_span_is_warned_about_and_survived():
    park_with_days(DAYS[0], DAYS[3], name="Gap")
    park_with_days(*DAYS, name="Whole")
    park_with_days(DAYS[2], name="Short")
    out = run(*SPAN)
    assert "Computed 7 ride-days in 7 park-days" in out
    assert [line for line in out.splitlines() if line.startswith("warning")] == [
        f"warning: {DAYS[1]} Gap: no observations",
        f"warning: {DAYS[2]} Gap: no observations",
    ]
    logs = AggregationLog.objects.order_by("aggregation_date")
    assert [log.warnings for log in logs] == [
        "",
        f"{DAYS[1]} Gap: no observations",
        f"{DAYS[2]} Gap: no observations",
        "",
    ]
    assert [values(log, "status", "parks_processed") for log in logs] == [
        ("success", 2),
        ("success", 1),
        ("success", 2),
        ("success", 2),
    ]


@pytest.mark.parametrize(
    ("observed", "warning"),
    [
        ("O600", None),
        ("O450", None),  # a quarter is unknown
        ("O440", "27 % of the opening hours are unknown"),
        ("O30 D30", "90 % of the opening hours are unknown"),
    ],
)
def test_a_day_of_which_much_is_unknown_is_warned_about(observed, warning):
    park = make_park(name="Silent")
    ParkSchedule.objects.create(
        park=park, schedule_date=DAY, opening_time=local(DAY, "09:00"), closing_time=local(DAY, "19:00")
    )
    report(make_ride(park), local(DAY, "09:00"), observed)
    run("--start-date", str(DAY), "--end-date", str(DAY))
    assert RecomputeRun.objects.get().warnings == (f"{DAY} Silent: {warning}" if warning else "")


def test_a_closed_park_is_nothing_to_warn_about():
    report(make_ride(make_park()), local(DAY, "00:00"), "C1440", park_open=False)
    run("--start-date", str(DAY), "--end-date", str(DAY))
    assert values(RecomputeRun.objects.get(), "rides_processed", "warnings") == (1, "")


def test_ten_warnings_are_printed_and_all_are_kept():
    park_with_days(DAY, DAY + 13 * ONE_DAY)
    out = run("--start-date", str(DAY), "--end-date", str(DAY + 13 * ONE_DAY))
    assert out.count("no observations") == 10
    assert "warning: 2 more; recompute_runs has them all" in out
    assert len(RecomputeRun.objects.get().warnings.splitlines()) == 12


# -- breaking off and going on ----------------------------------------------------------------------------


def test_an_interruption_leaves_a_failed_run_that_says_so_and_resuming_computes_what_is_left(trouble, computed):
    park = park_with_days(*DAYS)
    trouble[park.pk, DAYS[2]] = KeyboardInterrupt()
    with pytest.raises(CommandError, match="--resume goes on") as end:
        run(*SPAN)
    assert end.value.returncode == 130
    row = RecomputeRun.objects.get()
    assert values(row, "status", "days_processed", "rides_processed") == ("failed", 2, 2)
    assert row.error_message == (
        f"interrupted: KeyboardInterrupt()\ndays not computed: 2, the first of them {DAYS[2]}"
    )
    assert row.completed_at is not None

    trouble.clear()
    computed.clear()
    out = run(*SPAN, "--resume")
    assert computed == [(park.pk, DAYS[2]), (park.pk, DAYS[3])]
    assert "Computed 4 ride-days in 4 park-days" in out
    row = RecomputeRun.objects.get()
    assert values(row, "status", "days_processed", "rides_processed", "error_message") == ("success", 4, 4, "")
    assert sorted(row.done()) == DAYS


def test_an_interruption_is_passed_on_to_who_called_the_function(trouble):
    park = park_with_days(*DAYS)
    trouble[park.pk, DAYS[1]] = SystemExit(3)
    with pytest.raises(SystemExit):
        recompute(start_run(DAYS[0], DAYS[-1], 1))
    assert "interrupted: SystemExit(3)" in RecomputeRun.objects.get().error_message


def test_a_run_whose_process_vanished_goes_on(computed):
    """Killed in the middle of the second day: the row says it runs, and so does that day's."""
    park = park_with_days(*DAYS)
    row = start_run(DAYS[0], DAYS[-1], 1)
    began = row.started_at
    first = row.claim(DAYS[0], began)
    assert first is not None
    stats.daily.recompute.compute_day(first, [park])
    assert row.claim(DAYS[1], began) is not None
    computed.clear()
    run(*SPAN, "--resume")
    assert computed == [(park.pk, day) for day in DAYS[1:]]
    assert RecomputeRun.objects.get().status == "success"


def test_a_day_is_claimed_once_and_again_only_by_a_later_run_that_finds_it_undone():
    park_with_days(DAY)
    row = start_run(DAY, DAY, 1)
    since = datetime(2020, 1, 1, tzinfo=UTC)
    claimed = row.claim(DAY, since)
    assert claimed is not None
    assert row.claim(DAY, since) is None, "somebody has it"
    later = claimed.started_at + timedelta(seconds=1)
    again = row.claim(DAY, later)
    assert again == claimed, "whoever had it is gone"
    AggregationLog.objects.update(status="success")
    assert row.claim(DAY, datetime(2100, 1, 1, tzinfo=UTC)) is None, "it is done"
    assert AggregationLog.objects.count() == 1


def test_a_failing_park_stops_no_other_and_its_day_is_tried_again(trouble, computed):
    broken, sound = park_with_days(*DAYS, name="Broken"), park_with_days(*DAYS, name="Sound")
    trouble[broken.pk, DAYS[1]] = ValueError("no such thing")
    with pytest.raises(CommandError, match="Some days failed") as end:
        run(*SPAN)
    assert end.value.returncode == 1
    row = RecomputeRun.objects.get()
    assert values(row, "status", "days_processed", "parks_processed") == ("failed", 3, 7)
    assert row.error_message == f"{DAYS[1]}: park {broken.pk} (Broken): ValueError('no such thing')"
    assert ParkDailyStats.objects.filter(park=sound).count() == 4
    assert ParkDailyStats.objects.filter(park=broken).count() == 3

    trouble.clear()
    computed.clear()
    run(*SPAN, "--resume")
    assert computed == [(broken.pk, DAYS[1]), (sound.pk, DAYS[1])]
    row.refresh_from_db()
    assert values(row, "status", "days_processed", "parks_processed", "error_message") == ("success", 4, 8, "")


@pytest.mark.parametrize("case", ["nothing ran", "it succeeded", "another range", "another park", "another version"])
def test_resuming_without_an_unfinished_run_of_the_same_question_is_refused(case, computed):
    park, other = park_with_days(*DAYS), park_with_days(*DAYS)
    questions = {
        "it succeeded": {"status": "success"},
        "another range": {"first_date": DAYS[1]},
        "another park": {"park": other},
        "another version": {"metrics_version": 2},
    }
    if case in questions:
        columns = {"first_date": DAYS[0], "last_date": DAYS[-1], "park": park, "metrics_version": 1}
        started = datetime(2026, 1, 1, tzinfo=UTC)
        RecomputeRun.objects.create(**{**columns, "status": "failed", "started_at": started, **questions[case]})
    with pytest.raises(CommandError, match="--resume: there is no unfinished run of this range") as refusal:
        run(*SPAN, "--park-id", str(park.pk), "--resume")
    assert refusal.value.returncode == 2
    assert computed == []
    assert RecomputeRun.objects.count() == (case in questions)


def test_the_newest_run_of_a_question_decides_whether_there_is_one_to_resume(trouble):
    park = park_with_days(*DAYS)
    trouble[park.pk, DAY] = ValueError("broken")
    with pytest.raises(CommandError):
        run(*SPAN)
    trouble.clear()
    run(*SPAN)
    with pytest.raises(CommandError, match="there is no unfinished run"):
        run(*SPAN, "--resume")


def test_a_run_that_was_killed_long_ago_is_called_failed_when_the_next_one_starts():
    park_with_days(*DAYS)
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    hours = {"killed": 3, "busy": 3, "young": 0.5}
    runs = {
        name: RecomputeRun.objects.create(
            first_date=DAY, last_date=DAYS[-1], metrics_version=1, started_at=now - timedelta(hours=ago)
        )
        for name, ago in hours.items()
    }
    for name, minutes in (("killed", 90), ("busy", 10)):
        AggregationLog.objects.create(
            run=runs[name], aggregation_date=DAY, started_at=now - timedelta(minutes=minutes), rides_processed=5
        )
    with time_machine.travel(now, tick=False):
        start_run(DAY, DAY, 1)
    for row in runs.values():
        row.refresh_from_db()
    assert values(runs["killed"], "status", "error_message") == ("failed", "abandoned: its process was killed")
    assert values(runs["killed"], "completed_at", "rides_processed") == (now, 5)
    assert [runs[name].status for name in ("busy", "young")] == ["running", "running"]


# -- processes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["0", "-1", "65", "9" * 30])
def test_the_number_of_workers_is_bounded(workers):
    park_with_days(DAY)
    with pytest.raises(CommandError, match=f"--workers must be between 1 and 64, not {workers}") as refusal:
        run(*SPAN, "--workers", workers)
    assert refusal.value.returncode == 2
    assert not RecomputeRun.objects.exists()


@pytest.mark.parametrize("workers", ["1", "64"])
def test_the_bounds_themselves_are_good_and_nobody_starts_more_processes_than_there_are_days(workers):
    park_with_days(DAY)
    assert "Computed 1 ride-days" in run(*SPAN, "--workers", workers)


def test_in_an_open_transaction_whose_rows_nobody_else_sees_one_process_does_it_all():
    assert connection.in_atomic_block
    park_with_days(*DAYS)
    assert "Computed 4 ride-days" in run(*SPAN, "--workers", "2")


@pytest.mark.parametrize(
    ("vendor", "cores", "workers"), [("sqlite", 8, 1), ("mysql", 8, 8), ("mysql", None, 1), ("mysql", 200, 64)]
)
def test_by_default_there_is_a_process_per_core_where_more_than_one_can_write(vendor, cores, workers, monkeypatch):
    monkeypatch.setattr(connection, "vendor", vendor)
    monkeypatch.setattr(forks.os, "cpu_count", lambda: cores)
    assert forks.default_workers() == workers


# -- days that have ended ---------------------------------------------------------------------------------


def ended(now: datetime) -> list[tuple[int | None, date]]:
    """The park-days that the hourly job computes at `now`."""
    return [(log.park_id, log.aggregation_date) for log in compute_ended_days(now, 1)]


def test_each_park_is_computed_after_its_own_midnight_and_nothing_twice():
    tokyo, new_york, los_angeles = (
        park_with_days(DAY, DAY + ONE_DAY, timezone=zone).pk for zone in (TOKYO, NEW_YORK, LOS_ANGELES)
    )
    midnights = [local(DAY + ONE_DAY, "00:00", zone) for zone in (TOKYO, NEW_YORK, LOS_ANGELES)]
    assert midnights == sorted(midnights)
    second = timedelta(seconds=1)
    assert ended(midnights[0] - second) == []
    for midnight, park in zip(midnights, (tokyo, new_york, los_angeles), strict=True):
        assert ended(midnight - second) == []
        assert ended(midnight) == [(park, DAY)]
        assert ended(midnight) == []
    assert ParkDailyStats.objects.filter(stat_date=DAY).count() == 3
    assert not ParkDailyStats.objects.exclude(stat_date=DAY).exists()


def test_the_hourly_job_leaves_a_ledger_row_per_park_day():
    park = park_with_days(DAY, rides=2)
    now = local(DAY + ONE_DAY, "00:10")
    reported: list[int] = []
    (log,) = compute_ended_days(now, 3, reported.append)
    log.refresh_from_db()
    assert values(log, "aggregation_date", "aggregation_type", "park", "metrics_version") == (DAY, "daily", park, 3)
    assert values(log, "status", "started_at", "parks_processed", "rides_processed") == ("success", now, 1, 2)
    assert values(log, "aggregated_until_ts", "run") == (local(DAY + ONE_DAY, "00:00"), None)
    assert reported == [1]


def test_a_day_that_was_computed_before_it_ended_is_computed_again():
    park = park_with_days(DAY)
    with time_machine.travel(local(DAY, "12:00"), tick=False):
        run(*SPAN)
    report(park.rides.get(), local(DAY, "20:00"), "D60")
    assert ended(local(DAY + ONE_DAY, "01:00")) == [(park.pk, DAY)]
    assert RideDailyStats.objects.get().downtime_minutes == 90


@pytest.mark.parametrize("of_park", [True, False])
def test_what_the_command_computed_after_the_day_is_not_computed_again(of_park):
    park = park_with_days(DAY)
    with time_machine.travel(local(DAY + ONE_DAY, "00:30"), tick=False):
        run(*SPAN, *(("--park-id", str(park.pk)) if of_park else ()))
    assert ended(local(DAY + ONE_DAY, "01:00")) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"metrics_version": 2},
        {"status": "failed"},
        {"status": "running"},
        {"aggregation_type": AggregationType.HOURLY},
        {"aggregation_date": DAY - ONE_DAY},
        {"park": None},  # of a park that was deleted
    ],
)
def test_a_ledger_row_of_something_else_does_not_count(columns):
    park = park_with_days(DAY)
    now = local(DAY + ONE_DAY, "01:00")
    row = {"aggregation_date": DAY, "park": park, "status": "success", "started_at": now, **columns}
    log = AggregationLog.objects.create(**row)
    assert ended_days(park, now, 1) == [DAY]
    AggregationLog.objects.filter(pk=log.pk).update(
        park=park, status="success", metrics_version=1, aggregation_type="daily", aggregation_date=DAY
    )
    assert ended_days(park, now, 1) == []


def test_the_row_of_another_park_does_not_count():
    park, other = park_with_days(DAY), park_with_days(DAY)
    now = local(DAY + ONE_DAY, "01:00")
    AggregationLog.objects.create(aggregation_date=DAY, park=other, status="success", started_at=now)
    assert (ended_days(park, now, 1), ended_days(other, now, 1)) == ([DAY], [])


def test_a_failed_day_is_tried_again_the_next_time(trouble):
    broken, sound = park_with_days(DAY), park_with_days(DAY)
    trouble[broken.pk, DAY] = ValueError("broken")
    now = local(DAY + ONE_DAY, "01:00")
    assert ended(now) == [(broken.pk, DAY), (sound.pk, DAY)]
    assert ended(now + timedelta(hours=1)) == [(broken.pk, DAY)]
    trouble.clear()
    assert ended(now + timedelta(hours=2)) == [(broken.pk, DAY)]
    assert ended(now + timedelta(hours=3)) == []
    statuses = AggregationLog.objects.filter(park=broken).order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["failed", "failed", "success"]


def test_it_catches_up_with_the_last_days_only_oldest_first():
    days = [DAY + n * ONE_DAY for n in range(30)]
    park = park_with_days(*days)
    found = ended(local(days[-1], "12:00"))
    assert found == [(park.pk, day) for day in days[-2 - CATCH_UP_DAYS : -1]]


def test_a_silent_day_between_others_is_looked_at_once_and_days_after_the_last_sight_never():
    park = park_with_days(DAYS[0], DAYS[2])
    now = local(DAYS[2] + 5 * ONE_DAY, "01:00")
    assert ended(now) == [(park.pk, day) for day in DAYS[:3]]
    assert ended(now + timedelta(hours=1)) == []
    assert ParkDailyStats.objects.count() == 2
    assert AggregationLog.objects.get(aggregation_date=DAYS[1]).warnings.endswith("no observations")


def test_parks_without_observations_and_inactive_ones_are_left():
    make_ride(make_park())
    park_with_days(DAY, is_active=False)
    assert ended(local(DAY + ONE_DAY, "01:00")) == []


def test_observations_that_are_gone_take_their_statistics_with_them():
    park = park_with_days(DAY)
    with time_machine.travel(local(DAY, "12:00"), tick=False):
        run(*SPAN)
    RideStatusSnapshot.objects.all().delete()
    assert ended(local(DAY + ONE_DAY, "01:00")) == [(park.pk, DAY)]
    assert not ParkDailyStats.objects.exists()
