"""How long weather is kept (R-23.4)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Model, QuerySet

from weather.models import WeatherForecast, WeatherObservation

# Rows in one transaction: no reader waits long, and a run that breaks off has done something.
ROWS_AT_A_TIME = 5_000


def outdated_observations(now: datetime) -> QuerySet[WeatherObservation]:
    kept = timedelta(days=settings.WEATHER_OBSERVATION_DAYS)
    return WeatherObservation.objects.filter(observation_time__lt=now - kept)


def outdated_forecasts(now: datetime) -> QuerySet[WeatherForecast]:
    """By when they were fetched."""
    return WeatherForecast.objects.filter(issued_at__lt=now - timedelta(days=settings.WEATHER_FORECAST_DAYS))


def delete_bit_by_bit(rows: QuerySet[Model], progress: Callable[[int], object] = lambda rows: None) -> int:
    """Delete rows that nothing refers to; returns how many."""
    deleted = 0
    while some := list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_AT_A_TIME]):
        deleted += rows.model._default_manager.filter(pk__in=some).delete()[0]
        progress(len(some))
    return deleted
