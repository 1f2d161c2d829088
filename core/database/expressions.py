"""Arithmetic on instants inside the database, with whole numbers on both of them."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Func, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler


class PlainInteger(BigIntegerField):  # type: ignore[type-arg]
    """A whole number as the driver gives it: a sum may be a Decimal, and no conversion is called per value."""

    def get_internal_type(self) -> str:
        return "PlainNumber"


WHOLE = PlainInteger()
# What TO_SECONDS of MariaDB and MySQL says at the start of 1970.
YEAR_0_TO_1970 = 719_528 * 86_400


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
        # TIMESTAMPDIFF says the same and takes a quarter longer.
        counted = self.copy()
        counted.source_expressions = [self.source_expressions[0], Value(self.anchor + YEAR_0_TO_1970, WHOLE)]
        return super(SecondsSince, counted).as_sql(
            compiler, connection, template="(TO_SECONDS(%(expressions)s)", arg_joiner=") - ", **extra
        )


class WholeSum(Sum):
    """A sum of whole numbers below 2^53."""

    def __init__(self, column: str | Combinable, **extra: Any) -> None:
        super().__init__(column, output_field=WHOLE, **extra)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        # Of whole numbers the server makes a decimal sum, which is slower than a binary one.
        return self.as_sql(compiler, connection, template="SUM(%(expressions)s + 0e0)", **extra)


class WholeDivision(Func):
    """Quotient of two non-negative whole numbers, the remainder dropped."""

    output_field = WHOLE
    template = "(%(expressions)s)"
    arg_joiner = " / "

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, arg_joiner=" DIV ", **extra)
