"""Rows inserted in bulk by constant statements are the same as rows saved by the models."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, IntegrityError, NotSupportedError, connection, models, transaction

from parks.tests.factories import NOON
from snapshots.models import DataQualityIssue, QueueType, RideStatusSnapshot
from snapshots.status import Status
from snapshots.storage.bulk import insert_new, insert_statement, load_file, load_statement, row_of, stamp
from snapshots.tests.factories import ActivityFactory, ChangeFactory, IssueFactory, QueueFactory, SnapshotFactory

FACTORIES = {
    factory._meta.model: factory
    for factory in (SnapshotFactory, ActivityFactory, QueueFactory, ChangeFactory, IssueFactory)
}
FULL: dict[str, dict[str, Any]] = {
    "RideStatusSnapshot": {"is_open": True, "wait_time": 35, "status": Status.DOWN, "is_carried": True},
    "ParkActivitySnapshot": {"avg_wait_time": "12.50", "max_wait_time": 90, "shame_score": "2.3", "rides_open": 7},
    "QueueData": {"queue_type": QueueType.PAID_RETURN_TIME, "price_amount": "15.99", "price_currency": "USD"},
    "RideStatusChange": {"previous_status_enum": Status.OPERATING, "new_status_enum": Status.DOWN},
    "DataQualityIssue": {"details": {"text": "“it’s” 5 % off"}, "entity_name": "Ride", "last_updated_api": NOON},
}
# Instants of observations have whole seconds; those of issues would have more.
ALWAYS = {"DataQualityIssue": {"detected_at": NOON}}
INSTANTS = ("recorded_at", "changed_at", "detected_at")
every_table = pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model.__name__)
every_table_with_a_key = pytest.mark.parametrize(
    "model", [model for model in FACTORIES if model is not DataQualityIssue], ids=lambda model: model.__name__
)


def columns(model: type[models.Model]) -> list[str]:
    """The columns of the statement, in its order."""
    found = re.search(r"\((.*?)\)", insert_statement(model))
    assert found
    return found[1].split(", ")


def as_written(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(int(value.timestamp()))
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value) if value is not None and not isinstance(value, int) else value


def test_a_row_by_name_stands_in_the_order_of_the_model_and_misses_nothing():
    values = {name: number for number, name in enumerate(columns(RideStatusSnapshot))}
    backwards = dict(reversed(values.items()))
    assert row_of(RideStatusSnapshot, **backwards) == tuple(range(len(values)))
    with pytest.raises(ValueError, match="weather"):
        row_of(RideStatusSnapshot, **values, weather=1)
    del values["is_carried"]
    with pytest.raises(KeyError, match="is_carried"):
        row_of(RideStatusSnapshot, **values)


@every_table
def test_a_statement_names_every_column_once_and_as_many_values(model):
    written = {field.column for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)}
    assert sorted(columns(model)) == sorted(written)
    assert insert_statement(model).startswith(f"INSERT INTO {model._meta.db_table} (")
    assert insert_statement(model).count("%s") == len(written)


@pytest.mark.django_db
@every_table
@pytest.mark.parametrize("full", [True, False])
def test_a_row_comes_back_as_if_the_model_had_saved_it(model, full):
    FACTORIES[model].create(**ALWAYS.get(model.__name__, {}), **(FULL[model.__name__] if full else {}))
    rows = model._default_manager.values(*(name for name in columns(model)))
    saved = rows.get()
    model._default_manager.all().delete()
    insert_new(model, [[as_written(saved[name]) for name in columns(model)]])
    assert rows.get() == saved
    at = next(name for name in INSTANTS if name in saved)
    assert model._default_manager.filter(**{at: saved[at]}).exists(), "equal in the database too"


@pytest.mark.django_db
@every_table_with_a_key
def test_a_row_that_exists_is_refused_and_left_alone(model):
    FACTORIES[model].create()
    row = model._default_manager.values_list(*columns(model)).get()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_new(model, [list(map(as_written, row))])
    assert model._default_manager.values_list(*columns(model)).get() == row


@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad", [{"status": "OTHER"}, {"duration_seconds": -1}, {"data_source": None}, {"wait_time": -1}]
)
def test_nonsense_is_refused(bad):
    SnapshotFactory.create()
    row = RideStatusSnapshot.objects.values(*columns(RideStatusSnapshot)).get()
    RideStatusSnapshot.objects.all().delete()
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        insert_new(RideStatusSnapshot, [[as_written({**row, **bad}[name]) for name in columns(RideStatusSnapshot)]])
    assert not RideStatusSnapshot.objects.exists()


@pytest.mark.django_db
def test_no_rows_are_no_statement():
    with transaction.atomic():
        insert_new(RideStatusSnapshot, [])
        insert_new(RideStatusSnapshot, iter(()))
    assert connection.needs_rollback is False


@pytest.mark.parametrize("text", ["1970-01-02 00:00:00", "2024-02-29 23:59:59", "2199-12-31 00:00:01"])
def test_a_stamp_is_the_utc_instant_as_text(text):
    assert stamp(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())) == text


# -- whole files -----------------------------------------------------------------------------------------


def file_of(path: Path, *rows: dict[str, Any]) -> Path:
    """A file of rows; its lines have the columns in the order of the rows' keys."""
    lines = ("\t".join("\\N" if value is None else str(as_written(value)) for value in row.values()) for row in rows)
    # True and False are the numbers 1 and 0 in a file.
    path.write_text("".join(line.replace("True", "1").replace("False", "0") + "\n" for line in lines))
    return path


@every_table_with_a_key
def test_a_file_has_the_columns_of_the_insert(model):
    found = re.search(r"\((.*)\)", load_statement(model))
    assert found
    assert found[1].split(", ") == columns(model)
    assert f" INTO TABLE {model._meta.db_table} " in load_statement(model)


@pytest.mark.mariadb
@pytest.mark.django_db
@every_table_with_a_key
@pytest.mark.parametrize("full", [True, False])
def test_a_line_of_a_file_comes_back_as_if_the_model_had_saved_it(model, full, tmp_path):
    FACTORIES[model].create(**(FULL[model.__name__] if full else {}))
    rows = model._default_manager.values(*columns(model))
    saved = rows.get()
    model._default_manager.all().delete()
    assert load_file(model, file_of(tmp_path / "it's a file.tsv", saved)) == 1
    assert rows.get() == saved


@pytest.mark.mariadb
@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad",
    [{"status": "OTHER"}, {"duration_seconds": -1}, {"data_source": None}, {"wait_time": "long"}, {"wait_time": ""}],
)
def test_a_file_with_nonsense_is_refused_as_a_whole(bad, tmp_path):
    SnapshotFactory.create()
    row = RideStatusSnapshot.objects.values(*columns(RideStatusSnapshot)).get()
    RideStatusSnapshot.objects.all().delete()
    later = {**row, "recorded_at": row["recorded_at"].replace(year=2027)}
    with pytest.raises((DataError, IntegrityError)), transaction.atomic():
        load_file(RideStatusSnapshot, file_of(tmp_path / "rows.tsv", row, {**later, **bad}))
    assert not RideStatusSnapshot.objects.exists()


@pytest.mark.mariadb
@pytest.mark.django_db
def test_a_file_with_a_row_that_exists_is_refused_and_changes_nothing(tmp_path):
    SnapshotFactory.create(wait_time=20)
    row = RideStatusSnapshot.objects.values(*columns(RideStatusSnapshot)).get()
    later = {**row, "recorded_at": row["recorded_at"].replace(year=2027)}
    path = file_of(tmp_path / "rows.tsv", later, {**row, "wait_time": 45})
    with pytest.raises(DataError, match=r"rows\.tsv: Duplicate entry"), transaction.atomic():
        load_file(RideStatusSnapshot, path)
    assert RideStatusSnapshot.objects.values(*columns(RideStatusSnapshot)).get() == row


@pytest.mark.mariadb
@pytest.mark.django_db
@pytest.mark.parametrize("change", [lambda line: line.rsplit("\t", 1)[0], lambda line: line + "\t1"])
def test_a_line_with_too_few_or_too_many_columns_is_refused(change, tmp_path):
    SnapshotFactory.create()
    row = RideStatusSnapshot.objects.values(*columns(RideStatusSnapshot)).get()
    RideStatusSnapshot.objects.all().delete()
    path = file_of(tmp_path / "rows.tsv", row)
    path.write_text(change(path.read_text().removesuffix("\n")) + "\n")
    with pytest.raises(DataError), transaction.atomic():
        load_file(RideStatusSnapshot, path)


@pytest.mark.skipif(connection.vendor == "mysql", reason="MariaDB and MySQL load files")
def test_a_database_that_loads_no_files_says_so(tmp_path):
    with pytest.raises(NotSupportedError):
        load_file(RideStatusSnapshot, file_of(tmp_path / "rows.tsv"))
