"""The weather of a park's local day, hour by hour, as far as it was collected (R-23)."""

from datetime import date
from decimal import Decimal

from core.zones import day_range
from dashboard.components.formatting import NOTHING, local_time
from dashboard.components.tables import Column, Table
from parks.models import Park
from stats.readings.identity import Row, number
from weather.models import WeatherObservation

# Ranges of WMO weather codes (table 4677 as Open-Meteo uses it), by their last code.
SKIES = (
    (0, "Clear"),
    (3, "Clouds"),
    (48, "Fog"),
    (57, "Drizzle"),
    (67, "Rain"),
    (77, "Snow"),
    (82, "Showers"),
    (86, "Snow showers"),
    (99, "Thunderstorm"),
)


def sky(code: int | None) -> str:
    """A WMO code in a word."""
    return NOTHING if code is None else next(words for last, words in SKIES if code <= last)


def weather_of_day(park: Park, day: date) -> Row | None:
    """Extremes of the day and a table of its hours; None: not collected. One query."""
    start, end = day_range(day, park.timezone)
    found = WeatherObservation.objects.filter(park=park, observation_time__gte=start, observation_time__lt=end)
    observed = list(found.order_by("observation_time"))
    if not observed:
        return None
    columns = (
        Column("hour", "Hour"),
        Column("sky", "Sky"),
        Column("celsius", "°C", "minutes"),
        Column("fahrenheit", "°F", "minutes"),
        Column("rain", "Rain and snow", "minutes", "mm"),
        Column("gusts", "Gusts", "minutes", "km/h"),
    )
    rows = [
        {
            "hour": local_time(row.observation_time, park.timezone, "clock"),
            "sky": sky(row.weather_code),
            "celsius": number(row.temperature_c),
            "fahrenheit": number(row.temperature_f),
            "rain": number(row.precipitation_mm),
            "gusts": number(row.wind_gusts_kmh),
        }
        for row in observed
    ]
    warm = [row.temperature_c for row in observed if row.temperature_c is not None]
    wet = [row.precipitation_mm for row in observed if row.precipitation_mm is not None]
    return {
        "coldest": number(min(warm, default=None)),
        "warmest": number(max(warm, default=None)),
        "rain": number(sum(wet, Decimal(0))) if wet else None,
        "gusts": number(max((row.wind_gusts_kmh for row in observed if row.wind_gusts_kmh is not None), default=None)),
        "has_storm": any(row.weather_code is not None and row.weather_code >= 95 for row in observed),
        "table": Table(f"Weather by the hour, {park.timezone}", columns, rows),
    }
