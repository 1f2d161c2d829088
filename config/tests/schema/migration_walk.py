"""Walks every app down and up again, step by step, with data in the tables; prints what differed, as JSON.

For a process of its own, whose DATABASE_URL names an empty database.
"""

import json
import re
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

Schema = dict[str, Any]
Rows = dict[str, list[dict[str, str]]]


def schema() -> Schema:
    """Everything the database knows of its tables."""
    with connection.cursor() as cursor:
        return {table: described(cursor, table) for table in sorted(connection.introspection.table_names(cursor))}


def described(cursor: Any, table: str) -> list[str]:
    if connection.vendor == "mysql":
        cursor.execute(f"SHOW CREATE TABLE `{table}`")
        text = re.sub(r" AUTO_INCREMENT=\d+", "", cursor.fetchone()[1])
        # MariaDB notes at each key the page size that a compressed table once had; it has no effect.
        text = re.sub(r"(KEY .*\)) KEY_BLOCK_SIZE=\d+", r"\1", text)
        return sorted(line.strip(" ,") for line in text.splitlines())
    constraints = connection.introspection.get_constraints(cursor, table)
    columns = connection.introspection.get_table_description(cursor, table)
    return sorted([*(f"{name} {each}" for name, each in constraints.items()), *map(repr, columns)])


def rows() -> Rows:
    """The rows of every table, as text by column."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table == "django_migrations":
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            names = [column[0] for column in cursor.description]
            found[table] = [dict(zip(names, map(repr, row), strict=True)) for row in cursor.fetchall()]
    return found


def lost(before: Rows, after: Rows) -> list[str]:
    """The tables whose rows differ in the columns that both have."""
    return [
        table for table in before.keys() & after.keys() if common(before, after, table) != common(after, before, table)
    ]


def common(one: Rows, other: Rows, table: str) -> list[list[tuple[str, str]]]:
    if not one[table] or not other[table]:
        return [[] for _ in one[table]]
    kept = sorted(one[table][0].keys() & other[table][0].keys())
    return sorted([(name, row[name]) for name in kept] for row in one[table])


def migrate(key: tuple[str, str], down: bool) -> None:
    """One step: apply a migration, or take it back."""
    executor = MigrationExecutor(connection)
    node = executor.loader.graph.node_map[key]
    before = sorted(parent.key for parent in node.parents if parent.key[0] == key[0])
    target = (before[-1] if before else (key[0], None)) if down else key
    executor.migrate([target])


def fill() -> None:
    """A row of every model, and more of those that others refer to."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from config.tests.schema.test_constraints import FACTORIES
    from snapshots.models import DataQualityIssue

    # A login, because a column that once was NOT NULL cannot give back a NULL.
    User.objects.create_user("operator", last_login=timezone.now())
    for factory in FACTORIES.values():
        factory.create()
    # One migration resolves what is open of this kind, on purpose.
    DataQualityIssue.objects.update(is_resolved=True)


def walk() -> dict[str, Any]:
    executor = MigrationExecutor(connection)
    plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    keys = [(migration.app_label, migration.name) for migration in plan]
    shapes = [schema()]
    for key in keys:
        migrate(key, down=False)
        shapes.append(schema())
    shapes[0] = {"django_migrations": shapes[1]["django_migrations"]}
    fill()
    filled = sum(map(bool, rows().values()))
    differences: list[str] = []
    for number in reversed(range(len(keys))):
        # Down, up again with what is left of the data, and down to the next step.
        before = rows()
        for down in (True, False, True):
            migrate(keys[number], down)
            name = f"{'.'.join(keys[number])} {'down' if down else 'up'}"
            if schema() != shapes[number if down else number + 1]:
                differences.append(f"{name}: schema")
            differences += [f"{name}: rows of {table}" for table in lost(before, rows())]
            before = rows()
    return {"steps": [".".join(key) for key in keys], "filled": filled, "differences": differences}


if __name__ == "__main__":
    print(json.dumps(walk()))  # noqa: T201
