"""Query parameters and answer shapes of the rankings and the health check."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from core.api.queries import DayField, LimitField, Query, choice, one_of
from core.periods import ALIASES, DATES, Days, Period
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import local_date
from parks.api.serializers import ATTRIBUTION, Attribution
from stats.answers.rankings import AggregateStats, ParkDowntimeRow, RideDowntimeRow
from stats.readings.identity import TOTAL

PERIODS = ("live", "today", "yesterday", "7days", "30days", "last_week", "last_month")
ANSWERED_PERIODS = (*PERIODS, DATES)
FILTERS = ("disney-universal", "all-parks")


@extend_schema_field({"type": "boolean"})
class EchoedFlag(serializers.Field[bool, Any, Any, Any]):
    """`true` in any letter case is true, anything else false; never an error."""

    def to_internal_value(self, data: Any) -> bool:
        return str(data).lower() == "true"

    def to_representation(self, value: Any) -> Any:
        return value


SPAN = ("start_date", "end_date")


class FilterQuery(Query):
    """What all lists are asked with."""

    period = choice(PERIODS, "live", one_of("period", PERIODS))
    filter = choice(FILTERS, "all-parks", "Invalid filter. Must be 'disney-universal' or 'all-parks'")


class RankingQuery(FilterQuery):
    """Parameters of lists over a period, in the order in which they are checked; dates go before the period."""

    start_date = DayField(
        required=False,
        help_text="first day, of the site's calendar; with end_date, instead of the period, which is then `dates`",
    )
    end_date = DayField(required=False, help_text="last day, included; before the site's today")

    most_days: int | None = None  # that dates may be; None: all that are known

    @staticmethod
    def normalised(period: str) -> Period:
        return ALIASES.get(period) or Period(period)

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Also `asked`: the period, or the dates that go before it. Raises ValidationError."""
        return cls.completed(super().read(request))

    @classmethod
    def completed(cls, query: dict[str, Any]) -> dict[str, Any]:
        """Checked parameters with what they ask for; raises ValidationError."""
        days = days_asked(query.get("start_date"), query.get("end_date"))
        if days is None:
            return {**query, "asked": cls.normalised(query["period"])}
        number = (days.last - days.first).days + 1
        if cls.most_days is not None and number > cls.most_days:
            text = f"Invalid start_date. {number:,} days are asked for, and {cls.most_days} is the most"
            raise serializers.ValidationError({"start_date": text})
        return {**query, "period": DATES, "asked": days}


def days_asked(first: date | None, last: date | None) -> Days | None:
    """The dates of a list; None without any. Raises ValidationError."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        missing, given = SPAN if first is None else SPAN[::-1]
        raise serializers.ValidationError({missing: f"Missing {missing}. It goes with {given}"})
    today = local_date(timezone.now(), settings.SITE_TIME_ZONE)
    if last >= today:
        text = f"Invalid end_date. Must be before {today}, the site's today; period=today has the running day"
        raise serializers.ValidationError({"end_date": text})
    if first > last:
        raise serializers.ValidationError({"start_date": "Invalid start_date. Must not be after end_date"})
    return Days(first, last)


def echo(query: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """What an answer repeats of the question; the dates only where they were given."""
    return {name: query[name] for name in (*names, *SPAN) if name not in SPAN or name in query}


PARK_SORTS = ("shame_score", "total_downtime_hours", "uptime_percentage", "rides_down")
RIDE_SORTS = ("current_is_open", "downtime_hours", "uptime_percentage", "trend_percentage", "opening_delay_minutes")


class ParkRankingQuery(RankingQuery):
    limit = LimitField(default=50, maximum=100)
    sort_by = choice(PARK_SORTS, "shame_score", one_of("sort_by", PARK_SORTS))
    weighted = EchoedFlag(default=False, help_text="echoed, without effect")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "sort_by", "weighted", *SPAN)}


class RideRankingQuery(RankingQuery):
    limit = LimitField(default=100, maximum=200)
    sort_by = choice(RIDE_SORTS, "downtime_hours", one_of("sort_by", RIDE_SORTS))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("limit", "period", "filter", "sort_by", *SPAN)}


class Dates(Shape):
    """Of an answer that was asked for dates."""

    start_date: Annotated[date | UnsetType, describe("as requested, else missing")] = UNSET
    end_date: Annotated[date | UnsetType, describe("the same")] = UNSET


class ParkDowntime(Dates):
    success: bool = True
    period: Annotated[str, describe("as requested; `dates`: start_date and end_date were", enum=ANSWERED_PERIODS)]
    filter: Annotated[str, describe(enum=FILTERS)]
    sort_by: Annotated[str, describe(enum=PARK_SORTS)]
    weighted: bool
    aggregate_stats: AggregateStats
    total: Annotated[int, TOTAL]
    data: list[ParkDowntimeRow]
    attribution: Attribution = ATTRIBUTION


class RideDowntime(Dates):
    success: bool = True
    period: Annotated[str, describe("as requested; `dates`: start_date and end_date were", enum=ANSWERED_PERIODS)]
    filter: Annotated[str, describe(enum=FILTERS)]
    total: Annotated[int, TOTAL]
    data: list[RideDowntimeRow]
    attribution: Attribution = ATTRIBUTION
