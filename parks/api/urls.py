from django.urls import path

from core.web.stored_paths import StoredPath
from parks.api.metadata import RideMetadataViewSet
from parks.api.nearby import NearbyViewSet
from parks.api.views import SearchViewSet

urlpatterns = [
    StoredPath("search/index", SearchViewSet.as_view({"get": "index"})),
    path("rides/<int:ride_id>/metadata", RideMetadataViewSet.as_view({"get": "retrieve"})),
    path("rides/nearby", NearbyViewSet.as_view({"get": "nearby"})),
]
