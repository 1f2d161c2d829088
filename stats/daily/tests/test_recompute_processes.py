"""Recomputing in several processes: the same rows, whoever is killed, and whatever else writes meanwhile."""

import multiprocessing
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, models

import stats.daily.recompute
from core.tests.shared_database import shared_database
from parks.models import Park, Ride
from snapshots.models import ParkOperatingSession, RideStatusSnapshot
from stats.daily.recompute import days_to_compute, parks_of, recompute, recompute_park_day, start_run
from stats.models import AggregationLog, ParkDailyStats, RecomputeRun, RideDailyStats
from stats.tests.builders import DAY, TOKYO, local, make_park, make_ride, report, ride_row_of, values

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.uncounted]

ONE_DAY = timedelta(days=1)
DAYS = [DAY + n * ONE_DAY for n in range(6)]
SPAN = ("--start-date", str(DAYS[0]), "--end-date", str(DAYS[-1]))
PATIENCE = 60  # seconds; two busy cores
FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def database_url(transactional_db, tmp_path) -> Iterator[str]:
    """The URL of the test's database, one that other processes see too."""
    with shared_database(tmp_path) as url:
        yield url


def make_history(rides: int = 3) -> None:
    """Three parks with breakdowns, waits and a silent day."""
    for columns in ({}, {"timezone": TOKYO}, {"is_disney": True}):
        park = make_park(**columns)
        for number in range(rides):
            ride = make_ride(park, 1 + number % 3)
            for n, day in enumerate(DAYS):
                if n != 2 or columns:
                    story = f"O{200 + 10 * n} D{10 * (number + n + 1)} O60"
                    report(ride, local(day, "09:00", park.timezone), story, grain=None, wait=5 * number)


def make_long_history() -> Park:
    """A park whose thousands of days take much longer to compute than a test may last."""
    ride = make_ride(make_park())
    for day in (date(2000, 1, 1), date(2024, 12, 31)):
        report(ride, local(day, "09:00"), "O60", grain=None)
    return ride.park


LONG_SPAN = ("--start-date", "2000-01-01", "--end-date", "2024-12-31")
COMPUTED: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (RideDailyStats, ("ride_id", "stat_date", "metrics_version")),
    (ParkDailyStats, ("park_id", "stat_date", "metrics_version")),
    (ParkOperatingSession, ("park_id", "session_date")),
)


def stored() -> list[list[dict[str, Any]]]:
    """Every value of every computed row, without surrogate keys and the times of writing."""
    written = {"id", "created_at", "updated_at"}
    return [
        list(
            model._default_manager.order_by(*key).values(
                *(field.attname for field in model._meta.concrete_fields if field.name not in written)
            )
        )
        for model, key in COMPUTED
    ]


def expected() -> list[list[dict[str, Any]]]:
    """What one process stores; the tables are empty again."""
    run = recompute(start_run(DAYS[0], DAYS[-1], 1))
    assert run.status == "success"
    rows = stored()
    assert all(rows)
    for model, _ in COMPUTED:
        model._default_manager.all().delete()
    RecomputeRun.objects.all().delete()
    AggregationLog.objects.all().delete()
    return rows


def patched(monkeypatch, before: Callable[[Park, date], object]) -> None:
    """Let `before` be called in front of every park-day; processes inherit it."""
    compute = stats.daily.recompute.recompute_parks

    def computing(parks, day, version):
        for park in parks:
            before(park, day)
        return compute(parks, day, version)

    monkeypatch.setattr(stats.daily.recompute, "recompute_parks", computing)


def in_process(function: Callable[..., object], *arguments: object) -> Any:
    """A started process of this test; the connection stays with us."""
    connections.close_all()
    process = FORK.Process(target=function, args=arguments)
    process.start()
    return process


def ended_well(*processes: Any) -> bool:
    for process in processes:
        process.join(PATIENCE)
    return [process.exitcode for process in processes] == [0] * len(processes)


# -- two workers ------------------------------------------------------------------------------------------


def test_two_workers_give_the_same_rows_as_one(monkeypatch):
    make_history()
    rows = expected()
    both_at_work = FORK.Barrier(2)
    met: set[int] = set()

    def meet(park: Park, day: date) -> None:
        if os.getpid() not in met:
            met.add(os.getpid())
            both_at_work.wait(PATIENCE)

    patched(monkeypatch, meet)
    reported: list[int] = []
    run = recompute(start_run(DAYS[0], DAYS[-1], 1), 2, reported.append)
    assert not met, "the parent only waits"
    assert values(run, "status", "error_message", "days_processed") == ("success", "", 6)
    assert values(run, "parks_processed", "rides_processed") == (17, 51)
    assert run.warnings.endswith("no observations")
    assert stored() == rows
    assert sum(reported) == days_to_compute(parks_of(run)) == 18


def test_a_worker_that_is_killed_leaves_a_failed_run_that_says_so_and_resuming_computes_its_day_alone(
    monkeypatch, tmp_path
):
    make_history()
    rows = expected()
    victim = Park.objects.order_by("pk")[1]

    def die_once(park: Park, day: date) -> None:
        if park == victim and day == DAYS[1]:
            os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patch:
        patched(patch, die_once)
        run = recompute(start_run(DAYS[0], DAYS[-1], 1), 2)
    assert values(run, "status", "days_processed") == ("failed", 5), "the other worker goes on"
    assert run.error_message == (
        f"1 of 2 worker processes broke off: killed by signal 9\ndays not computed: 1, the first of them {DAYS[1]}"
    )
    assert AggregationLog.objects.get(aggregation_date=DAYS[1]).status == "running"

    noted = tmp_path / "computed"
    patched(monkeypatch, lambda park, day: noted.open("a").write(f"{day}\n"))
    run.go_on()
    reported: list[int] = []
    recompute(run, 2, reported.append)
    assert set(noted.read_text().split()) == {str(DAYS[1])}
    assert values(run, "status", "error_message", "days_processed") == ("success", "", 6)
    assert sum(reported) == 3
    assert stored() == rows


def test_all_workers_killed_is_reported_too(monkeypatch):
    make_history(rides=1)
    patched(monkeypatch, lambda park, day: os.kill(os.getpid(), signal.SIGKILL))
    run = recompute(start_run(DAYS[0], DAYS[-1], 1), 2)
    assert run.error_message.splitlines() == [
        "2 of 2 worker processes broke off: killed by signal 9, killed by signal 9",
        f"days not computed: 6, the first of them {DAYS[0]}",
    ]


def test_a_worker_that_fails_is_reported_with_its_exit_code(monkeypatch, capfd):
    make_history(rides=1)

    def stop(park: Park, day: date) -> None:
        raise SystemExit(3)

    patched(monkeypatch, stop)
    run = recompute(start_run(DAYS[0], DAYS[-1], 1), 2)
    assert "2 of 2 worker processes broke off: exit code 3, exit code 3" in run.error_message


def test_there_are_never_more_workers_than_days(monkeypatch):
    make_history(rides=1)
    asked: list[int] = []
    monkeypatch.setattr(
        stats.daily.recompute, "share_out", lambda run, spans, workers, progress: asked.append(workers) or ""
    )
    recompute(start_run(DAYS[0], DAYS[1], 1), 64)
    assert asked == [2]


def test_a_worker_of_celery_which_may_have_no_processes_computes_by_itself():
    make_history(rides=1)
    connections.close_all()
    celery = FORK.Process(target=lambda: recompute(start_run(DAYS[0], DAYS[-1], 1), 2), daemon=True)
    celery.start()
    celery.join(PATIENCE)
    assert celery.exitcode == 0
    assert values(RecomputeRun.objects.get(), "status", "days_processed") == ("success", 6)


def test_workers_leave_ctrl_c_to_their_parent(monkeypatch):
    """A terminal sends it to every process; who breaks off, and where, is for one of them to say."""
    make_history(rides=1)
    patched(monkeypatch, lambda park, day: os.kill(os.getpid(), signal.SIGINT))
    run = recompute(start_run(DAYS[0], DAYS[-1], 1), 2)
    assert values(run, "status", "days_processed") == ("success", 6)


def test_a_park_that_fails_in_a_worker_stops_no_other(monkeypatch):
    make_history(rides=1)
    broken = Park.objects.order_by("pk")[0]

    def fail(park: Park, day: date) -> None:
        if park == broken:
            raise ValueError("broken")

    patched(monkeypatch, fail)
    reported: list[int] = []
    run = recompute(start_run(DAYS[0], DAYS[-1], 1), 2, reported.append)
    assert values(run, "status", "parks_processed") == ("failed", 12)
    assert run.error_message.count("ValueError('broken')") == 6
    assert sum(reported) == 18


# -- others write too -------------------------------------------------------------------------------------


def test_two_recomputes_at_once_give_the_same_rows_without_errors():
    make_history(rides=12)
    rows = expected()
    start = FORK.Barrier(2)

    def compute(version: int) -> None:
        start.wait(PATIENCE)
        for _ in range(3):
            recompute(start_run(DAYS[0], DAYS[-1], version))

    assert ended_well(*[in_process(compute, 1) for _ in range(2)])
    runs = RecomputeRun.objects.all()
    assert {values(run, "status", "error_message", "days_processed") for run in runs} == {("success", "", 6)}
    assert len(runs) == 6
    assert stored() == rows


def test_two_versions_can_be_computed_at_once():
    make_history()
    rows = expected()
    start = FORK.Barrier(2)

    def compute(version: int) -> None:
        start.wait(PATIENCE)
        recompute(start_run(DAYS[0], DAYS[-1], version))

    assert ended_well(in_process(compute, 1), in_process(compute, 2))
    for model, _ in COMPUTED[:2]:
        columns = [field.attname for field in model._meta.concrete_fields if field.name not in ("id", "created_at")]
        columns.remove("metrics_version")
        one, two = (
            list(
                model._default_manager.filter(metrics_version=version)
                .order_by("stat_date", columns[0])
                .values(*columns)
            )
            for version in (1, 2)
        )
        assert one == two
    assert stored()[2] == rows[2]


def test_who_computes_a_day_later_knows_more_and_has_the_last_word(monkeypatch):
    """A slow recompute that read the observations before the last one came must not undo a quick one after it."""
    ride = make_ride(make_park())
    end = report(ride, local(DAY, "09:00"), "O60")
    has_read, go_on = FORK.Event(), FORK.Event()
    compute = stats.daily.recompute.compute_parks

    def slowly(parks, day, version):
        result = compute(parks, day, version)
        has_read.set()
        go_on.wait(1)  # the other one cannot get past us, so nobody sets it
        return result

    with monkeypatch.context() as patch:
        patch.setattr(stats.daily.recompute, "compute_parks", slowly)
        slow = in_process(recompute_park_day, ride.park, DAY, 1)
    assert has_read.wait(PATIENCE)
    report(ride, end, "D60")
    recompute_park_day(ride.park, DAY, 1)
    go_on.set()
    assert ended_well(slow)
    assert values(ride_row_of(ride), "uptime_minutes", "downtime_minutes") == (60, 60)


def test_recomputing_while_observations_come_in_disturbs_neither():
    make_history()
    rides = list(Ride.objects.select_related("park").order_by("pk"))

    def collect() -> None:
        for n in range(40):
            RideStatusSnapshot.objects.bulk_create(
                RideStatusSnapshot(
                    ride=ride,
                    park_id=ride.park_id,
                    recorded_at=local(DAYS[3], "20:00", ride.park.timezone) + timedelta(minutes=5 * n),
                    duration_seconds=300,
                    status="DOWN",
                    park_appears_open=True,
                )
                for ride in rides
            )
            Ride.objects.filter(pk__in=[ride.pk for ride in rides]).update(last_operated_at=local(DAYS[3], "18:00"))

    collecting = in_process(collect)
    runs = [recompute(start_run(DAYS[0], DAYS[-1], 1), workers) for workers in (1, 2, 1, 2)]
    assert ended_well(collecting)
    assert {run.status for run in runs} == {"success"}
    recompute(start_run(DAYS[0], DAYS[-1], 1), 2)
    assert stored() == expected()


# -- the command, its terminal and its signals ------------------------------------------------------------


def start_command(url: str, data: Path, *options: str, **streams: Any) -> "subprocess.Popen[bytes]":
    """`manage.py recompute_daily_stats` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "recompute_daily_stats", *options],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(data), "METRICS_VERSION": "1"},
        start_new_session=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )


def is_true_soon(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def days_done() -> int:
    return AggregationLog.objects.filter(status="success").count()


def is_empty(group: int) -> bool:
    """Is no process of the group left? The dead that nobody waited for count as gone."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = stat.read_text().rpartition(") ")
        except OSError:
            continue  # it ended meanwhile
        state, _, of_group = rest.split()[:3]
        if int(of_group) == group and state != "Z":
            alive.append(stat)
    return not alive


@pytest.mark.on_mariadb
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("end", ["Ctrl-C", "SIGTERM"])
def test_an_interrupted_command_leaves_a_run_that_says_so_and_no_process(workers, end, database_url, tmp_path):
    make_long_history()
    command = start_command(database_url, tmp_path, *LONG_SPAN, "--workers", workers)
    assert is_true_soon(lambda: days_done() >= 4)
    if end == "Ctrl-C":
        os.killpg(command.pid, signal.SIGINT)  # as a terminal does it
    else:
        command.terminate()
    _, error = command.communicate(timeout=PATIENCE)
    assert command.returncode == 130
    assert is_true_soon(lambda: is_empty(command.pid))
    run = RecomputeRun.objects.get()
    *before, last = error.decode().splitlines()
    assert last == f"CommandError: Interrupted (run {run.pk}); --resume goes on with the days that are left."
    assert not [line for line in before if "Traceback" in line]
    assert run.status == "failed"
    assert run.error_message.startswith("interrupted: KeyboardInterrupt(")
    done = days_done()
    assert 0 < done == run.days_processed < 9_000


@pytest.mark.on_mariadb
def test_workers_end_with_their_parent_even_when_it_is_killed(database_url, tmp_path):
    make_long_history()
    command = start_command(database_url, tmp_path, *LONG_SPAN, "--workers", "2")
    assert is_true_soon(lambda: days_done() >= 4)
    assert not is_empty(command.pid)
    command.kill()
    command.communicate(timeout=PATIENCE)
    assert is_true_soon(lambda: is_empty(command.pid))
    assert days_done() < 9_000
    assert RecomputeRun.objects.get().status == "running", "nobody was left to say more"


@pytest.mark.on_mariadb
def test_on_a_terminal_two_workers_show_a_bar_with_the_time_that_is_left(database_url, tmp_path):
    make_history(rides=10)
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    command = start_command(database_url, tmp_path, *SPAN, "--workers", "2", stderr=terminal)
    os.close(terminal)
    out, _ = command.communicate(timeout=PATIENCE)
    drawn = os.read(screen, 100_000).decode()
    os.close(screen)
    assert command.returncode == 0
    assert out.startswith(b"Computed 170 ride-days in 17 park-days")
    bars = re.findall(r"(\d+)%\|.*?\| (\d+)/18 \[(\d\d:\d\d)<([\d:?]+), .*?park-day", drawn)
    assert bars, drawn
    assert bars[-1][:2] == ("100", "18")
    assert re.fullmatch(r"\d\d:\d\d", bars[-1][3])


@pytest.mark.on_mariadb
def test_off_a_terminal_there_is_no_bar(database_url, tmp_path):
    make_history(rides=1)
    out, error = start_command(database_url, tmp_path, *SPAN, "--workers", "2").communicate(timeout=PATIENCE)
    assert out.startswith(b"Computed 17 ride-days in 17 park-days")
    silent = Park.objects.order_by("pk")[0]
    assert f"warning: {DAYS[2]} {silent.name}: no observations\n" in error.decode()
    assert "park-day" not in error.decode()


def test_two_commands_at_once_and_a_third_that_resumes(database_url, tmp_path):
    make_history(rides=6)
    rows = expected()
    commands = [start_command(database_url, tmp_path, *SPAN, "--workers", "2") for _ in range(2)]
    for command in commands:
        _, error = command.communicate(timeout=PATIENCE)
        assert command.returncode == 0, error
    assert stored() == rows
    again = start_command(database_url, tmp_path, *SPAN, "--resume")
    _, error = again.communicate(timeout=PATIENCE)
    assert (again.returncode, connection.vendor in error.decode()) == (2, False)
