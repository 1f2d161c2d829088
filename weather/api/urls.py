from django.urls import path

from weather.api.views import WeatherViewSet

urlpatterns = [path("weather/parks/<int:park_id>", WeatherViewSet.as_view({"get": "park"}))]
