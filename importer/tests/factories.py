"""Ledgers of imports and of calls of the history endpoint."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from importer.models import HistoryCall, ImportCheckpoint
from parks.tests.factories import NOON, RideFactory, wiki_id


class CheckpointFactory(DjangoModelFactory[ImportCheckpoint]):
    class Meta:
        model = ImportCheckpoint

    destination_uuid = wiki_id(900_000)


class HistoryCallFactory(DjangoModelFactory[HistoryCall]):
    class Meta:
        model = HistoryCall

    ride = factory.SubFactory(RideFactory)
    first_date = last_date = date(2026, 7, 1)
    asked_at = NOON
