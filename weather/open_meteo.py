"""Open-Meteo (sources 5): what an answer says of each hour at one place, and which hours count (R-23.1 to R-23.3).

`weather.asking` asks it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from weather.units import (
    UnknownUnit,
    celsius,
    fahrenheit,
    kilometres_per_hour,
    metres,
    miles_per_hour,
    millimetres,
    scaled,
)

FORECAST_HOURS = 168
LARGEST_NUMBER = Decimal(10) ** 12
# A run of the weather job is given up when this share of its parks, in percent, has failed.
FAILURE_LIMIT = 50


class InvalidResponse(ValueError):
    """The answer cannot be used: the park counts as failed."""


@dataclass(frozen=True, slots=True)
class HourOfWeather:
    """One full UTC hour; `values` by column of the weather tables."""

    time: datetime
    values: dict[str, Decimal | int | None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column, how it is made of an upstream value and its unit, and what fits into it (R-23.5)."""

    name: str
    convert: Callable[[Decimal | None, str], Decimal | None]
    low: Decimal | int
    high: Decimal | int
    is_whole: bool = False

    def value(self, given: object, unit: str) -> Decimal | int | None:
        """None for what is no number, and for a number outside the range: it could not be stored."""
        found = self.convert(number(given), unit)
        if found is None or not self.low <= found <= self.high:
            return None
        return int(found) if self.is_whole else found


def number(given: object) -> Decimal | None:
    """An upstream number, exactly as written; None for anything else, and for one that fits no column."""
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
        return None
    found = Decimal(str(given))
    return found if found.is_finite() and abs(found) < LARGEST_NUMBER else None


def labelled(label: str, digits: int) -> Callable[[Decimal | None, str], Decimal | None]:
    """For variables that come in one unit only."""
    return lambda value, unit: scaled(value, unit, {label: Decimal(1)}, digits)


def temperatures(prefix: str) -> tuple[Column, ...]:
    lowest, highest = Decimal("-99.99"), Decimal("999.99")
    return (Column(f"{prefix}_c", celsius, lowest, highest), Column(f"{prefix}_f", fahrenheit, lowest, highest))


def winds(prefix: str) -> tuple[Column, ...]:
    return (
        Column(f"{prefix}_kmh", kilometres_per_hour, 0, Decimal("999.99")),
        Column(f"{prefix}_mph", miles_per_hour, 0, Decimal("999.99")),
    )


def depth(name: str) -> tuple[Column, ...]:
    return (Column(name, millimetres, 0, Decimal("9999.99")),)


def whole(name: str, label: str, high: int) -> tuple[Column, ...]:
    return (Column(name, labelled(label, 0), 0, high, is_whole=True),)


@dataclass(frozen=True, slots=True)
class Variable:
    """An hourly variable; `unit` is what it comes in when the answer names no units at all (R-23.1)."""

    unit: str
    columns: tuple[Column, ...]


VARIABLES = {
    "temperature_2m": Variable("°F", temperatures("temperature")),
    "apparent_temperature": Variable("°F", temperatures("apparent_temperature")),
    "wind_speed_10m": Variable("mp/h", winds("wind_speed")),
    "wind_gusts_10m": Variable("mp/h", winds("wind_gusts")),
    "wind_direction_10m": Variable("°", whole("wind_direction_degrees", "°", 360)),
    "precipitation": Variable("inch", depth("precipitation_mm")),
    "precipitation_probability": Variable("%", whole("precipitation_probability", "%", 100)),
    "rain": Variable("inch", depth("rain_mm")),
    "snowfall": Variable("inch", depth("snowfall_mm")),
    "cloud_cover": Variable("%", whole("cloud_cover_percent", "%", 100)),
    "visibility": Variable("m", (Column("visibility_meters", metres, 0, 2**31 - 1, is_whole=True),)),
    "relative_humidity_2m": Variable("%", whole("humidity_percent", "%", 100)),
    "surface_pressure": Variable("hPa", (Column("pressure_hpa", labelled("hPa", 2), 0, Decimal("9999.99")),)),
    "weather_code": Variable("wmo code", whole("weather_code", "wmo code", 99)),
}

# A reanalysis has no probability and no visibility (sources 5.1).
ARCHIVE_VARIABLES = tuple(name for name in VARIABLES if name not in ("precipitation_probability", "visibility"))


def columns_of(variables: Iterable[str]) -> tuple[str, ...]:
    """The columns that these variables fill."""
    return tuple(column.name for name in variables for column in VARIABLES[name].columns)


# -- an answer -------------------------------------------------------------------------------------------


def usable(response: object) -> dict[str, Any]:
    """The answer, when it has hourly times and temperatures (R-23.2). InvalidResponse says what is missing."""
    if not isinstance(response, dict):
        raise InvalidResponse(f"not an object but {type(response).__name__}")
    hourly = response.get("hourly")
    if not isinstance(hourly, dict):
        raise InvalidResponse(str(response.get("reason", "no hourly object")))
    times, temperatures = hourly.get("time"), hourly.get("temperature_2m")
    if not isinstance(times, list) or not isinstance(temperatures, list):
        raise InvalidResponse("no series of times and temperatures")
    if not times or len(times) != len(temperatures):
        raise InvalidResponse(f"{len(times)} times and {len(temperatures)} temperatures")
    return response


def read_hours(response: object) -> list[HourOfWeather]:
    """Every hour of an answer in our columns; a series that is missing gives None throughout.

    InvalidResponse: not usable, times that are no full UTC hours, or values in a unit we do not know.
    """
    answer = usable(response)
    times = utc_hours(answer["hourly"]["time"], answer.get("utc_offset_seconds", 0))
    hours = [HourOfWeather(time, {}) for time in times]
    for name, variable in VARIABLES.items():
        series, unit = series_of(answer, name, variable)
        for column in variable.columns:
            for hour, value in zip(hours, series, strict=True):
                try:
                    hour.values[column.name] = column.value(value, unit)
                except UnknownUnit as error:
                    raise InvalidResponse(f"{name} is in {error}, a unit we do not know") from error
    return hours


def series_of(answer: Mapping[str, Any], name: str, variable: Variable) -> tuple[list[Any], str]:
    """The values of a variable and their unit. A series of another length belongs to no hours: it is missing."""
    series, length = answer["hourly"].get(name), len(answer["hourly"]["time"])
    if not isinstance(series, list) or len(series) != length:
        return [None] * length, variable.unit
    units = answer.get("hourly_units")
    return series, str(units.get(name)) if isinstance(units, dict) else variable.unit


def utc_hours(labels: Sequence[object], offset_seconds: object) -> list[datetime]:
    """The instants of time labels, which carry no zone: one fixed offset holds for a whole answer (sources 5.2)."""
    try:
        offset = timedelta(seconds=float(str(offset_seconds)))
        times = [datetime.fromisoformat(f"{label}+00:00") - offset for label in labels]
    except (ValueError, OverflowError) as error:
        raise InvalidResponse(f"unreadable times: {error}") from error
    if any(time != full_hour(time) for time in times):
        raise InvalidResponse(f"times with an offset of {offset_seconds} seconds are no full UTC hours")
    return times


def full_hour(instant: datetime) -> datetime:
    """The full UTC hour that contains an instant."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


# -- which hours, and when to give up (R-23.3) -----------------------------------------------------------


def observation_of(hours: Iterable[HourOfWeather], now: datetime) -> HourOfWeather | None:
    """The hour that is running; None when the answer does not have it. Never just the first one (D-20)."""
    return next((hour for hour in hours if hour.time == full_hour(now)), None)


def forecasts_of(hours: Iterable[HourOfWeather], now: datetime) -> list[HourOfWeather]:
    """The hours after the running one, at most a week of them."""
    ahead = [hour for hour in hours if hour.time > full_hour(now)]
    return sorted(ahead, key=lambda hour: hour.time)[:FORECAST_HOURS]


def must_abort(failed: int, total: int) -> bool:
    """Is half of a run's parks lost?"""
    return total > 0 and 100 * failed >= FAILURE_LIMIT * total
