from django.urls import path

from core.web.stored_paths import StoredPath
from stats.api.analytics_serializers import AnalyticsQuery
from stats.api.analytics_views import AnalyticsViewSet
from stats.api.audit_views import AuditViewSet
from stats.api.award_serializers import AwardQuery
from stats.api.award_views import AwardViewSet
from stats.api.detail_serializers import ParkDetailsQuery, RideChartsQuery, RideDetailsQuery
from stats.api.detail_views import ParkDetailViewSet, RideDetailViewSet
from stats.api.reliability_serializers import ReliabilityQuery
from stats.api.reliability_views import ReliabilityViewSet
from stats.api.serializers import ParkRankingQuery, RideRankingQuery
from stats.api.trend_serializers import ChartQuery, HeatmapQuery, TrendQuery
from stats.api.trend_views import TrendViewSet
from stats.api.views import HealthViewSet, ParkRankingViewSet, RideRankingViewSet
from stats.api.wait_serializers import ParkWaitQuery, RideWaitQuery, StatusSummaryQuery
from stats.api.wait_views import StatusSummaryViewSet, WaitRankingViewSet

urlpatterns = [
    StoredPath("analytics/rides", AnalyticsViewSet.as_view({"get": "rides"}), AnalyticsQuery),
    StoredPath("analytics/parks", AnalyticsViewSet.as_view({"get": "parks"}), AnalyticsQuery),
    path("audit/verify", AuditViewSet.as_view({"post": "verify"})),
    path("audit/status", AuditViewSet.as_view({"get": "validation"})),
    path("audit/anomalies", AuditViewSet.as_view({"get": "anomalies"})),
    path("audit/flagged-entities", AuditViewSet.as_view({"get": "flagged"})),
    path("audit/run", AuditViewSet.as_view({"post": "run"})),
    path("audit/data-quality", AuditViewSet.as_view({"get": "issues"})),
    path("audit/data-quality/summary", AuditViewSet.as_view({"get": "stale"})),
    path("health", HealthViewSet.as_view({"get": "retrieve"})),
    StoredPath("live/status-summary", StatusSummaryViewSet.as_view({"get": "retrieve"}), StatusSummaryQuery),
    StoredPath("parks/downtime", ParkRankingViewSet.as_view({"get": "downtime"}), ParkRankingQuery),
    StoredPath("parks/waittimes", WaitRankingViewSet.as_view({"get": "parks"}), ParkWaitQuery),
    StoredPath("parks/<int:park_id>/rides", ParkDetailViewSet.as_view({"get": "rides"})),
    StoredPath("parks/<int:park_id>/details", ParkDetailViewSet.as_view({"get": "details"}), ParkDetailsQuery),
    StoredPath("parks/<int:park_id>/rides/charts", ParkDetailViewSet.as_view({"get": "charts"}), RideChartsQuery),
    StoredPath("reliability", ReliabilityViewSet.as_view({"get": "list"}), ReliabilityQuery),
    path("reliability.csv", ReliabilityViewSet.as_view({"get": "csv"})),
    StoredPath("rides/downtime", RideRankingViewSet.as_view({"get": "downtime"}), RideRankingQuery),
    StoredPath("rides/waittimes", WaitRankingViewSet.as_view({"get": "rides"}), RideWaitQuery),
    StoredPath("rides/<int:ride_id>/details", RideDetailViewSet.as_view({"get": "details"}), RideDetailsQuery),
    StoredPath("trends", TrendViewSet.as_view({"get": "trends"}), TrendQuery),
    StoredPath("trends/chart-data", TrendViewSet.as_view({"get": "chart_data"}), ChartQuery),
    StoredPath("trends/heatmap-data", TrendViewSet.as_view({"get": "heatmap"}), HeatmapQuery),
    StoredPath("trends/longest-wait-times", AwardViewSet.as_view({"get": "longest_waits"}), AwardQuery),
    StoredPath("trends/least-reliable", AwardViewSet.as_view({"get": "least_reliable"}), AwardQuery),
]
