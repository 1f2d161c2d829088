"""What a migration does to a running system: which operations lock a table, lose data, or cannot be undone.

MariaDB and MySQL add columns and indexes beside readers and writers. Other changes copy the table, and nobody writes
to it meanwhile; on ten years of rows that is an outage. Such a migration says why it may do so, in its class:

    locks = "the table is small"
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from snapshots.storage.partitions import AlterTable

OUR_APPS = ("parks", "snapshots", "stats", "weather", "importer", "outages", "visits", "assistant")
LOSING = (migrations.DeleteModel, migrations.RemoveField, migrations.RenameField, migrations.RenameModel)


def linted() -> dict[str, list[str]]:
    """Every migration of ours with what is wrong with it: `app.name` and lines of text."""
    loader = MigrationLoader(None)
    ours = sorted(key for key in loader.disk_migrations if key[0] in OUR_APPS)
    return {
        ".".join(key): complaints(loader.disk_migrations[key], loader.project_state(key, at_end=False)) for key in ours
    }


def complaints(migration: migrations.Migration, before: ProjectState) -> list[str]:
    """What `migration` does that nobody answered for; `before`: the models as they were."""
    return [] if str(getattr(migration, "locks", "")).strip() else list(all_complaints(migration, before))


def all_complaints(migration: migrations.Migration, before: ProjectState) -> Iterator[str]:
    state = before.clone()
    new: set[str] = set()  # tables made here are empty, and nobody knows them
    for operation in migration.operations:
        after = state.clone()
        operation.state_forwards(migration.app_label, after)
        if isinstance(operation, migrations.CreateModel):
            new.add(operation.name_lower)
        elif table_of(operation) not in new:
            text = complaint(migration.app_label, operation, state, after)
            if text:
                yield f"{operation.describe()}: {text}"
        state = after


def table_of(operation: Operation) -> str:
    return str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()


def complaint(label: str, operation: Operation, before: ProjectState, after: ProjectState) -> str | None:
    """What one operation on an existing table does to those who use it; None: nothing."""
    if isinstance(operation, LOSING):
        return "processes of the release before still use it, and its data are lost; deploy in two steps"
    if isinstance(operation, migrations.RunSQL):
        return "nobody can know what SQL text locks"
    if isinstance(operation, migrations.RunPython):
        return None if operation.reversible else "it cannot be undone; give reverse_code"
    if isinstance(operation, AlterTable):
        return "the table is copied, and nobody writes to it meanwhile"
    if isinstance(operation, migrations.AddConstraint) and isinstance(operation.constraint, models.CheckConstraint):
        return "a check is added by a copy of the table, and nobody writes to it meanwhile"
    if isinstance(operation, migrations.AddField):
        return added(operation.field)
    if isinstance(operation, migrations.AlterField):
        return altered(label, operation, before, after)
    return None


def added(field: Any) -> str | None:
    if isinstance(field, models.ForeignKey) and field.db_constraint:  # type: ignore[attr-defined]
        return "a foreign key is added by a copy of the table, and nobody writes to it meanwhile"
    if not field.null and not field.has_db_default() and not field.many_to_many:
        return "processes of the release before insert rows without it; give null=True or db_default"
    return None


def altered(label: str, operation: migrations.AlterField, before: ProjectState, after: ProjectState) -> str | None:
    fields = [
        state.apps.get_model(label, operation.model_name)._meta.get_field(operation.name) for state in (before, after)
    ]
    types = [field.db_parameters(connection)["type"] for field in fields]
    if types[0] != types[1] or fields[0].null != fields[1].null:
        return "a column of another type is made by a copy of the table, and nobody writes to it meanwhile"
    return None
