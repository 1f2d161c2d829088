"""An import, planned: which destination, which days, cut into slices (R-26.4).

Slices lie on a fixed calendar grid, so that imports whose ranges overlap find each other's finished work.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TypedDict, Unpack

from django.conf import settings
from django.utils import timezone

from importer.archive.files import LAYOUT, Archive, ArchiveError, ArchiveFile
from importer.jobs.reader import LOOK_AHEAD, LOOK_BACK, ONE_DAY
from importer.models import ImportCheckpoint, ImportSlice
from parks.models import Park

log = logging.getLogger(__name__)

GRID_START = date(1970, 1, 5)  # a Monday
RULES = 4  # raised when the same files give other rows than before


class NothingThere(ArchiveError):
    """The archive has no files of what was asked for."""


def known_files(archive: Archive, destination: str) -> list[ArchiveFile]:
    """The destination's files by day, without those of days that are yet to come. Raises ArchiveError."""
    return up_to_now(archive.files(destination))


def up_to_now(files: Sequence[ArchiveFile]) -> list[ArchiveFile]:
    """Without days that are yet to come, by the clock of this machine."""
    tomorrow = timezone.now().date() + ONE_DAY
    return [file for file in files if file.day <= tomorrow]


def of_days_to_come(number: int) -> str:
    """A reason to look at the clock: so many files are left out."""
    now = timezone.now()
    return f"{number:,} files of days to come are left out; the clock of this machine says {now:%Y-%m-%d %H:%M}Z"


class Choice(TypedDict, total=False):
    """What of a destination is imported, and how; the fields of ImportCheckpoint."""

    park: Park | None
    start_date: date | None
    end_date: date | None
    auto_create: bool
    is_again: bool
    runner: str


def plan(archive: Archive, destination: str, source: str, **choice: Unpack[Choice]) -> ImportCheckpoint:
    """Write an import that is PENDING, and its slices. `source`: what opens the archive again.

    Raises NothingThere, AlreadyRunning, and ArchiveError when the archive cannot be read.
    """
    listed = archive.files(destination)
    files = up_to_now(listed)
    to_come = of_days_to_come(len(listed) - len(files)) if len(listed) > len(files) else ""
    span = days_of(files, choice.get("start_date"), choice.get("end_date"))
    if span is None:
        why = to_come or f"expected {LAYOUT}"
        raise NothingThere(f"no archive files of {destination} for this choice; {why}")
    if to_come:
        log.warning("%s: %s", destination, to_come)
    job = ImportCheckpoint(destination_uuid=destination, source=source, **choice)
    slices = [ImportSlice(job=job, first_date=a, last_date=b) for a, b in grid_parts(*span)]
    for each in slices:
        each.files_total = sum(each.first_date <= file.day <= each.last_date for file in files)
    with job.alone():
        job.save()
        ImportSlice.objects.bulk_create(slices)
    return job


def days_of(files: Sequence[ArchiveFile], start: date | None, end: date | None) -> tuple[date, date] | None:
    """The first and the last local day that files of the range report; None without any."""
    first = start - LOOK_BACK if start else date.min
    last = end + LOOK_AHEAD if end else date.max
    found = [file.day for file in files if first <= file.day <= last]
    if not found:
        return None
    # East and west of Greenwich a file reaches into the neighbouring local days.
    low, high = found[0] - ONE_DAY, found[-1] + ONE_DAY
    low, high = max(low, start or low), min(high, end or high)
    return (low, high) if low <= high else None


def grid_parts(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days of a range by the cells of the grid."""
    length = timedelta(days=settings.IMPORT_SLICE_DAYS)
    while first <= last:
        cell = GRID_START + (first - GRID_START) // length * length
        end = min(cell + length - ONE_DAY, last)
        yield first, end
        first = end + ONE_DAY


class Checksums:
    """Checksums of slices; each file is read for them once."""

    def __init__(self, archive: Archive, files: Sequence[ArchiveFile]) -> None:
        self.archive = archive
        self.files = files
        self.known: dict[date, str] = {}

    def of(self, piece: ImportSlice) -> str:
        """Over all that the slice's rows depend on: its files, those around it, settings; "" if it is unknown."""
        job = piece.job
        reported = [RULES, settings.MAX_FEED_SILENCE_SECONDS, settings.COLLECTION_INTERVAL_SECONDS, job.auto_create]
        digest = hashlib.blake2b(repr(reported).encode(), digest_size=32)
        for file in self.around(piece):
            if file.day not in self.known:
                self.known[file.day] = self.archive.fingerprint(file)
            if not self.known[file.day]:
                return ""
            digest.update(f"{file.day} {self.known[file.day]} {file == self.files[-1]}\n".encode())
        return digest.hexdigest()

    def around(self, piece: ImportSlice) -> Iterator[ArchiveFile]:
        """The files that are read for a slice."""
        for file in self.files:
            if file.day < piece.first_date - LOOK_BACK:
                continue
            yield file
            if file.day >= piece.last_date + LOOK_AHEAD:
                return
