from django.urls import path

from stats.api.analytics_views import AnalyticsViewSet
from stats.api.audit_views import AuditViewSet
from stats.api.views import HealthViewSet, ParkRankingViewSet, RideRankingViewSet

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
    path("parks/downtime", ParkRankingViewSet.as_view({"get": "downtime"})),
    path("rides/downtime", RideRankingViewSet.as_view({"get": "downtime"})),
]
