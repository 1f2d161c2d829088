"""Endpoints of the trends, charts and heatmaps (public-api 4.12, 4.13, 4.16)."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from msgspec.structs import asdict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from stats.answers.trend_lists import TrendList, comparison, trend_list
from stats.api.award_views import PERIODS_TOLD
from stats.api.serializers import echo
from stats.api.trend_serializers import (
    Chart,
    ChartQuery,
    Heatmap,
    HeatmapQuery,
    Trend,
    TrendQuery,
)
from stats.api.views import BAD_QUERY
from stats.charts.heatmaps import HeatmapType, heatmap
from stats.charts.parks_and_rides import ChartType, chart_data, granularity


class TrendViewSet(ViewSet):
    @extend_schema(
        summary="Parks or rides with clearly less or more downtime than before",
        description=(
            "More than 5 % less or more downtime than in the period before: the week before the last week, the day"
            " before yesterday. `today` compares the day so far with yesterday up to the same clock time at the park."
            f" What was down for less than half an hour before is not compared. {PERIODS_TOLD}"
        ),
        tags=["trends"],
        parameters=[TrendQuery],
        responses={200: Trend, 400: BAD_QUERY},
    )
    def trends(self, request: Request) -> Response:
        query = TrendQuery.read(request)
        now = timezone.now()
        asked, period = TrendList(query["category"]), query["asked"]
        only = query["filter"] == "disney-universal"
        listed = trend_list(asked, period, only, query["limit"], now)
        found = echo(query, "period", "category", "filter") | {asked.entities: listed.rows}
        dates = comparison(period, only, now)
        return Response(Trend(**found, comparison=dates, count=len(listed.rows), total=listed.total, timestamp=now))

    @extend_schema(
        summary="Series for line charts",
        description=(
            "`parks` are shame scores, `rides` hours of downtime, `waittimes` and `ridewaittimes` minutes of parks and"
            " rides. Hours are those of each park's own clock, live minutes those of the site's; each is computed from"
            f" its own seconds. Days that are over show also what is no longer active. {PERIODS_TOLD}"
        ),
        tags=["trends"],
        parameters=[ChartQuery],
        responses={200: Chart, 400: BAD_QUERY},
    )
    def chart_data(self, request: Request) -> Response:
        query = ChartQuery.read(request)
        now = timezone.now()
        period = query["asked"]
        data = chart_data(ChartType(query["type"]), period, query["filter"] == "disney-universal", query["limit"], now)
        echoed = echo(query, "period", "type", "filter")
        return Response(Chart(**echoed, granularity=granularity(period), chart_data=data, timestamp=now))

    @extend_schema(
        summary="The charts as a matrix",
        description=(
            "`parks` and `rides-waittimes` are minutes, `parks-shame` scores, `rides-downtime` hours. Hours are those"
            f" of each park's own clock. The highest `total_value` comes first. {PERIODS_TOLD}"
        ),
        tags=["trends"],
        parameters=[HeatmapQuery],
        responses={200: Heatmap, 400: BAD_QUERY},
    )
    def heatmap(self, request: Request) -> Response:
        query = HeatmapQuery.read(request)
        body = heatmap(
            HeatmapType(query["type"]),
            query["asked"],
            query["filter"] == "disney-universal",
            query["limit"],
            timezone.now(),
        )
        return Response(Heatmap(**asdict(body)))
