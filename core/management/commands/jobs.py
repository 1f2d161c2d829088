"""`manage.py jobs`: every job of the clock with its last success and next slot; or run one now."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import TeachingCommand, refuse
from core.jobs import running
from core.jobs.grids import Job
from core.jobs.ledger import JobLock, JobRun, JobStatus

EXAMPLES = """
examples:
  jobs                           the list
  jobs --history sync_schedules  the last slots of one job, with what it printed
  jobs --run compute_ended_days  run the present slot now, in this process

The schedule stands in config/schedule.py; `run_jobs` runs it, script/server does so by itself.
Exit code 0: fine. 1: a job is overdue, or the one that was run failed. 2: an option that cannot be used.
"""
HISTORY_SHOWN = 20


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "List what runs by the clock: last success, how long it took, next due, and what is overdue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--run", metavar="NAME", help="run the present slot of this job, unless it is done")
        parser.add_argument("--history", metavar="NAME", help="the last slots of this job")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["run"] and options["history"]:
            raise refuse("--run and --history exclude each other")
        if options["run"]:
            self.run_now(known_job("--run", options["run"]))
        elif options["history"]:
            self.history(known_job("--history", options["history"]))
        else:
            self.list_jobs(timezone.now())

    def run_now(self, job: Job) -> None:
        row = running.run(job)
        if row is None:
            self.stdout.write(f"{job.name}: the present slot is done, or another process is at it.")
            return
        self.stdout.write(f"{row}\n{row.result}")
        if row.status == JobStatus.FAILED:
            raise CommandError(f"{job.name} failed", returncode=1)

    def history(self, job: Job) -> None:
        for row in JobRun.objects.filter(job=job.name).order_by("-slot")[:HISTORY_SHOWN]:
            took = "" if row.seconds is None else f" {row.seconds:.1f} s"
            last_line = row.result.rpartition("\n")[2]
            self.stdout.write(f"{row.slot:%Y-%m-%d %H:%M:%SZ} {row.status}{took}  {last_line}")

    def list_jobs(self, now: datetime) -> None:
        finished = running.last_finished(settings.JOBS.values())
        locks = JobLock.objects.filter(job__in=settings.JOBS)
        at_work = {
            lock.job: lock.runner
            for lock in locks
            if lock.is_held(timedelta(seconds=settings.JOBS[lock.job].limit), now)
        }
        since = running.known_since()
        overdue = []
        self.stdout.write(f"{'job':20} {'last success':21} {'next due':21} state")
        for job in settings.JOBS.values():
            last = finished.get(job.name)
            is_late = running.is_overdue(job, last, since, now)
            state = OVERDUE if is_late else "not run yet" if last is None else "fine"
            if job.name in at_work:
                state = f"running ({at_work[job.name]})"
            elif is_late:
                overdue.append(job.name)
            self.stdout.write(f"{job.name:20} {reported(last):21} {reported(job.grid.next(now)):21} {state}")
        if overdue:
            raise CommandError(f"overdue: {', '.join(overdue)} (is `manage.py run_jobs` running?)", returncode=1)


OVERDUE = "OVERDUE"


def reported(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M:%SZ}"


def known_job(option: str, name: str) -> Job:
    """The job of that name; raises CommandError."""
    job: Job | None = settings.JOBS.get(name)
    if job is None:
        raise refuse(f"{option}: {name!r} is not known; choose from {', '.join(settings.JOBS)}")
    return job
