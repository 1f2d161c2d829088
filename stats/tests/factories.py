"""Daily statistics and the ledger of computing them."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from parks.tests.factories import NOON, ParkFactory, RideFactory
from stats.models import AggregationLog, ParkDailyStats, RecomputeRun, RideDailyStats


class RideDayFactory(DjangoModelFactory[RideDailyStats]):
    class Meta:
        model = RideDailyStats

    ride = factory.SubFactory(RideFactory)
    stat_date = date(2026, 7, 1)


class ParkDayFactory(DjangoModelFactory[ParkDailyStats]):
    class Meta:
        model = ParkDailyStats

    park = factory.SubFactory(ParkFactory)
    stat_date = date(2026, 7, 1)


class RunFactory(DjangoModelFactory[RecomputeRun]):
    class Meta:
        model = RecomputeRun

    first_date = last_date = date(2026, 7, 1)
    metrics_version = 1
    started_at = NOON


class AggregationFactory(DjangoModelFactory[AggregationLog]):
    class Meta:
        model = AggregationLog

    run = factory.SubFactory(RunFactory)
    aggregation_date = date(2026, 7, 1)
    started_at = NOON
