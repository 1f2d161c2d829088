"""The clock: what beat sends when, and a real worker that runs a job through the embedded broker."""

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from celery.schedules import schedstate
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from config.schedule import GridSchedule, beat_schedule, jobs
from core.jobs import tasks
from core.jobs.grids import HOUR, MINUTE, Grid
from core.jobs.ledger import JobLock, JobRun, JobStatus
from core.jobs.running import run

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


# -- what beat is reported -----------------------------------------------------------------------------------


def test_collection_follows_the_interval_of_the_settings():
    assert jobs(600)["collect_snapshots"].grid == Grid(600)
    assert settings.JOBS["collect_snapshots"].grid.every == settings.COLLECTION_INTERVAL_SECONDS


def test_beat_sends_a_message_for_every_job_that_expires_with_its_slot():
    entries = beat_schedule(settings.JOBS)
    assert entries.keys() == {*settings.JOBS, "catch_up"}
    for name, job in settings.JOBS.items():
        assert entries[name]["task"] == "ridewatch.run_job"
        assert entries[name]["args"] == (name,)
        assert entries[name]["schedule"] == GridSchedule(job.grid)
        assert entries[name]["options"] == {"expires": job.grid.every}


@pytest.mark.parametrize(
    ("last_run", "now", "is_due", "seconds"),
    [
        (NOON, NOON + timedelta(minutes=4), False, 60),
        (NOON, NOON + timedelta(minutes=5), True, 300),
        (NOON, NOON + timedelta(minutes=7), True, 180),
        (NOON + timedelta(minutes=3), NOON + timedelta(minutes=4), False, 60),
        (NOON - timedelta(days=400), NOON, True, 300),
    ],
)
def test_a_message_is_due_once_per_slot(last_run, now, is_due, seconds):
    schedule = GridSchedule(Grid(5 * MINUTE))
    with time_machine.travel(now, tick=False):
        assert schedule.is_due(last_run) == schedstate(is_due, seconds)


def test_a_schedule_survives_beats_file_and_is_compared_by_its_grid():
    schedule = GridSchedule(Grid(HOUR, 10 * MINUTE))
    assert pickle.loads(pickle.dumps(schedule)) == schedule  # noqa: S301  (our own bytes)
    assert schedule != GridSchedule(Grid(HOUR))
    assert len({schedule, GridSchedule(Grid(HOUR, 10 * MINUTE))}) == 1
    assert "3600 s" in repr(schedule)


# -- tasks -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_task_runs_the_present_slot_of_a_job():
    with time_machine.travel(NOON, tick=False):
        assert (
            tasks.run_job("compute_ended_days")
            == "compute_ended_days 2026-11-21 11:10Z SUCCESS: Computed 0 park-days."
        )
        assert tasks.run_job("compute_ended_days") is None, "delivered twice"


@pytest.mark.django_db
def test_what_was_missed_is_sent_again(monkeypatch, settings):
    settings.JOBS = jobs(300)
    sent: list[str] = []
    monkeypatch.setattr(tasks.run_job, "delay", sent.append)
    with time_machine.travel(NOON + timedelta(minutes=31), tick=False):
        assert tasks.catch_up() == sent
        assert "sync_schedules" in sent
        assert "collect_snapshots" not in sent, "12:25 is six minutes ago, 12:30 has its own message"
        run(settings.JOBS["compute_ended_days"])
        sent.clear()
        tasks.catch_up()
        assert "compute_ended_days" not in sent


# -- manage.py jobs --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_list_reports_the_last_success_and_what_is_due(capsys):
    with time_machine.travel(NOON, tick=False):
        call_command("jobs", "--run", "compute_ended_days")
        call_command("jobs")
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("compute_ended_days   ")]
    assert line.split() == ["compute_ended_days", "2026-11-21", "12:00:00Z", "2026-11-21", "12:10:00Z", "fine"]
    assert sum(line.endswith("never run") for line in lines) == len(settings.JOBS) - 1


@pytest.mark.django_db
def test_a_job_is_overdue_after_two_slots_without_success(capsys):
    with time_machine.travel(NOON, tick=False):
        call_command("jobs", "--run", "compute_ended_days")
    with time_machine.travel(NOON + timedelta(hours=2, seconds=1), tick=False):
        with pytest.raises(CommandError, match="overdue: compute_ended_days") as error:
            call_command("jobs")
        assert error.value.returncode == 1
        JobLock.objects.update(running_since=NOON, runner="here:7")
        call_command("jobs")
    assert "running (here:7)" in capsys.readouterr().out


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
        call_command("jobs", *arguments)
        assert "next due" in capsys.readouterr().out
        return
    with pytest.raises(CommandError) as error:
        call_command("jobs", *arguments)
    assert error.value.returncode == 2
    assert str(error.value).startswith(text)


# -- a real worker ---------------------------------------------------------------------------------------


def finished_jobs(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute("SELECT job FROM job_runs WHERE finished_at IS NOT NULL")}


def test_a_worker_runs_what_is_sent_through_the_embedded_broker_and_ends_when_reported(tmp_path):
    environment = os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'clock.sqlite3'}",
        "REDIS_URL": "",
        "THEMEPARKS_WIKI_URL": "http://127.0.0.1:9",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
    send = "from core.jobs.tasks import run_job; run_job.delay('compute_ended_days')"
    subprocess.run([*manage, "shell", "-c", send], env=environment, check=True, stdout=subprocess.DEVNULL)
    worker = subprocess.Popen([sys.executable, "script/lib/worker.py", str(os.getpid())], env=environment)
    try:
        for _ in range(300):
            if "compute_ended_days" in finished_jobs(tmp_path / "clock.sqlite3"):
                break
            time.sleep(0.1)
        assert "compute_ended_days" in finished_jobs(tmp_path / "clock.sqlite3")
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0


def test_a_worker_whose_server_is_gone_does_not_start():
    done = subprocess.run(
        [sys.executable, "script/lib/worker.py", "1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "the server is gone" in done.stderr
