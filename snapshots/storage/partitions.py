"""How the big tables lie on MariaDB and MySQL: monthly partitions, compressed; plain tables elsewhere (design §4).

`RANGE COLUMNS(recorded_at)` prunes on plain comparisons of the column. This module and the migrations are
the only places with SQL text about partitions and about what the engine knows of the tables.
"""

from datetime import date
from itertools import pairwise
from typing import Any

from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Two catch-alls hold what lies outside; 86 partitions in all, like the schema we come from.
FIRST_MONTH = date(2021, 1, 1)
LAST_MONTH = date(2027, 12, 1)
BEFORE_ALL, AFTER_ALL = "p_before", "p_future"
PARTITIONED_TABLES = ("ride_status_snapshots", "queue_data")


def has_partitions(connection: BaseDatabaseWrapper) -> bool:
    """Can this database partition a table by month?"""
    return connection.vendor == "mysql"


def packs_pages(connection: BaseDatabaseWrapper) -> bool:
    """Does this database write pages packed, and leave holes in its files where they were?"""
    return connection.vendor == "mysql" and bool(connection.mysql_is_mariadb)  # type: ignore[attr-defined]


def next_month(month: date) -> date:
    return month_after(month, 1)


def month_after(day: date, count: int) -> date:
    """The first day of the month that lies `count` months after that of `day`."""
    years, month = divmod(day.month - 1 + count, 12)
    return date(day.year + years, month + 1, 1)


def partition_name(month: date) -> str:
    return f"p{month:%Y%m}"


def months(first: date, last: date) -> list[date]:
    """The first days of the months from `first` to `last`, both included."""
    found = [first]
    while found[-1] < last:
        found.append(next_month(found[-1]))
    return found


def monthly_clause(first: date, last: date) -> str:
    """The PARTITION BY clause with one partition a month (`p202403`) and a catch-all at both ends."""
    edges = months(first, next_month(last))
    parts = [f"PARTITION {BEFORE_ALL} VALUES LESS THAN ('{first}')"]
    parts += [f"PARTITION {partition_name(a)} VALUES LESS THAN ('{b}')" for a, b in pairwise(edges)]
    parts.append(f"PARTITION {AFTER_ALL} VALUES LESS THAN (MAXVALUE)")
    return f"PARTITION BY RANGE COLUMNS(recorded_at) ({', '.join(parts)})"


def refresh_statistics() -> None:
    """Let the query planner count the tables of observations again; worth it after many rows were written.

    Until it does, a planner that still thinks the new months empty reads whole partitions. Takes about a second:
    both engines look at samples. Does nothing in a transaction, which MariaDB and MySQL would commit.
    """
    if default_connection.in_atomic_block:
        return
    statements = ["PRAGMA analysis_limit = 1000", "PRAGMA optimize"]
    if default_connection.vendor == "mysql":
        statements = ["ANALYZE TABLE ride_status_snapshots, park_activity_snapshots, queue_data, ride_status_changes"]
    with default_connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()


class AlterTable(Operation):
    """Migration operation on how MariaDB and MySQL store a table; a no-op elsewhere."""

    reversible = True
    reduces_to_sql = True
    word = ""

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def forwards(self) -> str:
        raise NotImplementedError

    def backwards(self) -> str:
        raise NotImplementedError

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing the models could see changes."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        self.alter(editor, after.apps.get_model(app_label, self.model_name), self.forwards())

    def database_backwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        self.alter(editor, before.apps.get_model(app_label, self.model_name), self.backwards())

    def concerns(self, connection: BaseDatabaseWrapper) -> bool:
        return has_partitions(connection)

    def alter(self, editor: BaseDatabaseSchemaEditor, model: Any, clause: str) -> None:
        if self.concerns(editor.connection):
            editor.execute(f"ALTER TABLE {editor.quote_name(model._meta.db_table)} {clause}")

    def describe(self) -> str:
        return f"{self.word.capitalize()} {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.word}_{self.model_name.lower()}"


class PartitionByMonth(AlterTable):
    """Cut a table into months by `recorded_at`."""

    word = "partition"

    def describe(self) -> str:
        return f"{super().describe()} by month"

    def forwards(self) -> str:
        return monthly_clause(FIRST_MONTH, LAST_MONTH)

    def backwards(self) -> str:
        return "REMOVE PARTITIONING"


class CompressRows(AlterTable):
    """Store a table in compressed pages: observations repeat themselves, and there are very many (ADR 8)."""

    word = "compress"

    def forwards(self) -> str:
        return "ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8"

    def backwards(self) -> str:
        return "ROW_FORMAT=DEFAULT KEY_BLOCK_SIZE=0"


class CompressPages(AlterTable):
    """Let MariaDB pack a table's pages as it writes them to the disk; MySQL keeps the row format (ADR 20)."""

    word = "pack"

    def __init__(self, model_name: str, before: str) -> None:
        super().__init__(model_name)
        self.before = before

    def concerns(self, connection: BaseDatabaseWrapper) -> bool:
        return packs_pages(connection)

    def forwards(self) -> str:
        return "ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=0 PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=1"

    def backwards(self) -> str:
        return f"PAGE_COMPRESSED=DEFAULT PAGE_COMPRESSION_LEVEL=DEFAULT {self.before}"
