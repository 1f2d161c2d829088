"""Query parameters and answer shapes of the awards."""

from typing import Any

from rest_framework import serializers

from core.api.queries import LimitField, choice, one_of
from stats.api.serializers import FILTERS, RankingQuery

AWARD_PERIODS = ("today", "yesterday", "last_week", "last_month")
ENTITIES = ("parks", "rides")


class AwardQuery(RankingQuery):
    """In the order in which they are checked."""

    limit = LimitField(default=10, maximum=20)
    period = choice(AWARD_PERIODS, "today", one_of("period", AWARD_PERIODS))
    filter = choice(FILTERS, "all-parks", one_of("filter", FILTERS))
    entity = choice(ENTITIES, "rides", one_of("entity", ENTITIES))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "entity")}


class AwardRowSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    location = serializers.CharField(required=False, help_text="parks only")
    ride_id = serializers.IntegerField(required=False, help_text="rides only")
    ride_name = serializers.CharField(required=False, help_text="rides only")


class LongestWaitRowSerializer(AwardRowSerializer):
    avg_wait_time = serializers.IntegerField(help_text="minutes")
    peak_wait_time = serializers.IntegerField(required=False, allow_null=True, help_text="minutes; rides only")
    snapshot_count = serializers.IntegerField(
        required=False, help_text="observations with a wait above 0; rides, today and yesterday"
    )
    days_with_data = serializers.IntegerField(
        required=False, help_text="days with an average above 0; rides, week and month"
    )
    rides_with_waits = serializers.IntegerField(required=False, help_text="parks only")


class LeastReliableRowSerializer(AwardRowSerializer):
    downtime_hours = serializers.FloatField(required=False, help_text="rides only")
    downtime_incidents = serializers.IntegerField(
        required=False, help_text="rides only; today, yesterday: outages; week, month: status changes"
    )
    avg_shame_score = serializers.FloatField(required=False, help_text="1.0 to 10; parks only")
    uptime_percentage = serializers.FloatField(allow_null=True)


class AwardSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    period = serializers.CharField()
    filter = serializers.ChoiceField(choices=FILTERS)
    entity = serializers.ChoiceField(choices=ENTITIES)
    count = serializers.IntegerField()
    cached = serializers.BooleanField(default=True, help_text="always true")
    attribution = serializers.CharField()
    timestamp = serializers.DateTimeField()


class LongestWaitSerializer(AwardSerializer):
    data = LongestWaitRowSerializer(many=True)  # type: ignore[assignment]


class LeastReliableSerializer(AwardSerializer):
    data = LeastReliableRowSerializer(many=True)  # type: ignore[assignment]
