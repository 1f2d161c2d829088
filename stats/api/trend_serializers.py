"""Query parameters and answer shapes of the trends, charts and heatmaps."""

import re
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import LimitField, choice, one_of
from stats.answers.trend_lists import TrendList
from stats.api.serializers import FILTERS, RankingQuery
from stats.charts.heatmaps import HeatmapType
from stats.charts.parks_and_rides import ChartType

HEATMAP_PERIODS = ("today", "yesterday", "last_week", "last_month")
CHART_PERIODS = ("live", *HEATMAP_PERIODS)
TREND_PERIODS = (*HEATMAP_PERIODS, "7days", "30days")
BAD_HEATMAP_PERIOD = f"Invalid period for heatmaps. LIVE period not supported. Use: {', '.join(HEATMAP_PERIODS)}"
MOST_TRENDS = 100
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
        return {name: fields[name] for name in ("limit", "period", "category", "filter")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not 1 <= attrs["limit"] <= MOST_TRENDS:
            raise serializers.ValidationError({"limit": f"Limit must be between 1 and {MOST_TRENDS}"})
        return attrs


class ChartQuery(RankingQuery):
    """In the order in which they are checked."""

    limit = ClampedLimit(default=10, maximum=20)
    period = choice(CHART_PERIODS, "last_week", one_of("period", CHART_PERIODS))
    type = choice(ChartType.values, "parks", one_of("type", ChartType.values))
    filter = choice(FILTERS, "disney-universal", one_of("filter", FILTERS))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "type", "filter")}


class HeatmapQuery(NeedingQuery):
    """In the order in which they are checked."""

    needs = ("period", "type")
    limit = ClampedLimit(default=10, maximum=20)
    period = needed(HEATMAP_PERIODS, BAD_HEATMAP_PERIOD)
    type = needed(HeatmapType.values, one_of("type", HeatmapType.values))
    filter = choice(FILTERS, "all-parks", one_of("filter", FILTERS))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "type", "filter")}


# -- answers ---------------------------------------------------------------------------------------------


class ComparedPeriodsSerializer(serializers.Serializer[Any]):
    current_period = serializers.CharField(help_text="YYYY-MM-DD to YYYY-MM-DD, in the site's time zone")
    previous_period = serializers.CharField()


class TrendRowSerializer(serializers.Serializer[Any]):
    queue_times_id = serializers.IntegerField(allow_null=True)
    queue_times_url = serializers.URLField(allow_null=True)
    current_uptime = serializers.FloatField(help_text="percent, two decimals")
    previous_uptime = serializers.FloatField(help_text="percent, two decimals")
    improvement_percentage = serializers.FloatField(
        required=False, help_text="by how much downtime fell, in percent; improving only"
    )
    decline_percentage = serializers.FloatField(
        required=False, help_text="by how much downtime rose, in percent; declining only"
    )
    current_downtime_hours = serializers.FloatField(help_text="parks: ride-hours, two decimals; rides: not rounded")
    previous_downtime_hours = serializers.FloatField()


class ParkTrendRowSerializer(TrendRowSerializer):
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    location = serializers.CharField()


class RideTrendRowSerializer(TrendRowSerializer):
    ride_id = serializers.IntegerField()
    ride_name = serializers.CharField()
    park_name = serializers.CharField()
    park_queue_times_id = serializers.IntegerField(allow_null=True)


class TrendSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.CharField(help_text="as requested")
    category = serializers.CharField()
    filter = serializers.ChoiceField(choices=FILTERS)
    comparison = ComparedPeriodsSerializer()
    count = serializers.IntegerField()
    parks = ParkTrendRowSerializer(many=True, required=False, help_text="parks-improving and parks-declining only")
    rides = RideTrendRowSerializer(many=True, required=False, help_text="rides-improving and rides-declining only")
    attribution = serializers.CharField()
    timestamp = serializers.DateTimeField()


def numbers(help_text: str) -> serializers.ListField:
    return serializers.ListField(child=serializers.FloatField(allow_null=True), help_text=help_text)


class DatasetSerializer(serializers.Serializer[Any]):
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="name of the park or ride"
    )
    data = numbers("one value a label; null: nothing was measured")  # type: ignore[assignment]
    entity_id = serializers.IntegerField(required=False, help_text="not live")
    location = serializers.CharField(required=False, help_text="parks; not live")
    park = serializers.CharField(required=False, help_text="rides only")
    park_name = serializers.CharField(required=False, help_text="rides; not live")
    tier = serializers.IntegerField(required=False, allow_null=True, help_text="rides; not live")


class ChartDataSerializer(serializers.Serializer[Any]):
    labels = serializers.ListField(child=serializers.CharField(), help_text="`14:30`, `9:00` or `Dec 09`")
    datasets = DatasetSerializer(many=True, help_text="the highest first")
    granularity = serializers.CharField(required=False, help_text="live only, except for type `parks`")


class ChartSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.CharField()
    type = serializers.CharField()
    filter = serializers.ChoiceField(choices=FILTERS)
    granularity = serializers.CharField(help_text="minutes, hourly or daily")
    mock = serializers.BooleanField(help_text="always false: nothing is ever invented")
    chart_data = ChartDataSerializer()
    attribution = serializers.CharField()
    timestamp = serializers.DateTimeField()


class HeatmapEntitySerializer(serializers.Serializer[Any]):
    entity_id = serializers.IntegerField()
    entity_name = serializers.CharField()
    rank = serializers.IntegerField(help_text="place in the chart's order, which is not that of `total_value`")
    total_value = serializers.FloatField(help_text="mean of the cells that are not null, one decimal; 0.0 without any")
    location = serializers.CharField(required=False, help_text="parks only")
    park_name = serializers.CharField(required=False, help_text="rides only")
    tier = serializers.IntegerField(required=False, allow_null=True, help_text="rides only")


class HeatmapSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.CharField()
    title = serializers.CharField()
    metric = serializers.CharField(help_text="avg_wait_time_minutes, shame_score or downtime_hours")
    metric_unit = serializers.CharField(help_text="minutes, points or hours")
    granularity = serializers.CharField(help_text="hourly or daily")
    timezone = serializers.CharField(help_text="the site's; the hours are those of each park's own clock")
    time_labels = serializers.ListField(child=serializers.CharField())
    entities = HeatmapEntitySerializer(many=True)
    matrix = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(allow_null=True)),
        help_text="a row for each entity, a cell for each label; null: nothing was measured",
    )
