from django.urls import path

from opendata.api.views import ManifestViewSet

urlpatterns = [path("data/manifest", ManifestViewSet.as_view({"get": "list"}))]
