"""What Celery runs: thin, because every job is a management command."""

from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from core.jobs import running

# A slot is left to the message of its own time for so long.
GRACE = timedelta(minutes=2)


@shared_task(name="ridewatch.run_job")  # type: ignore[untyped-decorator]  # Celery has no types
def run_job(name: str, slot: str | None = None) -> str | None:
    """Run a slot of a job of settings.JOBS, an instant in ISO 8601 or the present one; the result."""
    row = running.run(settings.JOBS[name], datetime.fromisoformat(slot) if slot else None)
    return None if row is None else f"{row}: {row.result}"


@shared_task(name="ridewatch.catch_up")  # type: ignore[untyped-decorator]
def catch_up() -> list[str]:
    """Run what is due and was missed, note what can no longer be run."""
    now = timezone.now()
    running.note_missed(settings.JOBS.values(), now)
    late = [job for job in settings.JOBS.values() if running.due_again(job, now, GRACE)]
    for job in late:
        run_job.delay(job.name)
    return [job.name for job in late]
