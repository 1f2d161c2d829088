"""What a database counts for its planner outlives a test: it is not of the transaction that is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def statistics_of(*tables: str) -> Iterator[None]:
    """The planner knows the rows that these tables have now, and nothing of them afterwards.

    Commits on MariaDB, which counts a table again by itself as soon as its rows are gone.
    """
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {'TABLE ' if connection.vendor == 'mysql' else ''}{table}")
            cursor.fetchall()
    try:
        yield
    finally:
        forget_statistics()


def forget_statistics() -> None:
    """SQLite plans as for a database that nobody ever counted."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE sqlite_schema")  # makes the table of statistics where there is none
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")  # the connections forget what they read from it
