from django.urls import path

from stats.api.views import HealthViewSet, ParkRankingViewSet, RideRankingViewSet

urlpatterns = [
    path("health", HealthViewSet.as_view({"get": "retrieve"})),
    path("parks/downtime", ParkRankingViewSet.as_view({"get": "downtime"})),
    path("rides/downtime", RideRankingViewSet.as_view({"get": "downtime"})),
]
