from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from parks.models import Park
from weather.api.serializers import WeatherQuery
from weather.park_weather import COLUMNS, ForecastHour, ParkWeather, WeatherHour, park_weather

HOUR: dict[str, Any] = {
    **dict.fromkeys(COLUMNS),
    "temperature_c": 31.2,
    "temperature_f": 88.16,
    "wind_speed_kmh": 12.0,
    "wind_speed_mph": 7.46,
    "precipitation_mm": 4.1,
    "rain_mm": 0.4,
    "weather_code": 95,
}
EXAMPLE = to_builtins(
    ParkWeather(
        park_id=4,
        park_name="Magic Kingdom",
        timezone="America/New_York",
        start="2026-07-05T14:00:00-04:00",
        end="2026-07-05T16:00:00-04:00",
        observations=[WeatherHour(time="2026-07-05T14:00:00-04:00", **HOUR)],
        forecast=[ForecastHour(time="2026-07-05T15:00:00-04:00", issued_at="2026-07-05T14:00:00-04:00", **HOUR)],
    )
)


class WeatherViewSet(ViewSet):
    @extend_schema(
        summary="The weather at a park: observed hours, and the latest forecast of each hour",
        description=(
            "A range of 31 days at most. Inactive parks are answered too. Show the attribution wherever the data are"
            " shown: their licence (CC BY 4.0) asks for it."
        ),
        tags=["weather"],
        parameters=[WeatherQuery],
        responses={
            200: ParkWeather,
            400: OpenApiResponse(Error, description="a parameter is not acceptable; the text names it"),
            404: OpenApiResponse(Error, description="unknown park"),
        },
        examples=[
            OpenApiExample("two hours of a summer day", value=EXAMPLE, response_only=True, status_codes=["200"])
        ],
    )
    def park(self, request: Request, park_id: int) -> Response:
        query = WeatherQuery.read(request)
        park = Park.objects.filter(pk=park_id).first()
        if park is None:
            raise Http404(f"Park {park_id} not found")
        start, end = WeatherQuery.utc_range(query, park, timezone.now().replace(microsecond=0))
        return Response(park_weather(park, start, end))
