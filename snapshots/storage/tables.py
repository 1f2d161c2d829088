"""What the engine knows of its tables: rows, bytes, partitions. SQL text, because no model describes a catalogue."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import OperationalError, connection, transaction

from snapshots.storage.partitions import has_partitions, packs_pages


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
    """One partition as the catalogue says it; `rows` is an estimate."""

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


class Connections(NamedTuple):
    open: int
    most: int


def connections_of_server() -> Connections | None:
    """How many connections the server has and allows; None on SQLite, which has none."""
    if connection.vendor != "mysql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Threads_connected'", [])
        now = cursor.fetchone()
        cursor.execute("SHOW GLOBAL VARIABLES LIKE 'max_connections'", [])
        return Connections(int(now[1]), int(cursor.fetchone()[1]))


def table_sizes() -> list[TableSize]:
    """Every table of this database, the largest first."""
    found = server_sizes() if has_partitions(connection) else file_sizes()
    return sorted(found, key=lambda size: (-size.data_bytes - size.index_bytes, size.name))


def fresh_figures() -> None:
    """MySQL keeps sizes for a day unless reported otherwise; MariaDB does not know the variable, and needs none."""
    if not connection.mysql_is_mariadb:  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION information_schema_stats_expiry = 0")


def shares_on_disk() -> dict[str, float]:
    """By table, or `table#P#partition`: which share of the bytes that the engine counts lies on the disk, or will.

    Pages that wait to be written, as after an import, are no holes: nobody knows of which table they are, so each
    table counts with all of them, up to its size.
    MariaDB leaves holes where packed pages end (ADR 20). Who counts them needs the privilege PROCESS; without it,
    or without holes, this is empty.
    """
    if not packs_pages(connection):
        return {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT SUBSTRING(name, LENGTH(DATABASE()) + 2), file_size, allocated_size"
                " FROM information_schema.innodb_sys_tablespaces WHERE name LIKE CONCAT(DATABASE(), '/%%')",
                [],
            )
            found = cursor.fetchall()
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_bytes_dirty'", [])
            waiting = int(cursor.fetchone()[1])
            return {name: min(1, (on_disk + waiting) / size) for name, size, on_disk in found if size}
    except OperationalError:
        return {}


def server_sizes() -> list[TableSize]:
    """The engine's own count of bytes, as far as they lie on the disk."""
    fresh_figures()
    shares = shares_on_disk()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, COUNT(*) FROM information_schema.partitions"
            " WHERE table_schema = DATABASE() AND partition_name IS NOT NULL GROUP BY table_name"
        )
        partitions = dict(cursor.fetchall())
        cursor.execute(
            "SELECT t.table_name, p.partition_name, COALESCE(p.table_rows, t.table_rows),"
            " COALESCE(p.data_length, t.data_length), COALESCE(p.index_length, t.index_length)"
            " FROM information_schema.tables t LEFT JOIN information_schema.partitions p"
            " ON p.table_schema = t.table_schema AND p.table_name = t.table_name AND p.partition_name IS NOT NULL"
            " WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'"
        )
        found: dict[str, tuple[int, int, int]] = {}
        for name, partition, *figures in cursor.fetchall():
            share = shares.get(name if partition is None else f"{name}#P#{partition}", 1)
            rows, data, index = (int(figure or 0) for figure in figures)
            before = found.get(name, (0, 0, 0))
            found[name] = (before[0] + rows, before[1] + round(data * share), before[2] + round(index * share))
    return [TableSize(name, *figures, partitions.get(name)) for name, figures in found.items()]


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
        reported = []
        for pragma in ("page_count", "freelist_count", "page_size"):
            cursor.execute(f"PRAGMA {pragma}")
            reported.append(cursor.fetchone()[0])
        in_use = (reported[0] - reported[1]) * reported[2]
        described = connection.introspection.get_table_description
        weights = {name: count * len(described(cursor, name)) for name, count in rows.items()}
    whole = sum(weights.values()) or 1
    return [TableSize(name, count, in_use * weights[name] // whole, 0) for name, count in rows.items()]


def partitions_of(table: str) -> list[Partition]:
    """The partitions of a table in their order; [] for a plain one, and where there are none at all."""
    if not has_partitions(connection):
        return []
    fresh_figures()
    shares = shares_on_disk()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partition_name, partition_ordinal_position, partition_method, partition_expression,"
            " partition_description, table_rows, data_length + index_length FROM information_schema.partitions"
            " WHERE table_schema = DATABASE() AND table_name = %s AND partition_name IS NOT NULL"
            " ORDER BY partition_ordinal_position",
            [table],
        )
        return [
            Partition(name, position, method, expression, description, rows or 0, round((size or 0) * share))
            for name, position, method, expression, description, rows, size in cursor.fetchall()
            for share in [shares.get(f"{table}#P#{name}", 1)]
        ]
