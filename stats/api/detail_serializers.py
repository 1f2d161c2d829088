"""Parameters and answers of one park's and one ride's pages (public-api 4.5, 4.6, 4.7, 4.11)."""

from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import Query, choice
from core.periods import Period
from core.shapes import describe
from parks.api.serializers import ATTRIBUTION, Attribution
from stats.answers.park_details import AboutPark
from stats.answers.ride_details import AboutRide
from stats.charts.ride_charts import ChartType, RideChart
from stats.readings.roster import ParkRides

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


# -- answers ---------------------------------------------------------------------------------------------


class Roster(ParkRides):
    success: bool = True


class ParkDetails(AboutPark):
    success: bool = True
    period: Period
    attribution: Attribution = ATTRIBUTION


class RideCharts(RideChart):
    success: bool = True
    park_id: int
    period: Annotated[str, describe(enum=CHART_PERIODS)]
    chart_type: ChartType


class RideDetails(AboutRide):
    success: bool = True
    period: Annotated[str, describe("as requested")]
    attribution: Attribution = ATTRIBUTION
