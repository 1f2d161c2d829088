from django.urls import path

from parks.api.nearby import NearbyViewSet
from parks.api.views import SearchViewSet

urlpatterns = [
    path("search/index", SearchViewSet.as_view({"get": "index"})),
    path("rides/nearby", NearbyViewSet.as_view({"get": "nearby"})),
]
