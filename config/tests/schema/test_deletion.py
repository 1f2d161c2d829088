"""What goes with a park or a ride that is deleted, and what survives it (data-model 9)."""

from typing import Any

import pytest
from django.db import models

from assistant.tests.factories import CitationFactory, ConversationFactory, MessageFactory, ToolCallFactory
from config.tests.schema.test_migrations import OUR_MODELS
from importer.tests.factories import CheckpointFactory, DecisionFactory, HistoryCallFactory, SliceFactory
from outages.tests.factories import CorrectionFactory, LedgerDayFactory, OutageFactory
from parks.tests.factories import (
    CatalogCorrectionFactory,
    ClassificationFactory,
    MetadataFactory,
    MetadataVersionFactory,
    ParkFactory,
    RideCorrectionFactory,
    RideFactory,
    ScheduleFactory,
    SupersededScheduleFactory,
)
from snapshots.tests.factories import (
    ActivityFactory,
    ChangeFactory,
    IssueFactory,
    QueueFactory,
    RevisionFactory,
    SessionFactory,
    SnapshotFactory,
)
from stats.tests.factories import AggregationFactory, ParkDayFactory, RideDayFactory, RunFactory, RunningDayFactory
from visits.tests.factories import PlanStopFactory, TaskFactory, UserFactory, VisitFactory, VisitorTokenFactory
from weather.tests.factories import ForecastFactory, ObservationFactory

PARENTS: dict[str, Any] = {
    "park": ParkFactory,
    "ride": RideFactory,
    "moving_from": RideFactory,
    "metadata": MetadataFactory,
    "run": RunFactory,
    "job": CheckpointFactory,
    "same_as": SliceFactory,
    "user": UserFactory,
    "task": TaskFactory,
    "visit": VisitFactory,
    "conversation": ConversationFactory,
    "message": MessageFactory,
}
GOES_WITH: list[tuple[Any, str]] = [
    (RideFactory, "park"),
    (ScheduleFactory, "park"),
    (SupersededScheduleFactory, "park"),
    (OutageFactory, "park"),
    (OutageFactory, "ride"),
    (LedgerDayFactory, "park"),
    (CorrectionFactory, "park"),
    (CorrectionFactory, "ride"),
    (CatalogCorrectionFactory, "park"),
    (RideCorrectionFactory, "ride"),
    (SnapshotFactory, "park"),
    (ActivityFactory, "park"),
    (RevisionFactory, "park"),
    (RunningDayFactory, "park"),
    (ObservationFactory, "park"),
    (ForecastFactory, "park"),
    (ClassificationFactory, "ride"),
    (MetadataFactory, "ride"),
    (SnapshotFactory, "ride"),
    (QueueFactory, "ride"),
    (ChangeFactory, "ride"),
    (HistoryCallFactory, "ride"),
    (MetadataVersionFactory, "metadata"),
    (SliceFactory, "job"),
    (TaskFactory, "user"),
    (VisitFactory, "user"),
    (VisitFactory, "park"),
    (PlanStopFactory, "task"),
    (PlanStopFactory, "visit"),
    (PlanStopFactory, "ride"),
    (VisitorTokenFactory, "user"),
    (ConversationFactory, "user"),
    (MessageFactory, "conversation"),
    (ToolCallFactory, "message"),
    (CitationFactory, "message"),
]
SURVIVES: list[tuple[Any, str]] = [
    (SessionFactory, "park"),
    (ParkDayFactory, "park"),
    (IssueFactory, "park"),
    (AggregationFactory, "park"),
    (AggregationFactory, "run"),
    (RunFactory, "park"),
    (CheckpointFactory, "park"),
    (RideDayFactory, "ride"),
    (IssueFactory, "ride"),
    (DecisionFactory, "park"),
    (DecisionFactory, "ride"),
    (DecisionFactory, "moving_from"),
    (SliceFactory, "same_as"),
]


def named(pairs):
    return pytest.mark.parametrize(
        ("factory", "relation"), pairs, ids=[f"{each._meta.model.__name__}-{name}" for each, name in pairs]
    )


def test_every_relation_is_listed_here():
    relations = {
        (model, field.name)
        for model in OUR_MODELS
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
    }
    assert {(factory._meta.model, name) for factory, name in GOES_WITH + SURVIVES} == relations


@pytest.mark.django_db
@named(GOES_WITH)
def test_it_goes_with_its_parent(factory, relation):
    parent, other = PARENTS[relation].create(), PARENTS[relation].create()
    extra = {"ride": RideFactory.create(park=other)} if factory is SnapshotFactory and relation == "park" else {}
    factory.create(**{relation: parent}, **extra)
    stays = factory.create(**{relation: other})
    parent.delete()
    assert list(factory._meta.model.objects.all()) == [stays]


@pytest.mark.django_db
@named(SURVIVES)
def test_it_survives_its_parent_without_a_name(factory, relation):
    parent, other = PARENTS[relation].create(), PARENTS[relation].create()
    row, stays = factory.create(**{relation: parent}), factory.create(**{relation: other})
    parent.delete()
    row.refresh_from_db()
    stays.refresh_from_db()
    assert (getattr(row, relation), getattr(stays, relation)) == (None, other)


@pytest.mark.django_db
def test_statistics_of_several_deleted_rides_and_parks_stand_side_by_side():
    """One day's rows of two deleted rides do not collide on (nothing, date, version)."""
    park = ParkFactory.create()
    for _ in range(2):
        RideDayFactory.create(ride__park=park)
        ParkDayFactory.create()
        SessionFactory.create()
    for model in (RideFactory, ParkFactory):
        model._meta.model.objects.all().delete()
    for factory in (RideDayFactory, ParkDayFactory, SessionFactory):
        assert factory._meta.model.objects.count() == 2
