"""Parks, rides and what hangs on them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from parks.models import (
    WITHOUT_TIMES,
    CatalogCorrection,
    ClassificationMethod,
    EntityMetadata,
    EntityMetadataVersion,
    Park,
    ParkSchedule,
    Ride,
    RideClassification,
    ScheduleType,
    SupersededSchedule,
    Supersession,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def wiki_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


class ParkFactory(DjangoModelFactory[Park]):
    """A park that reports CLOSED for every stop; `is_disney=True` for one that distinguishes DOWN from CLOSED."""

    class Meta:
        model = Park

    queue_times_id = factory.Sequence(lambda n: n + 1)
    themeparks_wiki_id = factory.Sequence(wiki_id)
    name = factory.Sequence("Park {:04d}".format)
    city = "Orlando"
    state_province = "Florida"
    country = "US"
    timezone = "America/New_York"


class RideFactory(DjangoModelFactory[Ride]):
    class Meta:
        model = Ride

    park = factory.SubFactory(ParkFactory)
    queue_times_id = factory.Sequence(lambda n: n + 1)
    themeparks_wiki_id = factory.Sequence(lambda n: wiki_id(500_000 + n))
    name = factory.Sequence("Ride {:04d}".format)


class ClassificationFactory(DjangoModelFactory[RideClassification]):
    class Meta:
        model = RideClassification

    ride = factory.SubFactory(RideFactory)
    tier = 2
    tier_weight = factory.LazyAttribute(lambda row: 4 - row.tier)
    classification_method = ClassificationMethod.PATTERN_MATCH
    confidence_score = Decimal("0.75")


class ScheduleFactory(DjangoModelFactory[ParkSchedule]):
    """Ten opening hours from 13:00 UTC; none of a closed day."""

    class Meta:
        model = ParkSchedule

    park = factory.SubFactory(ParkFactory)
    schedule_date = date(2026, 7, 1)
    schedule_type = ScheduleType.OPERATING
    opening_time = factory.LazyAttribute(
        lambda row: None if row.schedule_type in WITHOUT_TIMES else at_13(row.schedule_date)
    )
    closing_time = factory.LazyAttribute(lambda row: row.opening_time and row.opening_time + timedelta(hours=10))


def at_13(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 13, tzinfo=UTC)


class SupersededScheduleFactory(DjangoModelFactory[SupersededSchedule]):
    class Meta:
        model = SupersededSchedule

    park = factory.SubFactory(ParkFactory)
    schedule_date = date(2026, 7, 1)
    schedule_type = ScheduleType.OPERATING
    opening_time = factory.LazyAttribute(lambda row: at_13(row.schedule_date))
    closing_time = factory.LazyAttribute(lambda row: row.opening_time and row.opening_time + timedelta(hours=10))
    confirmed_at = NOON
    superseded_at = NOON
    cause = Supersession.REPLACED
    person = "ann"
    reason = "their sign says so"


class CatalogCorrectionFactory(DjangoModelFactory[CatalogCorrection]):
    class Meta:
        model = CatalogCorrection

    park = factory.SubFactory(ParkFactory)
    field = "name"
    old_value = "Old Name"
    new_value = "New Name"
    person = "ann"
    reason = "their sign says so"


class RideCorrectionFactory(CatalogCorrectionFactory):
    park: Park | None = None  # type: ignore[assignment]
    ride = factory.SubFactory(RideFactory)


class MetadataFactory(DjangoModelFactory[EntityMetadata]):
    class Meta:
        model = EntityMetadata

    ride = factory.SubFactory(RideFactory)
    themeparks_wiki_id = factory.LazyAttribute(lambda row: row.ride.themeparks_wiki_id)
    entity_name = factory.LazyAttribute(lambda row: row.ride.name)
    entity_type = "ATTRACTION"


class MetadataVersionFactory(DjangoModelFactory[EntityMetadataVersion]):
    class Meta:
        model = EntityMetadataVersion

    metadata = factory.SubFactory(MetadataFactory)
    version = 1
    fields: dict[str, object] = {}
    changed_fields: list[str] = []
