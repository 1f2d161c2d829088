"""The sample's observations: written as an archive and imported like any other, then continued to now.

The generator is a function of seed and day: what is continued after a week is what would have been there had the
server run all the time. Can be interrupted at any line and run again.
"""

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from config.sample.facts import ONE_DAY, store_facts
from core.zones import local_date
from importer.archive.files import DirectoryArchive
from importer.jobs.finishing import finish
from importer.jobs.planning import plan
from importer.jobs.reader import LOOK_BACK
from importer.jobs.running import run, run_slices
from importer.models import ACTIVE, AlreadyRunning, ImportCheckpoint, ImportStatus
from importer.sample.write import (
    SampleSummary,
    sample_destinations,
    write_sample_archive,
    write_sample_days,
)
from parks.catalog.known import CatalogPark, sample_twin
from parks.models import Park
from snapshots.models import DataQualityLog
from stats.daily.recompute import days_to_compute, parks_of, recompute, start_run

SEED = 1
DAYS = 60
DESTINATIONS = 5
BEGINNING = "sample-archive"  # the directory, below DATA_DIR, of the history the sample begins with
CONTINUED = "sample-continued"
REMOVED = "sample-removed"  # a file: somebody removed the sample, it is not made again

Bars = Callable[[int, str], Any]
"""Makes the bar of so many units, as `TeachingCommand.bar` does."""


def beginning() -> Path:
    return Path(settings.DATA_DIR) / BEGINNING


def removed_marker() -> Path:
    return Path(settings.DATA_DIR) / REMOVED


# -- the beginning ---------------------------------------------------------------------------------------


def write_beginning(now: datetime, days: int, destinations: int) -> SampleSummary:
    """Facts, and an archive of so many days ending now."""
    first = (now - timedelta(days=days)).date()
    for chosen in sample_destinations()[:destinations]:
        store_facts(chosen, SEED, first, now)
    return write_sample_archive(beginning(), days=days, destinations=destinations, seed=SEED, ends_at=now, workers=2)


def import_beginning(bars: Bars) -> None:
    archive = DirectoryArchive(beginning())
    jobs = [plan(archive, each, source=str(beginning())) for each in archive.destinations()]
    with bars(sum(job.slices.count() for job in jobs), "slice") as bar:
        for job in jobs:
            run(job, archive)
            bar.update(job.slices.count())


def compute_beginning(now: datetime, days: int, bars: Bars) -> None:
    first = (now - timedelta(days=days + 1)).date()
    last = max(local_date(now, park.timezone) for park in Park.objects.active()) - ONE_DAY
    begun = start_run(first, last, settings.METRICS_VERSION)
    with bars(days_to_compute(parks_of(begun)), "park-day") as bar:
        recompute(begun, progress=bar.update)
    shutil.rmtree(beginning())


# -- going on --------------------------------------------------------------------------------------------


def continue_sample(now: datetime) -> dict[str, datetime]:
    """Bring each destination of the sample up to `now`; returns since when each was continued, by name.

    Empty when script/server made no sample here, or somebody removed it. A destination that another process is just
    importing is left to it. Raises CommandError when statistics could not be computed.
    """
    done: dict[str, datetime] = {}
    if removed_marker().exists() or beginning().exists():
        return done
    for chosen in sample_destinations():
        since = known_until(chosen)
        if since is not None and since < now and continue_destination(chosen, since, now):
            done[chosen[0].destination_name] = since
    return done


def known_until(chosen: Sequence[CatalogPark]) -> datetime | None:
    """When the newest import of a destination's sample that is complete was begun; None: it is none of ours."""
    jobs = imports_of(chosen).filter(status=ImportStatus.COMPLETED)
    newest = jobs.order_by("-pk").first()
    return newest.created_at if newest else None


def imports_of(chosen: Sequence[CatalogPark]) -> QuerySet[ImportCheckpoint]:
    """The imports of what this module wrote; a sample that somebody made and imported by hand is theirs."""
    sources = [str(Path(settings.DATA_DIR) / name) for name in (BEGINNING, CONTINUED)]
    uuid = sample_twin(chosen[0]).destination_id
    return ImportCheckpoint.objects.filter(destination_uuid=uuid, source__in=sources)


def continue_destination(chosen: Sequence[CatalogPark], since: datetime, now: datetime) -> bool:
    """One destination, from the day before `since`; False when another process is at it."""
    directory = Path(settings.DATA_DIR) / CONTINUED
    uuid = sample_twin(chosen[0]).destination_id
    if ImportCheckpoint.running(uuid) is not None:
        return False
    first = since.astimezone(UTC).date() - ONE_DAY
    store_facts(chosen, SEED, first, now)
    write_sample_days(directory, chosen, first=first - LOOK_BACK, seed=SEED, ends_at=now)
    try:
        job = plan(DirectoryArchive(directory), uuid, source=str(directory), start_date=first)
    except AlreadyRunning:
        return False
    run_slices(job)
    job.refresh_from_db()
    if not job.is_finished() or job.status != ImportStatus.IN_PROGRESS:
        return False
    finish(job)
    forget_older(chosen, job)
    return True


def forget_older(chosen: Sequence[CatalogPark], job: ImportCheckpoint) -> None:
    """The list of imports stays short: of those that went on before, the newest says what there is to know."""
    earlier = imports_of(chosen).filter(pk__lt=job.pk, source=job.source).exclude(status__in=ACTIVE)
    with transaction.atomic():
        log = DataQualityLog.objects.filter(import_id__in=earlier.values("import_id"))
        log.update(import_id=job.import_id)
        earlier.delete()
