"""The clock: its table, what `jobs` says of it, and a real one whose processes are killed."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config.schedule import jobs
from config.tests.processes import migrated
from core.jobs import tasks
from core.jobs.grids import Grid
from core.jobs.ledger import JobLock, JobRun, JobStatus
from core.jobs.runners import process, this_process

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


# -- the table --------------------------------------------------------------------------------------------


def test_collection_follows_the_interval_of_the_settings():
    assert jobs(600)["collect_snapshots"].grid == Grid(600)
    assert settings.JOBS["collect_snapshots"].grid.every == settings.COLLECTION_INTERVAL_SECONDS


# -- tasks -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_task_runs_the_present_slot_of_a_job():
    with time_machine.travel(NOON, tick=False):
        assert (
            tasks.run_job("compute_ended_days")
            == "compute_ended_days 2026-11-21 11:10Z SUCCESS: Computed 0 park-days."
        )
        assert tasks.run_job("compute_ended_days") is None, "delivered twice"


# -- manage.py jobs --------------------------------------------------------------------------------------


def made(at: datetime) -> None:
    """When the ledger was."""
    MigrationRecorder.Migration.objects.filter(app="parks").update(applied=at)


@pytest.mark.django_db
def test_a_job_that_never_succeeded_is_overdue_after_its_first_slot(capsys):
    made(NOON - timedelta(minutes=11))
    with (
        time_machine.travel(NOON, tick=False),
        pytest.raises(CommandError, match="overdue: collect_snapshots") as error,
    ):
        call_command("jobs")
    assert error.value.returncode == 1
    assert "sync_parks" not in str(error.value), "its first slot is tomorrow"


@pytest.mark.django_db
def test_the_list_reports_the_last_success_and_what_is_due(capsys):
    with time_machine.travel(NOON, tick=False):
        made(NOON)
        call_command("jobs", "--run", "compute_ended_days")
        call_command("jobs")
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("compute_ended_days   ")]
    assert line.split() == ["compute_ended_days", "2026-11-21", "12:00:00Z", "2026-11-21", "12:10:00Z", "fine"]
    assert sum(line.endswith("not run yet") for line in lines) == len(settings.JOBS) - 1


@pytest.mark.django_db
def test_a_job_is_overdue_after_two_slots_without_success(capsys):
    with time_machine.travel(NOON, tick=False):
        call_command("jobs", "--run", "compute_ended_days")
    later = NOON + timedelta(hours=2, seconds=1)
    with time_machine.travel(later, tick=False):
        made(later)
        with pytest.raises(CommandError, match="overdue: compute_ended_days ") as error:
            call_command("jobs")
        assert error.value.returncode == 1
        JobLock.objects.update(running_since=later, runner="here:b:7:7")
        call_command("jobs")
        assert "running (here:b:7:7)" in capsys.readouterr().out
        JobLock.objects.update(runner=f"{this_process()}0")
        with pytest.raises(CommandError, match="overdue: compute_ended_days "):
            call_command("jobs")  # whoever ran it is gone


@pytest.mark.django_db
def test_the_history_of_a_job_shows_its_slots_newest_first(capsys):
    for hour, status in ((9, JobStatus.SUCCESS), (10, JobStatus.FAILED)):
        at = NOON.replace(hour=hour)
        JobRun.objects.create(
            job="sync_parks",
            slot=at,
            status=status,
            started_at=at,
            finished_at=at + timedelta(seconds=2),
            result="a\nb",
        )
    call_command("jobs", "--history", "sync_parks")
    assert capsys.readouterr().out.splitlines() == [
        "2026-11-21 10:00:00Z FAILED 2.0 s  b",
        "2026-11-21 09:00:00Z SUCCESS 2.0 s  b",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--run", "nonsense"], "--run: 'nonsense' is not known; choose from collect_snapshots, "),
        (["--history", ""], None),
        (["--run", "sync_parks", "--history", "sync_parks"], "--run and --history exclude each other"),
    ],
)
def test_bad_options_are_reported(arguments, text, capsys):
    if text is None:
        made(timezone.now())
        call_command("jobs", *arguments)
        assert "next due" in capsys.readouterr().out
        return
    with pytest.raises(CommandError) as error:
        call_command("jobs", *arguments)
    assert error.value.returncode == 2
    assert str(error.value).startswith(text)


# -- real processes --------------------------------------------------------------------------------------

PATIENCE = 180  # seconds; two busy cores


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    return os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": migrated(tmp_path / "clock.sqlite3"),
        "REDIS_URL": "",
        "THEMEPARKS_WIKI_URL": "http://127.0.0.1:9",
    }


def rows(directory: Path, statement: str) -> list[str]:
    with closing(sqlite3.connect(directory / "clock.sqlite3", timeout=30)) as connection, connection:
        return [str(value) for (value,) in connection.execute(statement)]


def wait_until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.1)


def descendants(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | descendants(child)
    return found


def are_gone(pids: Iterable[int]) -> bool:
    found = [process(pid) for pid in pids]
    return all(each is None or each.state in "ZX" for each in found)


def port_is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_run_jobs_does_what_is_due_and_what_was_handed_over_and_ends_when_told(tmp_path, environment):
    send = "from core.jobs.tasks import run_job; run_job.delay('compute_ended_days', '2020-01-01T00:00:00+00:00')"
    subprocess.run([sys.executable, "manage.py", "shell", "-v0", "-c", send], env=environment, check=True)
    clock = subprocess.Popen([sys.executable, "manage.py", "run_jobs"], env=environment)
    try:
        finished = "SELECT count(*) FROM job_runs WHERE finished_at IS NOT NULL AND "
        wait_until(lambda: rows(tmp_path, f"{finished} slot LIKE '2020%'") == ["1"])
        wait_until(lambda: rows(tmp_path, f"{finished} job = 'collect_snapshots'") != ["0"])
        assert rows(tmp_path, "SELECT count(*) FROM queued_tasks") == ["0"]
    finally:
        clock.send_signal(signal.SIGTERM)
        assert clock.wait(PATIENCE) == 0


def test_a_clock_whose_server_is_gone_does_not_start(environment):
    command = [sys.executable, "manage.py", "run_jobs", "--parent", "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "the process that started this one is gone" in done.stderr


def test_a_worker_of_celery_without_redis_says_what_runs_jobs_instead(environment):
    command = [sys.executable, "-m", "celery", "-A", "config", "worker"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "REDIS_URL is not set" in done.stderr
    assert "manage.py run_jobs" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_whatever_process_of_the_server_is_killed_it_goes_on_or_ends_as_a_whole(tmp_path, environment):
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "script/lib/serve.py", str(port), "worker"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    answers = f"http://127.0.0.1:{port}/api/health"

    def is_answered() -> bool:
        try:
            return bool(urllib.request.urlopen(answers, timeout=PATIENCE).status)
        except OSError:
            return False

    def collected() -> int:
        return int(
            rows(tmp_path, "SELECT count(*) FROM job_runs WHERE job = 'collect_snapshots' AND status = 'SUCCESS'")[0]
        )

    try:
        wait_until(is_answered)
        wait_until(collected)
        rows(tmp_path, "DELETE FROM job_runs WHERE job = 'collect_snapshots'")  # as if another slot had come
        killed = descendants(server.pid)
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: are_gone(killed))
        wait_until(is_answered)
        wait_until(collected)
        left = descendants(server.pid)
    finally:
        server.kill()
        server.wait()
    wait_until(lambda: are_gone(left))
    assert port_is_free(port)
