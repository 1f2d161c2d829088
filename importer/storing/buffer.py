"""The rows of a slice on their way to the database: kept until the whole slice is known, the most of them in a file.

So memory does not grow with the slice, and the transaction that stores it is short.
"""

import pickle
import struct
from collections.abc import Iterator
from operator import itemgetter
from tempfile import TemporaryFile
from typing import NamedTuple, Self

from importer.days.shapes import DayRows
from parks.models import Park

LENGTH = struct.Struct("<Q")
FIRST = itemgetter(0)
ROWS_KEPT = 100_000  # in memory, some 20 MB


class BufferedDay(NamedTuple):
    park: Park
    window: tuple[int, int]
    rows: DayRows  # without what is no row

    def size(self) -> int:
        rows = self.rows
        return len(rows.rides) + len(rows.parks) + len(rows.queues) + len(rows.changes)


class Extent(NamedTuple):
    """Where the rows of one park lie: `[start, end)`, and the rides they are of."""

    park: Park
    start: int
    end: int
    rides: set[int]


class Buffer:
    """Days in the order in which they were added; read as often as a transaction has to be repeated."""

    def __init__(self) -> None:
        self.file = TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        self.kept: list[BufferedDay] = []
        self.rows_kept = 0
        self.extents: dict[int, Extent] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
        self.kept.clear()  # at once: what lives is looked at when cycles are looked for again

    def add(self, park: Park, window: tuple[int, int], rows: DayRows) -> None:
        """Raises OSError when the disk is full."""
        known = self.extents.get(park.pk, Extent(park, *window, set()))
        rides = known.rides.union(map(FIRST, rows.rides), map(FIRST, rows.queues), map(FIRST, rows.changes))
        self.extents[park.pk] = Extent(park, min(known.start, window[0]), max(known.end, window[1]), rides)
        day = BufferedDay(park, window, DayRows(rows.rides, rows.parks, rows.queues, rows.changes))
        self.kept.append(day)
        self.rows_kept += day.size()
        if self.rows_kept > ROWS_KEPT:
            self.put_away()

    def put_away(self) -> None:
        """Write the days in memory to the file."""
        for park, window, rows in self.kept:
            data = pickle.dumps((park.pk, window, rows), pickle.HIGHEST_PROTOCOL)
            self.file.write(LENGTH.pack(len(data)))
            self.file.write(data)
        self.kept, self.rows_kept = [], 0

    def __iter__(self) -> Iterator[BufferedDay]:
        self.file.seek(0)
        while head := self.file.read(LENGTH.size):
            (length,) = LENGTH.unpack(head)
            park, window, rows = pickle.loads(self.file.read(length))  # noqa: S301  (we wrote it, nobody can reach it)
            yield BufferedDay(self.extents[park].park, window, rows)
        yield from self.kept
