from django.urls import path

from parks.api.views import SearchViewSet

urlpatterns = [path("search/index", SearchViewSet.as_view({"get": "index"}))]
