"""The yardstick: the same rows as Parquet, asked by DuckDB. Its SQL is a measure, no part of the product."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from bench.chunks import TABLES
from bench.parameters import Parameters, park_specs
from bench.progress import bar
from core.querysets import columns_of
from snapshots.models import RideStatusSnapshot
from snapshots.status import EXTREME_WAIT_MINUTES

TYPES = "INTEGER TIMESTAMP SMALLINT INTEGER BOOLEAN VARCHAR USMALLINT BOOLEAN BOOLEAN BOOLEAN TIMESTAMP VARCHAR"
COLUMNS = dict(zip(columns_of(RideStatusSnapshot), TYPES.split(), strict=True))
# Status words stand here because the yardstick must not lean on the code it is held against.
OBSERVATIONS = f"""
CREATE VIEW observations AS
SELECT s.*, zone,
       timezone(zone, recorded_at AT TIME ZONE 'UTC') AS local_at,
       status = 'OPERATING' AS operating,
       status = 'DOWN' OR (status = 'CLOSED' AND NOT reports_down) AS down,
       wait_time < {EXTREME_WAIT_MINUTES} AND status = 'OPERATING' AS wait_counts
FROM snapshots s JOIN parks USING (park_id)
"""  # noqa: S608
# Rows of the set lie inside every bucket, so nothing has to be cut.
MEASURES = """
sum(duration_seconds) FILTER (park_appears_open) AS open_seconds,
sum(duration_seconds) FILTER (park_appears_open AND operating) AS up_seconds,
sum(duration_seconds) FILTER (park_appears_open AND down) AS down_seconds,
sum(wait_time * duration_seconds) FILTER (wait_counts) / sum(duration_seconds) FILTER (wait_counts) AS avg_wait
"""


def select(group: str, condition: str) -> str:
    """The measures of the observations that meet a condition, by group."""
    return f"SELECT {group}, {MEASURES} FROM observations WHERE {condition} GROUP BY ALL"  # noqa: S608


def within(first: str, last: str) -> str:
    """The condition of local dates, both included; the bounds in UTC let DuckDB skip row groups."""
    return (
        f"local_at >= DATE '{first}' AND local_at < DATE '{last}' + 1"
        f" AND recorded_at >= DATE '{first}' - 1 AND recorded_at < DATE '{last}' + 2"
    )


def write_parquet(files: Path, target: Path) -> None:
    """A Parquet file for each month of the tab-separated files, in primary-key order."""
    months = sorted({path.name.split("-")[1] for path in files.glob(f"{TABLES[0]}-*.tsv")})
    connection = duckdb.connect(config={"threads": 2})
    with bar("writing Parquet", len(months), "month") as progress:
        for month in months:
            rows = connection.read_csv(
                str(files / f"{TABLES[0]}-{month}-*.tsv"),
                sep="\t",
                header=False,
                columns=COLUMNS,
                na_values="\\N",
            )
            rows.write_parquet(str(target / f"{month}.parquet"), compression="zstd")
            progress.update()


def open_parquet(directory: Path, parameters: Parameters) -> duckdb.DuckDBPyConnection:
    """A connection with the view `observations`: the rows with their park's local time and what they mean."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("CREATE TABLE parks (park_id SMALLINT, zone VARCHAR, reports_down BOOLEAN)")
    connection.executemany(
        "INSERT INTO parks VALUES (?, ?, ?)",
        [[park.number, park.zone, park.reports_down] for park in park_specs(parameters.parks)],
    )
    connection.read_parquet(str(directory / "*.parquet")).create_view("snapshots")
    connection.execute(OBSERVATIONS)
    return connection


def answer(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, int]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
    return rows


def bytes_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.parquet"))
