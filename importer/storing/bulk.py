"""Storing a slice: parks of which nothing is stored there yet by one statement per table, the others day by day."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.models import Q

from core.instants import instant
from core.shortcuts import by_identity
from importer.days.shapes import DayRows
from importer.storing.buffer import Buffer, BufferedDay, Extent
from importer.storing.days import AS_TEXT, TABLES, change_tuples, state_columns, store_again
from snapshots.models import DataSource, ParkActivitySnapshot, QueueData, RideStatusChange, RideStatusSnapshot
from snapshots.queues import QueueState
from snapshots.revisions import note_changed
from snapshots.storage.bulk import SECONDS, insert_new, load_file, minute_stamp, stamp

ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})
NOTHING = "\\N"
ARCHIVE = DataSource.ARCHIVE.value
LINES_KEPT = 1 << 14
KEY = itemgetter(0)
ROWS_AT_ONCE = 100_000
Lines = tuple[int, str]  # of one ride or park


def store_slice(spool: Buffer) -> Counter[str]:
    """Make the stored archive rows of the spooled days equal to them, in the caller's transaction.

    Returns how many rows were created, updated, deleted, unchanged.
    """
    free = {park for park, extent in spool.extents.items() if is_free(extent)}
    counts: Counter[str] = Counter()
    try:
        with transaction.atomic():
            counts["created"] = (load_days if connection.vendor == "mysql" else insert_days)(
                day for day in spool if day.park.pk in free
            )
            for park in sorted(free):
                note_changed([park], instant(spool.extents[park].end))
    except (IntegrityError, DataError):
        # Another importer wrote some of the days meanwhile, or a value does not fit: day by day it shows.
        free, counts = set(), Counter()
    for day in spool if free != spool.extents.keys() else ():
        if day.park.pk not in free:
            counts.update(store_again(day.park, day.window, day.rows))
    return counts


def is_free(extent: Extent) -> bool:
    """Is nothing stored where these rows belong?"""
    start, end = instant(extent.start), instant(extent.end)
    within = Q(recorded_at__gte=start, recorded_at__lt=end)
    rides = {*extent.rides, *extent.park.rides.values_list("pk", flat=True)}
    found = (
        RideStatusSnapshot.objects.filter(within, park=extent.park),
        RideStatusSnapshot.objects.filter(within, ride__in=rides),
        ParkActivitySnapshot.objects.filter(within, park=extent.park),
        QueueData.objects.filter(within, ride__in=rides),
        RideStatusChange.objects.filter(changed_at__gte=start, changed_at__lt=end, ride__in=rides),
    )
    return not any(rows.exists() for rows in found)


def insert_days(days: Iterable[BufferedDay]) -> int:
    """Insert days; returns how many rows."""
    return sum(insert_part(part) for part in parts(days))


def insert_part(days: list[BufferedDay]) -> int:
    count = 0
    for table in TABLES:
        rows = [row for day in days for row in table.rows(day.park, day.rows, AS_TEXT)]
        # Days came in their order, so this is the order of the primary key: each page of it is looked for once.
        rows.sort(key=KEY)
        insert_new(table.model, rows)
        count += len(rows)
    return count


def load_days(days: Iterable[BufferedDay]) -> int:
    """Load days from files, one per table; returns how many rows. MariaDB and MySQL only."""
    return sum(load_part(part) for part in parts(days))


def parts(days: Iterable[BufferedDay]) -> Iterator[list[BufferedDay]]:
    """Days by as many as are held in memory at once."""
    part: list[BufferedDay] = []
    size = 0
    for day in days:
        part.append(day)
        size += day.size()
        if size >= ROWS_AT_ONCE:
            yield part
            part, size = [], 0
    if part:
        yield part


def load_part(days: list[BufferedDay]) -> int:
    count = 0
    for model, lines in LINES.items():
        by_key: dict[int, list[str]] = {}
        for day in days:
            for key, text in lines(day.park.pk, day.rows):
                by_key.setdefault(key, []).append(text)
        if not by_key:
            continue
        with NamedTemporaryFile("w", encoding="utf-8") as file:
            # Days came in their order, so this is the order of the primary key: several times as fast.
            for key in sorted(by_key):
                file.writelines(by_key[key])
            file.flush()
            count += load_file(model, file.name)
    return count


# -- lines: the rows of `storing`, with few joins -----------------------------------------------------------


def field(value: Any) -> str:
    """A value as `load_file` takes it."""
    if value is None:
        return NOTHING
    return (
        value.translate(ESCAPED) if isinstance(value, str) else str(int(value) if isinstance(value, bool) else value)
    )


def line(values: Iterable[Any]) -> str:
    return "\t".join(map(field, values))


@lru_cache(LINES_KEPT)
def state_part(status: str | None, wait: int | None, park_open: bool, carried: bool) -> str:
    return line(state_columns(status, wait, park_open, carried))


def ride_lines(park: int, day: DayRows) -> Iterator[Lines]:
    for ride, rows in groupby(day.rides, KEY):
        lines = []
        for _, at, seconds, status, wait, park_open, carried, reported_at in rows:
            when = f"{minute_stamp(at // 60)}{SECONDS[at % 60]}"
            reported = when if reported_at == at else stamp(reported_at)
            state = state_part(status, wait, park_open, carried)
            lines.append(f"{ride}\t{when}\t{park}\t{seconds}\t{state}\t{reported}\t{ARCHIVE}\n")
        yield ride, "".join(lines)


def queue_lines(park: int, day: DayRows) -> Iterator[Lines]:
    state_of = by_identity(state_line)  # states occur many times a day
    for ride, rows in groupby(day.queues, KEY):
        lines = []
        for _, at, queue in rows:
            lines.append(f"{ride}\t{minute_stamp(at // 60)}{SECONDS[at % 60]}\t{state_of(queue)}\n")
        yield ride, "".join(lines)


def state_line(queue: QueueState) -> str:
    """A queue's state as `queue_columns` writes it."""
    kind, wait, state, start, end, price, *texts = queue
    begins, ends = NOTHING if start is None else stamp(start), NOTHING if end is None else stamp(end)
    rest = "\t".join([NOTHING if text is None else text.translate(ESCAPED) for text in texts])
    return f"{kind}\t{listed(wait)}\t{listed(state)}\t{begins}\t{ends}\t{listed(price)}\t{rest}"


def listed(value: Any) -> Any:
    return NOTHING if value is None else value


def park_lines(park: int, day: DayRows) -> Iterator[Lines]:
    lines = [
        f"{park}\t{minute_stamp(at // 60)}{SECONDS[at % 60]}\t{seconds}\t{total}\t{running}\t{total - running}"
        f"\t{listed(avg_wait)}\t{listed(max_wait)}\t{park_open:d}\t{listed(score)}\t{ARCHIVE}\n"
        for at, seconds, total, running, avg_wait, max_wait, park_open, score in day.parks
    ]
    if lines:
        yield park, "".join(lines)


def change_lines(park: int, day: DayRows) -> Iterator[Lines]:
    """There are few."""
    for ride, rows in groupby(change_tuples(day, AS_TEXT), KEY):
        yield ride, "".join([f"{line(row)}\n" for row in rows])


# Lines by the first column of the primary key, in the order of the rest of it.
LINES: dict[type[models.Model], Callable[[int, DayRows], Iterator[Lines]]] = {
    RideStatusSnapshot: ride_lines,
    ParkActivitySnapshot: park_lines,
    QueueData: queue_lines,
    RideStatusChange: change_lines,
}
