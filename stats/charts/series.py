"""What a chart or heatmap shows: the parks or rides that stand out most, each with one value per column (R-20).

Here the columns are dates; those by the clock are in `hourly_series`. A value is null where nothing was measured. The
figure of the whole span comes from its seconds, as every figure (N-2), so it is that of the lists.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from django.conf import settings

from core.periods import Asked, Days
from core.rounding import half_up
from parks.models import Park, Ride
from snapshots.score import score_over
from stats.measures.hours import daily_labels
from stats.measures.ride_measures import hours, mean_of
from stats.measures.windows import listed_days
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.period_sums import park_sums, ride_sums, scored_days
from stats.readings.selection import attractions_by_id


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
    """One park or ride (its park and classification loaded), and the dates that it shows: days of its own park."""

    entity: Park | Ride
    values: tuple[Decimal | None, ...]
    total: Decimal | None  # of the whole span: score, minutes, hours down per column that is known; not rounded
    days: Days
    last_is_partial: bool = False  # the last value is that of an hour, or of ten minutes, that still runs

    @property
    def zone(self) -> str:
        return zone_of(self.entity)


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
    """The attractions in this order, also those that are no longer active (N-15); one query."""
    known = attractions_by_id(parks, ids, former=True)
    return [known[pk] for pk in ids]


def zone_of(entity: Park | Ride) -> str:
    return entity.timezone if isinstance(entity, Park) else entity.park.timezone


def hours_a_column(seconds: Sequence[int]) -> Decimal | None:
    """Mean hours down of the columns that are known; None: none is."""
    return Decimal(sum(seconds)) / 3600 / len(seconds) if seconds else None


# -- days ------------------------------------------------------------------------------------------------


def value_of_day(kind: Kind, figure: Decimal) -> Decimal:
    """A figure as it is plotted: the score with one decimal (Q13), hours with two, whole minutes."""
    if kind == Kind.RIDE_DOWNTIME:
        return hours(int(figure))
    return half_up(figure, 0 if kind.is_wait else 1)


def daily_chart(kind: Kind, parks: list[Park], period: Asked, limit: int, now: datetime) -> Chart:
    """The dates of a week or month of the site's calendar, each park's own days of them (N-1); at most four
    queries."""
    days = listed_days(period, now)
    figures = figures_over_days(kind, parks, days)
    ids = best(figures, limit)
    entities = listed_parks(parks, ids) if kind.is_of_parks else listed_rides(parks, ids)
    stored = stored_values(kind, entities, days)
    lines = []
    for entity in entities:
        values: list[Decimal | None] = [None] * ((days.last - days.first).days + 1)
        for day, figure in stored[entity.pk]:
            values[(day - days.first).days] = value_of_day(kind, figure)
        total: Decimal | None = figures[entity.pk]
        if kind == Kind.RIDE_DOWNTIME:
            total = hours_a_column([int(figure) for _, figure in stored[entity.pk]])
        lines.append(Line(entity, tuple(values), total, days))
    return Chart(tuple(daily_labels(days)), tuple(lines))


def figures_over_days(kind: Kind, parks: list[Park], days: Days) -> dict[int, Decimal]:
    """Parks by their score (R-10.4) or wait, attractions by all their seconds down or by their wait (N-4); those
    without one are missing. At most two queries, which the lists of these dates have in common."""
    figures: dict[int, Decimal | None]
    if kind == Kind.PARK_SCORE:
        figures = {pk: park.score for pk, park in park_sums(parks, days).items()}
    elif kind == Kind.PARK_WAIT:
        figures = {pk: park.waits.average for pk, park in park_sums(parks, days).items()}
    elif kind == Kind.RIDE_DOWNTIME:
        figures = {pk: Decimal(ride.down_seconds) for pk, ride in ride_sums(parks, days).items()}
    else:
        figures = {pk: ride.waits.average for pk, ride in ride_sums(parks, days).items()}
    return {pk: figure for pk, figure in figures.items() if figure is not None}


def stored_values(
    kind: Kind, entities: Sequence[Park] | Sequence[Ride], days: Days
) -> Mapping[int, list[tuple[date, Decimal]]]:
    """The figures of stored days, where there is one, by park or ride: score, minutes or seconds down; one query."""
    owner = "park_id" if kind.is_of_parks else "ride_id"
    model: Any = ParkDailyStats if kind.is_of_parks else RideDailyStats
    chosen = model.objects.filter(
        **{f"{owner}__in": [entity.pk for entity in entities]},
        stat_date__range=(days.first, days.last),
        metrics_version=settings.METRICS_VERSION,
    ).order_by("stat_date")
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for pk, day, *sums in chosen.values_list(owner, "stat_date", *READ[kind]):
        figure = figure_of_day(kind, [int(each or 0) for each in sums])
        if figure is not None:
            found[pk].append((day, figure))
    return found


WAITS = ("wait_minute_seconds", "wait_seconds")
READ = {
    Kind.PARK_SCORE: ("total_rides_tracked", "effective_park_weight", "ride_seconds", "weighted_down_seconds"),
    Kind.PARK_WAIT: WAITS,
    Kind.RIDE_DOWNTIME: ("open_seconds", "down_seconds"),
    Kind.RIDE_WAIT: WAITS,
}


def figure_of_day(kind: Kind, sums: list[int]) -> Decimal | None:
    """Of the columns in `READ`; None: the park did not open, the ride was not known in it, or nothing above 0 was
    posted."""
    if kind == Kind.PARK_SCORE:
        return score_over([scored_days(*sums)])
    if kind == Kind.RIDE_DOWNTIME:
        known, down = sums
        return Decimal(down) if known else None
    return mean_of(*sums)
