from django.urls import path

from stats.api.analytics_views import AnalyticsViewSet
from stats.api.audit_views import AuditViewSet
from stats.api.award_views import AwardViewSet
from stats.api.detail_views import ParkDetailViewSet, RideDetailViewSet
from stats.api.trend_views import TrendViewSet
from stats.api.views import HealthViewSet, ParkRankingViewSet, RideRankingViewSet
from stats.api.wait_views import StatusSummaryViewSet, WaitRankingViewSet

urlpatterns = [
    path("analytics/rides", AnalyticsViewSet.as_view({"get": "rides"})),
    path("analytics/parks", AnalyticsViewSet.as_view({"get": "parks"})),
    path("audit/verify", AuditViewSet.as_view({"post": "verify"})),
    path("audit/status", AuditViewSet.as_view({"get": "validation"})),
    path("audit/anomalies", AuditViewSet.as_view({"get": "anomalies"})),
    path("audit/flagged-entities", AuditViewSet.as_view({"get": "flagged"})),
    path("audit/run", AuditViewSet.as_view({"post": "run"})),
    path("audit/data-quality", AuditViewSet.as_view({"get": "issues"})),
    path("audit/data-quality/summary", AuditViewSet.as_view({"get": "stale"})),
    path("health", HealthViewSet.as_view({"get": "retrieve"})),
    path("live/status-summary", StatusSummaryViewSet.as_view({"get": "retrieve"})),
    path("parks/downtime", ParkRankingViewSet.as_view({"get": "downtime"})),
    path("parks/waittimes", WaitRankingViewSet.as_view({"get": "parks"})),
    path("parks/<int:park_id>/rides", ParkDetailViewSet.as_view({"get": "rides"})),
    path("parks/<int:park_id>/details", ParkDetailViewSet.as_view({"get": "details"})),
    path("parks/<int:park_id>/rides/charts", ParkDetailViewSet.as_view({"get": "charts"})),
    path("rides/downtime", RideRankingViewSet.as_view({"get": "downtime"})),
    path("rides/waittimes", WaitRankingViewSet.as_view({"get": "rides"})),
    path("rides/<int:ride_id>/details", RideDetailViewSet.as_view({"get": "details"})),
    path("trends", TrendViewSet.as_view({"get": "trends"})),
    path("trends/chart-data", TrendViewSet.as_view({"get": "chart_data"})),
    path("trends/heatmap-data", TrendViewSet.as_view({"get": "heatmap"})),
    path("trends/longest-wait-times", AwardViewSet.as_view({"get": "longest_waits"})),
    path("trends/least-reliable", AwardViewSet.as_view({"get": "least_reliable"})),
]
