"""Daily statistics and the ledger of computing them."""

from datetime import date
from decimal import Decimal
from typing import Any

import factory
from django.conf import settings
from factory.django import DjangoModelFactory

from parks.tests.factories import NOON, ParkFactory, RideFactory
from stats.models import AggregationLog, ParkDailyStats, RecomputeRun, RideDailyStats, RunningDay, Which


def average_wait(row: Any) -> Decimal:
    return Decimal(getattr(row, "avg_wait_time", None) or 0)


class RideDayFactory(DjangoModelFactory[RideDailyStats]):
    class Meta:
        model = RideDailyStats

    ride = factory.SubFactory(RideFactory)
    stat_date = date(2026, 7, 1)
    metrics_version = factory.LazyFunction(lambda: settings.METRICS_VERSION)
    # The exact sums of a row of whole minutes. An average wait is that of an hour.
    open_seconds = factory.LazyAttribute(lambda row: 60 * getattr(row, "operating_hours_minutes", 0))
    up_seconds = factory.LazyAttribute(lambda row: 60 * getattr(row, "uptime_minutes", 0))
    down_seconds = factory.LazyAttribute(lambda row: 60 * getattr(row, "downtime_minutes", 0))
    unknown_seconds = factory.LazyAttribute(lambda row: 60 * (getattr(row, "unknown_minutes", None) or 0))
    opening_delay_seconds = factory.LazyAttribute(lambda row: 60 * (getattr(row, "opening_delay_minutes", None) or 0))
    wait_seconds = factory.LazyAttribute(lambda row: 3600 if average_wait(row) else 0)
    wait_minute_seconds = factory.LazyAttribute(lambda row: int(3600 * average_wait(row)))
    walk_on_seconds = 0
    outages = factory.LazyAttribute(lambda row: int(row.down_seconds > 0))
    outages_carried = 0
    snapshot_count = 0


class ParkDayFactory(DjangoModelFactory[ParkDailyStats]):
    class Meta:
        model = ParkDailyStats

    park = factory.SubFactory(ParkFactory)
    stat_date = date(2026, 7, 1)
    metrics_version = factory.LazyFunction(lambda: settings.METRICS_VERSION)
    # The exact sums of a row of whole minutes and hours, all its rides attractions that were open as long as it.
    ride_seconds = factory.LazyAttribute(
        lambda row: 60 * getattr(row, "operating_hours_minutes", 0) * getattr(row, "total_rides_tracked", 1)
    )
    down_seconds = factory.LazyAttribute(lambda row: round(3600 * getattr(row, "total_downtime_hours", 0)))
    weighted_down_seconds = factory.LazyAttribute(
        # as many as give the score
        lambda row: round(
            (getattr(row, "shame_score", None) or 0)
            * getattr(row, "effective_park_weight", 1)
            * getattr(row, "operating_hours_minutes", 0)
            * 6
        )
    )
    attraction_up_seconds = factory.LazyAttribute(
        lambda row: round(row.ride_seconds * (getattr(row, "avg_uptime_percentage", None) or 0) / 100)
    )
    attraction_down_seconds = factory.LazyAttribute(lambda row: row.ride_seconds - row.attraction_up_seconds)
    wait_seconds = factory.LazyAttribute(lambda row: 3600 if average_wait(row) else 0)
    wait_minute_seconds = factory.LazyAttribute(lambda row: int(3600 * average_wait(row)))
    walk_on_seconds = 0


class RunFactory(DjangoModelFactory[RecomputeRun]):
    class Meta:
        model = RecomputeRun

    first_date = last_date = date(2026, 7, 1)
    metrics_version = 1
    started_at = NOON


class RunningDayFactory(DjangoModelFactory[RunningDay]):
    class Meta:
        model = RunningDay

    park = factory.SubFactory(ParkFactory)
    which = Which.TODAY
    day = date(2026, 7, 1)
    ends_at = NOON
    starts_at = newest_at = sealed_at = known_until = revision = 0
    reports_down = False
    state = "[]"


class AggregationFactory(DjangoModelFactory[AggregationLog]):
    class Meta:
        model = AggregationLog

    run = factory.SubFactory(RunFactory)
    aggregation_date = date(2026, 7, 1)
    started_at = NOON
