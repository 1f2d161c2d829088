"""Bulk insertion of observations: constant statements, many rows or whole files, no model instances.

For rows known to be new; a row that exists already is an IntegrityError, never overwritten. Values come in
the form both drivers take: whole numbers, text, None; instants as `stamp` writes them.
"""

import functools
import os
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DataError, NotSupportedError, connection, models, transaction

from core.instants import instant
from snapshots.models import DataQualityIssue, ParkActivitySnapshot, QueueData, RideStatusChange, RideStatusSnapshot

INSERTS: dict[type[models.Model], str] = {
    RideStatusSnapshot: (
        "INSERT INTO ride_status_snapshots (ride_id, recorded_at, park_id, duration_seconds, is_open, status,"
        " wait_time, computed_is_open, park_appears_open, is_carried, last_updated_api, data_source)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    ),
    ParkActivitySnapshot: (
        "INSERT INTO park_activity_snapshots (park_id, recorded_at, duration_seconds, total_rides_tracked,"
        " rides_open, rides_closed, avg_wait_time, max_wait_time, park_appears_open, shame_score, data_source)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    ),
    QueueData: (
        "INSERT INTO queue_data (ride_id, recorded_at, queue_type, wait_time_minutes, return_state,"
        " return_time_start, return_time_end, price_amount, price_currency, boarding_group_status,"
        " boarding_group_current) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    ),
    RideStatusChange: (
        "INSERT INTO ride_status_changes (ride_id, changed_at, previous_status, new_status,"
        " previous_status_enum, new_status_enum, duration_in_previous_status, wait_time_at_change)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
    ),
    DataQualityIssue: (
        "INSERT INTO data_quality_issues (data_source, issue_type, detected_at, park_id, ride_id,"
        " themeparks_wiki_id, queue_times_id, entity_name, last_updated_api, data_age_minutes, reported_status,"
        " details, is_resolved, resolved_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    ),
}

# The columns stand in the order of the INSERT.
LOADS: dict[type[models.Model], str] = {
    RideStatusSnapshot: (
        "LOAD DATA LOCAL INFILE %s INTO TABLE ride_status_snapshots CHARACTER SET utf8mb4 (ride_id, recorded_at,"
        " park_id, duration_seconds, is_open, status, wait_time, computed_is_open, park_appears_open, is_carried,"
        " last_updated_api, data_source)"
    ),
    ParkActivitySnapshot: (
        "LOAD DATA LOCAL INFILE %s INTO TABLE park_activity_snapshots CHARACTER SET utf8mb4 (park_id, recorded_at,"
        " duration_seconds, total_rides_tracked, rides_open, rides_closed, avg_wait_time, max_wait_time,"
        " park_appears_open, shame_score, data_source)"
    ),
    QueueData: (
        "LOAD DATA LOCAL INFILE %s INTO TABLE queue_data CHARACTER SET utf8mb4 (ride_id, recorded_at, queue_type,"
        " wait_time_minutes, return_state, return_time_start, return_time_end, price_amount, price_currency,"
        " boarding_group_status, boarding_group_current)"
    ),
    RideStatusChange: (
        "LOAD DATA LOCAL INFILE %s INTO TABLE ride_status_changes CHARACTER SET utf8mb4 (ride_id, changed_at,"
        " previous_status, new_status, previous_status_enum, new_status_enum, duration_in_previous_status,"
        " wait_time_at_change)"
    ),
}


SECONDS = [f"{second:02}" for second in range(60)]


MINUTES = [f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]


@functools.lru_cache(maxsize=100)
def day_stamp(day: int) -> str:
    return f"{instant(day * 86_400):%Y-%m-%d} "


@functools.lru_cache(maxsize=5_000)
def minute_stamp(minute: int) -> str:
    return day_stamp(minute // 1_440) + MINUTES[minute % 1_440]


@functools.lru_cache(maxsize=20_000)  # the same instant is told of rides, queues and changes
def stamp(at: int) -> str:
    """An instant, in seconds since 1970, as the text both databases store for it (UTC)."""
    return minute_stamp(at // 60) + SECONDS[at % 60]


def insert_new(model: type[models.Model], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose columns stand in the order of the statement."""
    with connection.cursor() as cursor:
        cursor.executemany(INSERTS[model], list(rows))


def load_file(model: type[models.Model], path: str | os.PathLike[str]) -> int:
    r"""Load a file of tab-separated lines, `\N` for NULL, whose columns stand in the order of the INSERT.

    Several times faster than inserting, and fastest in primary-key order. All of the file or nothing: the server
    only warns of a value it has to change or a row it has to leave out; here that is a DataError, as it would be
    for an INSERT. Returns the number of rows. MariaDB and MySQL only (NotSupportedError); MySQL wants
    `local_infile` switched on at the server.
    """
    if connection.vendor != "mysql":
        raise NotSupportedError("only MariaDB and MySQL can load a file")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOADS[model], [os.fspath(path)])
        warnings = connection.connection.show_warnings()
        if warnings:
            raise DataError(f"{path}: {warnings[0][2]}")
        return int(cursor.rowcount)
