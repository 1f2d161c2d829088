"""What the engine knows of its tables: rows, bytes, partitions. SQL text, because no model describes a catalogue."""

from dataclasses import dataclass
from datetime import date

from django.db import OperationalError, connection

from snapshots.partitions import has_partitions


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table. `rows` is the engine's estimate on MariaDB and MySQL, exact on SQLite."""

    name: str
    rows: int
    data_bytes: int
    index_bytes: int
    partitions: int | None = None  # None: not partitioned


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition as the catalogue tells it; `rows` is an estimate."""

    name: str
    position: int
    method: str
    expression: str
    description: str  # `'2024-02-01'` or `MAXVALUE`
    rows: int
    bytes: int

    @property
    def below(self) -> date | None:
        """The instant its rows lie before; None: no limit."""
        text = self.description.strip("'")
        return None if text == "MAXVALUE" else date.fromisoformat(text[:10])


def table_sizes() -> list[TableSize]:
    """Every table of this database, the largest first."""
    found = server_sizes() if has_partitions(connection) else file_sizes()
    return sorted(found, key=lambda size: (-size.data_bytes - size.index_bytes, size.name))


def fresh_figures() -> None:
    """MySQL keeps sizes for a day unless told otherwise; MariaDB does not know the variable, and needs none."""
    if not connection.mysql_is_mariadb:  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION information_schema_stats_expiry = 0")


def server_sizes() -> list[TableSize]:
    fresh_figures()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, COUNT(*) FROM information_schema.partitions"
            " WHERE table_schema = DATABASE() AND partition_name IS NOT NULL GROUP BY table_name"
        )
        partitions = dict(cursor.fetchall())
        cursor.execute(
            "SELECT table_name, table_rows, data_length, index_length FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
        )
        return [
            TableSize(name, rows or 0, data or 0, index or 0, partitions.get(name))
            for name, rows, data, index in cursor.fetchall()
        ]


def file_sizes() -> list[TableSize]:
    """The tables of a SQLite file: bytes of their pages and of those of their indexes."""
    with connection.cursor() as cursor:
        rows = {name: row_count(name) for name in connection.introspection.table_names(cursor)}
        try:
            cursor.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE")
        except OperationalError:
            return shared_pages(rows)
        pages = dict(cursor.fetchall())
        cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'")
        indexes = dict.fromkeys(rows, 0)
        for index, table in cursor.fetchall():
            if table in indexes:
                indexes[table] += pages.get(index, 0)
    return [TableSize(name, count, pages.get(name, 0), indexes[name]) for name, count in rows.items()]


def row_count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
        return int(cursor.fetchone()[0])


def shared_pages(rows: dict[str, int]) -> list[TableSize]:
    """For a SQLite without `dbstat`: the pages of the whole file in use, shared out by rows times columns."""
    with connection.cursor() as cursor:
        told = []
        for pragma in ("page_count", "freelist_count", "page_size"):
            cursor.execute(f"PRAGMA {pragma}")
            told.append(cursor.fetchone()[0])
        in_use = (told[0] - told[1]) * told[2]
        described = connection.introspection.get_table_description
        weights = {name: count * len(described(cursor, name)) for name, count in rows.items()}
    whole = sum(weights.values()) or 1
    return [TableSize(name, count, in_use * weights[name] // whole, 0) for name, count in rows.items()]


def partitions_of(table: str) -> list[Partition]:
    """The partitions of a table in their order; [] for a plain one, and where there are none at all."""
    if not has_partitions(connection):
        return []
    fresh_figures()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partition_name, partition_ordinal_position, partition_method, partition_expression,"
            " partition_description, table_rows, data_length + index_length FROM information_schema.partitions"
            " WHERE table_schema = DATABASE() AND table_name = %s AND partition_name IS NOT NULL"
            " ORDER BY partition_ordinal_position",
            [table],
        )
        return [
            Partition(name, position, method, expression, description, rows or 0, size or 0)
            for name, position, method, expression, description, rows, size in cursor.fetchall()
        ]
