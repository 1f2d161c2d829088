"""Reads and writes that every table shares."""

import functools
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.db import OperationalError, connections, models, transaction
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery

log = logging.getLogger(__name__)

LOCK_ERRORS = {1205, 1213}  # lock wait timeout, deadlock
LOCK_RETRIES = 3
BATCH_SIZE = 1000

P = ParamSpec("P")
R = TypeVar("R")


@functools.cache
def columns_of(model: type[models.Model]) -> tuple[str, ...]:
    """The columns of a table in the order of the model, without a number that the database gives."""
    fields = model._meta.local_concrete_fields
    return tuple(field.attname for field in fields if not isinstance(field, models.AutoField))


def retried_on_lock(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction; a lock error (1205, 1213) is tried three times more.

    Inside an outer transaction the error is passed on, because the database has rolled all of it back.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, LOCK_RETRIES + 2):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                is_lock = bool(error.args) and error.args[0] in LOCK_ERRORS
                if not is_lock or attempt > LOCK_RETRIES or transaction.get_connection().in_atomic_block:
                    raise
                log.warning("%s met a lock (%s), attempt %d", function.__name__, error.args[0], attempt)
                time.sleep(random.uniform(0.05, 0.2) * attempt)
        raise AssertionError("unreachable")

    return run


class FieldToStore(NamedTuple):
    field: Any
    is_plain: bool  # the driver takes its values as they are


class InsertText(NamedTuple):
    """The compiler's own text of INSERT … ON CONFLICT for one row, cut around its placeholders."""

    head: str
    row: str
    tail: str

    def of(self, rows: int) -> str:
        return self.head + ", ".join([self.row] * rows) + self.tail


@functools.lru_cache(maxsize=64)
def upsert_text(
    model: type[models.Model],
    fields: tuple[FieldToStore, ...],
    key: tuple[str, ...],
    update: tuple[str, ...],
    using: str,
) -> InsertText:
    connection = connections[using]
    named = model._meta.get_field
    unique = [named(name) for name in key] if connection.features.supports_update_conflicts_with_target else []
    query = InsertQuery(
        model, on_conflict=OnConflict.UPDATE, update_fields=[named(name) for name in update], unique_fields=unique
    )
    query.insert_values([each.field for each in fields], [model()])
    ((text, _),) = query.get_compiler(using).as_sql()
    row = f"({', '.join(['%s'] * len(fields))})"
    head, found, tail = text.partition(row)
    if not found:
        raise ValueError(f"a column of {model.__name__} takes an expression: {text}")
    return InsertText(head, row, tail)


@functools.lru_cache(maxsize=64)
def fields_to_store(model: type[models.Model], with_number: bool) -> tuple[FieldToStore, ...]:
    """The fields that a row fills; `with_number`: also the one that the database gives."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    return tuple(
        FieldToStore(
            field, isinstance(getattr(field, "target_field", field), models.IntegerField | models.BooleanField)
        )
        for field in fields
        if with_number or not isinstance(field, models.AutoField)
    )


def upsert(model: type[models.Model], rows: Iterable[models.Model], key: Sequence[str], update: Sequence[str]) -> int:
    """Insert `rows`, or update the columns `update` where the natural key `key` exists; returns how many.

    One statement for as many rows as a statement takes; its text is made once. MariaDB and MySQL update on a conflict
    with any unique key: use it for tables with one natural key.
    """
    instances = list(rows)
    if not instances:
        return 0
    using = model._default_manager.db
    is_numbered = isinstance(model._meta.pk, models.AutoField)
    known = [row for row in instances if is_numbered and row.pk is not None]
    others = [row for row in instances if not is_numbered or row.pk is None]
    with transaction.atomic(using=using, savepoint=False):
        for with_number, some in ((True, known), (False, others)):
            if some:
                fields = fields_to_store(model, with_number)
                insert(some, fields, upsert_text(model, fields, tuple(key), tuple(update), using), using)
    return len(instances)


def insert(rows: Sequence[models.Model], fields: Sequence[FieldToStore], text: InsertText, using: str) -> None:
    connection = connections[using]
    most = min(BATCH_SIZE, (connection.features.max_query_params or BATCH_SIZE * len(fields)) // len(fields))
    with connection.cursor() as cursor:
        for n in range(0, len(rows), most):
            chunk = rows[n : n + most]
            values = [value for row in chunk for value in row_values(row, fields, connection)]
            cursor.execute(text.of(len(chunk)), values)


def row_values(row: models.Model, fields: Sequence[FieldToStore], connection: Any) -> Iterator[Any]:
    """What a row stores, as the driver takes it."""
    for field, is_plain in fields:
        value = field.pre_save(row, add=True)
        yield value if is_plain or value is None else field.get_db_prep_save(value, connection)
