"""Measuring storage on demand: at once, or as a job that a worker takes from the queue (ADR 13)."""

from datetime import datetime
from typing import Annotated

from django.conf import settings
from kombu.exceptions import OperationalError

from core.jobs import running
from core.jobs.ledger import JobRun, JobStatus
from core.jobs.tasks import run_job
from core.shapes import UNSET, Shape, UnsetType, describe
from snapshots.storage import sizes

JOB = "measure_storage"
DONE = "Storage measurement completed"


class QueueSilent(Exception):
    """The broker does not answer."""


class Measurement(Shape):
    row_count: int
    table_name: str
    total_size_mb: float


class Queued(Shape):
    job_id: int
    status: str
    message: str


class Measured(Queued):
    measurements: list[Measurement]
    tables_measured: int


class MeasurementJob(Shape):
    """The measurements when the job is done."""

    job_id: int
    status: Annotated[str, describe("QUEUED, RUNNING, SUCCESS or FAILED")]
    measurements: list[Measurement] | UnsetType = UNSET
    message: str
    tables_measured: int | UnsetType = UNSET


def measure_now(now: datetime) -> JobRun | None:
    """Run the job in this process; None when another run is under way."""
    return running.run(settings.JOBS[JOB], now.replace(microsecond=0))


def queue_measurement(now: datetime) -> JobRun:
    """Leave the job to a worker; the one of today that waits or runs already, if there is one. Raises QueueSilent."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    row = JobRun.objects.filter(job=JOB, status=JobStatus.RUNNING, slot__gte=today).order_by("slot").first()
    if row is not None:
        return row
    row, _ = JobRun.objects.get_or_create(job=JOB, slot=now.replace(microsecond=0))
    try:
        run_job.delay(JOB, row.slot.isoformat())
    except OperationalError as error:
        JobRun.objects.filter(pk=row.pk).update(status=JobStatus.FAILED, finished_at=now, result="no broker")
        raise QueueSilent from error
    return row


def state_of(row: JobRun) -> Queued | Measured:
    """The state of a run, with the legacy's answer when it is done (public-api 5.2)."""
    status = "QUEUED" if row.status == JobStatus.RUNNING and row.started_at is None else str(row.status)
    if status != JobStatus.SUCCESS or row.started_at is None:
        return Queued(job_id=row.pk, status=status, message=f"Storage measurement {status.lower()}")
    measurements = [
        Measurement(row_count=each.row_count, table_name=each.table_name, total_size_mb=float(each.total_size_mb))
        for each in sizes.measured_on(row.started_at.date())
    ]
    return Measured(
        job_id=row.pk, status=status, measurements=measurements, message=DONE, tables_measured=len(measurements)
    )
