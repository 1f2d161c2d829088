"""UUID columns of a MariaDB that was upgraded: made as CHAR(32) before 10.7, from where Django sends 36 characters."""

from collections.abc import Iterator

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from core.database.comparison import real_columns
from core.database.dictionary import project_models


def other_uuid_columns(connection: BaseDatabaseWrapper) -> list[tuple[str, str, str]]:
    """Table, column and type of our UUID columns that are not of the type that this server's version wants."""
    wanted = str(models.UUIDField().db_type(connection))
    found = []
    there = set(connection.introspection.table_names())
    for table, columns in uuid_columns():
        if table not in there:
            continue
        real = real_columns(connection, table)
        found += [(table, name, real[name][0]) for name in columns if name in real and real[name][0] != wanted]
    return found


def uuid_columns() -> Iterator[tuple[str, list[str]]]:
    """Our UUID columns by table, keys to them included."""
    for model in project_models():
        names = [str(field.column) for field in model._meta.local_concrete_fields if is_uuid(field)]
        if names:
            yield model._meta.db_table, names


def is_uuid(field: "models.Field[object, object]") -> bool:
    target = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
    return isinstance(target, models.UUIDField)
