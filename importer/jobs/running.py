"""Doing an import, slice after slice: in this process, in several of this machine, or handed over."""

import errno
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Sum
from django.utils import timezone

from core import data_version
from core.database.querysets import retried_on_lock
from core.shortcuts import frozen_objects, no_collections
from importer.archive.files import Archive, ArchiveError, ArchiveFile, open_archive
from importer.archive.problems import new_problems
from importer.jobs.planning import Checksums, known_files
from importer.jobs.reader import DestinationImport
from importer.jobs.summary import ImportSummary
from importer.models import ImportCheckpoint, ImportSlice, ImportStatus, SliceState, TransitionRefused
from importer.storing.buffer import Buffer
from importer.storing.bulk import store_slice
from importer.storing.days import note_operation
from snapshots.storage.partitions import refresh_statistics

log = logging.getLogger(__name__)

MANY_ROWS = 10_000  # written by one import: the database's idea of its tables is out of date
# A database that is away (restarted, or short of locks) is asked again so often, after so many seconds at first.
MOST_ATTEMPTS = 6
FIRST_PAUSE = 1.0

Progress = Callable[[int], object]


class Stopped(Exception):
    """The import was paused or cancelled, or its slice was taken over: what was read is dropped."""


def nothing(files: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Work:
    """An import as one process does it: its archive, its files, and the reader as the last slice left it."""

    job: ImportCheckpoint
    archive: Archive
    files: list[ArchiveFile]
    progress: Progress = nothing
    reader: DestinationImport | None = None
    checksums: Checksums = field(init=False)

    def __post_init__(self) -> None:
        self.checksums = Checksums(self.archive, self.files)

    @classmethod
    def for_import(cls, job: ImportCheckpoint, archive: Archive | None = None, progress: Progress = nothing) -> "Work":
        """Raises ArchiveError."""
        archive = archive or archive_of(job)
        return cls(job, archive, known_files(archive, job.destination_uuid), progress)


def archive_of(job: ImportCheckpoint) -> Archive:
    return open_archive(job.source, settings.ARCHIVE_REGION, settings.ARCHIVE_ENDPOINT_URL or None)


def begin(job: ImportCheckpoint) -> bool:
    """A worker takes the import up: PENDING becomes IN_PROGRESS. False when it is not to be worked on."""
    job.refresh_from_db()
    if job.status == ImportStatus.PENDING:
        with suppress(TransitionRefused):  # another worker did, or somebody cancelled it: `status` says
            job.enter(ImportStatus.IN_PROGRESS)
    return job.status == ImportStatus.IN_PROGRESS


def run_slices(job: ImportCheckpoint, archive: Archive | None = None, progress: Progress = nothing) -> None:
    """Claim and do one slice after the other until none is left, or the import is paused, cancelled or failed.

    What goes wrong stands on the import and the slice. An interruption gives the slice back.
    """
    try:
        work = Work.for_import(job, archive, progress)
    except ArchiveError as error:
        job.fail(one_line(error))
        return
    with frozen_objects():  # what is there already is not looked at between two slices either
        while begin(job) and (piece := job.claim_slice()) is not None:
            if not do(work, piece):
                return


def do(work: Work, piece: ImportSlice) -> bool:
    """Do a slice that this process holds; False when the import does not go on here."""
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            if not skip(work, piece):
                run_slice(work, piece)
        except Stopped:
            piece.give_back()
            return False
        except (OperationalError, InterfaceError) as error:
            # The database was restarted, is full or locked: what was read of the slice is begun anew.
            work.reader = None
            if attempt == MOST_ATTEMPTS or connection.in_atomic_block:
                give_up(work, piece, one_line(error))
                return False
            log.warning("slice %s of %s: %s; trying again", piece, work.job.import_id, error)
            connection.close()
            time.sleep(FIRST_PAUSE * 2 ** (attempt - 1))
        except (ArchiveError, OSError) as error:
            give_up(work, piece, reason_of(error))
            return False
        except Exception as error:
            give_up(work, piece, f"{type(error).__name__}: {one_line(error)}")
            raise
        except BaseException:
            # Ctrl-C: what is not stored is begun anew by whoever resumes.
            piece.give_back()
            with suppress(TransitionRefused):
                work.job.enter(ImportStatus.PAUSED)
            raise
        else:
            return True
    raise AssertionError("unreachable")


def give_up(work: Work, piece: ImportSlice, reason: str) -> None:
    piece.fail(reason)
    work.job.fail(f"{piece.first_date} to {piece.last_date}: {reason}")


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def reason_of(error: Exception) -> str:
    """In one line what is wrong and, of a full disk, what to do."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{error.strerror}: make room (TMPDIR, the database), then resume"
    return one_line(error)


# -- one slice -------------------------------------------------------------------------------------------


def skip(work: Work, piece: ImportSlice) -> bool:
    """Is the slice stored already, from the same files? Then it is done, and nothing was written."""
    piece.checksum = work.checksums.of(piece)
    if work.job.is_again or not piece.checksum:
        return False
    before, last = piece.before(), piece.last_word()
    if (before is not None and before.rows) or last is None or not piece.is_as(last, piece.checksum):
        return False
    work.reader = None
    if not piece.finish(files_done=piece.files_total, checksum=piece.checksum, same_as=last.same_as or last):
        raise Stopped
    work.progress(piece.files_total)
    return True


def run_slice(work: Work, piece: ImportSlice) -> None:
    """Read the slice's files, then store its rows and its DONE together. Raises Stopped, ArchiveError, OSError."""
    before = piece.before()
    is_first, is_last = before is None, not piece.job.slices.filter(first_date__gt=piece.last_date).exists()
    began = time.monotonic()
    reader = work.reader
    if reader is None or before is None or reader.limit != before.last_date:  # another process was here meanwhile
        reader = reader_of(work, piece, before)
    work.reader = None  # until the slice is stored: what is not stored has to be read again
    # A slice makes many small objects that live for a day of the archive: looking for cycles takes a fourth of its
    # time.
    with no_collections(), Buffer() as spool:

        def on_file(file: ArchiveFile) -> None:
            done = sum(piece.first_date <= each.day <= min(piece.last_date, file.day) for each in work.files)
            note_file(piece, done)
            work.progress(done - reported[0])
            reported[0] = done

        reported = [0]
        reader.run_slice(piece.last_date, spool.add, on_file)
        summary = reader.summary(date.min if is_first else piece.first_date, None if is_last else piece.last_date)
        store(piece, spool, summary, reader, began)
        reader.mapping.forget_spans()
    work.progress(piece.files_total - reported[0])
    if summary.rows_written:
        data_version.move()
    work.reader = reader


def reader_of(work: Work, piece: ImportSlice, before: ImportSlice | None) -> DestinationImport:
    """A reader that begins with this slice, where the one before it ended."""
    job = work.job
    if before is None:
        # What the range begins in the days before say; without a range there is nothing before.
        return DestinationImport(work.archive, work.files, job, start=job.start_date)
    carry = (before.same_as or before).carry
    left = bytes(carry) if carry else None
    return DestinationImport(work.archive, work.files, job, start=piece.first_date, carry=left)


def note_file(piece: ImportSlice, done: int) -> None:
    """A sign of life, and the moment to learn that the import was paused or cancelled, or the slice taken over."""
    held = piece.mine().update(claimed_at=timezone.now(), files_done=done)
    running = ImportCheckpoint.objects.filter(pk=piece.job_id, status=ImportStatus.IN_PROGRESS)
    if not held or not running.update(updated_at=timezone.now()):
        raise Stopped


@retried_on_lock
def store(piece: ImportSlice, spool: Buffer, summary: ImportSummary, reader: DestinationImport, began: float) -> None:
    """The slice's rows, its DONE and the import's counters, in one transaction. Raises Stopped when it is lost."""
    if not piece.mine().update(claimed_at=timezone.now()):
        raise Stopped
    summary.rows.clear()
    summary.rows.update(store_slice(spool))
    reader.mapping.store_spans()
    note_operation({ride: known for stream in reader.streams.values() for ride, known in stream.memory.items()})
    last_file = next((file for file in reversed(reader.all_files) if file.day <= piece.last_date), None)
    piece.finish(
        files_done=F("files_total"),
        rows=summary.rows_written,
        errors=summary.problems.total(),
        last_error="",
        checksum=piece.checksum,
        counts=summary.as_json(),
        carry=reader.carry(),
        seconds=time.monotonic() - began,
    )
    ImportCheckpoint.objects.filter(pk=piece.job_id).update(
        records_imported=F("records_imported") + summary.rows["created"] + summary.rows["updated"],
        errors_encountered=F("errors_encountered") + summary.problems.total(),
        last_processed_date=last_file and last_file.day,
        last_processed_file=last_file and last_file.key,
        updated_at=timezone.now(),
    )


# -- the whole import ------------------------------------------------------------------------------------


def files_of(job: ImportCheckpoint) -> int:
    """How many files the import reads, those between its slices once."""
    return int(job.slices.aggregate(files=Sum("files_total"))["files"] or 0)


def summary_of(job: ImportCheckpoint) -> ImportSummary:
    """What the slices done so far did, all in all.

    New problems are those that the log has of this import. A slice that is tried again finds the ones of its first try
    there, for they are reported while it is read; its own count would leave them out.
    """
    total = ImportSummary()
    for counts in job.slices.filter(state=SliceState.DONE).values_list("counts", flat=True):
        total.add(ImportSummary.from_json(counts))
    total.problems_new = new_problems(job.import_id)
    return total


def complete(job: ImportCheckpoint, summary: ImportSummary) -> None:
    """All slices are done: COMPLETED, unless somebody cancelled it meanwhile."""
    if summary.rows_written > MANY_ROWS:
        refresh_statistics()
    if summary.rows_written:
        data_version.move()
    try:
        job.enter(ImportStatus.COMPLETED)
    except TransitionRefused as error:
        log.info("%s", error)


def run(job: ImportCheckpoint, archive: Archive | None = None, progress: Progress = nothing) -> ImportSummary:
    """Do a whole import here, without the statistics. Raises ArchiveError with the reason when it failed."""
    run_slices(job, archive, progress)
    job.refresh_from_db()
    summary = summary_of(job)
    if job.status == ImportStatus.FAILED:
        raise ArchiveError(job.last_error)
    if job.is_finished():
        complete(job, summary)
    return summary
