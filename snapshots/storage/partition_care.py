"""Keeping the months of the big tables: ahead of time, without loss, and never dropped by accident.

Every change is one ALTER TABLE of the engine under a lock on the table, with the rows counted before and after it.
MariaDB and MySQL only: callers ask `has_partitions` first. Here, in `partitions.py` and in `tables.py` stands all SQL
text about partitions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from django.db import OperationalError, connection

from core.database.querysets import LOCK_ERRORS
from snapshots.storage.partitions import (
    AFTER_ALL,
    BEFORE_ALL,
    FIRST_MONTH,
    LAST_MONTH,
    month_after,
    monthly_clause,
    months,
    next_month,
    partition_name,
)
from snapshots.storage.tables import Partition, partitions_of, row_count

# An ALTER that waits makes every later statement on the table wait behind it; better to give up and come again.
LOCK_WAIT_SECONDS = 30
MONTHS_AHEAD = 6  # what `ensure` keeps, counted without the present month
EARLIEST = date(2000, 1, 1)
LEAST_MONTHS_AHEAD = 3  # what the system check and `verify` ask for


class PartitionError(Exception):
    """What was asked cannot be done, or was not: one line for the operator. Nothing was changed."""


class WrongMonth(PartitionError):
    """The month cannot be used for what was asked."""


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def dated(partitions: list[Partition]) -> list[Partition]:
    """The months, without the two catch-alls."""
    return [each for each in partitions if each.name not in (BEFORE_ALL, AFTER_ALL)]


def months_ahead(table: str, today: date) -> int | None:
    """How many whole months after the present one have partitions; None: the table has no partitions."""
    found = partitions_of(table)
    if not found:
        return None
    end = max((each.below for each in found if each.below), default=today)
    return max(0, (end.year - today.year) * 12 + end.month - today.month - 1)


class Fingerprint(NamedTuple):
    """How many rows, and a sum over what they say."""

    rows: int
    digest: int


@contextmanager
def alone(*tables: str) -> Iterator[None]:
    """Nobody else reads or writes the tables meanwhile. Raises PartitionError when others do not let go of them."""
    if connection.in_atomic_block:
        raise PartitionError("partitions cannot be changed inside a transaction: the engine would commit it")
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
        try:
            cursor.execute("LOCK TABLES " + ", ".join(f"{quoted(table)} WRITE" for table in tables))
            yield
        except OperationalError as error:
            if error.args[0] not in LOCK_ERRORS:
                raise
            raise PartitionError(
                f"{', '.join(tables)}: in use for more than {LOCK_WAIT_SECONDS} s; end long readers and run it again"
            ) from error
        finally:
            cursor.execute("UNLOCK TABLES")
            cursor.execute("SET SESSION lock_wait_timeout = DEFAULT")


def alter(table: str, clause: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {quoted(table)} {clause}")


def rows_in(table: str, *partitions: str) -> int:
    """The rows of some partitions, counted."""
    with connection.cursor() as cursor:
        chosen = ", ".join(map(quoted, partitions))
        cursor.execute(f"SELECT COUNT(*) FROM {quoted(table)} PARTITION ({chosen})")  # noqa: S608
        return int(cursor.fetchone()[0])


def fingerprint(table: str, *partitions: str) -> Fingerprint:
    """What a table, or some of its partitions, holds; the same rows give the same, in whatever order they lie."""
    with connection.cursor() as cursor:
        columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
        texts = ", ".join(f"COALESCE({quoted(column)}, '-')" for column in columns)
        chosen = f" PARTITION ({', '.join(map(quoted, partitions))})" if partitions else ""
        cursor.execute(
            "SELECT COUNT(*), COALESCE(SUM(CAST(CONV(LEFT(MD5(CONCAT_WS('|',"  # noqa: S608
            f" {texts})), 15), 16, 10) AS UNSIGNED)), 0) FROM {quoted(table)}{chosen}"
        )
        count, digest = cursor.fetchone()
    return Fingerprint(int(count), int(digest))


def unharmed(table: str, before: Fingerprint, after: Fingerprint) -> int:
    """The number of rows; raises PartitionError when a change altered them, which no engine we know of does."""
    if before != after:
        raise PartitionError(f"{table}: {before.rows:,} rows before the change, {after.rows:,} others after it")
    return after.rows


# -- months ahead, and before ----------------------------------------------------------------------------


def ensure_ahead(table: str, today: date, ahead: int = MONTHS_AHEAD) -> list[str]:
    """Cut months out of the last catch-all until `ahead` months follow today's; the new names. Repeatable."""
    found = cut(table)
    last = month_after(today, ahead)
    first = last_edge(table, found)
    return split_future(table, months(first, last)) if first <= last else []


def add_month(table: str, month: date) -> list[str]:
    """Cut `month` out of the catch-all it lies in, and those between it and its neighbours; the new names.

    Raises WrongMonth when the month has its partition already.
    """
    found = cut(table)
    first, end = first_edge(table, found), last_edge(table, found)
    if month >= end:
        return split_future(table, months(end, month))
    if month < first:
        return split_past(table, months(month, first)[:-1])
    name = next(each.name for each in found if each.below and each.below > month)
    raise WrongMonth(f"{table}: {month:%Y-%m} has its partition already ({name})")


def cut(table: str) -> list[Partition]:
    """The partitions of a table that has some; raises PartitionError."""
    found = partitions_of(table)
    if not found:
        raise PartitionError(f"{table} is a plain table; `partitions rebuild` cuts it into months")
    return found


def first_edge(table: str, found: list[Partition]) -> date:
    """The beginning of the first month."""
    if found[0].name != BEFORE_ALL or found[0].below is None:
        raise PartitionError(f"{table} has no {BEFORE_ALL}; `partitions rebuild` cuts it anew")
    return found[0].below


def last_edge(table: str, found: list[Partition]) -> date:
    """The end of the last month."""
    if found[-1].name != AFTER_ALL or len(found) < 2 or found[-2].below is None:
        raise PartitionError(f"{table} has no {AFTER_ALL}; `partitions rebuild` cuts it anew")
    return found[-2].below


def parts_of(wanted: list[date]) -> list[str]:
    edges = [*wanted, next_month(wanted[-1])]
    return [f"PARTITION {partition_name(a)} VALUES LESS THAN ('{b}')" for a, b in pairwise(edges)]


def split_future(table: str, wanted: list[date]) -> list[str]:
    parts = [*parts_of(wanted), f"PARTITION {AFTER_ALL} VALUES LESS THAN (MAXVALUE)"]
    return reorganize(table, [AFTER_ALL], parts, [*map(partition_name, wanted), AFTER_ALL])


def split_past(table: str, wanted: list[date]) -> list[str]:
    parts = [f"PARTITION {BEFORE_ALL} VALUES LESS THAN ('{wanted[0]}')", *parts_of(wanted)]
    return reorganize(table, [BEFORE_ALL], parts, [BEFORE_ALL, *map(partition_name, wanted)])


def reorganize(table: str, old: list[str], parts: list[str], new: list[str]) -> list[str]:
    """Replace neighbours by others over the same range, row for row; the names that are new."""
    with alone(table):
        before = fingerprint(table, *old)
        alter(table, f"REORGANIZE PARTITION {', '.join(map(quoted, old))} INTO ({', '.join(parts)})")
        unharmed(table, before, fingerprint(table, *new))
    return [name for name in new if name not in old]


# -- there and back --------------------------------------------------------------------------------------


def flatten(table: str) -> int:
    """Make it a plain table; the number of rows, the same as before."""
    cut(table)
    with alone(table):
        before = fingerprint(table)
        alter(table, "REMOVE PARTITIONING")
        return unharmed(table, before, fingerprint(table))


def rebuild(table: str, today: date) -> int:
    """Cut a table into months, a plain one or one that was cut otherwise; the number of rows, the same as before.

    The months begin where the rows do, or at FIRST_MONTH.
    """
    with alone(table):
        before = fingerprint(table)
        last = max(LAST_MONTH, month_after(today, MONTHS_AHEAD))
        alter(table, monthly_clause(min(FIRST_MONTH, earliest_month(table)), last))
        return unharmed(table, before, fingerprint(table))


def earliest_month(table: str) -> date:
    """The month of the first row; not before 2000, because a wrong instant must not make a thousand partitions."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MIN(recorded_at) FROM {quoted(table)}")  # noqa: S608
        first = cursor.fetchone()[0]
    return max(EARLIEST, first.date().replace(day=1)) if first else FIRST_MONTH


# -- is all as it should be? -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was counted, and what is wrong: one line each."""

    rows: int
    partitions: int
    problems: list[str]


def verify(table: str, today: date, quick: bool = False) -> Verdict:
    """Compare a table with the plan: months without holes, both catch-alls, every row in its own month.

    Reads every row, unless `quick`.
    """
    found = partitions_of(table)
    if not found:
        return Verdict(row_count(table), 0, [f"{table} is a plain table; `partitions rebuild` cuts it into months"])
    problems = [f"{table}: {text}" for text in plan_problems(found)]
    ahead = months_ahead(table, today) or 0
    if ahead < LEAST_MONTHS_AHEAD:
        problems.append(f"{table}: only {ahead} months ahead have partitions; `partitions ensure` makes them")
    problems += [f"{table}: {name} is left of a `detach` that broke off; run it again" for name in set_aside(table)]
    rows = 0
    for earlier, each in zip([None, *found], found, strict=False):
        if not quick:
            rows += checked_rows(table, earlier.below if earlier else None, each, problems)
    return Verdict(rows, len(found), problems)


def plan_problems(found: list[Partition]) -> Iterator[str]:
    first, last = found[0], found[-1]
    if (first.method, first.expression) != ("RANGE COLUMNS", "`recorded_at`"):
        yield f"cut by {first.method}({first.expression}), not by RANGE COLUMNS(recorded_at)"
    for catch_all, each in ((BEFORE_ALL, first), (AFTER_ALL, last)):
        if each.name != catch_all:
            yield f"no {catch_all}: rows outside the months have no place"
    for earlier, each in pairwise(found[:-1]):
        if earlier.below and each.name != partition_name(earlier.below):
            yield f"{each.name} begins at {earlier.below}"
        if earlier.below and each.below != next_month(earlier.below):
            yield f"{each.name} is not one month: {earlier.below} to {each.below}"


def checked_rows(table: str, start: date | None, partition: Partition, problems: list[str]) -> int:
    """The rows of a partition; adds a problem for those that do not belong there."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), SUM(recorded_at < %s), SUM(recorded_at >= %s)"  # noqa: S608
            f" FROM {quoted(table)} PARTITION ({quoted(partition.name)})",
            [start or date(1, 1, 1), partition.below or date(9999, 12, 31)],
        )
        count, before, after = cursor.fetchone()
    if strangers := (before or 0) + (after or 0):
        problems.append(f"{table}: {strangers:,} rows of {partition.name} belong elsewhere; `partitions rebuild`")
    if count and partition.name in (BEFORE_ALL, AFTER_ALL):
        problems.append(
            f"{table}: {partition.name} holds {count:,} rows outside all months; `partitions ensure --month` makes one"
        )
    return int(count)


# -- setting a month aside -------------------------------------------------------------------------------


def aside_of(table: str, name: str) -> str:
    """The table that a month's rows are exchanged into while it is detached."""
    return f"{table}_{name}_detached"


def set_aside(table: str) -> list[str]:
    """What `detach` left behind when it broke off: no row of it is lost."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return sorted(name for name in names if name.startswith(f"{table}_p") and name.endswith("_detached"))


def exchange(table: str, name: str) -> None:
    """Let a month and its table aside change places: no row is copied, each is checked to belong."""
    alter(table, f"EXCHANGE PARTITION {quoted(name)} WITH TABLE {quoted(aside_of(table, name))}")


def put_back(table: str, name: str) -> None:
    """Undo what a `detach` that broke off left aside; raises PartitionError when the month has new rows."""
    if aside_of(table, name) not in set_aside(table):
        return
    if rows_in(table, name):
        raise PartitionError(
            f"{table}: {name} has new rows beside those of {aside_of(table, name)}, left of a detach that broke off;"
            " see docs/operations.md"
        )
    exchange(table, name)
    drop_aside(table, name)


def drop_aside(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {quoted(aside_of(table, name))}")


def take_out(table: str, name: str, expected: Fingerprint) -> None:
    """Empty a month whose rows stand in a file already. The oldest month goes to the first catch-all.

    The rows change places with an empty table; only when they are those that were exported (`expected`, by
    `fingerprint`) is that table dropped. Else PartitionError, and they are where they were.
    """
    aside = aside_of(table, name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {quoted(aside)} LIKE {quoted(table)}")
    alter(aside, "REMOVE PARTITIONING")
    exchange(table, name)
    if fingerprint(aside) != expected:
        put_back(table, name)
        raise PartitionError(f"{table}: rows of {name} were written while it was exported; run it again")
    drop_aside(table, name)
    found = partitions_of(table)
    if len(found) > 3 and found[1].name == name and not rows_in(table, name):
        part = f"PARTITION {BEFORE_ALL} VALUES LESS THAN ('{found[1].below}')"
        reorganize(table, [BEFORE_ALL, name], [part], [BEFORE_ALL])


def month_partition(table: str, month: date, today: date) -> str:
    """The partition of a month that has ended; raises WrongMonth."""
    if month >= today.replace(day=1):
        raise WrongMonth(f"{month:%Y-%m} has not ended; only past months can be detached")
    name = partition_name(month)
    if name not in {each.name for each in cut(table)}:
        raise WrongMonth(f"{table}: {month:%Y-%m} has no partition of its own; `partitions list` shows them")
    return name
