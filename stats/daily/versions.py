"""What would change if the daily rows of another metrics version were the ones that count (section 25 of the rules).

A day is compared at a time, so memory holds one day of both versions and the largest changes, however long the range.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from parks.models import Park
from stats.models import ParkDailyStats, RideDailyStats

Value = Decimal | int | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of the daily rows whose change matters."""

    entity: str  # "park" or "ride"
    column: str

    @property
    def name(self) -> str:
        return f"{self.entity} {self.column}"


FIGURES = (
    Figure("park", "shame_score"),
    Figure("park", "total_downtime_hours"),
    Figure("park", "avg_wait_time"),
    Figure("park", "peak_wait_time"),
    Figure("park", "operating_hours_minutes"),
    Figure("ride", "operating_hours_minutes"),
    Figure("ride", "downtime_minutes"),
    Figure("ride", "uptime_percentage"),
    Figure("ride", "opening_delay_minutes"),
    Figure("ride", "unknown_minutes"),
    Figure("ride", "avg_wait_time"),
    Figure("ride", "peak_wait_time"),
    Figure("ride", "longest_downtime_minutes"),
)
ENTITIES = ("park", "ride")
# Why figures move, by the version whose rules move them: once for those of both entities.
FROM_SECONDS = "summed from exact seconds, rounded once (N-2)"
HELD_OPEN = "several witnesses hold a park open (N-8), absent is unknown (N-7)"
POSTED_WAITS = "waits above zero of what operates in the open park, weighted by time (N-4)"
REASONS: Mapping[int, Mapping[str, str]] = {
    2: {
        "shame_score": f"{FROM_SECONDS}; {HELD_OPEN}",
        "total_downtime_hours": f"{FROM_SECONDS}; {HELD_OPEN}",
        "avg_wait_time": f"{POSTED_WAITS}; a park's over its attractions, not the mean of their means",
        "peak_wait_time": POSTED_WAITS,
        "operating_hours_minutes": f"{HELD_OPEN}; a park's is {FROM_SECONDS}",
        "downtime_minutes": HELD_OPEN,
        "uptime_percentage": HELD_OPEN,
        "opening_delay_minutes": f"{HELD_OPEN}; what broke down the day before is none (N-11)",
        "unknown_minutes": HELD_OPEN,
        "longest_downtime_minutes": HELD_OPEN,
    }
}


def reasons(figure: Figure, old: int, new: int) -> str:
    """Why a figure may differ between two versions, as far as their rules are known; "" when they are not."""
    low, high = sorted((old, new))
    named = (REASONS[version].get(figure.column) for version in sorted(REASONS) if low < version <= high)
    return "; ".join(filter(None, named))


@dataclass(frozen=True, slots=True)
class Scope:
    """Which daily rows are compared: of a range of park-local dates, of all parks or of one."""

    old: int  # the metrics versions
    new: int
    first: date | None = None
    last: date | None = None
    park: Park | None = None

    def rows(self, entity: str) -> QuerySet[Any]:
        """The rows of both versions. A deleted park or ride left rows that nothing can be compared with."""
        model, park = (ParkDailyStats, "park") if entity == "park" else (RideDailyStats, "ride__park")
        rows: QuerySet[Any] = model._default_manager.filter(metrics_version__in=(self.old, self.new))
        rows = rows.exclude(**{entity: None})
        if self.first is not None:
            rows = rows.filter(stat_date__gte=self.first)
        if self.last is not None:
            rows = rows.filter(stat_date__lte=self.last)
        return rows if self.park is None else rows.filter(**{park: self.park})


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of a park or ride on a date that differs between the versions."""

    figure: Figure
    day: date
    entity_id: int
    old: Value
    new: Value

    @property
    def difference(self) -> Decimal | None:
        """New minus old; None when one of them has no value."""
        return None if self.old is None or self.new is None else Decimal(self.new) - self.old

    @property
    def order(self) -> tuple[Decimal, date, int]:
        """Largest first, then by date. No value counts as 0 here: what vanishes is as large as it was."""
        return -abs(Decimal(self.new or 0) - (self.old or 0)), self.day, self.entity_id


@dataclass(slots=True)
class Presence:
    """How many daily rows the versions have in common."""

    both: int = 0
    only_old: int = 0
    only_new: int = 0


@dataclass(slots=True)
class Summary:
    """The changes of one figure, over the daily rows that both versions have."""

    differ: int = 0
    measured: int = 0  # of them those with a value in both versions
    total: Decimal = Decimal(0)
    most: Decimal = Decimal(0)
    largest: list[Change] = field(default_factory=list)

    @property
    def mean(self) -> Decimal | None:
        """Mean absolute difference of the rows that differ; None when none has both values."""
        return self.total / self.measured if self.measured else None

    def take(self, changes: Sequence[Change], limit: int) -> None:
        sizes = [abs(change.difference) for change in changes if change.difference is not None]
        self.differ += len(changes)
        self.measured += len(sizes)
        self.total += sum(sizes)
        self.most = max([self.most, *sizes])
        self.largest = heapq.nsmallest(limit, [*self.largest, *changes], key=lambda change: change.order)


@dataclass(slots=True)
class VersionComparison:
    presence: dict[str, Presence] = field(default_factory=lambda: {entity: Presence() for entity in ENTITIES})
    summaries: dict[Figure, Summary] = field(default_factory=lambda: {figure: Summary() for figure in FIGURES})

    def by_moves(self) -> list[tuple[Figure, Summary]]:
        """The figures that differ in most rows first."""
        return sorted(self.summaries.items(), key=lambda pair: -pair[1].differ)


def dates_of(scope: Scope, version: int) -> set[date]:
    """The dates on which a version has any row of the scope; two queries."""
    found: set[date] = set()
    for entity in ENTITIES:
        rows = scope.rows(entity).filter(metrics_version=version)
        found.update(rows.order_by().values_list("stat_date", flat=True).distinct())
    return found


def compare_versions(
    scope: Scope,
    days: Sequence[date],
    limit: int,
    report: Callable[[Change], object],
    progress: Callable[[int], object],
) -> VersionComparison:
    """Compare both versions on these dates; two queries a date.

    The `limit` largest changes of each figure are kept; `say` gets every change, date after date, and `progress`
    the dates as they are done.
    """
    comparison = VersionComparison()
    for day in days:
        for entity in ENTITIES:
            compare_day(scope, entity, day, limit, comparison, report)
        progress(1)
    return comparison


def compare_day(
    scope: Scope, entity: str, day: date, limit: int, comparison: VersionComparison, report: Callable[[Change], object]
) -> None:
    figures = [figure for figure in FIGURES if figure.entity == entity]
    columns = ("metrics_version", f"{entity}_id", *(figure.column for figure in figures))
    versions: dict[int, dict[int, Sequence[Value]]] = {scope.old: {}, scope.new: {}}
    rows = scope.rows(entity).filter(stat_date=day).order_by()
    for version, pk, *figures_of_row in rows.values_list(*columns):
        versions[version][pk] = figures_of_row
    old, new = versions[scope.old], versions[scope.new]
    common = sorted(old.keys() & new.keys())
    presence = comparison.presence[entity]
    presence.both += len(common)
    presence.only_old += len(old) - len(common)
    presence.only_new += len(new) - len(common)
    for number, figure in enumerate(figures):
        changes = [
            Change(figure, day, pk, old[pk][number], new[pk][number])
            for pk in common
            if old[pk][number] != new[pk][number]
        ]
        comparison.summaries[figure].take(changes, limit)
        for change in changes:
            report(change)
