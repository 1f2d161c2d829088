"""Daily statistics and the ledger of computing them."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from parks.tests.factories import NOON, ParkFactory, RideFactory
from stats.models import AggregationLog, ParkDailyStats, RideDailyStats


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


class AggregationFactory(DjangoModelFactory[AggregationLog]):
    class Meta:
        model = AggregationLog

    aggregation_date = date(2026, 7, 1)
    started_at = NOON
