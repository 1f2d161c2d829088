"""Running the jobs of the clock, and what to do about slots that nobody ran; the ledger is core.jobs.ledger."""

import io
import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F, Max, Min, Q
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from core.commands import SomeFailed
from core.instants import instant
from core.jobs.grids import Job
from core.jobs.ledger import AHEAD, FINISHED, JobLock, JobRun, JobStatus
from core.jobs.runners import this_process

log = logging.getLogger(__name__)

LONGEST_RESULT = 2_000
# Slots that nobody ran are noted this far back.
MISSED_WINDOW = timedelta(hours=24)
# What fails as often as this waits for its next slot: an upstream in trouble is not asked every five minutes.
MOST_ATTEMPTS = 3


def run(job: Job, slot: datetime | None = None) -> JobRun | None:
    """Run a slot of a job (default: the one of this moment); None when it is done already or being run."""
    now = timezone.now()
    slot = slot or job.grid.last(now)
    with named(job, slot):
        return run_alone(job, slot, now)


def named(job: Job, slot: datetime) -> AbstractContextManager[None]:
    """Every line of the log meanwhile says which run it belongs to."""
    return bound_contextvars(job=job.name, slot=slot.isoformat(), runner=this_process())


def run_alone(job: Job, slot: datetime, now: datetime) -> JobRun | None:
    if not JobLock.claim(job.name, timedelta(seconds=job.limit), now):
        log.info("%s of %s: another run is under way", job.name, slot)
        return None
    try:
        row, _ = JobRun.objects.get_or_create(job=job.name, slot=slot)
        # A row that still says RUNNING is that of a killed process: we hold the lock.
        claimed = JobRun.objects.filter(pk=row.pk).exclude(status__in=FINISHED)
        if not claimed.update(status=JobStatus.RUNNING, started_at=now, finished_at=None, attempts=F("attempts") + 1):
            return None
        status, result = outcome(job)
        JobRun.objects.filter(pk=row.pk).update(status=status, result=result, finished_at=timezone.now())
        return JobRun.objects.get(pk=row.pk)
    finally:
        JobLock.release(job.name, now)


def outcome(job: Job) -> tuple[JobStatus, str]:
    """Run the command; its status and its last lines."""
    printed = io.StringIO()
    try:
        call_command(job.command, *job.options, stdout=printed, stderr=printed, verbosity=1)
    except CommandError as error:
        status = JobStatus.PARTIAL if isinstance(error, SomeFailed) else JobStatus.FAILED
        printed.write(f"{error}\n")
    except Exception as error:
        log.exception("job %s", job.name)
        status = JobStatus.FAILED
        printed.write(f"{error!r}\n")
    else:
        status = JobStatus.SUCCESS
    return status, printed.getvalue().strip()[-LONGEST_RESULT:]


# -- slots that nobody ran -------------------------------------------------------------------------------


def due(job: Job, now: datetime) -> datetime | None:
    """The slot of this moment if nobody ran it well and it is not too old to be caught up."""
    slot = job.grid.last(now)
    if now - slot > timedelta(seconds=job.catch_up):
        return None
    settled = Q(status__in=FINISHED) | Q(attempts__gte=MOST_ATTEMPTS)
    known = JobRun.objects.filter(settled, job=job.name, slot__range=(slot, now + AHEAD))
    return None if known.exists() else slot


def forget_future(now: datetime) -> int:
    """Delete the slots that are yet to come, which a clock that was wrong ran; returns how many.

    They would count as done when their time comes.
    """
    ahead = JobRun.objects.filter(slot__gt=now + AHEAD)
    return ahead.delete()[0] if ahead.exists() else 0  # to delete nothing would take the lock of the writer


def note_broken(job: Job, slot: datetime, runner: str, reason: str) -> None:
    """A process that ran a slot has ended and did not say how: FAILED, and the job is free."""
    lock = JobLock.objects.filter(job=job.name, runner=runner)
    if lock.exists():
        unfinished = JobRun.objects.filter(job=job.name, slot=slot, status=JobStatus.RUNNING)
        unfinished.update(status=JobStatus.FAILED, finished_at=timezone.now(), result=reason)
        lock.update(running_since=None, runner="")


def note_missed(jobs: Iterable[Job], now: datetime) -> int:
    """Write a row for every slot of the last day that has none and can no longer be caught up; returns how many.

    Slots before a job's first row are none of its: it was not there yet.
    """
    firsts = first_slots()
    rows = []
    for job in jobs:
        first = firsts.get(job.name)
        if first is None:
            continue
        start = max(first, now - MISSED_WINDOW)
        end = now - timedelta(seconds=max(job.catch_up, job.grid.every))
        known = set(JobRun.objects.filter(job=job.name, slot__gte=start).values_list("slot", flat=True))
        slot = job.grid.next(start)
        while slot <= end:
            if slot not in known:
                rows.append(JobRun(job=job.name, slot=slot, status=JobStatus.MISSED, result="no worker ran it"))
            slot = job.grid.next(slot)
    JobRun.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def first_slots() -> dict[str, datetime]:
    return dict(JobRun.objects.order_by().values_list("job").annotate(Min("slot")))


def last_finished(jobs: Iterable[Job]) -> dict[str, datetime]:
    """When each job last succeeded, by name."""
    names = [job.name for job in jobs]
    rows = JobRun.objects.filter(
        job__in=names, status__in=FINISHED, finished_at__lte=timezone.now() + AHEAD
    ).order_by()
    return dict(rows.values_list("job").annotate(Max("finished_at")))


def known_since() -> datetime:
    """When this database got its ledger: before that no slot was anybody's."""
    applied = MigrationRecorder.Migration.objects.filter(app="parks").aggregate(first=Min("applied"))["first"]
    now = timezone.now()
    # An instant to come is that of a clock that was wrong: as good as for ever ago.
    return applied if applied is not None and applied <= now + AHEAD else instant(0)


def is_overdue(job: Job, last: datetime | None, since: datetime, now: datetime) -> bool:
    """Two slots passed without a success; or, when there never was one, the first since the ledger is there."""
    if last is not None:
        return now - last > timedelta(seconds=2 * job.grid.every)
    return now > job.grid.next(since) + timedelta(seconds=job.limit)
