"""The rows of a slice on their way to the database: kept in a temporary file until the whole slice is known.

So memory does not grow with the slice, and the transaction that stores it is short.
"""

import marshal
import struct
from collections.abc import Iterator
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any, NamedTuple, Self

from importer.days import ChangeRow, DayRows, ParkRow, QueueRow, RideRow
from parks.models import Park
from snapshots.queues import QueueState
from snapshots.status import STATUSES, Status

LENGTH = struct.Struct("<Q")
MEANINGS: dict[str | None, Status | None] = {word: STATUSES[word] if word else None for word in (None, *STATUSES)}
WORDS: dict[Status | None, str | None] = {status: word for word, status in MEANINGS.items()}


class SpooledDay(NamedTuple):
    """A day's rows in plain values: status words, prices and scores as text, everything else as in DayRows.

    A queue's state occurs many times a day: `queues` tell its place in `states`.
    """

    park: Park
    window: tuple[int, int]
    rides: list[tuple[int, int, int, str | None, int | None, bool, bool, int]]
    parks: list[tuple[int, int, int, int, str | None, int | None, bool, str | None]]
    queues: list[tuple[int, int, int]]
    states: list[tuple[Any, ...]]
    changes: list[tuple[int, int, str | None, str | None, int, int | None]]

    def rows(self) -> DayRows:
        """As they were computed."""
        states = [QueueState._make((*state[:5], number(state[5]), *state[6:])) for state in self.states]
        day = self.few_rows()
        day.rides = [
            RideRow(ride, at, seconds, MEANINGS[word], wait, park_open, carried, reported_at)
            for ride, at, seconds, word, wait, park_open, carried, reported_at in self.rides
        ]
        day.queues = [QueueRow(ride, at, states[place]) for ride, at, place in self.queues]
        return day

    def few_rows(self) -> DayRows:
        """Those of the park and the changes alone."""
        return DayRows(
            parks=[ParkRow(*row[:4], number(row[4]), *row[5:7], number(row[7])) for row in self.parks],
            changes=[ChangeRow(*row[:2], MEANINGS[row[2]], MEANINGS[row[3]], *row[4:]) for row in self.changes],
        )


def text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


class Extent(NamedTuple):
    """Where the rows of one park lie: `[start, end)`, and the rides they are of."""

    park: Park
    start: int
    end: int
    rides: set[int]


class Spool:
    """Days in the order in which they were added; read as often as a transaction has to be repeated."""

    def __init__(self) -> None:
        self.file = TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        self.extents: dict[int, Extent] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def add(self, park: Park, window: tuple[int, int], rows: DayRows) -> None:
        """Raises OSError when the disk is full."""
        places: dict[int, int] = {}
        states: list[tuple[Any, ...]] = []
        queues = []
        for ride, at, state in rows.queues:
            place = places.get(id(state))
            if place is None:
                place = places[id(state)] = len(states)
                states.append((*state[:5], text(state.price_amount), *state[6:]))
            queues.append((ride, at, place))
        rides = [(row[0], row[1], row[2], WORDS[row[3]], *row[4:]) for row in rows.rides]
        parks = [(*row[:4], text(row[4]), *row[5:7], text(row[7])) for row in rows.parks]
        changes = [(row[0], row[1], WORDS[row[2]], WORDS[row[3]], *row[4:]) for row in rows.changes]
        # In one piece: `marshal.load` would ask the file for every single value.
        data = marshal.dumps((park.pk, window, rides, parks, queues, states, changes))
        self.file.write(LENGTH.pack(len(data)))
        self.file.write(data)
        known = self.extents.get(park.pk, Extent(park, *window, set()))
        known.rides.update({row[0] for row in rides}, {row[0] for row in queues}, {row[0] for row in changes})
        start, end = min(known.start, window[0]), max(known.end, window[1])
        self.extents[park.pk] = Extent(park, start, end, known.rides)

    def __iter__(self) -> Iterator[SpooledDay]:
        self.file.seek(0)
        while head := self.file.read(LENGTH.size):
            (length,) = LENGTH.unpack(head)
            park, *day = marshal.loads(self.file.read(length))  # noqa: S302  (we wrote it, and nobody can reach it)
            yield SpooledDay(self.extents[park].park, *day)
