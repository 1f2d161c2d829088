"""What was handed over for later, kept in the database: who runs jobs (core.jobs.runner) does it where no Redis is.

A task is done at least once. It is claimed by a conditional update, and is free again when its process is gone; every
task may be killed at any line and run again.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from celery import Task
from django.db import InterfaceError, OperationalError, models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars

from core.jobs.ledger import AHEAD
from core.jobs.runners import is_alive, this_process

log = logging.getLogger(__name__)

# A task whose database is away is tried again after so many seconds, twice as many each time, and so often.
FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS = 5, 300, 20
# Of a process of another machine nobody knows whether it lives: after so long it is taken for dead.
LIMIT = timedelta(hours=6)


class QueuedTask(models.Model):
    """A call of a task that nobody has finished."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100, help_text="its function, with the module")
    arguments = models.JSONField(help_text="a list")
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    runner = models.CharField(
        max_length=100, default="", blank=True, help_text="host, boot, process id and start of the process"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        app_label = "parks"
        db_table = "queued_tasks"  # a handful of rows: no index but the key

    def __str__(self) -> str:
        return f"{self.name}{tuple(self.arguments)}"

    @classmethod
    def add(cls, name: str, arguments: list[Any]) -> "QueuedTask":
        """Leave it to whoever looks next. `name`: of a task, with its module."""
        return cls.objects.create(name=name, arguments=arguments, due_at=timezone.now())

    @classmethod
    def free(cls, now: datetime) -> "QueuedTask | None":
        """The oldest that nobody is at."""
        # One that is due later than any pause is long was written by a clock that was wrong.
        latest = now + timedelta(seconds=LONGEST_PAUSE) + AHEAD
        tasks = cls.objects.filter(Q(due_at__lte=now) | Q(due_at__gt=latest)).order_by("pk")
        return next((task for task in tasks if not task.is_held(now)), None)

    def is_held(self, now: datetime) -> bool:
        if not self.runner or self.claimed_at is None or not now - LIMIT <= self.claimed_at <= now + AHEAD:
            return False
        return is_alive(self.runner)

    def claim(self, now: datetime) -> bool:
        same = QueuedTask.objects.filter(pk=self.pk, runner=self.runner, claimed_at=self.claimed_at)
        return bool(same.update(runner=this_process(), claimed_at=now, attempts=F("attempts") + 1))


def run_next() -> bool:
    """Do the oldest task that nobody is at; False when there is none."""
    now = timezone.now()
    task = QueuedTask.free(now)
    if task is None:
        return False
    if task.claim(now):
        with bound_contextvars(task=f"{task.name}:{task.pk}", runner=this_process()):
            do(task)
    return True


def do(task: QueuedTask) -> None:
    """Do it and delete it, whatever came of it; only what the database's absence stopped is kept for later."""
    try:
        function = import_string(task.name)
        if not isinstance(function, Task):
            raise ImportError(f"{task.name} is no task")
        function(*task.arguments)
    except (OperationalError, InterfaceError):
        task.refresh_from_db()
        if task.attempts < MOST_ATTEMPTS:
            log.warning("%s: the database was away; it is tried again", task)
            pause = min(FIRST_PAUSE * 2**task.attempts, LONGEST_PAUSE)
            due_at = timezone.now() + timedelta(seconds=pause)
            QueuedTask.objects.filter(pk=task.pk).update(runner="", claimed_at=None, due_at=due_at)
            return
        log.exception("%s is given up", task)
    except Exception:
        log.exception("%s", task)
    task.delete()
