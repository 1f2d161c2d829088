"""Reads and writes that every table shares."""

import functools
import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connections, models, transaction

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


def upsert(model: type[models.Model], rows: Iterable[models.Model], key: Sequence[str], update: Sequence[str]) -> int:
    """Insert `rows`, or update the columns `update` where the natural key `key` exists; returns how many.

    MariaDB and MySQL update on a conflict with any unique key: use it for tables with one natural key.
    """
    instances = list(rows)
    manager: models.Manager[Any] = model._default_manager
    features = connections[manager.db].features
    target = list(key) if features.supports_update_conflicts_with_target else None
    manager.bulk_create(
        instances,
        batch_size=BATCH_SIZE,
        update_conflicts=True,
        update_fields=list(update),
        unique_fields=target,
    )
    return len(instances)
