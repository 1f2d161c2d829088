"""The yardstick: what is asked of the API, and the same question to DuckDB over the same rows as Parquet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from bench.report import bar
from bench.rows import HISTORY_PARK, TABLES, Parameters, park_specs
from core.database.querysets import columns_of
from snapshots.models import RideStatusSnapshot
from snapshots.status import EXTREME_WAIT_MINUTES

RIDES, PARKS = "/api/analytics/rides", "/api/analytics/parks"
YEAR = 365  # days
BY_QUARTER = "time_bucket(INTERVAL 15 MINUTE, local_at)"
MIDDAY_ON_WEEKENDS = "hour(local_at) BETWEEN 11 AND 13 AND dayofweek(local_at) IN (0, 6)"
TYPES = "INTEGER TIMESTAMP SMALLINT INTEGER BOOLEAN VARCHAR USMALLINT BOOLEAN BOOLEAN BOOLEAN TIMESTAMP VARCHAR"
COLUMNS = dict(zip(columns_of(RideStatusSnapshot), TYPES.split(), strict=True))
# Status words stand here because the yardstick must not lean on the code it is held against.
OBSERVATIONS = f"""
CREATE VIEW observations AS
SELECT s.*,
       status = 'OPERATING' AS operating,
       status = 'DOWN' OR (status = 'CLOSED' AND NOT reports_down) AS down,
       wait_time < {EXTREME_WAIT_MINUTES} AND status = 'OPERATING' AS wait_counts
FROM snapshots s JOIN parks USING (park_id)
"""  # noqa: S608
# The zone is converted once, when the files are written: a yardstick that does it for every row of every question
# would flatter what is held against it.
WITH_LOCAL_TIME = """
SELECT l.*, timezone(zone, recorded_at AT TIME ZONE 'UTC') AS local_at
FROM lines l JOIN parks USING (park_id) ORDER BY ride_id, recorded_at
"""
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


def write_parquet(files: Path, target: Path, parameters: Parameters) -> None:
    """A Parquet file for each month of the tab-separated files, in primary-key order, with the park's local time."""
    months = sorted({path.name.split("-")[1] for path in files.glob(f"{TABLES[0]}-*.tsv")})
    connection = connect(parameters)
    with bar("writing Parquet", len(months), "month") as progress:
        for month in months:
            rows = connection.read_csv(
                str(files / f"{TABLES[0]}-{month}-*.tsv"),
                sep="\t",
                header=False,
                columns=COLUMNS,
                na_values="\\N",
            )
            rows.create_view("lines", replace=True)
            local = connection.sql(WITH_LOCAL_TIME)
            local.write_parquet(str(target / f"{month}.parquet"), compression="zstd")
            progress.update()


def connect(parameters: Parameters) -> duckdb.DuckDBPyConnection:
    """A connection with the table `parks`."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("CREATE TABLE parks (park_id SMALLINT, zone VARCHAR, reports_down BOOLEAN)")
    connection.executemany(
        "INSERT INTO parks VALUES (?, ?, ?)",
        [[park.number, park.zone, park.reports_down] for park in park_specs(parameters.parks)],
    )
    return connection


def open_parquet(directory: Path, parameters: Parameters) -> duckdb.DuckDBPyConnection:
    """A connection with the view `observations`: the rows with their park's local time and what they mean."""
    connection = connect(parameters)
    connection.read_parquet(str(directory / "*.parquet")).create_view("snapshots")
    connection.execute(OBSERVATIONS)
    return connection


def answer(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, int]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
    return rows


def bytes_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.parquet"))


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the report. Dates are park-local, both ends included."""

    name: str
    target_ms: int
    path: str
    params: dict[str, str | int]
    sql: str  # over the view `observations`; $park and $ride stand for these values
    values: dict[str, int] = field(default_factory=dict)


def questions(parameters: Parameters) -> list[Question]:
    def back(days: int) -> str:
        return (parameters.last - timedelta(days=days)).isoformat()

    last, day, month, year = back(0), back(10), back(29), back(YEAR - 1)
    first, first_last_year = back(parameters.days - 1), back(parameters.days - 1 + YEAR)
    park, ride = min(2, parameters.parks), 1
    one_park, one_ride = {"park": park}, {"ride": ride}
    long_park = {"park": HISTORY_PARK}
    compared = f"local_at >= DATE '{back(YEAR - 1)}' AS this_year"
    return [
        Question(
            "one park, one day, 15-min buckets",
            60,
            PARKS,
            {"park_id": park, "start": day, "end": day, "bucket": "15m"},
            select(BY_QUARTER, f"park_id = $park AND {within(day, day)}"),
            one_park,
        ),
        Question(
            "the rides of one park, one day, 15-min buckets",
            60,
            RIDES,
            {"park_id": park, "start": day, "end": day, "bucket": "15m"},
            select(f"ride_id, {BY_QUARTER}", f"park_id = $park AND {within(day, day)}"),
            one_park,
        ),
        Question(
            "one ride, one year, hour-of-day profile",
            400,
            RIDES,
            {"ride_id": ride, "start": year, "end": last, "bucket": "hour_of_day"},
            select("hour(local_at)", f"ride_id = $ride AND {within(year, last)}"),
            one_ride,
        ),
        Question(
            "all parks, 30 days, 11:00–14:00 on weekends",
            2000,
            PARKS,
            {"start": month, "end": last, "hours": "11:00-14:00", "weekdays": "sat,sun", "bucket": "none"},
            select("park_id", f"{MIDDAY_ON_WEEKENDS} AND {within(month, last)}"),
        ),
        Question(
            f"year over year of one park, {parameters.days} days by day",
            500,
            PARKS,
            {"park_id": HISTORY_PARK, "start": first, "end": last, "bucket": "1d", "compare": "last_year"},
            select(
                "local_at::DATE",
                f"park_id = $park AND (({within(first, last)}) OR ({within(first_last_year, back(YEAR))}))",
            ),
            long_park,
        ),
        Question(
            "year over year of one park, a whole year",
            500,
            PARKS,
            {"park_id": HISTORY_PARK, "start": year, "end": last, "bucket": "none", "compare": "last_year"},
            select(compared, f"park_id = $park AND {within(back(2 * YEAR - 1), last)}"),
            long_park,
        ),
    ]
