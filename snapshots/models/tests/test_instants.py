"""Observations are stored to the second, and their natural keys are real."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F

from core.database.querysets import upsert
from parks.tests.factories import NOON, RideFactory
from snapshots.models import QueueData, QueueType, RideStatusSnapshot
from snapshots.tests.factories import ActivityFactory, QueueFactory, SnapshotFactory

pytestmark = pytest.mark.django_db
LAST_MOMENT = datetime(2026, 7, 1, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize("way", ["create", "bulk", "upsert", "update"])
def test_a_fraction_never_moves_an_observation_into_the_next_day(way):
    ride = RideFactory.create()
    row = SnapshotFactory.build(ride=ride, park=ride.park, recorded_at=LAST_MOMENT, last_updated_api=LAST_MOMENT)
    if way == "create":
        row.save(force_insert=True)
    elif way == "bulk":
        RideStatusSnapshot.objects.bulk_create([row])
    elif way == "upsert":
        for _ in range(2):
            upsert(RideStatusSnapshot, [row], ["ride", "recorded_at"], ["last_updated_api"])
    else:
        SnapshotFactory.create(ride=ride, recorded_at=NOON)
        RideStatusSnapshot.objects.update(recorded_at=LAST_MOMENT, last_updated_api=LAST_MOMENT)
    stored = RideStatusSnapshot.objects.get()
    assert stored.recorded_at == stored.last_updated_at_source == LAST_MOMENT.replace(microsecond=0)


def test_two_observations_within_a_second_are_one():
    row = SnapshotFactory.create(recorded_at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        SnapshotFactory.create(ride=row.ride, recorded_at=NOON + timedelta(microseconds=999_999))


def test_the_source_time_is_the_observation_unless_reported():
    row = SnapshotFactory.build(ride=RideFactory.build(), recorded_at=NOON)
    assert row.last_updated_at_source == NOON


@pytest.mark.parametrize(
    ("model", "columns"),
    [(RideStatusSnapshot, ["ride_id", "recorded_at"]), (QueueData, ["ride_id", "recorded_at", "queue_type"])],
)
def test_the_primary_key_of_the_big_tables_is_the_natural_one(model, columns):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        table = connection.introspection.get_table_description(cursor, model._meta.db_table)
    (key,) = (each["columns"] for each in found.values() if each["primary_key"])
    if connection.vendor == "sqlite":  # whose introspection says the columns in the table's order, not the key's
        key = sorted(key, key=columns.index)
    assert key == columns
    assert "id" not in {column.name for column in table}, "no surrogate id"
    assert not [each for each in found.values() if each["foreign_key"]], "partitioned tables cannot have one"
    indexes = [each["columns"] for each in found.values() if each["index"] and not each["primary_key"]]
    assert len(indexes) <= 1, "at most one secondary index"


@pytest.mark.parametrize("model", [RideStatusSnapshot, QueueData])
def test_the_history_of_a_ride_is_one_range_of_the_primary_key(model):
    plan = model.objects.filter(ride=RideFactory.create(), recorded_at__gte=NOON).explain()
    if connection.vendor == "sqlite":
        assert f"USING INDEX sqlite_autoindex_{model._meta.db_table}_1 (ride_id=? AND recorded_at>?)" in plan
    else:
        assert re.search(r"\brange\b.*\bPRIMARY\b", plan), plan


def test_a_row_is_found_updated_and_deleted_by_its_composite_key():
    row, other = SnapshotFactory.create(), SnapshotFactory.create()
    assert row.pk == (row.ride_id, row.recorded_at)
    assert RideStatusSnapshot.objects.get(pk=row.pk) == row
    row.wait_time = 25
    row.save()
    assert RideStatusSnapshot.objects.count() == 2
    RideStatusSnapshot.objects.filter(pk__in=[row.pk]).update(wait_time=F("wait_time") + 5)
    row.refresh_from_db()
    assert row.wait_time == 30
    row.delete()
    assert list(RideStatusSnapshot.objects.all()) == [other]


def test_a_queue_row_is_one_per_ride_instant_and_type():
    row = QueueFactory.create(recorded_at=NOON)
    for queue_type in set(QueueType) - {row.queue_type}:
        QueueFactory.create(ride=row.ride, recorded_at=NOON, queue_type=queue_type)
    with pytest.raises(IntegrityError), transaction.atomic():
        QueueFactory.create(ride=row.ride, recorded_at=NOON)
    assert row.ride.queues.count() == len(QueueType) == 6


@pytest.mark.parametrize("columns", [{"duration_seconds": -1}, {"wait_time": -1}, {"duration_seconds": None}])
def test_a_duration_or_wait_below_zero_is_refused(columns):
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        SnapshotFactory.create(**columns)


def test_one_activity_row_per_park_and_second():
    row = ActivityFactory.create(recorded_at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        ActivityFactory.create(park=row.park, recorded_at=NOON + timedelta(milliseconds=700))
