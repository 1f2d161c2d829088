"""Query parameters and answer shapes of the rankings and the health check."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from stats.windows import ALIASES, Period

PERIODS = ("live", "today", "yesterday", "7days", "30days", "last_week", "last_month")
FILTERS = ("disney-universal", "all-parks")
WHOLE_NUMBER = re.compile(r"\+?0*([0-9]+)")
LONGEST_VALUE = 2_000  # characters of a parameter


@extend_schema_field({"type": "integer", "minimum": 0})
class LimitField(serializers.Field):
    """A number of rows: a non-negative integer, capped silently (public-api 2.5)."""

    default_error_messages = {"invalid": "Invalid limit. Must be a non-negative integer"}

    def __init__(self, *, default: int, maximum: int) -> None:
        self.maximum = maximum
        super().__init__(default=default)

    def to_internal_value(self, data: Any) -> int:
        text = str(data).strip()
        match = WHOLE_NUMBER.fullmatch(text)
        if match is None:
            self.fail("invalid")
        digits = match[1]
        return self.maximum if len(digits) > len(str(self.maximum)) else min(int(digits), self.maximum)

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "boolean"})
class EchoedFlag(serializers.Field):
    """`true` in any letter case is true, anything else false; never an error."""

    def to_internal_value(self, data: Any) -> bool:
        return str(data).lower() == "true"

    def to_representation(self, value: Any) -> Any:
        return value


def choice(values: Sequence[str], default: str, message: str) -> serializers.ChoiceField:
    messages: dict[str, Any] = dict.fromkeys(("invalid_choice", "null", "required"), message)
    return serializers.ChoiceField(choices=list(values), default=default, error_messages=messages)


def one_of(name: str, values: Sequence[str]) -> str:
    return f"Invalid {name}. Must be one of: {', '.join(values)}"


def refuse_nonsense(given: Mapping[str, str]) -> None:
    """Raise ValidationError for values that no client means to send, where any other text would do."""
    for name, value in given.items():
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise serializers.ValidationError(f"Invalid {name}. Must be at most {LONGEST_VALUE} characters, none NUL")


class Query(serializers.Serializer):
    """Parameters of a request."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The checked parameters; the first of a repeated one counts. Raises ValidationError."""
        given = {name: values[0] for name, values in request.query_params.lists()}
        checked = cls.checked(given)
        refuse_nonsense({name: given[name] for name in checked if name in given})
        return checked

    @classmethod
    def checked(cls, data: Any) -> dict[str, Any]:
        query = cls(data=data)
        query.is_valid(raise_exception=True)
        found: dict[str, Any] = query.validated_data
        return found


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

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "sort_by", "weighted")}


class RideRankingQuery(RankingQuery):
    limit = LimitField(default=100, maximum=200)
    sort_by = choice(RIDE_SORTS, "downtime_hours", one_of("sort_by", RIDE_SORTS))

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "sort_by")}


class ErrorSerializer(serializers.Serializer):
    success = serializers.BooleanField(default=False)
    error = serializers.CharField()


class AttributionSerializer(serializers.Serializer):
    data_source = serializers.CharField()
    url = serializers.URLField()


class AggregateStatsSerializer(serializers.Serializer):
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


class ParkDowntimeRowSerializer(serializers.Serializer):
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


class ParkDowntimeSerializer(serializers.Serializer):
    success = serializers.BooleanField()
    period = serializers.ChoiceField(choices=PERIODS, help_text="as requested")
    filter = serializers.ChoiceField(choices=FILTERS)
    sort_by = serializers.ChoiceField(choices=PARK_SORTS)
    weighted = serializers.BooleanField()
    aggregate_stats = AggregateStatsSerializer()
    data = ParkDowntimeRowSerializer(many=True)  # type: ignore[assignment]
    attribution = AttributionSerializer()


class RankedRideSerializer(serializers.Serializer):
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


class RideDowntimeSerializer(serializers.Serializer):
    success = serializers.BooleanField()
    period = serializers.ChoiceField(choices=PERIODS, help_text="as requested")
    filter = serializers.ChoiceField(choices=FILTERS)
    data = RideDowntimeRowSerializer(many=True)  # type: ignore[assignment]
    attribution = AttributionSerializer()


class HealthSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=["healthy", "degraded", "critical", "unhealthy"])
    timestamp = serializers.DateTimeField()
    api_version = serializers.CharField()
    checks = serializers.DictField(child=serializers.DictField())
