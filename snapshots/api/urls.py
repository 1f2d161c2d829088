from django.urls import path

from snapshots.api.quality_views import QualityViewSet
from snapshots.api.storage_views import StorageViewSet

urlpatterns = [
    path("admin/quality/summary", QualityViewSet.as_view({"get": "summary"})),
    path("admin/quality/gaps", QualityViewSet.as_view({"get": "gaps"})),
    path("admin/quality/issues", QualityViewSet.as_view({"get": "issues"})),
    path("admin/quality/issues/<int:log_id>", QualityViewSet.as_view({"patch": "move"})),
    path("admin/quality/freshness", QualityViewSet.as_view({"get": "freshness"})),
    path("admin/quality/coverage", QualityViewSet.as_view({"get": "coverage"})),
    path("admin/storage/summary", StorageViewSet.as_view({"get": "summary"})),
    path("admin/storage/growth", StorageViewSet.as_view({"get": "growth"})),
    path("admin/storage/partitions", StorageViewSet.as_view({"get": "partitions"})),
    path("admin/storage/retention-comparison", StorageViewSet.as_view({"get": "retention_comparison"})),
    path("admin/storage/alerts", StorageViewSet.as_view({"get": "alerts"})),
    path("admin/storage/measure", StorageViewSet.as_view({"post": "measure"})),
    path("admin/storage/measure/<int:job_id>", StorageViewSet.as_view({"get": "measurement"})),
]
