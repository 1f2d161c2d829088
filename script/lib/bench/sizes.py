"""How much room the rows take, as the server says after looking at its tables."""

from typing import NamedTuple

from django.db import connection

from bench.load import MODELS
from snapshots.models import RideStatusSnapshot


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
    """The counted rows of the ride snapshots, and the bytes of their table with its indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_length + index_length FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name = %s",
            [RideStatusSnapshot._meta.db_table],
        )
        (total,) = cursor.fetchone()
    return Size(RideStatusSnapshot.objects.count(), int(total))
