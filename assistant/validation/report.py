"""All checks, in order."""

import time
from collections.abc import Iterator
from datetime import timedelta

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from assistant.validation import schema, speed
from assistant.validation.measured import Measured
from assistant.validation.scratch import NoDatabase, scratch
from visits.models import Task

FEW = 100


def measured(rows: int) -> Iterator[Measured]:
    """What each check found: first of the configured database, which is only read, then in one beside it."""
    yield schema.of_schema(connections["default"])
    yield schema.of_uuids(connections["default"])
    yield schema.of_tls(connections["default"])
    try:
        with scratch() as alias:
            yield from in_a_scratch_database(alias, rows)
    except NoDatabase as error:
        yield Measured("what writes", None, str(error))


def in_a_scratch_database(alias: str, rows: int) -> Iterator[Measured]:
    began = time.perf_counter()
    for target in schema.UP:
        call_command("migrate", *target, database=alias, verbosity=0, interactive=False)
    seconds = time.perf_counter() - began
    applied = schema.of_schema(connections[alias])
    yield Measured("apply and inspect", bool(applied.ok) and seconds < schema.MOST_SECONDS, f"{seconds:.1f} s")
    yield from schema.of_migrations(alias, "empty")
    speed.fill(alias, FEW)
    yield from schema.of_migrations(alias, "filled")
    user = speed.fill(alias, rows)
    yield from schema.of_refusals(alias, user.pk)
    yield of_timestamps(alias, user.pk)
    yield from speed.of_questions(alias, user)
    yield speed.of_sessions(alias, user)
    yield speed.of_deletion(alias, user)


def of_timestamps(alias: str, visitor: int) -> Measured:
    """A new row has both, of now; saving it again moves the second alone."""
    task = Task.objects.using(alias).create(user_id=visitor, title="x")
    task.refresh_from_db()
    created, updated = task.created_at, task.updated_at
    task.save()
    task.refresh_from_db()
    is_right = abs(timezone.now() - created) < timedelta(minutes=1) and task.created_at == created < task.updated_at
    later = (task.updated_at - updated) / timedelta(milliseconds=1)
    text = f"created {created:%H:%M:%S.%f}, then updated {later:.1f} ms on"
    return Measured("timestamps fill themselves", is_right, text)
