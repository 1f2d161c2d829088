"""Column types and checks that Django does not have, the same on both databases."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# What a column takes when it is set, and gives when it is read: Django's fields have these parameters only for mypy.
Given_contra = TypeVar("Given_contra", contravariant=True)
Read_co = TypeVar("Read_co", covariant=True)

if TYPE_CHECKING:
    _CharField = models.CharField
    _DateTimeField = models.DateTimeField
else:

    class _CharField(models.CharField, Generic[Given_contra, Read_co]): ...

    class _DateTimeField(models.DateTimeField, Generic[Given_contra, Read_co]): ...


class EnumField(_CharField[Given_contra, Read_co]):
    """A text choice stored in one byte: ENUM on MariaDB/MySQL, VARCHAR on SQLite.

    The database itself refuses other values on MariaDB (strict mode); on SQLite the model adds a check.
    """

    # The choices are part of the column there: a migration that changes them alone is none for Django's text fields.
    non_db_attrs = tuple(name for name in models.CharField.non_db_attrs if name != "choices")

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if connection.vendor != "mysql":
            return super().db_type(connection)
        choices = self.flatchoices
        return "enum({})".format(",".join(f"'{value}'" for value, _ in choices))


class SecondField(_DateTimeField[Given_contra, Read_co]):
    """An instant to the second: DATETIME without fraction. Fractions are cut off, never rounded."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "datetime" if connection.vendor == "mysql" else super().db_type(connection)

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        # MariaDB and MySQL round fractions, which could move an observation into the next day.
        return prepared.replace(microsecond=0) if isinstance(prepared, datetime) else prepared


def one_of(column: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """A check that `column` is NULL or one of the choices."""
    inside = models.Q(**{f"{column}__in": choices.values})
    return models.CheckConstraint(condition=models.Q(**{f"{column}__isnull": True}) | inside, name=name)


def in_range(column: str, low: int, high: int, name: str) -> models.CheckConstraint:
    """A check that `column` is NULL or within low..high."""
    inside = models.Q(**{f"{column}__gte": low, f"{column}__lte": high})
    return models.CheckConstraint(condition=models.Q(**{f"{column}__isnull": True}) | inside, name=name)
