"""The database itself refuses what must not be: every check, key and default of every table (issue 2)."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DataError, IntegrityError, connection, models, transaction

from assistant.tests.factories import CitationFactory, ConversationFactory, MessageFactory, ToolCallFactory
from config.tests.schema.test_migrations import OUR_MODELS
from core.database.fields import EnumField
from core.tests.factories import AdminKeyFactory, JobLockFactory, JobRunFactory, QueuedTaskFactory
from importer.tests.factories import CheckpointFactory, DecisionFactory, HistoryCallFactory, SliceFactory
from outages.tests.factories import CorrectionFactory, LedgerDayFactory, OutageFactory
from parks.tests.factories import (
    NOON,
    CatalogCorrectionFactory,
    ClassificationFactory,
    MetadataFactory,
    MetadataVersionFactory,
    ParkFactory,
    RideFactory,
    ScheduleFactory,
    SupersededScheduleFactory,
)
from snapshots.tests.factories import (
    ActivityFactory,
    ChangeFactory,
    IssueFactory,
    QualityLogFactory,
    QueueFactory,
    RevisionFactory,
    SessionFactory,
    SnapshotFactory,
    StorageFactory,
)
from stats.tests.factories import AggregationFactory, ParkDayFactory, RideDayFactory, RunFactory, RunningDayFactory
from visits.tests.factories import PlanStopFactory, TaskFactory, VisitFactory, VisitorTokenFactory
from weather.tests.factories import ForecastFactory, ObservationFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FACTORIES: dict[Any, Any] = {
    factory._meta.model: factory
    for factory in (
        *(OutageFactory, LedgerDayFactory, CorrectionFactory),
        *(ParkFactory, RideFactory, ClassificationFactory, ScheduleFactory, MetadataFactory, MetadataVersionFactory),
        *(SnapshotFactory, ActivityFactory, QueueFactory, ChangeFactory, SessionFactory, StorageFactory),
        *(SupersededScheduleFactory, CatalogCorrectionFactory),
        *(AdminKeyFactory, JobLockFactory, JobRunFactory, QueuedTaskFactory, SliceFactory, DecisionFactory),
        *(IssueFactory, QualityLogFactory, RideDayFactory, ParkDayFactory, AggregationFactory),
        *(RunFactory, RunningDayFactory, RevisionFactory),
        *(ObservationFactory, ForecastFactory, CheckpointFactory, HistoryCallFactory),
        *(TaskFactory, VisitFactory, PlanStopFactory, VisitorTokenFactory),
        *(ConversationFactory, MessageFactory, ToolCallFactory, CitationFactory),
    )
}
by_model = pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model.__name__)


def constraints(kind: type) -> dict[str, type[models.Model]]:
    """Our constraints of a kind by name, with their models."""
    return {each.name: model for model in OUR_MODELS for each in model._meta.constraints if isinstance(each, kind)}


def ranges(name: str, column: str, low: float, high: float, step: float = 1) -> dict[str, list[dict[str, Any]]]:
    """A check of a range: what lies just outside, and its edges and nothing, which are inside."""
    return {
        name: [{column: low - step}, {column: high + step}],
        f"{name} ok": [{column: low}, {column: high}, {column: None}],
    }


CHECKS: dict[str, list[dict[str, Any]]] = {
    **ranges("parks_latitude_in_range", "latitude", -90, 90),
    **ranges("parks_longitude_in_range", "longitude", -180, 180),
    "parks_state_a_zone": [{"timezone": ""}],
    **ranges("rides_tier_1_to_3", "tier", 1, 3),
    "classifications_weight_of_tier": [
        *(
            {"tier": tier, "tier_weight": weight}
            for tier in (1, 2, 3)
            for weight in (0, 1, 2, 3, 10)
            if tier + weight != 4
        ),
        *({"tier": tier} for tier in (0, 4)),
    ],
    "classifications_weight_of_tier ok": [{"tier": tier} for tier in (1, 2, 3)],
    **ranges("classifications_confidence", "confidence_score", 0, 1, step=0.01),
    "schedules_open_before_close": [
        {"opening_time": NOON, "closing_time": NOON},
        {"opening_time": NOON, "closing_time": NOON - HOUR},
    ],
    "schedules_open_before_close ok": [
        {"opening_time": None, "closing_time": None},
        {"opening_time": NOON, "closing_time": None},
        {"opening_time": None, "closing_time": NOON},
        {"opening_time": NOON, "closing_time": NOON + 15 * HOUR},
    ],
    "schedules_closed_has_no_times": [
        {"schedule_type": kind, **times}
        for kind in ("CLOSED", "UNKNOWN")
        for times in ({"opening_time": NOON, "closing_time": None}, {"opening_time": None, "closing_time": NOON})
    ],
    "schedules_closed_has_no_times ok": [{"schedule_type": "CLOSED"}, {"schedule_type": "UNKNOWN"}],
    "schedules_set_with_a_reason": [{"set_by": "ann"}, {"reason": "x"}],
    "schedules_set_with_a_reason ok": [{"set_by": "ann", "reason": "x"}, {"set_by": None, "reason": None}],
    "superseded_by_somebody": [
        {"cause": "BY_HAND", "person": None},
        {"cause": "BY_HAND", "reason": None},
    ],
    "superseded_by_somebody ok": [{"cause": "BY_HAND"}, {"cause": "CALLED_OFF", "person": None, "reason": None}],
    "corrections_of_one": [{"park_id": None}],
    "corrections_by_somebody": [{"person": ""}, {"reason": ""}],
    **ranges("metadata_latitude_in_range", "latitude", -90, 90),
    **ranges("metadata_longitude_in_range", "longitude", -180, 180),
    **ranges("activity_score_0_to_10", "shame_score", 0, 10, step=0.1),
    "queues_price_positive": [{"price_amount": Decimal("-0.01")}],
    "queues_price_positive ok": [{"price_amount": 0}, {"price_amount": Decimal("99999999.99")}],
    "quality_log_start_before_end": [{"timestamp_end": NOON - HOUR}],
    "quality_log_start_before_end ok": [{"timestamp_end": NOON}, {"timestamp_end": NOON + HOUR}],
    "imports_start_before_end": [{"started_at": NOON, "completed_at": NOON - HOUR}],
    "imports_start_before_end ok": [{"completed_at": NOON}, {"started_at": NOON, "completed_at": NOON}],
    "history_first_before_last": [{"last_date": date(2026, 6, 30)}],
    "history_first_before_last ok": [{"last_date": date(2026, 7, 1)}, {"last_date": date(2026, 7, 31)}],
    "import_slices_in_order": [{"last_date": date(2026, 6, 30)}],
    "import_slices_in_order ok": [{"last_date": date(2026, 7, 1)}, {"last_date": date(2026, 7, 7)}],
    "mappings_confidence": [{"confidence": Decimal("-0.01")}, {"confidence": Decimal("1.01")}],
    "mappings_confidence ok": [{"confidence": 0}, {"confidence": 1}],
    "mappings_first_before_last": [{"first_event_at": NOON, "last_event_at": NOON - HOUR}],
    "mappings_first_before_last ok": [
        {"first_event_at": NOON, "last_event_at": NOON},
        {"first_event_at": NOON},
        {"last_event_at": NOON},
    ],
    "tasks_have_a_title": [{"title": ""}],
    "visits_last_a_while": [{"start_time": time(9), "end_time": time(9)}],
    "visits_last_a_while ok": [
        {"start_time": None, "end_time": time(9)},
        {"start_time": time(9), "end_time": None},
        {"start_time": time(18), "end_time": time(1)},
    ],
    "forecasts_are_ahead": [{"forecast_time": NOON}, {"forecast_time": NOON - HOUR}],
}
for weather in ("observations", "forecasts"):
    CHECKS |= ranges(f"{weather}_wind_direction", "wind_direction_degrees", 0, 360)
    CHECKS |= ranges(f"{weather}_code", "weather_code", 0, 99)
    for name in ("precipitation_probability", "cloud_cover", "humidity"):
        column = name if name == "precipitation_probability" else f"{name}_percent"
        CHECKS |= ranges(f"{weather}_{name}", column, 0, 100)
OWNER = constraints(models.CheckConstraint)
KNOWN = {name for name in OWNER if name.endswith("_known")}  # checks of choices, tried below by their columns


def cases(good: bool) -> list[Any]:
    return [
        pytest.param(name.removesuffix(" ok"), columns, id=f"{name}-{columns}")
        for name, rows in CHECKS.items()
        if name.endswith(" ok") == good
        for columns in rows
    ]


@pytest.mark.parametrize(("name", "columns"), cases(good=False))
def test_a_check_refuses_what_it_names(name, columns):
    factory = FACTORIES[OWNER[name]]
    with pytest.raises((IntegrityError, DataError)) as caught, transaction.atomic():
        factory._meta.model.objects.bulk_create([built(factory, columns)])
    if isinstance(caught.value, DataError):  # MariaDB's unsigned columns know no number below zero
        name = next(f"Out of range value for column '{column}'" for column, value in columns.items() if value < 0)
    assert name in str(caught.value)


def built(factory, columns):
    """A row that only the database has seen: its parents saved, itself not."""
    row = factory.create()
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    row.delete()
    return factory._meta.model(**{**values, **columns})


@pytest.mark.parametrize(("name", "columns"), cases(good=True))
def test_a_check_lets_the_edges_pass(name, columns):
    row = FACTORIES[OWNER[name]].create(**columns)
    row.refresh_from_db()
    for column, value in columns.items():
        assert getattr(row, column) == value


def test_every_check_is_tried_here():
    assert {name.removesuffix(" ok") for name in CHECKS} == set(OWNER) - KNOWN
    assert set(FACTORIES) == set(OUR_MODELS)


CHOICES = [(model, field) for model in OUR_MODELS for field in model._meta.local_fields if field.choices]


@pytest.mark.parametrize(("model", "field"), CHOICES, ids=[f"{m.__name__}.{f.name}" for m, f in CHOICES])
def test_a_choice_outside_the_vocabulary_is_refused(model, field):
    words = [word for word, _ in field.flatchoices]
    assert isinstance(field, EnumField)
    assert max(map(len, words)) == field.max_length
    FACTORIES[model].create(**{field.name: words[-1]})
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        FACTORIES[model].create(**{field.name: "OTHER"})


# For each key: a value of each of its columns other than the factory's.
KEYS: dict[str, dict[str, Any]] = {
    "schedules_window_once": {
        "park": ParkFactory,
        "schedule_date": date(2026, 7, 2),
        "schedule_type": "EXTRA_HOURS",
        "opening_time": NOON,
    },
    "metadata_version_once": {"metadata": MetadataFactory, "version": 2},
    "job_runs_slot_once": {"job": "other", "slot": NOON - HOUR},
    "activity_once": {"park": ParkFactory, "recorded_at": NOON - HOUR},
    "changes_once": {"ride": RideFactory, "changed_at": NOON - HOUR},
    "sessions_once": {"park": ParkFactory, "session_date": date(2026, 7, 2)},
    "storage_once": {"table_name": "other", "measurement_date": date(2026, 7, 2)},
    "ride_daily_once": {"ride": RideFactory, "stat_date": date(2026, 7, 2), "metrics_version": 3},
    "park_daily_once": {"park": ParkFactory, "stat_date": date(2026, 7, 2), "metrics_version": 3},
    "running_days_once": {"park": ParkFactory, "which": "day_before"},
    "aggregation_once_per_run": {"run": RunFactory, "aggregation_date": date(2026, 7, 2)},
    "imports_one_a_destination": {"destination_uuid": "7" * 36},
    "import_slices_once": {"job": CheckpointFactory, "first_date": date(2026, 6, 30)},
    "citations_ordinal_once": {"message": MessageFactory, "ordinal": 2},
    "observations_once": {"park": ParkFactory, "observation_time": NOON - HOUR},
    "forecasts_once": {"park": ParkFactory, "issued_at": NOON - HOUR, "forecast_time": NOON + 500 * HOUR},
}
UNIQUE = constraints(models.UniqueConstraint)


@pytest.mark.parametrize("name", UNIQUE)
def test_a_natural_key_is_unique_as_a_whole_and_only_as_a_whole(name):
    factory, others = FACTORIES[UNIQUE[name]], KEYS[name]
    first = factory.create()
    key = {column: getattr(first, column) for column in others}
    with pytest.raises(IntegrityError), transaction.atomic():
        factory.create(**key)
    for column, other in others.items():
        factory.create(**{**key, column: other.create() if hasattr(other, "create") else other})
    assert UNIQUE[name]._default_manager.count() == 1 + len(others)


def test_every_key_is_tried_here():
    assert set(KEYS) == set(UNIQUE)


ALONE = [
    (model, field.name)
    for model in OUR_MODELS
    for field in model._meta.local_fields
    if field.unique and not field.primary_key
]


@pytest.mark.parametrize(("model", "column"), ALONE, ids=[f"{m.__name__}.{c}" for m, c in ALONE])
def test_a_unique_column_takes_a_value_once_and_nothing_often(model, column):
    factory = FACTORIES[model]
    first = factory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        factory.create(**{column: getattr(first, column)})
    if model._meta.get_field(column).null:
        factory.create(**{column: None})
        factory.create(**{column: None})


def test_the_unique_columns_are_those_of_the_data_model():
    assert {(model.__name__, column) for model, column in ALONE} == {
        ("AdminKey", "name"),
        ("AdminKey", "public_id"),
        ("MappingDecision", "entity_uuid"),
        ("Park", "queue_times_id"),
        ("Park", "themeparks_wiki_id"),
        ("Ride", "queue_times_id"),
        ("Ride", "themeparks_wiki_id"),
        ("RideClassification", "ride"),
        ("EntityMetadata", "ride"),
        ("EntityMetadata", "themeparks_wiki_id"),
        ("DataQualityLog", "fingerprint"),
        ("ImportCheckpoint", "import_id"),
        ("VisitorToken", "public_id"),
    }


CREATED = {"created_at", "classified_at", "collected_at", "fetched_at", "detected_at", "last_synced"}
STAMPS = {
    model: names
    for model in OUR_MODELS
    if (names := {field.name for field in model._meta.local_fields} & {*CREATED, "updated_at"})
}


@pytest.mark.parametrize("model", STAMPS, ids=lambda model: model.__name__)
def test_timestamps_fill_themselves_in_bulk_inserts_too(model):
    row = FACTORIES[model].create()
    parents = {f.name: getattr(row, f.name) for f in model._meta.local_fields if isinstance(f, models.ForeignKey)}
    model._default_manager.all().delete()
    with time_machine.travel(NOON, tick=False):
        model._default_manager.bulk_create([FACTORIES[model].build(**parents)])
    stored = model._default_manager.get()
    assert {name: getattr(stored, name) for name in STAMPS[model]} == dict.fromkeys(STAMPS[model], NOON)


@pytest.mark.parametrize("model", STAMPS, ids=lambda model: model.__name__)
def test_the_database_fills_the_timestamps_that_an_insert_leaves_out(model):
    with connection.cursor() as cursor:
        table = connection.introspection.get_table_description(cursor, model._meta.db_table)
    defaults = {column.name: column.default for column in table}
    for name in STAMPS[model]:
        assert defaults[name], name


@by_model
def test_a_row_says_what_it_is(model):
    assert str(FACTORIES[model].create())


@pytest.mark.parametrize("column", ["observation_time", "issued_at", "forecast_time"])
def test_the_hours_of_the_weather_are_never_made_up(column):
    for model in (ObservationFactory._meta.model, ForecastFactory._meta.model):
        for field in model._meta.local_fields:
            if field.name == column:
                assert not field.has_default()
                with pytest.raises(IntegrityError), transaction.atomic():
                    FACTORIES[model].create(**{column: None})
