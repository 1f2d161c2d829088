"""What follows an import: the daily statistics of its days, which are asked for, and its COMPLETED."""

import io
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError

from core.jobs.requests import RecomputeDays, request
from importer.jobs.running import complete, summary_of
from importer.jobs.summary import ImportSummary
from importer.models import ImportCheckpoint, ImportSlice, ImportStatus, SliceState

SOME_FAILED = 1  # the exit code of a recomputation
SETTLED = "settled"  # in the counts of a slice: its statistics were computed, or somebody was reported how
SLICES_PER_UPDATE = 100


def due(destinations: Iterable[str]) -> list[ImportSlice]:
    """Slices that wrote rows whose statistics nobody has computed.

    Also those of imports that were killed, paused or cancelled: the import after one skips what is stored already.
    """
    slices = ImportSlice.objects.filter(job__destination_uuid__in=set(destinations), state=SliceState.DONE, rows__gt=0)
    unfinished = slices.exclude(job__status=ImportStatus.COMPLETED).defer("carry")
    return [piece for piece in unfinished if SETTLED not in piece.counts]


def settle(slices: Iterable[ImportSlice], **how: Any) -> None:
    """Have the statistics of these slices computed; raises CommandError, which says how to make up for the rest."""
    pieces, days = list(slices), ImportSummary()
    for piece in pieces:
        days.add(ImportSummary.from_json(piece.counts))
    try:
        recompute(days, **how)
    except CommandError:
        note_settled(pieces)
        raise
    note_settled(pieces)


def note_settled(pieces: list[ImportSlice]) -> None:
    for piece in pieces:
        piece.counts[SETTLED] = True
    ImportSlice.objects.bulk_update(pieces, ["counts"], batch_size=SLICES_PER_UPDATE)


def settle_quietly(job: ImportCheckpoint) -> None:
    """Have what is due of the import's destination computed; an error stands in `last_error`, and is raised."""
    try:
        settle(due([job.destination_uuid]), verbosity=0, stdout=io.StringIO())
    except CommandError as error:
        ImportCheckpoint.objects.filter(pk=job.pk).update(last_error=str(error))
        raise


def finish(job: ImportCheckpoint) -> None:
    """All slices are done: compute the statistics of the days that were written, then say COMPLETED.

    May be killed at any line and run again. Raises CommandError when statistics could not be computed; the import
    is complete all the same, and its `last_error` says how to make up for it.
    """
    try:
        settle_quietly(job)
    except CommandError:
        complete(job, summary_of(job))
        raise
    complete(job, summary_of(job))


def recompute(summary: ImportSummary, **how: Any) -> None:
    """Have the statistics of the imported days computed, park after park; raises CommandError.

    A park that fails stops no other; an interruption does. The error says how to make up for it.
    """
    wanted = [RecomputeDays(park, first, last) for park, (first, last) in sorted(summary.days.items())]
    left = list(wanted)
    errors: list[CommandError] = []
    for days in wanted:
        try:
            request(days, **how)
        except CommandError as error:
            errors.append(error)
            if error.returncode != SOME_FAILED:
                break
        else:
            left.remove(days)
    if errors:
        raise CommandError(what_is_left(errors, left), returncode=errors[-1].returncode)


def what_is_left(errors: Iterable[CommandError], left: Iterable[RecomputeDays]) -> str:
    reasons = "\n".join(dict.fromkeys(str(error) for error in errors))
    commands = "\n".join(f"  {days.by_hand()}" for days in left)
    return f"{reasons}\nThe import is complete, but not all statistics are. Run\n{commands}"
