"""Parks and rides with clearly less or more downtime than in the period before (R-18, public-api 4.12)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from django.conf import settings
from django.db.models import TextChoices

from core.periods import Days, Period, days_of
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park, Ride
from stats.answers.trends import TrendCategory, trend_category
from stats.measures.ride_measures import percent_change
from stats.measures.spans import Minutes, ParkSpan, RideDay, RideSpan, park_span, ride_spans
from stats.measures.windows import days_before
from stats.readings.identity import Row, number
from stats.readings.period_sums import all_ride_sums
from stats.readings.selection import attractions_by_id, chosen_parks, park_by_attraction, parks_to_read
from stats.readings.today import rides_today

PERCENTAGE = {TrendCategory.IMPROVING: "improvement_percentage", TrendCategory.DECLINING: "decline_percentage"}

Span = TypeVar("Span", RideSpan, ParkSpan)


class TrendList(TextChoices):
    PARKS_IMPROVING = "parks-improving"
    PARKS_DECLINING = "parks-declining"
    RIDES_IMPROVING = "rides-improving"
    RIDES_DECLINING = "rides-declining"

    @property
    def entities(self) -> str:
        """ "parks" or "rides": the key under which the rows are sent."""
        return self.value.partition("-")[0]

    @property
    def category(self) -> TrendCategory:
        return TrendCategory(self.value.partition("-")[2])


class ComparedPeriods(Shape):
    """The dates that are compared."""

    current_period: Annotated[str, describe("YYYY-MM-DD to YYYY-MM-DD, in the site's time zone")]
    previous_period: str


class TrendRow(Shape):
    queue_times_id: int | None
    queue_times_url: Annotated[str | None, describe(format="uri")]
    current_uptime: Annotated[float, describe("percent, two decimals")]
    previous_uptime: Annotated[float, describe("percent, two decimals")]
    improvement_percentage: Annotated[
        float | UnsetType, describe("by how much downtime fell, in percent; improving only")
    ] = UNSET
    decline_percentage: Annotated[
        float | UnsetType, describe("by how much downtime rose, in percent; declining only")
    ] = UNSET
    current_downtime_hours: Annotated[float, describe("parks: ride-hours, two decimals; rides: not rounded")]
    previous_downtime_hours: float


class ParkTrendRow(TrendRow):
    park_id: int
    park_name: str
    location: str


class RideTrendRow(TrendRow):
    ride_id: int
    ride_name: str
    park_name: str
    park_queue_times_id: int | None


Rows = list[ParkTrendRow] | list[RideTrendRow]


def trend_list(asked: TrendList, period: Period, disney_universal_only: bool, limit: int, now: datetime) -> Rows:
    """Rows of `/api/trends`, the strongest change first, then by id; at most six queries.

    A period is compared with the one before of its kind, today so far with the whole of yesterday.
    """
    return trend_lists([asked], period, disney_universal_only, limit, now)[asked]


def trend_lists(
    asked: Collection[TrendList], period: Period, disney_universal_only: bool, limit: int, now: datetime
) -> dict[TrendList, Rows]:
    """`trend_list` of several lists of parks, or of rides, for the price of one."""
    parks = chosen_parks(disney_universal_only)
    trends: Trends = park_trends if all(each.entities == "parks" for each in asked) else ride_trends
    found = trends(parks, period, [each.category for each in asked], limit, now)
    return {each: found[each.category] for each in asked}


def comparison(period: Period, now: datetime) -> ComparedPeriods:
    """As seen in the site's time zone (R-3.1)."""
    zone = settings.SITE_TIME_ZONE
    return ComparedPeriods(
        current_period=in_words(days_of(period, now, zone)),
        previous_period=in_words(days_before(period, now, zone)),
    )


def in_words(days: Days) -> str:
    return f"{days.first} to {days.last}"


# -- rows ------------------------------------------------------------------------------------------------


Categories = Collection[TrendCategory]
Trends = Callable[[list[Park], Period, Categories, int, datetime], Mapping[TrendCategory, Rows]]


def park_trends(
    parks: list[Park], period: Period, categories: Categories, limit: int, now: datetime
) -> dict[TrendCategory, list[ParkTrendRow]]:
    """Of parks: sums over their active rides of every category (R-15.2, R-5.6)."""
    rides = Ride.objects.active().filter(park__in=[park.pk for park in parks])
    park_by_ride = dict(rides.values_list("pk", "park_id"))
    current, previous = (by_park(spans, park_by_ride) for spans in compared(park_by_ride, parks, period, now))
    known = {park.pk: park for park in parks}
    return {
        category: [
            ParkTrendRow(
                park_id=pk,
                park_name=known[pk].name,
                location=known[pk].location,
                queue_times_id=known[pk].queue_times_id,
                queue_times_url=known[pk].queue_times_url,
                current_uptime=number(current[pk].avg_uptime_percentage),
                previous_uptime=number(previous[pk].avg_uptime_percentage),
                current_downtime_hours=number(current[pk].total_downtime_hours),
                previous_downtime_hours=number(previous[pk].total_downtime_hours),
                **percentage(category, change),
            )
            for pk, change in strongest(current, previous, lambda span: span.total_downtime_hours, category)[:limit]
        ]
        for category in categories
    }


def ride_trends(
    parks: list[Park], period: Period, categories: Categories, limit: int, now: datetime
) -> dict[TrendCategory, list[RideTrendRow]]:
    """Of attractions; their hours are not rounded."""
    current, previous = compared(park_by_attraction(parks), parks, period, now)
    changes = {
        category: strongest(current, previous, lambda span: span.downtime_minutes, category)[:limit]
        for category in categories
    }
    known = attractions_by_id(parks, [pk for found in changes.values() for pk, _ in found])
    return {
        category: [
            RideTrendRow(
                ride_id=pk,
                ride_name=known[pk].name,
                park_name=known[pk].park.name,
                queue_times_id=known[pk].queue_times_id,
                park_queue_times_id=known[pk].park.queue_times_id,
                queue_times_url=known[pk].queue_times_url,
                current_uptime=number(current[pk].uptime_percentage),
                previous_uptime=number(previous[pk].uptime_percentage),
                current_downtime_hours=float(Decimal(current[pk].downtime_minutes) / 60),
                previous_downtime_hours=float(Decimal(previous[pk].downtime_minutes) / 60),
                **percentage(category, change),
            )
            for pk, change in found
        ]
        for category, found in changes.items()
    }


def percentage(category: TrendCategory, change: Decimal) -> Row:
    """The key of the category and by how much downtime changed."""
    return {PERCENTAGE[category]: number(abs(change))}


def strongest(
    current: Mapping[int, Span],
    previous: Mapping[int, Span],
    downtime: Callable[[Span], Minutes],
    category: TrendCategory,
) -> list[tuple[int, Decimal]]:
    """(id, change of downtime in percent) of what has both spans and is in the category, strongest first."""
    found = []
    for pk in current.keys() & previous.keys():
        change = percent_change(downtime(current[pk]), downtime(previous[pk]), digits=2)
        if change is not None and trend_category(change) == category:
            found.append((pk, change))
    return sorted(found, key=lambda pair: (-abs(pair[1]), pair[0]))


# -- spans -----------------------------------------------------------------------------------------------


def compared(
    park_by_ride: Mapping[int, int], parks: list[Park], period: Period, now: datetime
) -> tuple[dict[int, RideSpan], dict[int, RideSpan]]:
    """Figures of the period and of the one before, by ride; on each park's own dates (R-3.1).

    `park_by_ride`: the park of each ride.
    """
    previous = stored_spans(parks, lambda zone: days_before(period, now, zone), park_by_ride)
    if period == Period.TODAY:
        return spans_of_today(park_by_ride, parks, now), previous
    return stored_spans(parks, lambda zone: days_of(period, now, zone), park_by_ride), previous


def stored_spans(parks: list[Park], dates: Days, ids: Collection[int]) -> dict[int, RideSpan]:
    """R-15.1 over the daily rows of open days: a closed one measures nothing (D-35). One query.

    Rides are sorted out here: see `period_sums.ride_sums`.
    """
    return ride_spans(
        RideDay(pk, row["up_minutes"], row["down_minutes"], row["open_minutes"])
        for pk, row in all_ride_sums(parks_to_read(parks), dates).items()
        if row["days"] and pk in ids
    )


def spans_of_today(park_by_ride: Mapping[int, int], parks: list[Park], now: datetime) -> dict[int, RideSpan]:
    """The same of each park's day so far, from raw observations (R-17.2); one query."""
    reports_down = {park.pk: park.reports_down for park in parks}
    days = []
    for ride, measures in rides_today(parks, park_by_ride, now).items():
        operated = measures.operated(evidence_by_down=reports_down[measures.park_id])
        up, down, opened = (
            Decimal(each) / 60 for each in (measures.up_seconds, measures.down_seconds, measures.open_seconds)
        )
        if opened:
            days.append(RideDay(ride, up, down if operated else 0, opened))
    return ride_spans(days)


def by_park(spans: Mapping[int, RideSpan], park_by_ride: Mapping[int, int]) -> dict[int, ParkSpan]:
    """R-15.2: the rides' figures summed up by the park they belong to."""
    members: dict[int, list[RideSpan]] = defaultdict(list)
    for ride, span in spans.items():
        members[park_by_ride[ride]].append(span)
    found = {park: park_span(rides) for park, rides in members.items()}
    return {park: span for park, span in found.items() if span is not None}
