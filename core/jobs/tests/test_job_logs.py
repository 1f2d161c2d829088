"""Which run a line of the log belongs to."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.contextvars import get_contextvars

from core.jobs import queue, running
from core.jobs.grids import MINUTE, Grid, Job
from core.jobs.runners import this_process
from core.monitoring.logs import JsonFormatter

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 11, 21, 12, 5, tzinfo=UTC)
JOB = Job("watered", "water_plants", Grid(5 * MINUTE), 300, 5 * MINUTE, "plants")


def line() -> dict[str, Any]:
    record = logging.LogRecord("deep.below", logging.INFO, "", 0, "a plant", None, None)
    found: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return found


def test_each_line_of_a_job_names_job_slot_and_runner_whoever_wrote_it(monkeypatch):
    lines = []
    monkeypatch.setattr(running, "call_command", lambda *names, **how: lines.append(line()))
    running.run(JOB, SLOT)
    (said,) = lines
    assert (said["job"], said["slot"], said["runner"]) == ("watered", SLOT.isoformat(), this_process())
    assert get_contextvars() == {}


def test_each_line_of_a_task_names_it(monkeypatch):
    lines = []
    monkeypatch.setattr(queue, "do", lambda task: (lines.append(line()), task.delete()))
    task = queue.QueuedTask.add("x.y", [])
    name = f"x.y:{task.pk}"
    assert queue.run_next()
    assert [(said["task"], said["runner"]) for said in lines] == [(name, this_process())]
    assert get_contextvars() == {}
