from django.urls import path

from importer.api.views import ImportViewSet

urlpatterns = [
    path("admin/import/start", ImportViewSet.as_view({"post": "start"})),
    path("admin/import/status/<str:import_id>", ImportViewSet.as_view({"get": "state"})),
    path("admin/import/resume/<str:import_id>", ImportViewSet.as_view({"post": "resume"})),
    path("admin/import/pause/<str:import_id>", ImportViewSet.as_view({"post": "pause"})),
    path("admin/import/cancel/<str:import_id>", ImportViewSet.as_view({"delete": "cancel"})),
    path("admin/import/list", ImportViewSet.as_view({"get": "index"})),
    path("admin/import/quality/<str:import_id>", ImportViewSet.as_view({"get": "quality"})),
    path("admin/import/destinations", ImportViewSet.as_view({"get": "destinations"})),
]
