"""Query parameters and answer shapes of the rankings and the health check."""

from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import LimitField, Query, choice, one_of
from core.periods import ALIASES, Period
from core.shapes import Shape, describe
from parks.api.serializers import ATTRIBUTION, Attribution
from stats.answers.rankings import AggregateStats, ParkDowntimeRow, RideDowntimeRow
from stats.readings.identity import TOTAL

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
RIDE_SORTS = ("current_is_open", "downtime_hours", "uptime_percentage", "trend_percentage", "opening_delay_minutes")


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


class ParkDowntime(Shape):
    success: bool = True
    period: Annotated[str, describe("as requested", enum=PERIODS)]
    filter: Annotated[str, describe(enum=FILTERS)]
    sort_by: Annotated[str, describe(enum=PARK_SORTS)]
    weighted: bool
    aggregate_stats: AggregateStats
    total: Annotated[int, TOTAL]
    data: list[ParkDowntimeRow]
    attribution: Attribution = ATTRIBUTION


class RideDowntime(Shape):
    success: bool = True
    period: Annotated[str, describe("as requested", enum=PERIODS)]
    filter: Annotated[str, describe(enum=FILTERS)]
    total: Annotated[int, TOTAL]
    data: list[RideDowntimeRow]
    attribution: Attribution = ATTRIBUTION
