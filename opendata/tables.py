"""What is published: the tables, their columns, types and meanings, all from the models."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.database.dictionary import remarks, unit_of
from core.instants import instant
from core.zones import day_start
from outages.addresses import address_of
from outages.models import Outage
from parks.models import Park, ParkSchedule, Ride
from snapshots.models import ParkActivitySnapshot, QueueData, RideStatusSnapshot
from snapshots.storage.partitions import next_month
from stats.models import ParkDailyStats, RideDailyStats
from weather.models import WeatherObservation

Field: TypeAlias = "models.Field[Any, Any]"

TYPES = {
    "BooleanField": "BOOLEAN",
    "SmallAutoField": "SMALLINT",
    "SmallIntegerField": "SMALLINT",
    "PositiveSmallIntegerField": "USMALLINT",
    "AutoField": "INTEGER",
    "IntegerField": "INTEGER",
    "PositiveIntegerField": "UINTEGER",
    "BigAutoField": "BIGINT",
    "BigIntegerField": "BIGINT",
    "FloatField": "DOUBLE",
    "DateField": "DATE",
}
INSTANT, CLOCK = "TIMESTAMPTZ", "TIMESTAMP"


class Column(NamedTuple):
    name: str
    type: str  # of DuckDB, and so of the file
    means: str
    unit: str
    path: str = ""  # of the ORM; "": made of the others


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the publication; a month of it is one file, the whole of it where it has no months."""

    name: str
    model: type[models.Model]
    means: str
    paths: tuple[str, ...]  # the columns, as the ORM calls them
    order: tuple[str, ...]  # no two rows are alike in it: the same rows make the same file
    park: str  # how the ORM finds the park of a row
    month_of: str = ""  # the column that says in which month a row lies: an instant in UTC, or a local date
    clock_of: str = ""  # the instant that also stands there in the clock time of the park
    seconds: str = ""  # what a month's rows add up to, for checks
    made: tuple[Column, Callable[[dict[str, Any]], str]] | None = None

    @property
    def columns(self) -> list[Column]:
        found = [column_of(self.model, path) for path in self.paths]
        if self.clock_of:
            beside = 1 + next(n for n, column in enumerate(found) if column.path == self.clock_of)
            text = f"`{self.clock_of}` by the clock of the park, without a zone"
            found.insert(beside, Column("local_time", CLOCK, text, ""))
        return [self.made[0], *found] if self.made else found

    def rows(self, month: date | None, parks: list[int]) -> models.QuerySet[Any]:
        """Of one month, of these parks, in their order."""
        chosen = Q(**{f"{self.park}__in": parks})
        if month is not None:
            start, end = self.bounds(month)
            chosen &= Q(**{f"{self.month_of}__gte": start, f"{self.month_of}__lt": end})
        if any(field.name == "metrics_version" for field in self.model._meta.concrete_fields):
            chosen &= Q(metrics_version=settings.METRICS_VERSION)
        return self.model._default_manager.filter(chosen).order_by(*self.order)

    def bounds(self, month: date) -> tuple[date | datetime, date | datetime]:
        """[first, end) of a month in this table."""
        after = next_month(month)
        if self.model._meta.get_field(self.month_of).get_internal_type() == "DateField":
            return month, after
        return day_start(month, "UTC"), day_start(after, "UTC")


def field_of(model: type[models.Model], path: str) -> Field:
    *through, last = path.split("__")
    for name in through:
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]
    return next(field for field in model._meta.concrete_fields if last in (field.attname, field.name))


remarks_of = cache(remarks)  # they are read from the source


@cache
def column_of(model: type[models.Model], path: str) -> Column:
    field = field_of(model, path)
    remark = remarks_of(field.model).get(field.name, "")
    means = "; ".join(part.rstrip(".") for part in (str(field.help_text), remark) if part)
    name = "id" if field.primary_key else field.attname
    name = f"{model._meta.model_name}_id" if name == "id" else name
    return Column(name, type_of(field), means, unit_of(field), path)


def type_of(field: Field) -> str:
    if isinstance(field, models.ForeignKey):
        return type_of(field.target_field)
    if isinstance(field, models.DateTimeField):
        return INSTANT
    if isinstance(field, models.DecimalField):
        return f"DECIMAL({field.max_digits},{field.decimal_places})"
    return TYPES.get(field.get_internal_type(), "VARCHAR")


def address(row: dict[str, Any]) -> str:
    return address_of(row["ride_id"], instant(row["started_at"]))


def all_but(model: type[models.Model], *left_out: str) -> tuple[str, ...]:
    return tuple(
        field.attname
        for field in model._meta.concrete_fields
        if field.name not in {"created_at", "updated_at", *left_out}
    )


TABLES = (
    Table(
        name="observations",
        model=RideStatusSnapshot,
        means="what each ride reported, from an instant, for so many seconds",
        paths=all_but(RideStatusSnapshot, "pk"),
        order=("ride_id", "recorded_at"),
        park="park_id",
        month_of="recorded_at",
        clock_of="recorded_at",
        seconds="duration_seconds",
    ),
    Table(
        name="queues",
        model=QueueData,
        means="what each ride reported of a queue besides the standby line",
        paths=("ride_id", "recorded_at", "ride__park_id", *all_but(QueueData, "pk", "ride", "recorded_at")),
        order=("ride_id", "recorded_at", "queue_type"),
        park="ride__park_id",
        month_of="recorded_at",
        clock_of="recorded_at",
    ),
    Table(
        name="park_activity",
        model=ParkActivitySnapshot,
        means="each park at each observation: open or not, rides, waits, score",
        paths=all_but(ParkActivitySnapshot, "id"),
        order=("park_id", "recorded_at"),
        park="park_id",
        month_of="recorded_at",
        clock_of="recorded_at",
        seconds="duration_seconds",
    ),
    Table(
        name="outages",
        model=Outage,
        means="every spell down in the open park; its page is /outages/ and its id",
        paths=all_but(Outage, "pk"),
        order=("ride_id", "started_at"),
        park="park_id",
        month_of="stat_date",
        clock_of="started_at",
        seconds="seconds",
        made=(Column("outage_id", "VARCHAR", "its public id", ""), address),
    ),
    Table(
        name="ride_days",
        model=RideDailyStats,
        means="each ride on each park-local date",
        paths=("ride_id", "ride__park_id", *all_but(RideDailyStats, "id", "ride")),
        order=("ride_id", "stat_date"),
        park="ride__park_id",
        month_of="stat_date",
        seconds="down_seconds",
    ),
    Table(
        name="park_days",
        model=ParkDailyStats,
        means="each park on each of its local dates",
        paths=all_but(ParkDailyStats, "id"),
        order=("park_id", "stat_date"),
        park="park_id",
        month_of="stat_date",
        seconds="down_seconds",
    ),
    Table(
        name="schedules",
        model=ParkSchedule,
        means="the planned windows of each park, as known at last",
        paths=("park_id", "schedule_date", "schedule_type", "opening_time", "closing_time"),
        order=("park_id", "schedule_date", "schedule_type", "opening_time", "id"),
        park="park_id",
        month_of="schedule_date",
    ),
    Table(
        name="weather",
        model=WeatherObservation,
        means="the weather at each park by the hour",
        paths=all_but(WeatherObservation, "id", "collected_at"),
        order=("park_id", "observation_time"),
        park="park_id",
        month_of="observation_time",
        clock_of="observation_time",
    ),
    Table(
        name="parks",
        model=Park,
        means="the parks",
        paths=all_but(Park),
        order=("id",),
        park="id",
    ),
    Table(
        name="rides",
        model=Ride,
        means="the rides, those that are gone included, with tier, place and height as last known",
        paths=(
            *all_but(Ride),
            *("classification__tier_weight", "metadata__latitude", "metadata__longitude"),
            *("metadata__indoor_outdoor", "metadata__height_min_cm", "metadata__height_max_cm"),
        ),
        order=("id",),
        park="park_id",
    ),
)
BY_NAME = {table.name: table for table in TABLES}
