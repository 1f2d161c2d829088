"""The data dictionary: every table and column of the project's models, and the query that each index serves.

What a column means is its `help_text` and the comment beside it; the query of an index is the comment above it.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias

from django.apps import apps
from django.conf import settings
from django.db import models

from core.database.fields import EnumField, SecondField

Column: TypeAlias = "models.Field[Any, Any]"

PLACE = Path("docs/data-dictionary.md")
HEAD = """# Data dictionary

Generated from the models by `manage.py data_dictionary --write`; a test compares. Instants are UTC. On SQLite an
`enum` is text with a check, and an instant without "µs" has no fraction of a second on either database.
"""
REMARK = re.compile(r"^\s*# (.+)$")
BESIDE = re.compile(r"  # (?!noqa|type:)(.+?)(?:  #.*)?$")
NAMED = {"Index", "UniqueConstraint"}
# What a column's name ends with, or is, says its unit; the first that fits.
UNITS = (
    ("minute_seconds", "minutes × seconds"),
    ("seconds", "s"),
    ("minutes|wait_time|wait_time_minutes|wait_time_at_change|duration_in_previous_status", "min"),
    ("hours", "h"),
    ("percentage|percent|probability", "%"),
    ("mb_per_day", "MB/day"),
    ("mb", "MB"),
    ("c", "°C"),
    ("f", "°F"),
    ("kmh", "km/h"),
    ("mph", "mph"),
    ("mm", "mm"),
    ("cm", "cm"),
    ("meters", "m"),
    ("hpa", "hPa"),
    ("latitude|longitude|degrees", "°"),
    ("weather_code", "WMO code"),
    ("shame_score", "0 to 10"),
    ("confidence|confidence_score", "0 to 1"),
    ("tier|tier_weight", "1 to 3"),
    ("effective_park_weight", "sum of weights"),
    ("open|closed|tracked|with_downtime|changes|count|attempts", "count"),
    ("done|total|processed|imported|encountered|rows|errors", "count"),
)
MEASURED = (models.IntegerField, models.DecimalField, models.FloatField)
TYPES = {
    "SmallAutoField": "int16, automatic",
    "AutoField": "int32, automatic",
    "BigAutoField": "int64, automatic",
    "SmallIntegerField": "int16",
    "PositiveSmallIntegerField": "uint16",
    "IntegerField": "int32",
    "PositiveIntegerField": "uint32",
    "BigIntegerField": "int64",
    "PositiveBigIntegerField": "uint64",
    "FloatField": "float64",
    "BooleanField": "boolean",
    "DateField": "date",
    "TimeField": "time of day",
    "UUIDField": "UUID",
    "TextField": "text",
    "JSONField": "JSON",
    "BinaryField": "bytes",
}


def project_models() -> list[type[models.Model]]:
    """The models of the project's own apps, by table."""
    ours = [app for app in apps.get_app_configs() if Path(app.path).parent == Path(settings.BASE_DIR)]
    return sorted((model for app in ours for model in app.get_models()), key=lambda model: model._meta.db_table)


def remarks(model: type[models.Model]) -> dict[str, str]:
    """The comments above or beside the columns and indexes of a model, by attribute and by name of the index."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, models.Model) and cls is not models.Model:
            lines = dedent(inspect.getsource(cls)).splitlines()
            for name, node in declarations(ast.parse("\n".join(lines))):
                text = " ".join([*above(lines, node.lineno - 1), *beside(lines, node)])
                found[name] = text
    return found


def declarations(tree: ast.AST) -> Iterator[tuple[str, ast.stmt | ast.expr]]:
    """Assignments by their name, indexes and unique constraints by the name that they have in the database."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in NAMED:
            names = (word.value for word in node.keywords if word.arg == "name")
            yield from ((str(name.value), node) for name in names if isinstance(name, ast.Constant))


def above(lines: list[str], number: int) -> list[str]:
    """The comment that ends just above a line."""
    texts: list[str] = []
    while number and (match := REMARK.match(lines[number - 1])):
        texts.insert(0, match[1])
        number -= 1
    return texts


def beside(lines: list[str], node: ast.stmt | ast.expr) -> list[str]:
    match = BESIDE.search(lines[(node.end_lineno or node.lineno) - 1])
    return [match[1]] if match else []


def type_of(field: Column) -> str:
    """The type in the words of no engine."""
    if isinstance(field, models.GeneratedField) and field.output_field:
        return f"{type_of(field.output_field)}, generated"
    if isinstance(field, models.ForeignKey):
        target: Column = field.target_field
        return f"{type_of(target).removesuffix(', automatic')} → `{target.model._meta.db_table}`.`{target.column}`"
    if isinstance(field, EnumField):
        return "enum: " + ", ".join(str(value) for value, _ in field.flatchoices)
    if isinstance(field, SecondField):
        return "instant"
    if isinstance(field, models.DateTimeField):
        return "instant, µs"
    if isinstance(field, models.DecimalField):
        return f"decimal({field.max_digits}, {field.decimal_places})"
    if isinstance(field, models.CharField):
        return f"text({field.max_length})"
    return TYPES[field.get_internal_type()]


def unit_of(field: Column) -> str:
    """The unit that the column's name says; '' where it has none."""
    if field.is_relation or not isinstance(field, MEASURED):
        return ""
    return next((unit for words, unit in UNITS if re.search(rf"(^|_)({words})$", field.name)), "")


def column_line(field: Column, remark: str) -> str:
    meaning = "; ".join(part.rstrip(".") for part in (str(field.help_text), remark) if part)
    null = "yes" if field.null else ""
    return f"| `{field.column}` | {type_of(field)} | {unit_of(field)} | {null} | {meaning} |"


def key_lines(model: type[models.Model], noted: dict[str, str]) -> Iterator[str]:
    """The primary key, what is unique, and each index with its query."""
    meta = model._meta
    yield key_line("primary key", meta.pk_fields, noted.get("pk", "one row"))
    for field in meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield key_line("unique", [field], "one row")
        elif field.db_index and not field.primary_key:  # type: ignore[attr-defined]  # not in the stubs
            yield key_line("index", [field], "the foreign key")
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            fields = [meta.get_field(name) for name in constraint.fields]
            yield key_line(f"unique `{constraint.name}`", fields, noted.get(constraint.name, ""))
    for index in meta.indexes:
        fields = [meta.get_field(name) for name, _ in index.fields_orders]
        yield key_line(f"index `{index.name}`", fields, noted.get(index.name, ""))


def key_line(kind: str, fields: Sequence[Any], serves: str) -> str:
    columns = ", ".join(f"`{field.column}`" for field in fields)
    return f"| {kind} | {columns} | {serves} |"


def table(model: type[models.Model]) -> str:
    noted = remarks(model)
    about = " ".join((inspect.getdoc(model) or "").split("\n\n")[0].split())
    columns = [column_line(field, noted.get(field.name, "")) for field in model._meta.concrete_fields]
    return "\n".join(
        [
            f"## {model._meta.db_table}\n",
            f"{about} (`{model.__module__}.{model.__qualname__}`)\n",
            "| Column | Type | Unit | Null | Meaning |\n|---|---|---|---|---|",
            *columns,
            "\n| Key | Columns | Serves |\n|---|---|---|",
            *key_lines(model, noted),
        ]
    )


def text() -> str:
    """The whole dictionary in Markdown."""
    return "\n".join([HEAD, *(f"{table(model)}\n" for model in project_models())])
