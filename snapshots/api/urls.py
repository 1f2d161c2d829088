from django.urls import path

from snapshots.api.quality_views import QualityViewSet

urlpatterns = [
    path("admin/quality/summary", QualityViewSet.as_view({"get": "summary"})),
    path("admin/quality/gaps", QualityViewSet.as_view({"get": "gaps"})),
    path("admin/quality/issues", QualityViewSet.as_view({"get": "issues"})),
    path("admin/quality/issues/<int:log_id>", QualityViewSet.as_view({"patch": "move"})),
    path("admin/quality/freshness", QualityViewSet.as_view({"get": "freshness"})),
    path("admin/quality/coverage", QualityViewSet.as_view({"get": "coverage"})),
]
