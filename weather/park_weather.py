"""The weather at one park over a range: what was observed, and what was last forecast (R-23)."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from parks.models import Park
from weather.models import WeatherForecast, WeatherHour, WeatherObservation
from weather.open_meteo import VARIABLES, columns_of

COLUMNS = columns_of(VARIABLES)


def park_weather(park: Park, start: datetime, end: datetime) -> dict[str, Any]:
    """Hours that begin in [start, end), in order; instants by the park's clock. Two queries.

    Of several forecasts of an hour the latest one is told, also of hours that are over.
    """
    zone = ZoneInfo(park.timezone)
    observed = WeatherObservation.objects.filter(park=park, observation_time__gte=start, observation_time__lt=end)
    ahead = WeatherForecast.objects.filter(park=park, forecast_time__gte=start, forecast_time__lt=end)
    of_the_hour = WeatherForecast.objects.filter(park=park, forecast_time=OuterRef("forecast_time"))
    latest = ahead.filter(issued_at=Subquery(of_the_hour.order_by("-issued_at").values("issued_at")[:1]))
    return {
        "observations": [
            {"time": told(row.observation_time, zone), **values(row)} for row in observed.order_by("observation_time")
        ],
        "forecast": [
            {"time": told(row.forecast_time, zone), "issued_at": told(row.issued_at, zone), **values(row)}
            for row in latest.order_by("forecast_time")
        ],
    }


def told(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat()


def values(row: WeatherHour) -> dict[str, float | int | None]:
    """The columns as JSON numbers (ADR 4)."""
    found = {name: getattr(row, name) for name in COLUMNS}
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in found.items()}
