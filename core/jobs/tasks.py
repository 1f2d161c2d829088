"""What is handed over for later: thin, because every job is a management command."""

from datetime import datetime

from celery import shared_task
from django.conf import settings

from core.jobs import running


@shared_task(name="ridewatch.run_job")  # type: ignore[untyped-decorator]  # Celery has no types
def run_job(name: str, slot: str | None = None) -> str | None:
    """Run a slot of a job of settings.JOBS, an instant in ISO 8601 or the present one; the result."""
    row = running.run(settings.JOBS[name], datetime.fromisoformat(slot) if slot else None)
    return None if row is None else f"{row}: {row.result}"
