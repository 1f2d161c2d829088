"""Ledgers of imports and of calls of the history endpoint."""

from datetime import date
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from importer.models import HistoryCall, ImportCheckpoint, ImportSlice, MappingDecision, MappingMethod
from parks.tests.factories import NOON, RideFactory, wiki_id


class CheckpointFactory(DjangoModelFactory[ImportCheckpoint]):
    class Meta:
        model = ImportCheckpoint

    destination_uuid = factory.Sequence(lambda n: wiki_id(910_000 + n))


class SliceFactory(DjangoModelFactory[ImportSlice]):
    class Meta:
        model = ImportSlice

    job = factory.SubFactory(CheckpointFactory)
    first_date = last_date = date(2026, 7, 1)


class DecisionFactory(DjangoModelFactory[MappingDecision]):
    class Meta:
        model = MappingDecision

    entity_uuid = factory.Sequence(lambda n: wiki_id(800_000 + n))
    method = MappingMethod.UUID
    confidence = Decimal(1)
    decided_by = "imp_0123456789abcdef"


class HistoryCallFactory(DjangoModelFactory[HistoryCall]):
    class Meta:
        model = HistoryCall

    ride = factory.SubFactory(RideFactory)
    first_date = last_date = date(2026, 7, 1)
    asked_at = NOON
