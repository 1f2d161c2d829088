"""The values of the charts as a matrix of parks or rides by hours or dates (R-20.1, public-api 4.16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from django.conf import settings
from django.db.models import TextChoices

from core.periods import Asked, Days, word_of
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park
from stats.charts.parks_and_rides import chart_of, granularity
from stats.charts.series import Kind, Line
from stats.readings.identity import Dated, dates_of, number
from stats.readings.roster import tier_of


class HeatmapType(TextChoices):
    PARKS = "parks"
    PARKS_SHAME = "parks-shame"
    RIDES_DOWNTIME = "rides-downtime"
    RIDES_WAIT_TIMES = "rides-waittimes"


@dataclass(frozen=True, slots=True)
class Metric:
    kind: Kind
    name: str
    unit: str
    title: str


WAIT = ("avg_wait_time_minutes", "minutes", "Wait Time")
METRICS = {
    HeatmapType.PARKS: Metric(Kind.PARK_WAIT, *WAIT),
    HeatmapType.PARKS_SHAME: Metric(Kind.PARK_SCORE, "shame_score", "points", "Shame Score"),
    HeatmapType.RIDES_DOWNTIME: Metric(Kind.RIDE_DOWNTIME, "downtime_hours", "hours", "Downtime"),
    HeatmapType.RIDES_WAIT_TIMES: Metric(Kind.RIDE_WAIT, *WAIT),
}


class HeatmapEntity(Dated):
    """A row's head. A location makes the browser take it for a park."""

    entity_id: int
    entity_name: str
    rank: Annotated[int, describe("place by `total_value`, the highest first")]
    total_value: Annotated[
        float,
        describe(
            "the score or average wait over the whole of the time, as in the lists; of downtime the mean hours of its"
            " cells that are not null; one decimal"
        ),
    ]
    last_is_partial: Annotated[bool, describe("the last cell that is not null is that so far of a running hour")]
    location: Annotated[str | UnsetType, describe("parks only")] = UNSET
    park_name: Annotated[str | UnsetType, describe("rides only")] = UNSET
    tier: Annotated[int | UnsetType | None, describe("rides only")] = UNSET


class Matrix(Shape):
    period: str
    title: str
    metric: Annotated[str, describe("avg_wait_time_minutes, shame_score or downtime_hours")]
    metric_unit: Annotated[str, describe("minutes, points or hours")]
    granularity: Annotated[str, describe("hourly or daily")]
    timezone: Annotated[str, describe("the site's; the hours are those of each park's own clock")]
    time_labels: Annotated[
        Sequence[str], describe("hours from 6:00 on, or from the first of the night with a value; or dates")
    ]
    entities: list[HeatmapEntity]
    matrix: Annotated[
        list[list[float | None]],
        describe("a row for each entity, a cell for each label; null: nothing was measured, or no wait above 0"),
    ]


def heatmap(asked: HeatmapType, period: Asked, disney_universal_only: bool, limit: int, now: datetime) -> Matrix:
    """What `/api/trends/heatmap-data` says, apart from `success`. `period` is not live.

    The rows are the chart's, the highest `total_value` first. Hours are those of each park's own clock, whatever
    `timezone` says.
    """
    metric = METRICS[asked]
    chart = chart_of(metric.kind, period, disney_universal_only, limit, now)
    entities = "Parks" if metric.kind.is_of_parks else "Rides"
    lines = sorted(chart.lines, key=lambda line: -(line.total or 0))
    words = word_of(period).replace("_", " ").title()
    if isinstance(period, Days):
        words = f"{period.first} to {period.last}"
    return Matrix(
        period=word_of(period),
        metric=metric.name,
        metric_unit=metric.unit,
        granularity=granularity(period),
        timezone=settings.SITE_TIME_ZONE,
        title=f"Top {len(lines)} {entities} by {metric.title} ({words})",
        entities=[entity(rank, line, now) for rank, line in enumerate(lines, start=1)],
        time_labels=chart.labels,
        matrix=[[number(value) for value in line.values] for line in lines],
    )


def entity(rank: int, line: Line, now: datetime) -> HeatmapEntity:
    found = line.entity
    return HeatmapEntity(
        entity_id=found.pk,
        entity_name=found.name,
        rank=rank,
        total_value=0.0 if line.total is None else float(half_up(line.total, 1)),
        last_is_partial=line.last_is_partial,
        **dates_of(line.days, line.zone, now),
        location=found.location if isinstance(found, Park) else UNSET,
        park_name=UNSET if isinstance(found, Park) else found.park.name,
        tier=UNSET if isinstance(found, Park) else tier_of(found),
    )
