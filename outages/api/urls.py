from django.urls import path

from core.web.stored_paths import StoredPath
from outages.api.correction_views import CorrectionQuery, CorrectionViewSet
from outages.api.incident_views import IncidentQuery, IncidentViewSet
from outages.api.serializers import OutageQuery
from outages.api.views import ObservationViewSet, OutageViewSet

urlpatterns = [
    StoredPath("outages", OutageViewSet.as_view({"get": "list"}), OutageQuery),
    path("outages.csv", OutageViewSet.as_view({"get": "csv"})),
    path("outages/<str:outage_id>", OutageViewSet.as_view({"get": "retrieve"})),
    StoredPath("incidents", IncidentViewSet.as_view({"get": "list"}), IncidentQuery),
    path("incidents/<str:incident_id>", IncidentViewSet.as_view({"get": "retrieve"})),
    StoredPath("corrections", CorrectionViewSet.as_view({"get": "list"}), CorrectionQuery),
    path("corrections.atom", CorrectionViewSet.as_view({"get": "feed"})),
    path("rides/<int:ride_id>/observations", ObservationViewSet.as_view({"get": "list"})),
]
