"""Tables as the models say; up, down and up again; keys that refuse orphans; types of UUIDs; TLS."""

import time
from collections.abc import Iterator

from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from assistant.data_model import MODELS
from assistant.models import Conversation, Message
from assistant.validation.measured import Measured
from core.database.comparison import differences, real_columns
from core.database.uuid_columns import other_uuid_columns
from visits.models import Task

MOST_SECONDS = 30
UP = (("auth",), ("visits",), ("assistant",))


def of_schema(connection: BaseDatabaseWrapper) -> Measured:
    found = [text for model in MODELS for text in differences(connection, model)]
    columns = sum(len(model._meta.local_concrete_fields) for model in MODELS)
    text = "; ".join(found) or f"{len(MODELS)} tables, {columns} columns are as the models say"
    return Measured("schema equals models", not found, text)


def of_uuids(connection: BaseDatabaseWrapper) -> Measured:
    kinds = sorted(
        {real_columns(connection, model._meta.db_table)["id"][0] for model in (Task, Conversation, Message)}
    )
    wrong = other_uuid_columns(connection)
    wanted = str(Task._meta.pk.db_type(connection))
    return Measured("UUID columns", not wrong and kinds == [wanted], f"{', '.join(kinds)}; wanted: {wanted}")


def of_tls(connection: BaseDatabaseWrapper) -> Measured:
    """What DATABASE_URL asks for is what the connection has; a refusal ends the command before this."""
    name = "TLS to the database"
    if connection.vendor != "mysql":
        return Measured(name, None, "SQLite has no network")
    mode = str(connection.settings_dict["OPTIONS"].get("ssl_mode", "not asked for in DATABASE_URL"))
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        cipher = cursor.fetchone()[1]
    if not cipher:
        return Measured(name, None, f"ssl-mode is {mode}, so nothing is encrypted")
    return Measured(name, mode.startswith("VERIFY") or None, f"{cipher}, ssl-mode {mode}")


def of_migrations(alias: str, state: str) -> Iterator[Measured]:
    """Down to nothing, up again, and the same; the tables are there already, `state` (empty, filled)."""
    connection = connections[alias]
    steps = {}
    for title, targets in (("back", (("assistant", "zero"), ("visits", "zero"))), ("again", UP)):
        began = time.perf_counter()
        for target in targets:
            call_command("migrate", *target, database=alias, verbosity=0, interactive=False)
        steps[title] = time.perf_counter() - began
        left = {model._meta.db_table for model in MODELS} & set(connection.introspection.table_names())
        if title == "back" and left:
            yield Measured(f"roll back, {state}", False, f"left: {', '.join(sorted(left))}")
    schema = of_schema(connection)
    applied = {app for app, _ in MigrationRecorder(connection).applied_migrations()}
    is_right = bool(schema.ok) and {"visits", "assistant"} <= applied and sum(steps.values()) < MOST_SECONDS
    seconds = ", ".join(f"{title} {spent:.1f} s" for title, spent in steps.items())
    yield Measured(f"roll back and apply again, {state}", is_right, f"{seconds}; {schema.text}")


def of_refusals(alias: str, visitor: int) -> Iterator[Measured]:
    """What the database itself must refuse."""
    conversation = Conversation.objects.using(alias).create(user_id=visitor)
    bad = {
        "a message of no conversation": Message(conversation=Conversation(), role="user", content="x"),
        "a task of no user": Task(user_id=2_000_000_000, title="x"),
        "a role that is none": Message(conversation=conversation, role="system", content="x"),
        "a task without a title": Task(user_id=visitor, title=""),
    }
    for what, row in bad.items():
        yield Measured(f"refused: {what}", is_refused(alias, row), "by the database")
    conversation.delete()


def is_refused(alias: str, row: models.Model) -> bool:
    connection = connections[alias]
    try:
        with transaction.atomic(using=alias):
            type(row)._base_manager.using(alias).bulk_create([row])
            connection.check_constraints()  # SQLite waits for the end of the transaction
            transaction.set_rollback(True, using=alias)
    except (IntegrityError, DatabaseError):
        return True
    return False
