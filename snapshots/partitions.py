"""Monthly partitions of the big tables, on MariaDB and MySQL; a plain table elsewhere (design §4).

`RANGE COLUMNS(recorded_at)` prunes on plain comparisons of the column. This module and the migrations are
the only places with SQL text about partitions.
"""

from datetime import date
from itertools import pairwise
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Two catch-alls hold what lies outside; 86 partitions in all, like the schema we come from.
FIRST_MONTH = date(2021, 1, 1)
LAST_MONTH = date(2027, 12, 1)


def has_partitions(connection: BaseDatabaseWrapper) -> bool:
    """Can this database partition a table by month?"""
    return connection.vendor == "mysql"


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months(first: date, last: date) -> list[date]:
    """The first days of the months from `first` to `last`, both included."""
    found = [first]
    while found[-1] < last:
        found.append(next_month(found[-1]))
    return found


def monthly_clause(first: date, last: date) -> str:
    """The PARTITION BY clause with one partition a month (`p202403`) and a catch-all at both ends."""
    edges = months(first, next_month(last))
    parts = [f"PARTITION p_before VALUES LESS THAN ('{first}')"]
    parts += [f"PARTITION p{a:%Y%m} VALUES LESS THAN ('{b}')" for a, b in pairwise(edges)]
    parts.append("PARTITION p_future VALUES LESS THAN (MAXVALUE)")
    return f"PARTITION BY RANGE COLUMNS(recorded_at) ({', '.join(parts)})"


class PartitionByMonth(Operation):
    """Migration operation: cut a table into months by `recorded_at`, a no-op where that is unknown."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing the models could see changes."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        self.alter(editor, after.apps.get_model(app_label, self.model_name), True)

    def database_backwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        self.alter(editor, before.apps.get_model(app_label, self.model_name), False)

    @staticmethod
    def alter(editor: BaseDatabaseSchemaEditor, model: Any, partitioned: bool) -> None:
        if not has_partitions(editor.connection):
            return
        clause = monthly_clause(FIRST_MONTH, LAST_MONTH) if partitioned else "REMOVE PARTITIONING"
        editor.execute(f"ALTER TABLE {editor.quote_name(model._meta.db_table)} {clause}")

    def describe(self) -> str:
        return f"Partition {self.model_name} by month"

    @property
    def migration_name_fragment(self) -> str:
        return f"partition_{self.model_name.lower()}"
