"""The weather at one park over a range: what was observed, and what was last forecast (R-23)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from core.shapes import Shape, describe
from parks.models import Park
from weather import models
from weather.attribution import ATTRIBUTION, WeatherAttribution
from weather.models import WeatherForecast, WeatherObservation
from weather.open_meteo import VARIABLES, columns_of

COLUMNS = columns_of(VARIABLES)


SUM = "of the hour that ends at `time`"


class WeatherHour(Shape):
    """The units stand in the names; null: not reported."""

    time: Annotated[str, describe("by the park's clock", format="date-time")]
    temperature_c: float | None
    temperature_f: float | None
    apparent_temperature_c: float | None
    apparent_temperature_f: float | None
    wind_speed_kmh: float | None
    wind_speed_mph: float | None
    wind_gusts_kmh: Annotated[float | None, describe(f"strongest {SUM}")]
    wind_gusts_mph: Annotated[float | None, describe(f"strongest {SUM}")]
    wind_direction_degrees: Annotated[int | None, describe("0 is north")]
    precipitation_mm: Annotated[float | None, describe(f"rain, showers and snow water {SUM}")]
    precipitation_probability: Annotated[int | None, describe("percent")]
    rain_mm: Annotated[float | None, describe(SUM)]
    snowfall_mm: Annotated[float | None, describe(f"depth of fresh snow {SUM}")]
    cloud_cover_percent: int | None
    visibility_meters: int | None
    humidity_percent: int | None
    pressure_hpa: float | None
    weather_code: Annotated[int | None, describe("WMO: 95, 96 and 99 are thunderstorms")]


class ForecastHour(WeatherHour):
    issued_at: Annotated[str, describe("when the forecast was fetched, to the hour", format="date-time")]


class ParkWeather(Shape):
    success: bool = True
    park_id: int
    park_name: str
    timezone: str
    start: Annotated[str, describe("of the range, by the park's clock", format="date-time")]
    end: Annotated[str, describe("excluded", format="date-time")]
    observations: list[WeatherHour]
    forecast: Annotated[list[ForecastHour], describe("the latest forecast of each hour")]
    attribution: WeatherAttribution = ATTRIBUTION


def park_weather(park: Park, start: datetime, end: datetime) -> ParkWeather:
    """Hours that begin in [start, end), in order; instants by the park's clock. Two queries.

    Of several forecasts of an hour the latest one is reported, also of hours that are over.
    """
    zone = ZoneInfo(park.timezone)
    observed = WeatherObservation.objects.filter(park=park, observation_time__gte=start, observation_time__lt=end)
    ahead = WeatherForecast.objects.filter(park=park, forecast_time__gte=start, forecast_time__lt=end)
    of_the_hour = WeatherForecast.objects.filter(park=park, forecast_time=OuterRef("forecast_time"))
    latest = ahead.filter(issued_at=Subquery(of_the_hour.order_by("-issued_at").values("issued_at")[:1]))
    return ParkWeather(
        park_id=park.pk,
        park_name=park.name,
        timezone=park.timezone,
        start=local(start, zone),
        end=local(end, zone),
        observations=[
            WeatherHour(time=local(row.observation_time, zone), **values(row))
            for row in observed.order_by("observation_time")
        ],
        forecast=[
            ForecastHour(time=local(row.forecast_time, zone), issued_at=local(row.issued_at, zone), **values(row))
            for row in latest.order_by("forecast_time")
        ],
    )


def local(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat()


def values(row: models.WeatherHour) -> dict[str, Any]:
    """The columns as JSON numbers (ADR 4)."""
    found = {name: getattr(row, name) for name in COLUMNS}
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in found.items()}
