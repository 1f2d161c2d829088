"""Does the weather come in: what was observed of late, and what should have been (R-22.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max

from parks.catalog.sample import real_parks
from weather.models import WeatherObservation

# The clock collects every hour: half an hour, the legacy limit, would be over between two runs.
MINUTES, LEAST_PARKS = 90, 5
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SeenWeather:
    """The parks observed within the last `minutes`, beside the least that should have been."""

    minutes: int
    parks: int
    least_parks: int
    newest: datetime | None  # when the newest of these observations was collected

    @property
    def is_thin(self) -> bool:
        return self.parks < self.least_parks


def seen_weather(now: datetime, minutes: int = MINUTES, parks: int = LEAST_PARKS) -> SeenWeather:
    """Compare the last minutes with `parks` to be seen; where fewer have coordinates, all of them. Two queries.

    What a backfill wrote is no sign that anybody collects: only the hours of the window count.
    """
    since = now - timedelta(minutes=minutes)
    rows = WeatherObservation.objects.filter(
        observation_time__gt=since - HOUR, observation_time__lte=now, collected_at__gt=since, collected_at__lte=now
    )
    found = rows.aggregate(parks=Count("park", distinct=True), newest=Max("collected_at"))
    located = real_parks().exclude(latitude=None).exclude(longitude=None).count()
    return SeenWeather(minutes, found["parks"], min(parks, located), found["newest"])
