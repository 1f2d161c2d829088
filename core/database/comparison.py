"""What a database has of a model's table, against what the model says."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# Both engines write some types in words of their own.
SAME = {"bool": "tinyint", "integer": "int", "integer unsigned": "int unsigned", "json": "longtext"}


def differences(connection: BaseDatabaseWrapper, model: type[models.Model]) -> list[str]:
    """Each way in which the table is another than the model's: columns, types, nulls, defaults, keys, checks."""
    return [
        *(f"{model._meta.db_table}: {text}" for text in of_columns(connection, model)),
        *(f"{model._meta.db_table}: {text}" for text in of_keys(connection, model)),
    ]


def spelled(kind: str) -> str:
    """A type without what the engines write differently."""
    plain = kind.lower().replace(", ", ",").removesuffix(" auto_increment")
    plain = re.sub(r"^(tinyint|smallint|int|bigint)\(\d+\)", r"\1", plain)
    return SAME.get(plain, plain)


def real_columns(connection: BaseDatabaseWrapper, table: str) -> dict[str, tuple[str, bool]]:
    """Type and nullability of each column, by name."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
        if connection.vendor == "mysql":
            cursor.execute(f"SHOW COLUMNS FROM {connection.ops.quote_name(table)}")
            types = {name: kind for name, kind, *_ in cursor.fetchall()}
        else:
            cursor.execute(f"PRAGMA table_info({connection.ops.quote_name(table)})")
            types = {name: kind for _, name, kind, *_ in cursor.fetchall()}
    return {column.name: (spelled(types[column.name]), bool(column.null_ok)) for column in described}


def of_columns(connection: BaseDatabaseWrapper, model: type[models.Model]) -> Iterator[str]:
    real = real_columns(connection, model._meta.db_table)
    fields = model._meta.local_concrete_fields
    expected = {str(field.column): (spelled(str(field.db_type(connection))), field.null) for field in fields}
    for name in sorted(real.keys() | expected.keys()):
        if real.get(name) != expected.get(name):
            yield f"{name} is {real.get(name)}, and the model says {expected.get(name)}"
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, model._meta.db_table)
    defaults = {column.name: column.default for column in described}
    for field in fields:
        if field.has_db_default() and defaults.get(field.column) is None:
            yield f"{field.column} has no default"


def of_keys(connection: BaseDatabaseWrapper, model: type[models.Model]) -> Iterator[str]:
    with connection.cursor() as cursor:
        found: dict[str, Any] = connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name in [*(index.name for index in model._meta.indexes), *(each.name for each in model._meta.constraints)]:
        if name not in found:
            yield f"{name} is missing"
    for index in model._meta.indexes:
        fields: list[Any] = [model._meta.get_field(name) for name, _ in index.fields_orders]
        columns = [field.column for field in fields]
        if index.name in found and found[index.name]["columns"] != columns:
            yield f"{index.name} is of {found[index.name]['columns']}, and the model says {columns}"
    foreign = {each["columns"][0]: each["foreign_key"] for each in found.values() if each["foreign_key"]}
    keyed = [each["columns"] for each in found.values() if each["index"] or each["unique"] or each["primary_key"]]
    for field in model._meta.local_concrete_fields:
        if isinstance(field, models.ForeignKey):
            target = field.related_model._meta
            expected = (target.db_table, target.pk.column)
            if foreign.get(field.column) != expected:
                yield f"{field.column} refers to {foreign.get(field.column)}, and the model says {expected}"
            if not any(columns[0] == field.column for columns in keyed):
                yield f"{field.column} has no index"
