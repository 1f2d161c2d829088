"""Query parameters and answer shapes of the wait rankings and the status summary."""

from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from core.api.queries import LimitField, choice, one_of
from core.periods import DATES, Days
from core.shapes import UNSET, Shape, UnsetType, describe
from parks.api.serializers import ATTRIBUTION, Attribution
from stats.answers.status_summary import StatusCounts
from stats.answers.wait_rankings import ParkWaitRow, RideWaitRow
from stats.api.serializers import ANSWERED_PERIODS, FILTERS, SPAN, Dates, FilterQuery, RankingQuery
from stats.readings.identity import TOTAL

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
        return {name: fields[name] for name in ("limit", "period", "filter", *SPAN)}


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
        return {name: fields[name] for name in ("limit", "period", "mode", "filter", *SPAN)}

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        query = super().read(request)
        if isinstance(query["asked"], Days):
            return {**query, "mode": DATES}
        return {"mode": query["asked"].value, **query}


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


class StatusSummaryQuery(FilterQuery):
    park_id = ParkIdField(default=None, help_text="one park alone; an unknown one has no rides")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: fields[name] for name in ("filter", "park_id")}


# -- answers ---------------------------------------------------------------------------------------------


class ParkWaits(Dates):
    success: bool = True
    period: Annotated[str, describe("as requested")]
    filter: Annotated[str, describe(enum=FILTERS)]
    total: Annotated[int, TOTAL]
    data: list[ParkWaitRow]
    attribution: Attribution = ATTRIBUTION


class RideWaits(Dates):
    success: bool = True
    period: Annotated[str, describe("as requested", enum=ANSWERED_PERIODS)]
    mode: Annotated[str, describe(enum=(*MODES, DATES))]
    filter: Annotated[str, describe(enum=FILTERS)]
    total: Annotated[int, TOTAL]
    data: list[RideWaitRow]
    attribution: Attribution = ATTRIBUTION


class StatusSummary(Shape):
    success: bool = True
    filter: Annotated[str, describe(enum=FILTERS)]
    park_id: Annotated[int | UnsetType, describe("when one was asked for")] = UNSET
    status_summary: StatusCounts
    attribution: Attribution = ATTRIBUTION
