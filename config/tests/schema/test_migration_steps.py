"""Every step of every migration, with data; the linter; and a schema that is what the models say (issue 7)."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, migrations, models
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from config.tests.deployment.scratch import new_database
from config.tests.processes import python
from config.tests.schema.test_migrations import OUR_APPS, OUR_MODELS
from core.database.fields import SecondField
from snapshots.storage import migration_lint
from snapshots.storage.migration_lint import complaints
from snapshots.storage.partitions import PartitionByMonth


@pytest.mark.mariadb
def test_every_app_goes_down_and_up_step_by_step_and_keeps_its_rows(tmp_path):
    with new_database(tmp_path / "walk.sqlite3") as url:
        ended = python(
            "-m",
            "config.tests.schema.migration_walk",
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=url,
            DATA_DIR=str(tmp_path),
        )
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout.splitlines()[-1])
    assert result["differences"] == []
    assert result["filled"] >= len(OUR_MODELS), "every table had data"
    assert {step.partition(".")[0] for step in result["steps"]} >= {*OUR_APPS, "auth", "admin", "sessions"}


@pytest.mark.django_db
def test_a_second_migrate_does_nothing(capsys):
    applied = list(MigrationRecorder(connection).migration_qs.values())
    call_command("migrate", interactive=False)
    assert "No migrations to apply." in capsys.readouterr().out
    assert list(MigrationRecorder(connection).migration_qs.values()) == applied


# -- the schema is what the models say -------------------------------------------------------------------

by_model = pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model.__name__)


def real_columns(table: str) -> dict[str, tuple[str, bool]]:
    """Type and nullability of every column, as the engine writes them."""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute(
                "SELECT column_name, column_type, is_nullable = 'YES' FROM information_schema.columns"
                " WHERE table_schema = DATABASE() AND table_name = %s",
                [table],
            )
            return {name: (kind, bool(null)) for name, kind, null in cursor.fetchall()}
        cursor.execute(f"PRAGMA table_xinfo({connection.ops.quote_name(table)})")
        return {name: (kind, not notnull) for _, name, kind, notnull, *_ in cursor.fetchall()}


# What MariaDB calls a type that was asked for by another name.
SPELLED = {
    "bool": "tinyint(1)",
    "integer": "int(11)",
    "integer unsigned": "int(10) unsigned",
    "bigint": "bigint(20)",
    "smallint unsigned": "smallint(5) unsigned",
    "smallint": "smallint(6)",
    "double precision": "double",
    "numeric": "decimal",
}


def spelled(kind: str) -> str:
    """A type in one spelling, without what the engines write differently."""
    plain = kind.lower().replace(", ", ",").removesuffix(" auto_increment")
    plain = re.sub(r"^numeric", "decimal", plain)
    if connection.vendor != "mysql":
        return plain
    plain = SPELLED.get(plain, plain)
    # MySQL 8 shows no display width.
    return re.sub(r"^(tinyint|smallint|int|bigint)\(\d+\)", r"\1", plain)


@pytest.mark.django_db
@by_model
def test_the_columns_have_the_types_and_nulls_of_the_model(model):
    expected = {
        field.column: (spelled(field.db_type(connection)), field.null)
        for field in model._meta.local_concrete_fields
        if field.column
    }
    real = {name: (spelled(kind), null) for name, (kind, null) in real_columns(model._meta.db_table).items()}
    if connection.vendor == "mysql":
        json_columns = [f.column for f in model._meta.local_concrete_fields if isinstance(f, models.JSONField)]
        for column in json_columns:  # MariaDB has JSON as text with a check
            assert real.pop(column)[0] in ("longtext", "json")
            expected.pop(column)
    assert real == expected


@pytest.mark.django_db
@by_model
def test_there_are_no_other_indexes_and_constraints_than_the_models(model):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    # SQLite gives no names to the checks of positive numbers; MariaDB names that of a JSON column after it.
    nameless = {field.column for field in model._meta.local_concrete_fields}
    checks = {name for name, each in found.items() if each["check"] and not name.startswith("__unnamed")} - nameless
    named = {each.name for each in model._meta.constraints}
    assert named <= found.keys(), "each constraint of the model is in the database"
    assert checks <= named, "and no check besides"
    indexes = {
        name for name, each in found.items() if each["index"] and not each["unique"] and not each["foreign_key"]
    }
    own = {index.name for index in model._meta.indexes}
    assert own <= indexes
    automatic = [found[name]["columns"] for name in indexes - own]
    for columns in automatic:
        field = next(field for field in model._meta.local_concrete_fields if field.column == columns[0])
        assert len(columns) == 1, columns
        assert field.db_index or field.remote_field, columns
    (primary,) = [each["columns"] for each in found.values() if each["primary_key"]]
    key = [field.column for field in model._meta.pk_fields]
    assert sorted(primary) == sorted(key)
    if connection.vendor == "mysql":  # of SQLite, Django says no order
        assert primary == key


# -- the linter ------------------------------------------------------------------------------------------


def test_every_migration_is_safe_on_a_running_system_or_says_why_not(capsys):
    call_command("lint_migrations")
    assert "fine." in capsys.readouterr().out


def before() -> ProjectState:
    """An app with two tables, as they were before the migration under test."""
    state = ProjectState()
    columns: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("size", models.IntegerField(null=True)),
    ]
    migrations.CreateModel("Ride", columns).state_forwards("parks", state)
    migrations.CreateModel("Park", columns[:1]).state_forwards("parks", state)
    return state


def of(*operations, **columns) -> list[str]:
    migration = type("Migration", (migrations.Migration,), {"operations": list(operations), **columns})
    return complaints(migration("0009_test", "parks"), before())


def nothing(apps, editor) -> None:
    """A data migration."""


CHECK = models.CheckConstraint(condition=models.Q(size__gt=0), name="size_positive")
DISTURBING = [
    (migrations.RemoveField("Ride", "size"), "the release before still use it"),
    (migrations.RenameField("Ride", "size", "length"), "the release before still use it"),
    (migrations.DeleteModel("Ride"), "its data are lost"),
    (migrations.RenameModel("Ride", "Attraction"), "the release before still use it"),
    (migrations.RunSQL("SELECT 1"), "what SQL text locks"),
    (migrations.RunPython(nothing), "cannot be undone"),
    (PartitionByMonth("Ride"), "the table is copied"),
    (migrations.AddConstraint("Ride", CHECK), "a check is added by a copy"),
    (migrations.AddField("Ride", "park", models.ForeignKey("parks.Park", models.CASCADE, null=True)), "foreign key"),
    (migrations.AddField("Ride", "tier", models.IntegerField(default=3)), "insert rows without it"),
    (migrations.AlterField("Ride", "size", models.BigIntegerField(null=True)), "another type"),
    (migrations.AlterField("Ride", "size", models.IntegerField()), "another type"),
]
HARMLESS = [
    migrations.AddField("Ride", "tier", models.IntegerField(null=True)),
    migrations.AddField("Ride", "tier", models.IntegerField(default=3, db_default=3)),
    migrations.AddField(
        "Ride", "park", models.ForeignKey("parks.Park", models.CASCADE, null=True, db_constraint=False)
    ),
    migrations.AddIndex("Ride", models.Index(fields=["size"], name="by_size")),
    migrations.AddConstraint("Ride", models.UniqueConstraint(fields=["size"], name="size_once")),
    migrations.AlterField("Ride", "size", models.IntegerField(null=True, help_text="in feet")),
    migrations.RunPython(nothing, nothing),
    migrations.CreateModel("Show", [("id", models.BigAutoField(primary_key=True)), ("at", SecondField())]),
]


@pytest.mark.parametrize(("operation", "reported"), DISTURBING, ids=[type(o).__name__ for o, _ in DISTURBING])
def test_an_operation_that_disturbs_a_running_system_is_named(operation, reported):
    (line,) = of(operation)
    assert reported in line
    assert line.startswith(operation.describe())


@pytest.mark.parametrize("operation", HARMLESS, ids=[type(o).__name__ for o in HARMLESS])
def test_an_operation_that_disturbs_nobody_is_let_pass(operation):
    assert of(operation) == []


def test_a_migration_may_say_why_it_locks():
    assert of(DISTURBING[0][0], locks="nobody uses it") == []
    assert of(DISTURBING[0][0], locks="  ") != []


def test_a_table_made_by_the_same_migration_is_nobodys_yet():
    made = migrations.CreateModel("Show", [("id", models.BigAutoField(primary_key=True))])
    tier = migrations.AddField("Show", "tier", models.IntegerField(default=3))
    assert of(made, tier) == []


def test_the_command_names_what_is_wrong_and_fails(monkeypatch, capsys):
    wrong = SimpleNamespace(linted=lambda: {"parks.0009_test": ["Remove field: lost"], "parks.0001_initial": []})
    monkeypatch.setattr("snapshots.management.commands.lint_migrations.linted", wrong.linted)
    with pytest.raises(CommandError, match="1 of 2 migrations") as error:
        call_command("lint_migrations")
    assert error.value.returncode == 1
    assert "parks.0009_test: Remove field: lost" in capsys.readouterr().out


def test_the_linter_knows_every_app_of_ours():
    assert set(migration_lint.OUR_APPS) == set(OUR_APPS)
