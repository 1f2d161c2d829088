"""The rows of a slice on their way to the database: kept in a temporary file until the whole slice is known.

So memory does not grow with the slice, and the transaction that stores it is short.
"""

import pickle
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Self

from importer.days import DayRows
from parks.models import Park


class Spool:
    """Days in the order in which they were added; read as often as a transaction has to be repeated."""

    def __init__(self) -> None:
        self.file = TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        self.parks: dict[int, Park] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def add(self, park: Park, window: tuple[int, int], rows: DayRows) -> None:
        """Raises OSError when the disk is full."""
        self.parks[park.pk] = park
        pickle.dump((park.pk, window, rows), self.file, pickle.HIGHEST_PROTOCOL)

    def __iter__(self) -> Iterator[tuple[Park, tuple[int, int], DayRows]]:
        self.file.seek(0)
        while True:
            try:
                park, window, rows = pickle.load(self.file)  # noqa: S301  (we wrote it, and nobody can reach it)
            except EOFError:
                return
            yield self.parks[park], window, rows
