"""Parks and rides with clearly less or more downtime than in the period before (R-18, public-api 4.12)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from django.conf import settings
from django.db.models import TextChoices

from core.periods import Asked, Days, Period, is_over
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park
from stats.answers.trends import TrendCategory, trend_category
from stats.measures.ride_measures import LEAST_DOWN_SECONDS, availability, has_operated, hours, percent_change, uptime
from stats.measures.windows import days_before, days_in_list, listed_days, listed_days_before
from stats.readings.identity import Dated, Listed, Row, dates_by_zone, number
from stats.readings.period_sums import ParkSums, all_ride_sums, park_sums
from stats.readings.selection import attractions_by_id, chosen_parks, park_by_attraction, parks_to_read
from stats.readings.today import (
    ParkBefore,
    ParkToday,
    parks_a_day_ago,
    parks_today,
    running_today,
    seconds_a_day_ago,
    seconds_today,
)

PERCENTAGE = {TrendCategory.IMPROVING: "improvement_percentage", TrendCategory.DECLINING: "decline_percentage"}


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

    current_period: Annotated[
        str, describe("YYYY-MM-DD to YYYY-MM-DD, in the site's time zone; today: the present days of the parks")
    ]
    previous_period: Annotated[str, describe("today: up to the same time of each park's clock")]


class TrendRow(Dated):
    queue_times_id: int | None
    queue_times_url: Annotated[str | None, describe(format="uri")]
    current_uptime: Annotated[float | None, describe("percent, two decimals; null: it did not operate")]
    previous_uptime: Annotated[float | None, describe("percent, two decimals; the same")]
    improvement_percentage: Annotated[
        float | UnsetType, describe("by how much downtime fell, in percent; improving only")
    ] = UNSET
    decline_percentage: Annotated[
        float | UnsetType, describe("by how much downtime rose, in percent; declining only")
    ] = UNSET
    current_downtime_hours: Annotated[float, describe("two decimals; parks: ride-hours")]
    previous_downtime_hours: Annotated[float, describe("the same; at least half an hour")]


class ParkTrendRow(TrendRow):
    park_id: int
    park_name: str
    location: str


class RideTrendRow(TrendRow):
    ride_id: int
    ride_name: str
    park_name: str
    park_queue_times_id: int | None


Rows = Listed[ParkTrendRow] | Listed[RideTrendRow]


def trend_list(asked: TrendList, period: Asked, disney_universal_only: bool, limit: int, now: datetime) -> Rows:
    """Rows of `/api/trends`, the strongest change first, then by id.

    A period is compared with the one before of its kind, today so far with the day before up to the same time of each
    park's clock (N-5).
    """
    return trend_lists([asked], period, disney_universal_only, limit, now)[asked]


def trend_lists(
    asked: Collection[TrendList], period: Asked, disney_universal_only: bool, limit: int, now: datetime
) -> dict[TrendList, Rows]:
    """`trend_list` of several lists of parks, or of rides, for the price of one."""
    parks = chosen_parks(disney_universal_only, former=is_over(period))
    trends: Trends = park_trends if all(each.entities == "parks" for each in asked) else ride_trends
    found = trends(parks, period, [each.category for each in asked], limit, now)
    return {each: found[each.category] for each in asked}


def comparison(period: Asked, disney_universal_only: bool, now: datetime) -> ComparedPeriods:
    """The dates of the list (N-1), all that any of its parks has."""
    zones = {park.timezone for park in chosen_parks(disney_universal_only)} or {settings.SITE_TIME_ZONE}
    if is_over(period):
        zones = {settings.SITE_TIME_ZONE}
    return ComparedPeriods(
        current_period=in_words([days_in_list(period, now, zone) for zone in zones]),
        previous_period=in_words([days_before(period, now, zone) for zone in zones]),
    )


def in_words(spans: Collection[Days]) -> str:
    return f"{min(days.first for days in spans)} to {max(days.last for days in spans)}"


# -- rows ------------------------------------------------------------------------------------------------


Categories = Collection[TrendCategory]
Trends = Callable[[list[Park], Asked, Categories, int, datetime], Mapping[TrendCategory, Rows]]


def park_trends(
    parks: list[Park], period: Asked, categories: Categories, limit: int, now: datetime
) -> dict[TrendCategory, Listed[ParkTrendRow]]:
    """Of parks: downtime of rides of every category (R-5.6), uptime of attractions (N-3)."""
    compared = parks_compared(parks, period, now)
    dates, known = dates_by_zone(parks, period, now), {park.pk: park for park in parks}
    found = {}
    for category in categories:
        changes = strongest(compared, category)
        rows = [
            ParkTrendRow(
                park_id=pk,
                park_name=known[pk].name,
                location=known[pk].location,
                queue_times_id=known[pk].queue_times_id,
                queue_times_url=known[pk].queue_times_url,
                **dates[known[pk].timezone],
                **figures(*compared[pk]),
                **percentage(category, change),
            )
            for pk, change in changes[:limit]
        ]
        found[category] = Listed(rows, len(changes))
    return found


def ride_trends(
    parks: list[Park], period: Asked, categories: Categories, limit: int, now: datetime
) -> dict[TrendCategory, Listed[RideTrendRow]]:
    """Of attractions."""
    compared = rides_compared(parks, period, now)
    changes = {category: strongest(compared, category) for category in categories}
    listed = [pk for found in changes.values() for pk, _ in found[:limit]]
    known, dates = attractions_by_id(parks, listed, former=is_over(period)), dates_by_zone(parks, period, now)
    return {
        category: Listed(
            [
                RideTrendRow(
                    ride_id=pk,
                    ride_name=known[pk].name,
                    park_name=known[pk].park.name,
                    queue_times_id=known[pk].queue_times_id,
                    park_queue_times_id=known[pk].park.queue_times_id,
                    queue_times_url=known[pk].queue_times_url,
                    **dates[known[pk].park.timezone],
                    **figures(*compared[pk]),
                    **percentage(category, change),
                )
                for pk, change in found[:limit]
            ],
            len(found),
        )
        for category, found in changes.items()
    }


def percentage(category: TrendCategory, change: Decimal) -> Row:
    """The key of the category and by how much downtime changed."""
    return {PERCENTAGE[category]: number(abs(change))}


# -- what is compared ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reliability:
    """A park or ride over a period."""

    down_seconds: int
    uptime: Decimal | None  # percent, two decimals


Compared = Mapping[int, tuple[Reliability, Reliability]]  # the period and the one before, by id


def figures(current: Reliability, previous: Reliability) -> Row:
    return {
        "current_uptime": number(current.uptime),
        "previous_uptime": number(previous.uptime),
        "current_downtime_hours": number(hours(current.down_seconds)),
        "previous_downtime_hours": number(hours(previous.down_seconds)),
    }


def strongest(compared: Compared, category: TrendCategory) -> list[tuple[int, Decimal]]:
    """(id, change of downtime in percent) of what is in the category, strongest first."""
    found = []
    for pk, (current, previous) in compared.items():
        change = percent_change(current.down_seconds, previous.down_seconds, digits=2, least=LEAST_DOWN_SECONDS)
        if change is not None and trend_category(change) == category:
            found.append((pk, change))
    return sorted(found, key=lambda pair: (-abs(pair[1]), pair[0]))


def parks_compared(parks: list[Park], period: Asked, now: datetime) -> Compared:
    """Parks that were open in both periods, and of whose rides something is known."""
    if period == Period.TODAY:
        today, earlier = parks_today(parks, now), parks_a_day_ago(parks, now)
        known = {pk for pk, park in today.items() if park.window.score is not None}
        return {pk: (of_park(today[pk]), of_park(earlier[pk])) for pk in known & earlier.keys()}
    current, previous = park_sums(parks, listed_days(period, now)), park_sums(parks, listed_days_before(period, now))
    return {
        park.pk: (of_park(current[park.pk]), of_park(previous[park.pk]))
        for park in ended(parks, period, now)
        if was_open(current.get(park.pk)) and was_open(previous.get(park.pk))
    }


def ended(parks: list[Park], period: Asked, now: datetime) -> list[Park]:
    """The parks whose days of the period are over: others have nothing to compare (N-5)."""
    dates = dates_by_zone(parks, period, now)
    return [park for park in parks if dates[park.timezone]["is_complete"]]


def was_open(sums: ParkSums | None) -> bool:
    """Days on which a park was closed measure nothing (D-35)."""
    return sums is not None and sums.score is not None


def of_park(park: ParkToday | ParkBefore | ParkSums) -> Reliability:
    """Downtime of rides of every category (R-5.6), uptime of attractions (N-3)."""
    up, down = park.attraction_up_seconds, park.attraction_down_seconds
    return Reliability(park.down_seconds, availability(up, down, digits=2))


def rides_compared(parks: list[Park], period: Asked, now: datetime) -> Compared:
    """Attractions that were known in the open park in both periods."""
    if period == Period.TODAY:
        return rides_compared_today(parks, now)
    places, read = park_by_attraction(parks, former=True), parks_to_read(parks, former=True)
    over = {park.pk for park in ended(parks, period, now)}
    current, previous = (
        {
            pk: Reliability(sums.down_seconds, sums.uptime(digits=2))
            for pk, sums in all_ride_sums(read, days).items()
            if sums.open_seconds and places.get(pk) in over
        }
        for days in (listed_days(period, now), listed_days_before(period, now))
    )
    return {pk: (current[pk], previous[pk]) for pk in current.keys() & previous.keys()}


def rides_compared_today(parks: list[Park], now: datetime) -> Compared:
    reports_down = {park.pk: park.reports_down for park in parks}
    places = park_by_attraction(parks)
    earlier = {ride.ride_id: ride for ride in seconds_a_day_ago(parks, places, now)}
    found = {}
    for ride in seconds_today(parks, places, now, running_today(parks, now)):
        before = earlier.get(ride.ride_id)
        if before is None or not (ride.open_seconds and before.open_seconds):
            continue
        operated = has_operated(ride.up_seconds, ride.down_seconds, reports_down[places[ride.ride_id]])
        found[ride.ride_id] = (
            Reliability(
                ride.down_seconds if operated else 0, uptime(ride.up_seconds, ride.open_seconds, operated, digits=2)
            ),
            # Only what counted as down is compared: it operated that day.
            Reliability(before.down_seconds, uptime(before.up_seconds, before.open_seconds, operated=True, digits=2)),
        )
    return found
