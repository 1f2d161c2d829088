"""One month of one table as a Parquet file: the same rows give the same bytes.

Rows pass through a text file to DuckDB, which types, compresses and writes them in one pass with little memory.
"""

import csv
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from django.db import models
from msgspec import json

from core.database.expressions import SecondsSince
from opendata.tables import CLOCK, INSTANT, Column, Table
from parks.models import Ride

NOTHING = "\\N"  # in the text file; an empty text is another thing
RIDES_AT_ONCE = 25  # a driver keeps all rows of a question in memory
BATCH = 10_000
ROWS_IN_A_GROUP = 122_880  # what a reader has to read at least
# Version 2 writes instants as differences: a sixth smaller.
WRITTEN = f"COMPRESSION zstd, COMPRESSION_LEVEL 9, PARQUET_VERSION v2, ROW_GROUP_SIZE {ROWS_IN_A_GROUP}"
MEMORY = "512MB"


class Facts(NamedTuple):
    """What a file holds."""

    sha256: str
    bytes: int
    rows: int
    least: str | None  # of the column that says the month
    greatest: str | None
    seconds: int | None


def quoted(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def write_file(
    table: Table, month: date | None, parks: list[int], path: Path, reported: Callable[[int], Any]
) -> Facts:
    """Write the file anew; what lies under a name ending in `.part` was not finished. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spool, part = path.with_name(f"{path.name}.rows.part"), path.with_name(f"{path.name}.part")
    try:
        with spool.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            rows = lines(table, month, parks)
            while batch := list(islice(rows, BATCH)):
                writer.writerows(batch)
                reported(len(batch))
        with closing(connected(path.parent)) as engine:
            engine.execute(copying(table, spool, part))
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(path)
    finally:
        for left in (spool, part):
            left.unlink(missing_ok=True)
    return facts_of(table, path)


def connected(place: Path) -> duckdb.DuckDBPyConnection:
    """One thread: several would cut the groups of rows where they happen to meet."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": MEMORY,
        "temp_directory": str(place),
        "autoinstall_known_extensions": False,
    }
    return duckdb.connect(config=config)


# -- rows ------------------------------------------------------------------------------------------------


def lines(table: Table, month: date | None, parks: list[int]) -> Iterator[list[Any]]:
    """The rows as they stand in the text file, in order."""
    columns = stored(table)
    instants = {column.path: f"at_{n}" for n, column in enumerate(columns) if column.type == INSTANT}
    paths = [instants.get(column.path, column.path) for column in columns]
    if table.clock_of:
        paths.append(zone_of(table))
    seconds = {name: SecondsSince(path, 0) for path, name in instants.items()}
    for chosen in parts(table, month, parks):
        for row in chosen.annotate(**seconds).values_list(*paths).iterator(BATCH):
            yield line_of(table, columns, row)


def stored(table: Table) -> list[Column]:
    return [column for column in table.columns if column.path]


def zone_of(table: Table) -> str:
    return f"{table.park.removesuffix('_id')}__timezone"


def line_of(table: Table, columns: Sequence[Column], row: Sequence[Any]) -> list[Any]:
    line = [NOTHING if value is None else value for value in row]
    for n, value in enumerate(line):
        if isinstance(value, (list, dict)):
            line[n] = json.encode(value, order="sorted").decode()
    if table.made:
        names = (column.name for column in columns)
        line.insert(0, table.made[1](dict(zip(names, row, strict=False))))
    return line


def parts(table: Table, month: date | None, parks: list[int]) -> Iterator[models.QuerySet[Any]]:
    """The rows in questions that fit into memory."""
    whole = table.rows(month, parks)
    if table.order[0] != "ride_id":
        yield whole
        return
    rides = Ride.objects.filter(park__in=parks) if table.park != "park_id" else Ride.objects.all()
    for some in batches(rides.order_by("pk").values_list("pk", flat=True)):
        yield whole.filter(ride_id__in=some)


def batches(ids: Iterable[int]) -> Iterator[list[int]]:
    found = iter(list(ids))
    while some := list(islice(found, RIDES_AT_ONCE)):
        yield some


# -- DuckDB ----------------------------------------------------------------------------------------------


def copying(table: Table, spool: Path, part: Path) -> str:
    """The statement that turns the text file into the Parquet file."""
    given = [Column(table.made[0].name, "VARCHAR", "", "")] if table.made else []
    given += stored(table)
    types = {column.name: "BIGINT" if column.type == INSTANT else column.type for column in given}
    if table.clock_of:
        types["zone"] = "VARCHAR"
    shapes = ", ".join(f"{quoted(name)}: {quoted(type_)}" for name, type_ in types.items())
    shown = ", ".join(shown_as(column, table) for column in table.columns)
    return (
        f"COPY (SELECT {shown} FROM read_csv({quoted(spool)}, header=false, auto_detect=false, delim=',', quote='\"',"
        f" escape='\"', new_line='\\n', nullstr={quoted(NOTHING)}, parallel=false, columns={{{shapes}}}))"
        f" TO {quoted(part)} (FORMAT parquet, {WRITTEN})"
    )


def shown_as(column: Column, table: Table) -> str:
    if column.type == INSTANT:
        return f'to_timestamp("{column.name}") AS "{column.name}"'
    if column.type == CLOCK:
        return f'timezone(zone, to_timestamp("{table.clock_of}")) AS "{column.name}"'
    return f'"{column.name}"'


def facts_of(table: Table, path: Path) -> Facts:
    """Read from the file. Raises OSError, and duckdb.Error where it is no such file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    within = f'"{table.month_of}"' if table.month_of else "NULL"
    if table.month_of and not is_date(table):
        within = f"strftime(timezone('UTC', {within}), '%Y-%m-%dT%H:%M:%SZ')"
    total = f'sum("{table.seconds}")' if table.seconds else "NULL"
    asked = f"SELECT count(*), min({within})::VARCHAR, max({within})::VARCHAR, {total}::BIGINT FROM read_parquet(?)"
    with closing(connected(path.parent)) as engine:
        rows, least, greatest, seconds = engine.execute(asked, [str(path)]).fetchall()[0]
    return Facts(digest, path.stat().st_size, rows, least, greatest, seconds)


def is_date(table: Table) -> bool:
    return next(column.type for column in table.columns if column.path == table.month_of) == "DATE"
