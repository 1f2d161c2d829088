"""Hours by their weather: what `group_by=rain`, `temperature_band` and `storm` of the analytics mean."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import to_builtins

from core.instants import seconds
from weather.attribution import ATTRIBUTION
from weather.models import WeatherObservation
from weather.open_meteo import full_hour

HOUR = timedelta(hours=1)
SECONDS_AN_HOUR = 3_600
# What a gauge would not notice.
TRACE_MM = Decimal("0.1")
# Millimetres in an hour from which rain is moderate, and heavy.
MODERATE_MM, HEAVY_MM = Decimal("2.5"), Decimal("7.6")
BANDS_C = (0, 10, 20, 30)
THUNDERSTORMS = {95, 96, 99}


@dataclass(frozen=True)
class Grouping:
    """Groups of observed hours. `number_of`: a group from the `columns` of an observation, None when they do not say.

    `reports_hour_before`: the columns are sums of the hour that ends at the observation's time (sources 5.3).
    """

    names: tuple[str, ...]
    what: str
    columns: tuple[str, ...]
    number_of: Callable[..., int | None]
    reports_hour_before: bool = False

    @property
    def attribution(self) -> dict[str, str]:
        return dict(to_builtins(ATTRIBUTION))

    def hours(self, parks: Collection[int], start: datetime, end: datetime) -> dict[int, dict[int, int]]:
        """By park, the number of the group of UTC hours (since 1970) of [start, end); one query."""
        late = HOUR if self.reports_hour_before else timedelta()
        rows: Any = WeatherObservation.objects.filter(
            park__in=parks, observation_time__gte=full_hour(start) + late, observation_time__lt=end + late
        ).values_list("park_id", "observation_time", *self.columns)
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for park, time, *reported in rows.iterator():
            number = self.number_of(*reported)
            if number is not None:
                found[park][seconds(time - late) // SECONDS_AN_HOUR] = number
        return found


def rain_of(precipitation: Decimal | None, snowfall: Decimal | None) -> int | None:
    if precipitation is None:
        return None
    if snowfall:
        return 4
    if precipitation < TRACE_MM:
        return 0
    if precipitation < MODERATE_MM:
        return 1
    return 2 if precipitation < HEAVY_MM else 3


def band_of(temperature: Decimal | None) -> int | None:
    return None if temperature is None else sum(temperature >= band for band in BANDS_C)


def storm_of(code: int | None) -> int | None:
    return None if code is None else int(code in THUNDERSTORMS)


RAIN = Grouping(
    names=("dry", "light", "moderate", "heavy", "snow"),
    what=f"precipitation of the hour: light from {TRACE_MM} mm, moderate from {MODERATE_MM}, heavy from {HEAVY_MM}",
    columns=("precipitation_mm", "snowfall_mm"),
    number_of=rain_of,
    reports_hour_before=True,
)
TEMPERATURE_BAND = Grouping(
    names=("below_0c", "0c_to_10c", "10c_to_20c", "20c_to_30c", "30c_and_more"),
    what="temperature when the hour began",
    columns=("temperature_c",),
    number_of=band_of,
)
STORM = Grouping(
    names=("no_storm", "storm"),
    what="a thunderstorm (WMO 95, 96, 99) when the hour began",
    columns=("weather_code",),
    number_of=storm_of,
)
