"""Whoever does what was handed over is killed in mid-slice, or at the statistics, and the import goes on."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from config.tests.deployment.scratch import new_database
from config.tests.processes import ROOT, manage, python

pytestmark = [pytest.mark.django_db, pytest.mark.on_mariadb, pytest.mark.slow, pytest.mark.uncounted]

STOP_AT_WORK = """
import os, signal, sys, time, django
django.setup()
from django.db.models import F
from importer.models import ImportSlice
group = int(sys.argv[1])
reading = ImportSlice.objects.filter(state="RUNNING", files_done__gt=0, files_done__lt=F("files_total") - 1)
for _ in range(4000):
    if reading.filter(first_date__gt="2026-03-05").exists():
        os.killpg(group, signal.SIGSTOP)
        time.sleep(0.1)  # what it wrote to the database last has come to pass
        if reading.filter(first_date__gt="2026-03-05").exists():
            sys.exit()
        os.killpg(group, signal.SIGCONT)
    time.sleep(0.01)
sys.exit("the worker was at no slice")
"""
STOP_AT_STATISTICS = """
import os, signal, sys, time, django
django.setup()
from core.jobs.ledger import JobLock
for _ in range(4000):
    if JobLock.objects.filter(job__startswith="finish ").exists():
        os.killpg(int(sys.argv[1]), signal.SIGSTOP)
        time.sleep(0.1)
        assert JobLock.objects.filter(job__startswith="finish ").exists()
        sys.exit()
    time.sleep(0.01)
sys.exit("nobody computed statistics")
"""
DONE = """
import time, django
django.setup()
from importer.models import ImportCheckpoint
from stats.models import ParkDailyStats
while ImportCheckpoint.objects.exclude(status="COMPLETED").exists():
    time.sleep(0.1)
job = ImportCheckpoint.objects.get()
print(job.last_error, ParkDailyStats.objects.count())
"""


@pytest.fixture
def variables(tmp_path) -> Iterator[dict[str, str]]:
    with new_database(tmp_path / "workers.sqlite3") as url:
        yield {
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
            "THEMEPARKS_WIKI_URL": "http://127.0.0.1:9",
        }


def worker(variables: dict[str, str]) -> "subprocess.Popen[bytes]":
    """A clock with a group of its own, to be killed with its children."""
    command = [sys.executable, "manage.py", "run_jobs"]
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)


def kill(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_an_import_goes_on_when_whoever_does_it_is_killed(tmp_path, variables):
    sample = ("--days", "30", "--destinations", "1", "--workers", "1", "--end", "2026-04-01T00:00:00Z", "-v0")
    assert manage("generate_sample_archive", "--out", str(tmp_path / "sample"), *sample, **variables).returncode == 0
    assert manage("migrate", "-v0", **variables).returncode == 0
    command = ("import_historical", "--source", str(tmp_path / "sample"), "--all-parks")
    for stop in (STOP_AT_WORK, STOP_AT_STATISTICS):
        clock = worker(variables)
        try:
            if stop == STOP_AT_WORK:
                assert "handed over" in manage(*command, "--celery", **variables).stdout
            stopped = python("-c", stop, str(clock.pid), **variables)
            assert (stopped.returncode, stopped.stderr) == (0, "")
        finally:
            kill(clock)
    clock = worker(variables)
    try:
        done = python("-c", DONE, **variables)
    finally:
        kill(clock)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 25  # no error, and statistics of the park's days
    again = manage(*command, "--again", **variables).stdout
    # Nothing was lost or doubled. The clock also classifies rides, which moves the scores of what is imported later.
    unchanged = r"Nothing changed: all [0-9]{2,3},[0-9]{3} rows|Rows: 0 created, [0-9,]+ updated, 0 replaced"
    assert re.search(unchanged, again), again
