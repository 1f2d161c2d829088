"""Counts of several processes, some of which die."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.tests.processes import ROOT
from core.monitoring import metrics

PROCESS = """
import sys
from pathlib import Path
import django
django.setup()
from core.monitoring import metrics
metrics.count_for_all()
counts = metrics.process_metrics()
counts.stored.labels("hit").inc(int(sys.argv[1]))
counts.pool.inc(2)
print("counted", flush=True)
sys.stdin.readline()
"""


def counting(data: Path, count: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(count)],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(data), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "counted\n"
    return process


def value(name: str, **labels: str) -> float | None:
    return metrics.counted().get_sample_value(name, labels)


@pytest.mark.slow
def test_counts_of_all_processes_are_added_up_and_outlive_them(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert value("ridewatch_stored_answers_total", result="hit") is None
    one, other = counting(tmp_path, 3), counting(tmp_path, 4)
    try:
        assert value("ridewatch_stored_answers_total", result="hit") == 7
        assert value("ridewatch_database_pool_in_use") == 4
        one.kill()
        one.wait()
        assert value("ridewatch_stored_answers_total", result="hit") == 7
        assert value("ridewatch_database_pool_in_use") == 2, "what is dead uses nothing"
        one = counting(tmp_path, 10)
        assert value("ridewatch_stored_answers_total", result="hit") == 17
        assert value("ridewatch_database_pool_in_use") == 4
        files = sorted(path.name for path in (tmp_path / "metrics").glob("*.db"))
        assert files == sorted(f"{name}_{slot}.db" for name in metrics.FILES for slot in (0, 1))
        sizes = {path.name: path.stat().st_blocks * 512 for path in (tmp_path / "metrics").glob("*.db")}
        assert sizes["counter_0.db"] >= metrics.FILES["counter"], "a full disk has nothing to refuse later"
    finally:
        for process in (one, other):
            process.kill()
            process.wait()


def test_a_directory_that_cannot_be_written_costs_the_counts_alone(settings, tmp_path, caplog):
    settings.DATA_DIR = tmp_path / "none"
    metrics.count_for_all()
    assert "requests are not counted" in caplog.text
    metrics.process_metrics().stored.labels("hit").inc()
