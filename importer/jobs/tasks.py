"""What is handed over of an import: one task per slice, which asks for the next one when it is done."""

import io
import logging
from datetime import date

from celery import shared_task
from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError

from core.jobs.requests import RecomputeDays, request
from importer.archive.files import ArchiveError
from importer.jobs import finishing
from importer.jobs.running import Work, begin, do
from importer.models import ImportCheckpoint, ImportStatus, SliceState

log = logging.getLogger(__name__)


@shared_task(  # type: ignore[untyped-decorator]  # Celery has no types
    name="ridewatch.import_slice",
    autoretry_for=(OperationalError, InterfaceError),  # the database is away: not for good
    retry_backoff=5,
    retry_backoff_max=300,
    max_retries=20,
)
def import_slice(import_id: str) -> str:
    """Do the next slice of an import and ask for the one behind it, or finish the import.

    May be delivered twice, or again after its worker was killed: who does not get the slice does nothing.
    """
    job = ImportCheckpoint.objects.filter(import_id=import_id).first()
    if job is None or not begin(job):
        return "nothing to do" if job is None else ended(job)
    if not job.is_finished():
        piece = job.claim_slice()
        if piece is None:
            return "another worker has the slice"
        try:
            work = Work.for_import(job)
        except ArchiveError as error:
            piece.give_back()
            job.fail(str(error))
            return str(error)
        if not do(work, piece):
            if begin(job):  # it was resumed before its pause was noticed, and who was asked then found the slice taken
                import_slice.delay(import_id)
            ended(job)
            return f"{piece}: not done"
    if job.slices.exclude(state=SliceState.DONE).exists():
        import_slice.delay(import_id)
        return "done, the next slice was asked for"
    with job.finishing() as is_ours:
        if not is_ours:
            return "another worker computes its statistics"
        try:
            finishing.finish(job)
        except CommandError as error:
            log.error("import %s: %s", import_id, error)
    return "the import is complete"


def ended(job: ImportCheckpoint) -> str:
    """Nothing is left to do but, of an import that was cancelled, the statistics of what came in before."""
    if job.status == ImportStatus.CANCELLED:
        try:
            finishing.settle_quietly(job)
        except CommandError as error:
            log.error("import %s: %s", job.import_id, error)
    return "nothing to do"


@shared_task(name="ridewatch.recompute_park")  # type: ignore[untyped-decorator]
def recompute_park(park: int, first: str, last: str) -> None:
    """The daily statistics of a park's days (ISO dates), of which somebody has moved rows. Raises CommandError."""
    days = RecomputeDays(park, date.fromisoformat(first), date.fromisoformat(last))
    request(days, verbosity=0, stdout=io.StringIO())
