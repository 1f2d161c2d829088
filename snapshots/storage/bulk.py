"""Bulk insertion of observations: one statement per model, many rows or whole files, no model instances.

For rows known to be new; a row that exists already is an IntegrityError, never overwritten. Values come in
the form both drivers take: whole numbers, text, None; instants as `stamp` writes them.
"""

import functools
import os
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DataError, NotSupportedError, connection, models, transaction

from core.database.querysets import columns_of
from core.instants import instant

Row = tuple[Any, ...]  # in the order of `columns_of` its model


def row_of(model: type[models.Model], **values: Any) -> Row:
    """A row for `insert_new` from all its columns by name; raises KeyError and ValueError for others."""
    row = tuple(values[name] for name in columns_of(model))
    if len(row) != len(values):
        raise ValueError(f"{model.__name__} has no {sorted(values.keys() - set(columns_of(model)))}")
    return row


def insert_statement(model: type[models.Model]) -> str:
    names = columns_of(model)
    marks = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  (names of ours)


def load_statement(model: type[models.Model]) -> str:
    names = ", ".join(columns_of(model))
    return f"LOAD DATA LOCAL INFILE %s INTO TABLE {model._meta.db_table} CHARACTER SET utf8mb4 ({names})"


SECONDS = [f"{second:02}" for second in range(60)]


MINUTES = [f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]


@functools.lru_cache(maxsize=100)
def day_stamp(day: int) -> str:
    return f"{instant(day * 86_400):%Y-%m-%d} "


@functools.lru_cache(maxsize=5_000)
def minute_stamp(minute: int) -> str:
    return day_stamp(minute // 1_440) + MINUTES[minute % 1_440]


@functools.lru_cache(maxsize=20_000)  # the same instant is reported rides, queues and changes
def stamp(at: int) -> str:
    """An instant, in seconds since 1970, as the text both databases store for it (UTC)."""
    return minute_stamp(at // 60) + SECONDS[at % 60]


def insert_new(model: type[models.Model], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values stand in the order of `columns_of` the model."""
    with connection.cursor() as cursor:
        cursor.executemany(insert_statement(model), list(rows))


def load_file(model: type[models.Model], path: str | os.PathLike[str]) -> int:
    r"""Load a file of tab-separated lines, `\N` for NULL, whose columns stand in the order of the model.

    Several times faster than inserting, and fastest in primary-key order. All of the file or nothing: the server
    only warns of a value it has to change or a row it has to leave out; here that is a DataError, as it would be
    for an INSERT. Returns the number of rows. MariaDB and MySQL only (NotSupportedError); MySQL wants
    `local_infile` switched on at the server.
    """
    if connection.vendor != "mysql":
        raise NotSupportedError("only MariaDB and MySQL can load a file")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(load_statement(model), [os.fspath(path)])
        warnings = connection.connection.show_warnings()
        if warnings:
            raise DataError(f"{path}: {warnings[0][2]}")
        return int(cursor.rowcount)
