"""What a chart or heatmap shows: the parks or rides that stand out most, each with one value per column (R-20).

Here the columns are dates; those by the clock are in `hourly_series`. A value is null where nothing was measured.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum

from core.periods import Days, Period, days_of
from core.rounding import half_up
from parks.models import Park, Ride
from stats.measures.hours import daily_labels
from stats.measures.ride_measures import hours
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.period_sums import OPENED, park_rows, ride_sums

Sums = dict
from stats.readings.selection import attractions_by_id
from stats.readings.shared import over_days


class Kind(Enum):
    PARK_SCORE = auto()
    PARK_WAIT = auto()
    RIDE_DOWNTIME = auto()
    RIDE_WAIT = auto()

    @property
    def is_of_parks(self) -> bool:
        return self in (Kind.PARK_SCORE, Kind.PARK_WAIT)

    @property
    def is_wait(self) -> bool:
        return self in (Kind.PARK_WAIT, Kind.RIDE_WAIT)


@dataclass(frozen=True, slots=True)
class Line:
    """One park or ride (its park and classification loaded)."""

    entity: Park | Ride
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines in the order of their rank, over one list of columns."""

    labels: tuple[str, ...]
    lines: tuple[Line, ...]


def best(figures: Mapping[int, Decimal], limit: int) -> list[int]:
    """The ids with the largest figures above 0, ties by id (public-api 2.5)."""
    ranked = sorted((-figure, pk) for pk, figure in figures.items() if figure > 0)
    return [pk for _, pk in ranked[:limit]]


def listed_parks(parks: Iterable[Park], ids: Iterable[int]) -> list[Park]:
    """The parks in this order."""
    known = {park.pk: park for park in parks}
    return [known[pk] for pk in ids]


def listed_rides(parks: list[Park], ids: list[int]) -> list[Ride]:
    """The attractions in this order; one query."""
    known = attractions_by_id(parks, ids, former=True)
    return [known[pk] for pk in ids]


# -- days ------------------------------------------------------------------------------------------------

COLUMNS = {
    Kind.PARK_SCORE: "shame_score",
    Kind.PARK_WAIT: "avg_wait_time",
    Kind.RIDE_DOWNTIME: "downtime_minutes",
    Kind.RIDE_WAIT: "avg_wait_time",
}
# The figures of `period_sums.RIDE_SUMS`: total and days.
RIDE_SUMS = {
    Kind.RIDE_DOWNTIME: ("down_minutes", "days"),
    Kind.RIDE_WAIT: ("open_waits", "open_wait_days"),
}


def value_of_day(kind: Kind, stored: Decimal | int) -> Decimal:
    """A stored figure as it is plotted: the score with one decimal (Q13), hours with two, whole minutes."""
    if kind == Kind.RIDE_DOWNTIME:
        return hours(int(stored) * 60)
    return half_up(stored, 0 if kind.is_wait else 1)


def daily_chart(kind: Kind, parks: list[Park], period: Period, limit: int, now: datetime) -> Chart:
    """The dates of a week or month that is over, each park's own (R-3.1); at most four queries.

    While the parks' zones are in different weeks or months the columns are those of both.
    """
    ids = most_over_days(kind, parks, lambda zone: days_of(period, now, zone), limit)
    entities = listed_parks(parks, ids) if kind.is_of_parks else listed_rides(parks, ids)
    zones = {zone_of(entity) for entity in entities} or {settings.SITE_TIME_ZONE}
    spans = {zone: days_of(period, now, zone) for zone in zones}
    axis = Days(min(days.first for days in spans.values()), max(days.last for days in spans.values()))
    stored = stored_values(kind, entities, axis)
    lines = []
    for entity in entities:
        values: list[Decimal | None] = [None] * ((axis.last - axis.first).days + 1)
        own = spans[zone_of(entity)]
        for day, value in stored[entity.pk]:
            if own.first <= day <= own.last:
                values[(day - axis.first).days] = value_of_day(kind, value)
        lines.append(Line(entity, tuple(values)))
    return Chart(tuple(daily_labels(axis)), tuple(lines))


def zone_of(entity: Park | Ride) -> str:
    return entity.timezone if isinstance(entity, Park) else entity.park.timezone


def most_over_days(kind: Kind, parks: list[Park], dates: Days, limit: int) -> list[int]:
    return best(figures_over_days(parks, dates, kind), limit)


@over_days
def figures_over_days(parks: list[Park], dates: Days, kind: Kind) -> Mapping[int, Decimal]:
    """Parks by mean score (R-10.4) or wait, attractions by all their downtime or by mean wait; at most two queries.

    Days on which the park was closed are left out (A-10).
    """
    sums: dict[str, Any] = {"total": Sum(COLUMNS[kind]), "days": Count(COLUMNS[kind])}
    if kind.is_of_parks:
        parks_of_period = park_rows(parks, dates).filter(OPENED).values("park_id").annotate(**sums)
        found: dict[int, Sums] = {row["park_id"]: row for row in parks_of_period}
    else:
        total, days = RIDE_SUMS[kind]
        rides = ride_sums(parks, dates)
        found = {pk: {"total": row[total], "days": row[days]} for pk, row in rides.items()}
    figures = {}
    for pk, row in found.items():
        if row["days"]:
            figures[pk] = Decimal(row["total"]) / (1 if kind == Kind.RIDE_DOWNTIME else row["days"])
    return figures


def stored_values(
    kind: Kind, entities: list[Park] | list[Ride], axis: Days
) -> Mapping[int, list[tuple[date, Decimal | int]]]:
    """What is stored of days on which the park opened, by park or ride; one query."""
    owner, column = owner_of(kind), COLUMNS[kind]
    rows: QuerySet[ParkDailyStats] | QuerySet[RideDailyStats]
    rows = ParkDailyStats.objects.all() if kind.is_of_parks else RideDailyStats.objects.all()
    chosen = rows.filter(
        OPENED,
        **{f"{owner}__in": [entity.pk for entity in entities], f"{column}__isnull": False},
        stat_date__range=(axis.first, axis.last),
        metrics_version=settings.METRICS_VERSION,
    )
    found: dict[int, list[tuple[date, Decimal | int]]] = defaultdict(list)
    for pk, day, value in chosen.values_list(owner, "stat_date", column):
        found[pk].append((day, value))
    return found


def owner_of(kind: Kind) -> str:
    return "park_id" if kind.is_of_parks else "ride_id"
