"""Weather of the sample parks by the hour, in step with the storms that stop their rides."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from importer.sample.days import day_random, park_day
from importer.sample.text import HOUR, epoch
from parks.catalog.known import CatalogPark, sample_twin

ONE_HOUR = timedelta(hours=1)
CLEAR, CLOUDY, OVERCAST, DRIZZLE, RAIN, THUNDERSTORM = 0, 2, 3, 51, 63, 95  # WMO codes
_DRY_AND_WET = 0.25  # of days without a storm have some hours of drizzle


@dataclass(frozen=True, slots=True)
class SampleHour:
    """One full UTC hour: degrees Celsius, km/h, millimetres, percent, a WMO code."""

    at: datetime
    temperature: float
    wind: float
    gusts: float
    direction: int
    rain: float
    clouds: int
    humidity: int
    code: int


def hours_of_day(seed: int, park: CatalogPark, day: date) -> Iterator[SampleHour]:
    """The hours that begin on a UTC day; a function of (seed, park, day)."""
    rng = Random(f"{seed}|weather|{park.themeparks_wiki_id}|{day.toordinal()}")
    warmth, clouds = rng.gauss(0, 2.5), rng.choice((10, 25, 40, 60, 85))
    drizzle = range(hour := rng.randrange(24), hour + 5) if rng.random() < _DRY_AND_WET else range(0)
    storms = [span for near in (-1, 0, 1) if (span := _storm(seed, park, day + timedelta(days=near)))]
    for hour in range(24):
        at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        is_storm = any(start < epoch(at) + HOUR and epoch(at) < end for start, end in storms)
        is_wet = hour in drizzle and not is_storm
        rain = round(rng.uniform(3, 14), 1) if is_storm else round(rng.uniform(0.1, 2.0), 1) if is_wet else 0.0
        wind = rng.uniform(4, 14) + (18 if is_storm else 0)
        yield SampleHour(
            at=at,
            temperature=round(_usual(park, at) + warmth - (4 if is_storm else 0) + rng.gauss(0, 0.4), 1),
            wind=round(wind, 1),
            gusts=round(wind * rng.uniform(1.4, 2.1), 1),
            direction=rng.randrange(360),
            rain=rain,
            clouds=100 if is_storm or is_wet else min(100, clouds + rng.randrange(10)),
            humidity=min(99, rng.randrange(45, 70) + (25 if rain else 0)),
            code=_code(is_storm, rain, clouds),
        )


def _storm(seed: int, park: CatalogPark, day: date) -> tuple[int, int] | None:
    """The storm of a local day, epoch milliseconds: the one that stops the rides."""
    found = park_day(seed, park, sample_twin(park), day, day_random(seed, park, day))
    if found is None or found.storm is None:
        return None
    return found.texts.base + found.storm[0], found.texts.base + found.storm[1]


def _usual(park: CatalogPark, at: datetime) -> float:
    """What the latitude, the season and the sun's time let expect."""
    latitude = abs(park.latitude)
    season = math.cos((at.timetuple().tm_yday - 200) / 365 * 2 * math.pi) * (1 if park.latitude >= 0 else -1)
    sun = (at.hour + park.longitude / 15) % 24
    return 30 - 0.42 * latitude + season * latitude * 0.28 + 5 * math.cos((sun - 15) / 24 * 2 * math.pi)


def _code(is_storm: bool, rain: float, clouds: int) -> int:
    if is_storm:
        return THUNDERSTORM
    if rain:
        return RAIN if rain > 1 else DRIZZLE
    return CLEAR if clouds < 20 else CLOUDY if clouds < 70 else OVERCAST
