"""Query parameters and answer shapes of the rankings and the health check."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import LimitField, Query, choice, one_of
from core.periods import ALIASES, Period
from parks.api.serializers import AttributionSerializer

PERIODS = ("live", "today", "yesterday", "7days", "30days", "last_week", "last_month")
FILTERS = ("disney-universal", "all-parks")


@extend_schema_field({"type": "boolean"})
class EchoedFlag(serializers.Field[bool, Any, Any, Any]):
    """`true` in any letter case is true, anything else false; never an error."""

    def to_internal_value(self, data: Any) -> bool:
        return str(data).lower() == "true"

    def to_representation(self, value: Any) -> Any:
        return value


class RankingQuery(Query):
    """Parameters of both rankings, in the order in which they are checked."""

    period = choice(PERIODS, "live", one_of("period", PERIODS))
    filter = choice(FILTERS, "all-parks", "Invalid filter. Must be 'disney-universal' or 'all-parks'")

    @staticmethod
    def normalised(period: str) -> Period:
        return ALIASES.get(period) or Period(period)


PARK_SORTS = ("shame_score", "total_downtime_hours", "uptime_percentage", "rides_down")
RIDE_SORTS = ("current_is_open", "downtime_hours", "uptime_percentage", "trend_percentage")


class ParkRankingQuery(RankingQuery):
    limit = LimitField(default=50, maximum=100)
    sort_by = choice(PARK_SORTS, "shame_score", one_of("sort_by", PARK_SORTS))
    weighted = EchoedFlag(default=False, help_text="echoed, without effect")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "sort_by", "weighted")}


class RideRankingQuery(RankingQuery):
    limit = LimitField(default=100, maximum=200)
    sort_by = choice(RIDE_SORTS, "downtime_hours", one_of("sort_by", RIDE_SORTS))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "sort_by")}


class AggregateStatsSerializer(serializers.Serializer[Any]):
    period = serializers.ChoiceField(choices=Period.values)
    filter_disney_universal = serializers.BooleanField()
    total_parks = serializers.IntegerField()
    total_parks_tracked = serializers.IntegerField()
    rides_down = serializers.IntegerField()
    rides_operating = serializers.IntegerField()
    rides_closed = serializers.IntegerField()
    rides_refurbishment = serializers.IntegerField()
    total_downtime_hours = serializers.FloatField(help_text="ride-hours")
    avg_uptime_percentage = serializers.FloatField()


class ParkDowntimeRowSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    location = serializers.CharField()
    queue_times_id = serializers.IntegerField(allow_null=True)
    queue_times_url = serializers.URLField(allow_null=True)
    shame_score = serializers.FloatField(help_text="0 to 10, one decimal")
    total_downtime_hours = serializers.FloatField(help_text="ride-hours")
    weighted_downtime_hours = serializers.FloatField(help_text="ride-hours × tier weight")
    rides_down = serializers.IntegerField(
        help_text="live: now; today, yesterday: that day; week, month: most on one day"
    )
    uptime_percentage = serializers.FloatField(allow_null=True)
    trend_percentage = serializers.FloatField(
        allow_null=True, help_text="change of downtime against the period before; null live and today"
    )
    rides_operating = serializers.IntegerField(required=False, help_text="today only")
    total_rides = serializers.IntegerField(required=False, help_text="live only")
    effective_park_weight = serializers.FloatField(required=False, help_text="today only")
    snapshot_count = serializers.IntegerField(required=False, help_text="today only")
    park_is_open = serializers.BooleanField(
        required=False, allow_null=True, help_text="right now; live, today, yesterday"
    )
    period_label = serializers.CharField(required=False, help_text="week and month only")


class ParkDowntimeSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.ChoiceField(choices=PERIODS, help_text="as requested")
    filter = serializers.ChoiceField(choices=FILTERS)
    sort_by = serializers.ChoiceField(choices=PARK_SORTS)
    weighted = serializers.BooleanField()
    aggregate_stats = AggregateStatsSerializer()
    data = ParkDowntimeRowSerializer(many=True)  # type: ignore[assignment]
    attribution = AttributionSerializer()


class RankedRideSerializer(serializers.Serializer[Any]):
    """Which ride a row of a ranking is about."""

    rank = serializers.IntegerField()
    ride_id = serializers.IntegerField()
    ride_name = serializers.CharField()
    tier = serializers.IntegerField(allow_null=True)
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    location = serializers.CharField()
    queue_times_id = serializers.IntegerField(allow_null=True)
    park_queue_times_id = serializers.IntegerField(allow_null=True)
    queue_times_url = serializers.URLField(allow_null=True)


class RideDowntimeRowSerializer(RankedRideSerializer):
    downtime_hours = serializers.FloatField()
    uptime_percentage = serializers.FloatField(allow_null=True)
    trend_percentage = serializers.FloatField(allow_null=True)
    current_status = serializers.CharField(required=False, help_text="live and today only")
    current_is_open = serializers.BooleanField(required=False, allow_null=True, help_text="live and today only")
    park_is_open = serializers.BooleanField(required=False, help_text="live and today only")
    avg_wait_time = serializers.IntegerField(
        required=False, allow_null=True, help_text="minutes; live, today, yesterday"
    )
    peak_wait_time = serializers.IntegerField(required=False, allow_null=True, help_text="minutes")
    status_changes = serializers.IntegerField(required=False, help_text="yesterday, week, month")
    period_label = serializers.CharField(required=False, help_text="yesterday, week, month")


class RideDowntimeSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.ChoiceField(choices=PERIODS, help_text="as requested")
    filter = serializers.ChoiceField(choices=FILTERS)
    data = RideDowntimeRowSerializer(many=True)  # type: ignore[assignment]
    attribution = AttributionSerializer()


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["healthy", "degraded", "critical", "unhealthy"])
    timestamp = serializers.DateTimeField()
    api_version = serializers.CharField()
    checks = serializers.DictField(child=serializers.DictField())
