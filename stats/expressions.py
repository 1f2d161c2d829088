"""Arithmetic on instants inside the database, with whole numbers on both of them."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler


class PlainInteger(BigIntegerField):  # type: ignore[type-arg]
    """A whole number as the driver gives it: a sum may be a Decimal, and no conversion is called per value."""

    def get_internal_type(self) -> str:
        return "PlainNumber"


WHOLE = PlainInteger()


class SecondsSince(Func):
    """Whole seconds from `anchor` (seconds since 1970, UTC) to an instant column; negative before it."""

    output_field = WHOLE

    def __init__(self, column: str | Combinable, anchor: int, **extra: Any) -> None:
        self.anchor = anchor
        super().__init__(column, Value(anchor, output_field=WHOLE), **extra)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        template = "(CAST(STRFTIME('%%%%s', %(expressions)s))"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") AS INTEGER) - (", **extra)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        column = self.source_expressions[0]
        stamp = datetime.fromtimestamp(self.anchor, UTC).strftime("%Y-%m-%d %H:%M:%S")
        swapped = self.copy()
        swapped.source_expressions = [Value(stamp), column]
        return super(SecondsSince, swapped).as_sql(
            compiler, connection, template="TIMESTAMPDIFF(SECOND, %(expressions)s)", **extra
        )


class WholeDivision(Func):
    """Quotient of two non-negative whole numbers, the remainder dropped."""

    output_field = WHOLE
    template = "(%(expressions)s)"
    arg_joiner = " / "

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, arg_joiner=" DIV ", **extra)
