"""The values of the charts as a matrix of parks or rides by hours or dates (R-20.1, public-api 4.16)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from django.conf import settings
from django.db.models import TextChoices

from core.periods import Period
from core.rounding import half_up
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park
from stats.charts.parks_and_rides import chart_of, granularity
from stats.charts.series import Kind, Line
from stats.readings.identity import number
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


class HeatmapEntity(Shape):
    """A row's head. A location makes the browser take it for a park."""

    entity_id: int
    entity_name: str
    rank: Annotated[int, describe("place in the chart's order, which is not that of `total_value`")]
    total_value: Annotated[float, describe("mean of the cells that are not null, one decimal; 0.0 without any")]
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
    time_labels: Sequence[str]
    entities: list[HeatmapEntity]
    matrix: Annotated[
        list[list[float | None]],
        describe("a row for each entity, a cell for each label; null: nothing was measured"),
    ]


def heatmap(asked: HeatmapType, period: Period, disney_universal_only: bool, limit: int, now: datetime) -> Matrix:
    """What `/api/trends/heatmap-data` says, apart from `success`. `period` is not live.

    The rows are the chart's, in its order. Hours are those of each park's own clock, whatever `timezone` says.
    """
    metric = METRICS[asked]
    chart = chart_of(metric.kind, period, disney_universal_only, limit, now)
    entities = "Parks" if metric.kind.is_of_parks else "Rides"
    words = period.value.replace("_", " ").title()
    return Matrix(
        period=period.value,
        metric=metric.name,
        metric_unit=metric.unit,
        granularity=granularity(period),
        timezone=settings.SITE_TIME_ZONE,
        title=f"Top {len(chart.lines)} {entities} by {metric.title} ({words})",
        entities=[entity(rank, line) for rank, line in enumerate(chart.lines, start=1)],
        time_labels=chart.labels,
        matrix=[[number(value) for value in line.values] for line in chart.lines],
    )


def entity(rank: int, line: Line) -> HeatmapEntity:
    found = line.entity
    return HeatmapEntity(
        entity_id=found.pk,
        entity_name=found.name,
        rank=rank,
        total_value=mean_of_cells(line.values),
        location=found.location if isinstance(found, Park) else UNSET,
        park_name=UNSET if isinstance(found, Park) else found.park.name,
        tier=UNSET if isinstance(found, Park) else tier_of(found),
    )


def mean_of_cells(values: Iterable[Decimal | None]) -> float:
    """Of the cells that are not null, one decimal; 0.0 without any (R-20.1)."""
    known = [value for value in values if value is not None]
    return float(half_up(sum(known, Decimal(0)) / len(known), 1)) if known else 0.0
