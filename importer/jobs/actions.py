"""What people do with imports, over the admin API and in the admin site; the work itself is handed over."""

import logging
from datetime import date

from django.conf import settings
from kombu.exceptions import OperationalError

from core.jobs.requests import RecomputeDays
from importer.archive.files import Archive, open_archive
from importer.jobs.planning import plan
from importer.jobs.tasks import import_slice, recompute_park
from importer.mapping.remapping import Moved
from importer.models import ImportCheckpoint, ImportStatus, SliceState

log = logging.getLogger(__name__)


class WorkersAway(Exception):
    """The message broker cannot be reached, so that no worker can be reported; nothing was started."""


def the_archive() -> Archive:
    """The one of the settings. Raises ArchiveError."""
    return open_archive(settings.ARCHIVE_URL, settings.ARCHIVE_REGION, settings.ARCHIVE_ENDPOINT_URL or None)


def planned(destination: str, first: date | None, last: date | None, auto_create: bool) -> ImportCheckpoint:
    """A PENDING import, to be handed over when it is committed. Raises NothingThere, ArchiveError, AlreadyRunning."""
    return plan(
        the_archive(),
        destination,
        settings.ARCHIVE_URL,
        start_date=first,
        end_date=last,
        auto_create=auto_create,
    )


def resume(job: ImportCheckpoint) -> None:
    """Go on with one that was paused or has failed. Raises AlreadyRunning, TransitionRefused, WorkersAway."""
    job.resume()
    hand_over(job, ImportStatus.PAUSED)


def cancel(job: ImportCheckpoint) -> None:
    """End it for good; a worker computes the statistics of what came in before. Raises TransitionRefused."""
    job.enter(ImportStatus.CANCELLED)
    if job.slices.filter(state=SliceState.DONE).exists():
        try:
            import_slice.delay(job.import_id)
        except (OperationalError, OSError) as error:
            log.warning("%s is cancelled; its statistics come with the next import: %s", job.import_id, error)


def hand_over(job: ImportCheckpoint, otherwise: ImportStatus) -> None:
    """Ask the workers for the next slice; when they cannot be reported the import becomes `otherwise`: WorkersAway."""
    try:
        import_slice.delay(job.import_id)
    except (OperationalError, OSError) as error:
        job.enter(otherwise)
        raise WorkersAway("The message broker cannot be reached; nothing was started") from error


def recompute_moved(park_id: int, moved: Moved) -> str:
    """Leave the statistics of moved rows to the workers: years of days are too long for a request. What to say."""
    if moved.days is None:
        return ""
    first, last = moved.days
    try:
        recompute_park.delay(park_id, str(first), str(last))
    except (OperationalError, OSError):
        command = RecomputeDays(park_id, first, last).by_hand()
        return f" The message broker cannot be reached; compute the statistics by {command}"
    return f" A worker computes the statistics of {first} to {last}."
