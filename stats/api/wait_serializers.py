"""Query parameters and answer shapes of the wait rankings and the status summary."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from core.api.queries import LimitField, choice, one_of
from parks.api.serializers import AttributionSerializer
from stats.api.serializers import FILTERS, PERIODS, RankedRideSerializer, RankingQuery

PARK_PERIODS = ("live", "today", "yesterday", "last_week", "last_month")
# Accepted, but no version of the API ever had rows for them (Q2).
EMPTY_MODES = ("7day-average", "peak-times")
MODES = (*PARK_PERIODS, *EMPTY_MODES)
BAD_PARK_PERIOD = "Invalid period. Must be 'live', 'today', 'yesterday', 'last_week', or 'last_month'"


class ParkWaitQuery(RankingQuery):
    """In the order in which they are checked."""

    limit = LimitField(default=50, maximum=100)
    period = choice(PARK_PERIODS, "live", BAD_PARK_PERIOD)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter")}


class RideWaitQuery(RankingQuery):
    """In the order in which they are checked. `mode` selects the rows, `period` is what it defaults to (Q31)."""

    limit = LimitField(default=100, maximum=200)
    mode = serializers.ChoiceField(
        choices=MODES,
        required=False,
        help_text="default: the period",
        error_messages={"invalid_choice": one_of("mode", MODES)},
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "mode", "filter")}

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        query = super().read(request)
        return {"mode": cls.normalised(query["period"]).value, **query}


@extend_schema_field({"type": "integer"})
class ParkIdField(serializers.Field[int | None, Any, Any, Any]):
    """A park's id; what is no whole number, and 0, counts as not given."""

    def to_internal_value(self, data: Any) -> int | None:
        try:
            return int(data) or None
        except ValueError:
            return None

    def to_representation(self, value: Any) -> Any:
        return value


class StatusSummaryQuery(RankingQuery):
    park_id = ParkIdField(default=None, help_text="one park alone; an unknown one has no rides")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("filter", "park_id")}


# -- answers ---------------------------------------------------------------------------------------------


class ParkWaitRowSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    location = serializers.CharField()
    queue_times_id = serializers.IntegerField(allow_null=True)
    queue_times_url = serializers.URLField(allow_null=True)
    avg_wait_minutes = serializers.FloatField(
        help_text="live, today: waits above 0; closed days: mean of the stored daily averages"
    )
    peak_wait_minutes = serializers.IntegerField(allow_null=True)
    rides_reporting = serializers.IntegerField(help_text="rides that posted a wait above 0")
    trend_percentage = serializers.FloatField(
        allow_null=True, help_text="change of the average against the period before; live and today: yesterday"
    )
    park_is_open = serializers.BooleanField(help_text="right now")
    avg_wait_time = serializers.FloatField(
        required=False, help_text="live, week, month: avg_wait_minutes by its former name"
    )
    max_wait_time = serializers.IntegerField(required=False, help_text="live: peak_wait_minutes by its former name")
    peak_wait_time = serializers.IntegerField(
        required=False, allow_null=True, help_text="week, month: peak_wait_minutes by its former name"
    )
    period_label = serializers.CharField(required=False, help_text="week and month only")


class ParkWaitSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.CharField(help_text="as requested")
    filter = serializers.ChoiceField(choices=FILTERS)
    data = ParkWaitRowSerializer(many=True)  # type: ignore[assignment]
    attribution = AttributionSerializer()


class RideWaitRowSerializer(RankedRideSerializer):
    avg_wait_minutes = serializers.FloatField(
        help_text="live, today: waits above 0 while the park was open; closed days: mean of the daily averages"
    )
    peak_wait_minutes = serializers.IntegerField(allow_null=True)
    trend_percentage = serializers.FloatField(
        allow_null=True, help_text="change of the average against the period before; live and today: yesterday"
    )
    current_wait_time = serializers.IntegerField(
        required=False, allow_null=True, help_text="minutes posted right now; live and today only"
    )
    current_wait_minutes = serializers.FloatField(required=False, help_text="live only: avg_wait_minutes again")
    current_status = serializers.CharField(required=False, allow_null=True, help_text="live and today only")
    current_is_open = serializers.BooleanField(required=False, allow_null=True, help_text="live and today only")
    park_is_open = serializers.BooleanField(required=False, help_text="live and today only")
    period_label = serializers.CharField(required=False, help_text="yesterday, week, month")


class RideWaitSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.ChoiceField(choices=PERIODS, help_text="as requested")
    mode = serializers.ChoiceField(choices=MODES)
    filter = serializers.ChoiceField(choices=FILTERS)
    data = RideWaitRowSerializer(many=True)  # type: ignore[assignment]
    attribution = AttributionSerializer()


class StatusCountsSerializer(serializers.Serializer[Any]):
    OPERATING = serializers.IntegerField()
    DOWN = serializers.IntegerField(help_text="down, and operated today")
    CLOSED = serializers.IntegerField()
    REFURBISHMENT = serializers.IntegerField()
    PARK_CLOSED = serializers.IntegerField()
    total = serializers.IntegerField(help_text="the sum of the others")


class StatusSummarySerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    filter = serializers.ChoiceField(choices=FILTERS)
    park_id = serializers.IntegerField(required=False, help_text="when one was asked for")
    status_summary = StatusCountsSerializer()
    attribution = AttributionSerializer()
