"""How much room the rows take, as the server says after it wrote them."""

from typing import NamedTuple

from django.db import connection

from bench.load import MODELS
from snapshots.models import RideStatusSnapshot
from snapshots.storage.tables import table_sizes


class Size(NamedTuple):
    rows: int
    total_bytes: int  # indexes included

    @property
    def bytes_a_row(self) -> float:
        return self.total_bytes / self.rows


def analyze() -> None:
    """Bring the optimizer's statistics and the sizes up to date."""
    with connection.cursor() as cursor:
        for model in MODELS:
            cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")
            cursor.fetchall()


def ride_snapshot_size() -> Size:
    """The counted rows of the ride snapshots, and the bytes of their table with its indexes on the disk."""
    table = RideStatusSnapshot._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"FLUSH TABLES {table} FOR EXPORT")  # pages are packed when they are written
        cursor.execute("UNLOCK TABLES")
    (size,) = [each for each in table_sizes() if each.name == table]
    return Size(RideStatusSnapshot.objects.count(), size.data_bytes + size.index_bytes)
