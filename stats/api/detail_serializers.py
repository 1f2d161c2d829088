"""Parameters and answers of one park's and one ride's pages (public-api 4.5, 4.6, 4.7, 4.11)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import Query, choice
from core.periods import Period
from parks.api.serializers import AttributionSerializer
from stats.charts.ride_charts import ChartType

CHART_PERIODS = ("today", "yesterday", "last_week", "last_month")
RIDE_PERIODS = (*CHART_PERIODS, "live")  # live is answered as today
BAD_PERIOD = "Invalid period. Must be 'today', 'yesterday', 'last_week', or 'last_month'"
BAD_TYPE = "Invalid type. Must be 'downtime' or 'wait_times'"


# -- parameters ------------------------------------------------------------------------------------------


@extend_schema_field({"type": "string", "enum": Period.values})
class PeriodOrLive(serializers.Field[Period, Any, Any, Any]):
    """A period; any other text silently counts as live (public-api 4.6)."""

    def to_internal_value(self, data: Any) -> Period:
        return Period(data) if data in Period.values else Period.LIVE

    def to_representation(self, value: Any) -> Any:
        return value


class ParkDetailsQuery(Query):
    period = PeriodOrLive(default=Period.LIVE, help_text="anything else counts as live")


class RideChartsQuery(Query):
    """In the order in which they are checked."""

    period = choice(CHART_PERIODS, "yesterday", BAD_PERIOD)
    type = choice(ChartType.values, "downtime", BAD_TYPE)


class RideDetailsQuery(Query):
    period = choice(RIDE_PERIODS, "today", BAD_PERIOD)


# -- roster ----------------------------------------------------------------------------------------------


class RosterRowSerializer(serializers.Serializer[Any]):
    ride_id = serializers.IntegerField()
    ride_name = serializers.CharField()
    tier = serializers.IntegerField(allow_null=True, help_text="null: unclassified")
    tier_weight = serializers.IntegerField()
    land_area = serializers.CharField(allow_null=True)
    last_operated_at = serializers.CharField(allow_null=True, help_text="RFC 1123, GMT; in the open park")


class ActiveRideSerializer(RosterRowSerializer):
    current_status = serializers.CharField(allow_null=True, help_text="null: nothing known within two hours")


class ExcludedRideSerializer(RosterRowSerializer):
    days_since_operation = serializers.IntegerField(allow_null=True, help_text="null: never operated")


class RosterListsSerializer(serializers.Serializer[Any]):
    active = ActiveRideSerializer(many=True, help_text="operated within seven days: they count in the score")
    excluded = ExcludedRideSerializer(many=True)


class RosterSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    effective_park_weight = serializers.IntegerField(help_text="of the active rides")
    total_roster_weight = serializers.IntegerField(help_text="of all of them")
    rides = RosterListsSerializer()


# -- park ------------------------------------------------------------------------------------------------


class ParkIdentitySerializer(serializers.Serializer[Any]):
    park_id = serializers.IntegerField()
    name = serializers.CharField()
    location = serializers.CharField()
    operator = serializers.CharField(allow_null=True)
    timezone = serializers.CharField(help_text="IANA name; days and hours are those of this zone")
    queue_times_url = serializers.URLField(allow_null=True)


class TierDistributionSerializer(serializers.Serializer[Any]):
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    tier_1_count = serializers.IntegerField()
    tier_2_count = serializers.IntegerField()
    tier_3_count = serializers.IntegerField()
    unclassified_count = serializers.IntegerField()
    total_rides = serializers.IntegerField(help_text="active rides of every category")


class OperatingSessionSerializer(serializers.Serializer[Any]):
    park_id = serializers.IntegerField()
    date = serializers.DateField(help_text="park-local")
    first_open_at = serializers.CharField(help_text="UTC, without a zone")
    last_open_at = serializers.CharField(help_text="UTC, without a zone")
    operating_hours = serializers.FloatField()
    snapshot_count = serializers.IntegerField()


class CurrentStatusSerializer(serializers.Serializer[Any]):
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    is_open = serializers.BooleanField()
    last_updated = serializers.CharField(allow_null=True, help_text="UTC, without a zone")
    operating = serializers.IntegerField(help_text="the same as rides_open")
    rides_open = serializers.IntegerField()
    rides_closed = serializers.IntegerField()
    total_rides = serializers.IntegerField()
    avg_wait_time = serializers.FloatField(required=False, allow_null=True, help_text="absent: never observed")
    max_wait_time = serializers.IntegerField(required=False, allow_null=True)


class WeighedRideSerializer(serializers.Serializer[Any]):
    ride_id = serializers.IntegerField()
    ride_name = serializers.CharField()
    tier = serializers.IntegerField(help_text="2 when unclassified")
    tier_weight = serializers.FloatField()


class RideDownNowSerializer(WeighedRideSerializer):
    status = serializers.CharField()


class ScoreExcludedRideSerializer(WeighedRideSerializer):
    last_operated_at = serializers.CharField(allow_null=True, help_text="UTC, without a zone")
    exclusion_reason = serializers.CharField()


class ContributionSerializer(WeighedRideSerializer):
    downtime_hours = serializers.FloatField()
    weighted_contribution = serializers.FloatField(help_text="hours × weight: a part of the score's numerator")
    status = serializers.CharField(help_text="today: right now; else DOWN")
    days_with_downtime = serializers.IntegerField(required=False, help_text="week and month")


class ShameBreakdownSerializer(serializers.Serializer[Any]):
    breakdown_type = serializers.ChoiceField(choices=Period.choices)
    shame_score = serializers.FloatField(help_text="0 to 10; 0 when nothing was measured")
    total_park_weight = serializers.FloatField(
        help_text="live: rides that operated within seven days; today and yesterday: that day; week and month: the"
        " listed rides"
    )
    total_excluded_weight = serializers.FloatField()
    rides_excluded = ScoreExcludedRideSerializer(many=True, help_text="right now, whatever the period")
    is_live = serializers.BooleanField(required=False, help_text="live")
    last_updated = serializers.CharField(required=False, help_text="live; UTC, without a zone")
    park_is_open = serializers.BooleanField(required=False, help_text="live")
    total_weighted_down = serializers.FloatField(required=False, help_text="live")
    rides_down = RideDownNowSerializer(many=True, required=False, help_text="live")
    tier_weights = serializers.DictField(child=serializers.IntegerField(), required=False, help_text="live")
    total_downtime_hours = serializers.FloatField(required=False, help_text="ride-hours; not live")
    weighted_downtime_hours = serializers.FloatField(required=False, help_text="not live")
    rides = ContributionSerializer(many=True, required=False, help_text="not live; most weighted hours first")
    rides_affected_count = serializers.IntegerField(required=False, help_text="not live")
    hours_tracked = serializers.IntegerField(required=False, help_text="today")
    avg_uptime_percentage = serializers.FloatField(required=False, allow_null=True, help_text="yesterday")
    rides_with_downtime = serializers.IntegerField(required=False, help_text="yesterday")
    avg_daily_downtime = serializers.FloatField(required=False, help_text="week and month")
    days_tracked = serializers.IntegerField(required=False, help_text="week and month: days the park opened")
    days_in_period = serializers.IntegerField(required=False, help_text="the same")
    period_label = serializers.CharField(required=False, help_text="week and month")


class NullableNumbers(serializers.ListField):
    child = serializers.FloatField(allow_null=True)


class ParkChartSerializer(serializers.Serializer[Any]):
    granularity = serializers.ChoiceField(choices=["minutes", "hourly", "daily"])
    labels = serializers.ListField(child=serializers.CharField())
    data = NullableNumbers(help_text="shame scores")  # type: ignore[assignment]
    current = serializers.FloatField(required=False, help_text="live")
    average = serializers.FloatField(required=False, help_text="of the plotted scores; by days: of those above 0")
    shame_score = serializers.FloatField(required=False, help_text="as in the breakdown; not live")
    rides_down = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="rides with downtime; not live"
    )
    avg_wait = NullableNumbers(required=False, help_text="minutes; by hours")
    downtime_hours = serializers.ListField(child=serializers.FloatField(), required=False, help_text="by days")


class ParkDetailsSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.ChoiceField(choices=Period.choices)
    park = ParkIdentitySerializer()
    tier_distribution = TierDistributionSerializer()
    operating_sessions = OperatingSessionSerializer(many=True)
    current_status = CurrentStatusSerializer()
    excluded_rides_count = serializers.IntegerField()
    effective_park_weight = serializers.IntegerField()
    shame_breakdown = ShameBreakdownSerializer()
    chart_data = ParkChartSerializer()
    attribution = AttributionSerializer()


# -- charts ----------------------------------------------------------------------------------------------


class RideDatasetSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    ride_id = serializers.IntegerField()
    tier = serializers.IntegerField(help_text="2 when unclassified")
    data = NullableNumbers(help_text="one for each label; null: no data")  # type: ignore[assignment]


class RideChartsSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    park_id = serializers.IntegerField()
    period = serializers.ChoiceField(choices=CHART_PERIODS)
    chart_type = serializers.ChoiceField(choices=ChartType.choices)
    granularity = serializers.ChoiceField(choices=["hourly", "daily"])
    labels = serializers.ListField(child=serializers.CharField())
    datasets = RideDatasetSerializer(many=True)


# -- ride ------------------------------------------------------------------------------------------------


class RideIdentitySerializer(serializers.Serializer[Any]):
    ride_id = serializers.IntegerField()
    name = serializers.CharField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    tier = serializers.IntegerField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    queue_times_url = serializers.URLField(allow_null=True)


class RideSummarySerializer(serializers.Serializer[Any]):
    """Over the hours of days on which the ride operated."""

    total_downtime_hours = serializers.FloatField(allow_null=True)
    uptime_percentage = serializers.FloatField(allow_null=True, help_text="mean of the hours")
    avg_wait_time = serializers.FloatField(allow_null=True, help_text="mean of the hours")
    total_operating_hours = serializers.IntegerField(allow_null=True)
    total_hours = serializers.IntegerField()


class RideSpanSerializer(serializers.Serializer[Any]):
    hour_start_utc = serializers.CharField(required=False, help_text="today and yesterday; RFC 1123, GMT")
    date = serializers.DateField(required=False, help_text="week and month; park-local")
    avg_wait_time_minutes = serializers.FloatField(allow_null=True)
    uptime_percentage = serializers.FloatField(allow_null=True, help_text="null: the ride did not operate that day")
    snapshot_count = serializers.IntegerField()


class RideTimeseriesRowSerializer(RideSpanSerializer):
    status = serializers.CharField(help_text="what the ride mostly was: OPERATING, DOWN or CLOSED")


class RideBreakdownRowSerializer(RideSpanSerializer):
    downtime_hours = serializers.FloatField()
    operating_snapshots = serializers.IntegerField(required=False, help_text="today and yesterday")
    down_snapshots = serializers.IntegerField(required=False, help_text="today and yesterday")
    operating_hours = serializers.IntegerField(required=False, help_text="week and month: at least half of it up")
    down_hours = serializers.IntegerField(required=False, help_text="week and month: the others with downtime")


class DowntimeEventSerializer(serializers.Serializer[Any]):
    start_time = serializers.CharField(help_text="RFC 1123, GMT")
    end_time = serializers.CharField(help_text="RFC 1123, GMT; now while it lasts")
    duration_hours = serializers.FloatField()


class RideDetailsSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.CharField(help_text="as requested")
    ride = RideIdentitySerializer()
    summary = RideSummarySerializer()
    timeseries = RideTimeseriesRowSerializer(many=True, help_text="oldest first")
    hourly_breakdown = RideBreakdownRowSerializer(many=True, help_text="newest first")
    downtime_events = DowntimeEventSerializer(many=True, help_text="newest first")
    attribution = AttributionSerializer()
