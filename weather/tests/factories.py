"""Weather by the hour."""

from datetime import timedelta

import factory
from factory.django import DjangoModelFactory

from parks.tests.factories import NOON, ParkFactory
from weather.models import WeatherForecast, WeatherObservation


class ObservationFactory(DjangoModelFactory[WeatherObservation]):
    class Meta:
        model = WeatherObservation

    park = factory.SubFactory(ParkFactory)
    observation_time = factory.Sequence(lambda n: NOON + timedelta(hours=n))


class ForecastFactory(DjangoModelFactory[WeatherForecast]):
    class Meta:
        model = WeatherForecast

    park = factory.SubFactory(ParkFactory)
    issued_at = NOON
    forecast_time = factory.Sequence(lambda n: NOON + timedelta(hours=n + 1))
