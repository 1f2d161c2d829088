"""Observations. Rows follow each other every five minutes."""

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from parks.tests.factories import NOON, ParkFactory, RideFactory
from snapshots.models import (
    DataQualityIssue,
    DataQualityLog,
    IssueSource,
    IssueType,
    LogType,
    ParkActivitySnapshot,
    ParkOperatingSession,
    ParkRevision,
    QueueData,
    QueueType,
    RideStatusChange,
    RideStatusSnapshot,
    StorageMetric,
)
from snapshots.status import Status, is_operating

INTERVAL = timedelta(minutes=5)


class SnapshotFactory(DjangoModelFactory[RideStatusSnapshot]):
    """A ride that operates in an open park for five minutes; `park` follows the ride."""

    class Meta:
        model = RideStatusSnapshot

    ride = factory.SubFactory(RideFactory)
    park = factory.SelfAttribute("ride.park")
    recorded_at = factory.Sequence(lambda n: NOON + n * INTERVAL)
    duration_seconds = 300
    status: Status | None = Status.OPERATING
    computed_is_open = factory.LazyAttribute(lambda row: is_operating(row.status, False))
    park_appears_open = True


class ActivityFactory(DjangoModelFactory[ParkActivitySnapshot]):
    class Meta:
        model = ParkActivitySnapshot

    park = factory.SubFactory(ParkFactory)
    recorded_at = factory.Sequence(lambda n: NOON + n * INTERVAL)
    duration_seconds = 300
    park_appears_open = True


class QueueFactory(DjangoModelFactory[QueueData]):
    class Meta:
        model = QueueData

    ride = factory.SubFactory(RideFactory)
    recorded_at = factory.Sequence(lambda n: NOON + n * INTERVAL)
    queue_type = QueueType.SINGLE_RIDER
    wait_time_minutes = 10


class ChangeFactory(DjangoModelFactory[RideStatusChange]):
    class Meta:
        model = RideStatusChange

    ride = factory.SubFactory(RideFactory)
    changed_at = factory.Sequence(lambda n: NOON + n * INTERVAL)
    previous_status = True
    new_status = False
    duration_in_previous_status = 60


class SessionFactory(DjangoModelFactory[ParkOperatingSession]):
    class Meta:
        model = ParkOperatingSession

    park = factory.SubFactory(ParkFactory)
    session_date = date(2026, 7, 1)


class RevisionFactory(DjangoModelFactory[ParkRevision]):
    class Meta:
        model = ParkRevision

    park = factory.SubFactory(ParkFactory)


class StorageFactory(DjangoModelFactory[StorageMetric]):
    class Meta:
        model = StorageMetric

    table_name = "queue_data"
    measurement_date = date(2026, 7, 1)
    row_count = 1
    data_size_mb = index_size_mb = total_size_mb = 1


class IssueFactory(DjangoModelFactory[DataQualityIssue]):
    class Meta:
        model = DataQualityIssue

    data_source = IssueSource.THEMEPARKS_WIKI
    issue_type = IssueType.STALE_DATA


class QualityLogFactory(DjangoModelFactory[DataQualityLog]):
    class Meta:
        model = DataQualityLog

    issue_type = LogType.GAP
    entity_type = "park"
    external_id = factory.Sequence("park-{}".format)
    timestamp_start = NOON
    description = "the feed was silent"
