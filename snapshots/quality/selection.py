"""Which problems of the quality log a question is about: a place, a span of local days, a source, a least length."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Case, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from core.periods import Days, Period, days_of
from parks.models import Park, Ride
from snapshots.models import DataQualityLog, DataSource, LogType

PARK, RIDE = "park", "ride"
Rows = QuerySet[DataQualityLog]


class SecondsBetween(Func):
    """Whole seconds from one instant column to another, counted by the database itself on both of them."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        first, last = self.source_expressions
        turned = self.copy()
        turned.source_expressions = [last, first]
        template = "(STRFTIME('%%%%s', %(expressions)s))"
        return super(SecondsBetween, turned).as_sql(
            compiler, connection, template=template, arg_joiner=") - STRFTIME('%%s', ", **extra
        )

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="TIMESTAMPDIFF(SECOND, %(expressions)s)", **extra)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; None: whatever it is. A day is the park's own, the site's where a problem is of no park."""

    now: datetime
    period: Period | None = None
    days: Days | None = None
    park: Park | None = None
    ride: Ride | None = None
    least: timedelta | None = None
    source: DataSource | None = None
    import_id: str | None = None

    @property
    def has_window(self) -> bool:
        return self.period is not None or self.days is not None

    def days_in(self, zone: str) -> Days | None:
        return days_of(self.period, self.now, zone) if self.period else self.days

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """[start, end) in UTC of the days asked for, in a zone; only for a selection that has a window."""
        days = self.days_in(zone)
        if days is None:
            raise ValueError("there is no window")
        return days.utc_range(zone)


def parts_of(rows: Rows, asked: Selection) -> Iterator[Rows]:
    """The rows asked for as disjoint parts, each a range of an index. Every row of the first begins after all others.

    A problem belongs to a window in which it begins. A gap belongs to every window that it reaches into: the
    second part has those that began before and have ended, the third those that have not.
    """
    chosen = long_enough(of_source(of_place(rows, asked), asked), asked)
    if not asked.has_window:
        yield chosen
        return
    zones = [asked.park.timezone] if asked.park else zones_of_parks()
    bounds = {zone: asked.bounds(zone) for zone in {*zones, *([] if asked.park else [settings.SITE_TIME_ZONE])}}
    earliest, latest = min(start for start, _ in bounds.values()), max(end for _, end in bounds.values())
    yield in_own_days(chosen.filter(timestamp_start__gte=earliest, timestamp_start__lt=latest), bounds)
    # Wrapped, so that the end chooses the index: nearly all gaps began before a window, few of them reach into it.
    before = chosen.alias(begun=Coalesce("timestamp_start", "timestamp_start")).filter(begun__lt=earliest)
    gaps = before.filter(issue_type=LogType.GAP)
    yield in_own_days(gaps.filter(timestamp_end__gt=earliest), bounds)
    yield in_own_days(gaps.filter(timestamp_end=None), bounds)


def zones_of_parks() -> list[str]:
    return list(Park.objects.order_by().values_list("timezone", flat=True).distinct())


def in_own_days(rows: Rows, bounds: dict[str, tuple[datetime, datetime]]) -> Rows:
    """Those of the rows that lie in the window of their own zone."""
    if len(bounds) == 1:
        ((start, end),) = bounds.values()
        return rows.filter(overlapping(start, end))
    # What every zone agrees on needs no look at the park.
    last_start, first_end = max(start for start, _ in bounds.values()), min(end for _, end in bounds.values())
    agreed = overlapping(last_start, first_end) if last_start < first_end else Q(pk__in=[])
    park = Park.objects.filter(pk=OuterRef("entity_id")).values("timezone")
    ride = Ride.objects.filter(pk=OuterRef("entity_id")).values("park__timezone")
    zoned = rows.alias(
        zone=Coalesce(
            Case(When(entity_type=PARK, then=Subquery(park)), When(entity_type=RIDE, then=Subquery(ride))),
            Value(settings.SITE_TIME_ZONE),
        )
    ).alias(
        own_start=Case(*(When(zone=zone, then=Value(start)) for zone, (start, _) in bounds.items())),
        own_end=Case(*(When(zone=zone, then=Value(end)) for zone, (_, end) in bounds.items())),
    )
    return zoned.filter(agreed | overlapping(F("own_start"), F("own_end")))


def overlapping(start: datetime | F, end: datetime | F) -> Q:
    is_open = Q(issue_type=LogType.GAP) & (Q(timestamp_end__gt=start) | Q(timestamp_end=None))
    return Q(timestamp_start__lt=end) & (Q(timestamp_start__gte=start) | is_open)


def of_place(rows: Rows, asked: Selection) -> Rows:
    """Of a ride; or of a park and its rides; a query for the latter."""
    if asked.ride is not None:
        return rows.filter(entity_type=RIDE, entity_id=asked.ride.pk)
    if asked.park is None:
        return rows
    # Ids, not a subquery: they are ranges of one index.
    rides = list(Ride.objects.filter(park=asked.park).values_list("pk", flat=True))
    return rows.filter(Q(entity_type=PARK, entity_id=asked.park.pk) | Q(entity_type=RIDE, entity_id__in=rides))


def of_source(rows: Rows, asked: Selection) -> Rows:
    """Problems of live collection belong to no import."""
    if asked.import_id is not None:
        rows = rows.filter(import_id=asked.import_id)
    if asked.source is None:
        return rows
    return rows.filter(import_id__isnull=asked.source == DataSource.LIVE)


def long_enough(rows: Rows, asked: Selection) -> Rows:
    """Gaps of at least that length, and everything that is no gap. One that has not ended lasts until now."""
    if asked.least is None:
        return rows
    is_long = Q(length__gte=int(asked.least.total_seconds()))
    lasting = Q(timestamp_end=None, timestamp_start__lte=asked.now - asked.least)
    measured = rows.alias(length=SecondsBetween("timestamp_start", "timestamp_end"))
    return measured.filter(~Q(issue_type=LogType.GAP) | is_long | lasting)
