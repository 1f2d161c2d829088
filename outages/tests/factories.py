"""Rows of the ledger that nothing was computed from."""

from datetime import date, timedelta

import factory
from django.conf import settings
from factory.django import DjangoModelFactory

from core.zones import local_date
from outages.models import Cause, Correction, Kind, LedgerDay, Outage
from parks.tests.factories import NOON, ParkFactory, RideFactory


class OutageFactory(DjangoModelFactory[Outage]):
    """Half an hour down; `park` follows the ride."""

    class Meta:
        model = Outage

    ride = factory.SubFactory(RideFactory)
    park = factory.SelfAttribute("ride.park")
    started_at = factory.Sequence(lambda n: NOON + n * timedelta(hours=1))
    metrics_version = factory.LazyFunction(lambda: settings.METRICS_VERSION)
    stat_date = factory.LazyAttribute(lambda row: local_date(row.started_at, row.park.timezone))
    ended_at = factory.LazyAttribute(lambda row: row.started_at + timedelta(seconds=row.total_seconds))
    seconds = total_seconds = 1800
    kind = Kind.BREAKDOWN
    revised_at = NOON


class LedgerDayFactory(DjangoModelFactory[LedgerDay]):
    class Meta:
        model = LedgerDay

    park = factory.SubFactory(ParkFactory)
    stat_date = date(2026, 7, 1)
    metrics_version = 1
    revised_at = NOON


class CorrectionFactory(DjangoModelFactory[Correction]):
    class Meta:
        model = Correction

    ride = factory.SubFactory(RideFactory)
    park = factory.SelfAttribute("ride.park")
    stat_date = date(2026, 7, 1)
    metrics_version = factory.LazyFunction(lambda: settings.METRICS_VERSION)
    cause = Cause.OBSERVATIONS
    changes = factory.LazyFunction(lambda: {"down_seconds": [600, 1200]})
    made_at = NOON
