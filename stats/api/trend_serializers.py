"""Query parameters and answer shapes of the trends, charts and heatmaps."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import LimitField, choice, one_of
from core.periods import Period
from core.shapes import UNSET, UnsetType, describe
from stats.answers.trend_lists import ComparedPeriods, ParkTrendRow, RideTrendRow, TrendList
from stats.api.award_serializers import ATTRIBUTION_TEXT
from stats.api.serializers import FILTERS, SPAN, Dates, RankingQuery
from stats.charts.heatmaps import HeatmapType, Matrix
from stats.charts.parks_and_rides import ChartData, ChartType
from stats.readings.identity import TOTAL

HEATMAP_PERIODS = ("today", "yesterday", "last_week", "last_month")
CHART_PERIODS = ("live", *HEATMAP_PERIODS)
TREND_PERIODS = (*HEATMAP_PERIODS, "7days", "30days")
BAD_HEATMAP_PERIOD = f"Invalid period for heatmaps. LIVE period not supported. Use: {', '.join(HEATMAP_PERIODS)}"
MOST_TRENDS = 100
MOST_COLUMNS = 366  # days of a chart or heatmap
NEGATIVE = re.compile(r"-[0-9]+")


# -- parameters ------------------------------------------------------------------------------------------


@extend_schema_field({"type": "integer", "minimum": 0})
class ClampedLimit(LimitField):
    """A number of rows: a non-negative integer; what is not between 1 and 20 becomes the nearest of them."""

    def to_internal_value(self, data: Any) -> int:
        return max(1, super().to_internal_value(data))


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_TRENDS})
class BoundedLimit(LimitField):
    """A number of rows: an integer. One out of bounds becomes the nearest that is so: a later check refuses it."""

    def to_internal_value(self, data: Any) -> int:
        return 0 if NEGATIVE.fullmatch(str(data).strip()) else super().to_internal_value(data)


def needed(values: Sequence[str], message: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=list(values), error_messages={"invalid_choice": message})


class NeedingQuery(RankingQuery):
    """A query of which some parameters must be there. That is checked after the limit, before all other values."""

    needs: tuple[str, ...]

    def to_internal_value(self, data: Any) -> Any:
        limit = self.fields["limit"]
        try:
            limit.run_validation(limit.get_value(data))
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"limit": error.detail}) from error
        if any(data.get(name) for name in SPAN):  # dates stand for the period
            data = {"period": Period.YESTERDAY.value, **data}
        for name in self.needs:
            if not data.get(name):
                raise serializers.ValidationError({name: f"Missing required parameter: {name}"})
        return super().to_internal_value(data)


class TrendQuery(NeedingQuery):
    """In the order in which they are checked."""

    needs = ("category",)
    limit = BoundedLimit(default=50, maximum=MOST_TRENDS + 1)
    period = choice(TREND_PERIODS, "last_week", one_of("period", TREND_PERIODS))
    category = needed(TrendList.values, one_of("category", TrendList.values))
    filter = choice(FILTERS, "all-parks", one_of("filter", FILTERS))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "category", "filter", *SPAN)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not 1 <= attrs["limit"] <= MOST_TRENDS:
            raise serializers.ValidationError({"limit": f"Limit must be between 1 and {MOST_TRENDS}"})
        return attrs


class ChartQuery(RankingQuery):
    """In the order in which they are checked."""

    most_days = MOST_COLUMNS
    limit = ClampedLimit(default=10, maximum=20)
    period = choice(CHART_PERIODS, "last_week", one_of("period", CHART_PERIODS))
    type = choice(ChartType.values, "parks", one_of("type", ChartType.values))
    filter = choice(FILTERS, "disney-universal", one_of("filter", FILTERS))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "type", "filter", *SPAN)}


class HeatmapQuery(NeedingQuery):
    """In the order in which they are checked."""

    needs = ("period", "type")
    most_days = MOST_COLUMNS
    limit = ClampedLimit(default=10, maximum=20)
    period = needed(HEATMAP_PERIODS, BAD_HEATMAP_PERIOD)
    type = needed(HeatmapType.values, one_of("type", HeatmapType.values))
    filter = choice(FILTERS, "all-parks", one_of("filter", FILTERS))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "type", "filter", *SPAN)}


# -- answers ---------------------------------------------------------------------------------------------


class Trend(Dates):
    success: bool = True
    period: Annotated[str, describe("as requested")]
    category: str
    filter: Annotated[str, describe(enum=FILTERS)]
    comparison: ComparedPeriods
    count: Annotated[int, describe("of the rows sent")]
    total: Annotated[int, TOTAL]
    parks: Annotated[list[ParkTrendRow] | UnsetType, describe("parks-improving and parks-declining only")] = UNSET
    rides: Annotated[list[RideTrendRow] | UnsetType, describe("rides-improving and rides-declining only")] = UNSET
    attribution: str = ATTRIBUTION_TEXT
    timestamp: datetime


class Chart(Dates):
    success: bool = True
    period: str
    type: str
    filter: Annotated[str, describe(enum=FILTERS)]
    granularity: Annotated[str, describe("minutes, hourly or daily")]
    mock: Annotated[bool, describe("always false: nothing is ever invented")] = False
    chart_data: ChartData
    attribution: str = ATTRIBUTION_TEXT
    timestamp: datetime


class Heatmap(Matrix):
    success: bool = True
