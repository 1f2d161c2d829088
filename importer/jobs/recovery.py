"""Imports whose worker was killed, or whose message was lost, are handed over again."""

from collections.abc import Iterator

from django.utils import timezone

from importer.jobs.tasks import import_slice
from importer.models import ACTIVE, ImportCheckpoint


def recover() -> Iterator[ImportCheckpoint]:
    """Ask the workers once more for each import of theirs that stands still, and yield it.

    Redis gives a dead worker's message to another one late: after an hour. A message too
    many does no harm: whoever does not get the slice does nothing. Raises what the broker raises when it is away.
    """
    for job in ImportCheckpoint.objects.filter(status__in=ACTIVE, runner="").order_by("pk"):
        if job.stands_still() and is_mine(job):
            import_slice.delay(job.import_id)
            yield job


def is_mine(job: ImportCheckpoint) -> bool:
    """Claim the asking: of several who look at the same time one asks, and not again before it was silent for long."""
    same = ImportCheckpoint.objects.filter(pk=job.pk, status=job.status, updated_at=job.updated_at)
    return bool(same.update(updated_at=timezone.now()))
