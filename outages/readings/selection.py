"""Which outages a list shows, in which order, page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, prefetch_related_objects

from core.periods import ONE_DAY
from outages.models import Outage, State
from snapshots.current import LIVE_WINDOW

# A local day lies within its UTC date and so many hours around it.
LONGEST_OFFSET = timedelta(hours=15)
# Two local days: no outage has more.
LONGEST_LASTING = timedelta(hours=51)
BATCH = 2_000  # rows of a file that are read at once
KEYS_AT_ONCE = 500  # SQLite takes an expression of a thousand
# Columns of each order, `-` descending; together they name one row.
ORDERS = {
    "newest": ("-started_at", "-ride_id"),
    "oldest": ("started_at", "ride_id"),
    "longest": ("-total_seconds", "-started_at", "-ride_id"),
    "shortest": ("total_seconds", "started_at", "ride_id"),
}
Place = tuple[Any, ...]  # the values of the order's columns in a row


@dataclass(frozen=True, slots=True)
class Selection:
    """Outages that touch the local days `first` to `last`, of some parks or one ride; None: of all."""

    first: date
    last: date
    version: int
    parks: tuple[int, ...] | None = None
    ride: int | None = None
    kinds: tuple[str, ...] = ()
    least_seconds: int = 0
    is_open: bool = False
    order: str = "newest"
    as_of: datetime | None = None  # what was published then

    def counted(self, now: datetime) -> QuerySet[Outage]:
        """Every row whose seconds lie in the days."""
        begin = datetime.combine(self.first, time.min, UTC) - LONGEST_OFFSET
        until = datetime.combine(self.last + ONE_DAY, time.min, UTC) + LONGEST_OFFSET
        rows = Outage.objects.filter(
            state__in=(State.HOLDS, State.CONTINUES),
            stat_date__range=(self.first, self.last),
            started_at__gte=begin,
            started_at__lt=until,
        )
        if self.parks is not None:
            rows = rows.filter(park__in=self.parks)
        if self.ride is not None:
            rows = rows.filter(ride=self.ride)
        if self.ride is not None or (self.parks is not None and len(self.parks) == 1):
            # A sum is in no index: without statistics SQLite would read all rides of the range instead of these.
            rows = rows.alias(version=F("metrics_version") + 0).filter(version=self.version)
        else:
            rows = rows.filter(metrics_version=self.version)
        if self.kinds:
            rows = rows.filter(kind__in=self.kinds)
        if self.least_seconds:
            rows = rows.filter(total_seconds__gte=self.least_seconds)
        if self.is_open:
            # What lasts began on this day or the one before: the range bounds what is read.
            rows = rows.filter(started_at__gte=now - LONGEST_LASTING, is_lasting=True, ended_at__gte=now - LIVE_WINDOW)
        return rows

    def listed(self, now: datetime) -> QuerySet[Outage]:
        """One row for each outage: the one it began with, or, begun before the first day, what it has of that."""
        return self.counted(now).filter(self.is_listed())

    def is_listed(self) -> Q:
        return Q(state=State.HOLDS) | Q(state=State.CONTINUES, stat_date=self.first)

    def totals(self, now: datetime) -> tuple[int, int]:
        """(outages, seconds down in the days), without limit; one query, which reads the index alone."""
        is_listed = self.is_listed()
        found = (
            self.counted(now).order_by().aggregate(number=Count("started_at", filter=is_listed), total=Sum("seconds"))
        )
        return found["number"], found["total"] or 0

    def page(self, now: datetime, limit: int, after: Place | None = None, skipped: int = 0) -> list[Outage]:
        """At most `limit` rows after a place and some that are skipped, with their rides and parks; four queries.

        The keys are found in the index alone and without a join: MariaDB would begin at the rides, or read every row
        of the range to sort them.
        """
        order = ORDERS[self.order]
        rows = self.listed(now).order_by(*order)
        rows = rows.filter(beyond(order, after)) if after else rows
        keys = list(rows.values_list("ride_id", "started_at", "metrics_version")[skipped : skipped + limit])
        if not keys:
            return []
        parts = [keys[n : n + KEYS_AT_ONCE] for n in range(0, len(keys), KEYS_AT_ONCE)]
        by_key = {(row.ride_id, row.started_at): row for part in parts for row in Outage.objects.filter(pk__in=part)}
        found = [by_key[ride, at] for ride, at, _ in keys]
        prefetch_related_objects(found, "ride", "park")
        return found

    def every(self, now: datetime) -> Iterator[Outage]:
        """All of them, some at a time."""
        place = None
        while found := self.page(now, BATCH, place):
            yield from found
            place = place_of(found[-1], self.order)


def place_of(row: Outage, order: str) -> Place:
    return tuple(getattr(row, name.lstrip("-")) for name in ORDERS[order])


def beyond(order: Sequence[str], place: Place) -> Q:
    """The rows after a place. The first column bounds them by itself: a range that an index can begin at."""
    found, same = Q(), Q()
    for name, value in zip(order, place, strict=True):
        column = name.lstrip("-")
        side = "lt" if name.startswith("-") else "gt"
        found |= same & Q(**{f"{column}__{side}": value})
        same &= Q(**{column: value})
    column, side = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{column}__{side}": place[0]}) & found
