"""Series for line charts of the parks or rides that stand out most (R-20.2, public-api 4.13)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from django.db.models import TextChoices

from core.periods import Asked, Days, Period, is_over
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park
from stats.charts.hourly_series import clock_chart
from stats.charts.series import Chart, Kind, Line, daily_chart
from stats.readings.identity import Dated, Row, dates_of
from stats.readings.roster import tier_of
from stats.readings.selection import chosen_parks
from stats.readings.shared import over_many_parks

GRANULARITY = {Period.LIVE: "minutes", Period.TODAY: "hourly", Period.YESTERDAY: "hourly"}


class ChartType(TextChoices):
    PARKS = "parks"
    RIDES = "rides"
    WAIT_TIMES = "waittimes"
    RIDE_WAIT_TIMES = "ridewaittimes"


KINDS = {
    ChartType.PARKS: Kind.PARK_SCORE,
    ChartType.RIDES: Kind.RIDE_DOWNTIME,
    ChartType.WAIT_TIMES: Kind.PARK_WAIT,
    ChartType.RIDE_WAIT_TIMES: Kind.RIDE_WAIT,
}


def chart_of(kind: Kind, period: Asked, disney_universal_only: bool, limit: int, now: datetime) -> Chart:
    """The parks or attractions with the highest figures of a period, and their values in its columns.

    Of days that are over also those that are no longer active (N-15).
    """
    return drawn(chosen_parks(disney_universal_only, former=is_over(period)), now, kind, period, limit)


@over_many_parks
def drawn(parks: list[Park], now: datetime, kind: Kind, period: Asked, limit: int) -> Chart:
    chart = daily_chart if granularity(period) == "daily" else clock_chart
    return chart(kind, parks, period, limit, now)


def granularity(period: Asked) -> str:
    return "daily" if isinstance(period, Days) else GRANULARITY.get(period, "daily")


class Dataset(Dated):
    label: Annotated[str, describe("name of the park or ride")]
    data: Annotated[
        list[float | None],
        describe(
            "one value a label: the score, the hours down or the mean over time of posted waits above 0 of this span"
            " as a whole; null: the park was not open, nothing was observed, or no wait above 0 was posted"
        ),
    ]
    last_is_partial: Annotated[bool, describe("the last value is that so far of an hour or ten minutes still running")]
    entity_id: Annotated[int | UnsetType, describe("not live")] = UNSET
    location: Annotated[str | UnsetType, describe("parks; not live")] = UNSET
    park: Annotated[str | UnsetType, describe("rides only")] = UNSET
    park_name: Annotated[str | UnsetType, describe("rides; not live")] = UNSET
    tier: Annotated[int | UnsetType | None, describe("rides; not live")] = UNSET


class ChartData(Shape):
    labels: Annotated[
        Sequence[str],
        describe("`14:30`, `9:00` or `Dec 09`; hours from 6:00 on, or from the first of the night with a value"),
    ]
    datasets: Annotated[list[Dataset], describe("the highest first")]
    granularity: Annotated[str | UnsetType, describe("live only, except for type `parks`")] = UNSET


def chart_data(
    chart_type: ChartType, period: Asked, disney_universal_only: bool, limit: int, now: datetime
) -> ChartData:
    """`chart_data` of `/api/trends/chart-data`: labels, and one dataset for each park or ride, the highest first."""
    kind, is_live = KINDS[chart_type], period == Period.LIVE
    chart = chart_of(kind, period, disney_universal_only, limit, now)
    has_whole_minutes = kind.is_wait and not is_live
    return ChartData(
        labels=chart.labels,
        datasets=[
            Dataset(
                **named(line, is_live),
                **dates_of(line.days, line.zone, now),
                data=[json_number(value, has_whole_minutes) for value in line.values],
                last_is_partial=line.last_is_partial,
            )
            for line in chart.lines
        ],
        granularity=granularity(period) if is_live and kind != Kind.PARK_SCORE else UNSET,
    )


def named(line: Line, is_live: bool) -> Row:
    """What a dataset reports its park or ride: less of it in live charts. Tooltips read `park` (6.4)."""
    entity = line.entity
    if isinstance(entity, Park):
        name = {"label": entity.name}
        return name if is_live else {**name, "entity_id": entity.pk, "location": entity.location}
    name = {"label": entity.name, "park": entity.park.name}
    if is_live:
        return name
    return {**name, "entity_id": entity.pk, "park_name": entity.park.name, "tier": tier_of(entity)}


def json_number(value: Decimal | None, is_whole: bool) -> float | int | None:
    if value is None:
        return None
    return int(value) if is_whole else float(value)
