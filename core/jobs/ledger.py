"""The ledger of what the clock runs: which slot of which job ran, when, how long, and the result.

A job runs once at a time, on whatever machine: whoever sets `running_since` by a conditional update has it. A
slot runs once: its row is the claim. So a job that is started twice, or again after its process was killed, does
no harm. An instant that is yet to come was written by a clock that was wrong, and counts for nothing.
"""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.database.fields import EnumField, one_of
from core.jobs.runners import is_alive, this_process

# So far the clocks of two machines may differ: what lies further ahead is from the future.
AHEAD = timedelta(minutes=1)


class JobStatus(models.TextChoices):
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    PARTIAL = "PARTIAL"  # finished, but some of it failed
    FAILED = "FAILED"
    MISSED = "MISSED"  # no worker ran it in time


FINISHED = (JobStatus.SUCCESS, JobStatus.PARTIAL)


class JobLock(models.Model):
    """Who runs a job right now."""

    job = models.CharField(max_length=50, primary_key=True)
    running_since = models.DateTimeField(null=True, blank=True)
    runner = models.CharField(
        max_length=100, default="", blank=True, help_text="host, boot, process id and start of the process"
    )

    class Meta:
        app_label = "parks"
        db_table = "job_locks"

    def __str__(self) -> str:
        return f"{self.job}: {self.runner or 'free'}"

    @classmethod
    def claim(cls, job: str, limit: timedelta, now: datetime) -> bool:
        """Claim the job; False when somebody else has it, is not dead and has not had it for longer than `limit`."""
        lock, _ = cls.objects.get_or_create(job=job)
        free = Q(running_since=None) | ~Q(running_since__range=(now - limit, now + AHEAD))
        if lock.runner and not is_alive(lock.runner):
            free |= Q(runner=lock.runner, running_since=lock.running_since)
        return bool(cls.objects.filter(free, job=job).update(running_since=now, runner=this_process()))

    @classmethod
    def release(cls, job: str, since: datetime) -> None:
        mine = cls.objects.filter(job=job, runner=this_process(), running_since=since)
        mine.update(running_since=None, runner="")

    def is_held(self, limit: timedelta, now: datetime) -> bool:
        """Is somebody at it, as far as one can know?"""
        if self.running_since is None or not now - limit <= self.running_since <= now + AHEAD:
            return False
        return is_alive(self.runner)


class JobRun(models.Model):
    """One slot of one job."""

    id = models.BigAutoField(primary_key=True)
    job = models.CharField(max_length=50)
    slot = models.DateTimeField(help_text="the instant it was due")
    status = EnumField(max_length=7, choices=JobStatus.choices, default=JobStatus.RUNNING)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.TextField(default="", blank=True, help_text="the last lines it printed, or the error")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        app_label = "parks"
        db_table = "job_runs"
        indexes = [
            # the last success of a job
            models.Index(fields=["job", "status", "finished_at"], name="job_runs_last"),
        ]
        constraints = [
            # also serves: the slots of a job that have a row
            models.UniqueConstraint(fields=["job", "slot"], name="job_runs_slot_once"),
            one_of("status", JobStatus, "job_runs_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M}Z {self.status}"

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
