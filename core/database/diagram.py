"""The entity diagram of visits and conversations in Mermaid, drawn from the models."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

TYPES = {
    "UUIDField": "uuid",
    "CharField": "varchar",
    "EnumField": "enum",
    "TextField": "text",
    "BooleanField": "boolean",
    "DateTimeField": "datetime",
    "DateField": "date",
    "TimeField": "time",
    "JSONField": "json",
    "BigAutoField": "bigint",
    "PositiveIntegerField": "uint32",
    "PositiveSmallIntegerField": "uint16",
}


def diagram(chosen: Iterable[type[models.Model]]) -> str:
    """`erDiagram` of these models; what they refer to besides stands there by its name alone."""
    lines = ["erDiagram"]
    for model in chosen:
        lines += [f"    {model._meta.db_table} {{", *(f"        {line}" for line in columns(model)), "    }"]
    for model in chosen:
        lines += [f"    {line}" for line in relations(model)]
    return "\n".join(lines)


def columns(model: type[models.Model]) -> Iterator[str]:
    for field in model._meta.local_concrete_fields:
        keys = [key for key, has in (("PK", field.primary_key), ("FK", field.is_relation)) if has]
        keys += ["UK"] if field.unique and not field.primary_key else []
        notes = "" if not field.null else ' "may be null"'
        yield f"{type_of(field)} {field.column}{' ' + ','.join(keys) if keys else ''}{notes}"


def type_of(field: Any) -> str:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    name = TYPES.get(type(field).__name__, "int")
    return f"{name}({field.max_length})" if name == "varchar" else name


def relations(model: type[models.Model]) -> Iterator[str]:
    for field in model._meta.local_concrete_fields:
        if isinstance(field, models.ForeignKey):
            many = "o|" if isinstance(field, models.OneToOneField) else "o{"
            yield f"{field.related_model._meta.db_table} ||--{many} {model._meta.db_table} : {field.name}"
