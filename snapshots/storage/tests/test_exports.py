"""A month in a file: every value comes back, and a file that is damaged stores nothing (issue 7)."""

import gzip
import subprocess
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from snapshots.models import QueueData, RideStatusSnapshot
from snapshots.storage import exports
from snapshots.tests.factories import QueueFactory, SnapshotFactory

pytestmark = pytest.mark.django_db
MONTH = date(2024, 2, 1)
START = datetime(2024, 2, 1, tzinfo=UTC)
END = datetime(2024, 3, 1, tzinfo=UTC)


def nobody(count: int) -> None:
    """Hears of progress."""


def written(tmp_path, model=RideStatusSnapshot):
    path = exports.file_of(tmp_path, model._meta.db_table, MONTH)
    exports.export_month(model._meta.db_table, MONTH, path, nobody)
    return path


def sign(path) -> None:
    exports.checksum_file(path).write_text(f"{exports.digest_of(path)}  {path.name}\n")


def rewritten(path, lines: list[str]) -> None:
    """The file as somebody left it who knew of the checksum."""
    with gzip.open(path, "wt") as file:
        file.writelines(line + "\n" for line in lines)
    sign(path)


def lines_of(path) -> list[str]:
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def refused(path) -> str:
    before = [RideStatusSnapshot.objects.count(), QueueData.objects.count()]
    with pytest.raises(CommandError) as error:
        call_command("partitions", "attach", str(path), verbosity=0)
    assert error.value.returncode == 2
    assert [RideStatusSnapshot.objects.count(), QueueData.objects.count()] == before, "nothing changed"
    return str(error.value)


def test_every_value_comes_back_as_it_was(tmp_path):
    SnapshotFactory.create(recorded_at=START, wait_time=None, status=None, is_open=None, last_updated_api=None)
    SnapshotFactory.create(recorded_at=END - timedelta(seconds=1), wait_time=65, last_updated_api=START)
    QueueFactory.create(
        recorded_at=START,
        price_amount=Decimal("12.50"),
        price_currency="USD",
        return_time_start=END,
        boarding_group_status="é\n\t\"'",
    )
    before = [list(model.objects.order_by("pk").values()) for model in (RideStatusSnapshot, QueueData)]
    paths = [written(tmp_path, model) for model in (RideStatusSnapshot, QueueData)]
    for model in (RideStatusSnapshot, QueueData):
        model.objects.all().delete()
    for path in paths:
        call_command("partitions", "attach", str(path), verbosity=0)
    assert [list(model.objects.order_by("pk").values()) for model in (RideStatusSnapshot, QueueData)] == before


def test_only_the_month_is_written(tmp_path):
    for at in (START - timedelta(seconds=1), START, END - timedelta(seconds=1), END):
        SnapshotFactory.create(recorded_at=at)
    assert exports.count_rows(written(tmp_path), nobody) == 2


def test_many_rows_are_written_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    for minute in range(5):
        SnapshotFactory.create(recorded_at=START + timedelta(minutes=minute))
    heard: list[int] = []
    path = exports.file_of(tmp_path, "ride_status_snapshots", MONTH)
    assert exports.export_month("ride_status_snapshots", MONTH, path, heard.append) == 5
    assert heard == [2, 2, 1]
    assert exports.count_rows(path, nobody) == 5


def test_the_checksum_is_one_that_the_usual_tool_reads(tmp_path):
    path = written(tmp_path)
    done = subprocess.run(
        ["sha256sum", "-c", f"{path.name}.sha256"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_file_with_a_broken_checksum_is_refused(tmp_path):
    SnapshotFactory.create(recorded_at=START)
    path = written(tmp_path)
    RideStatusSnapshot.objects.all().delete()
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    assert "is damaged: its checksum is not the one in" in refused(path)


def test_a_file_without_a_checksum_is_refused(tmp_path):
    path = written(tmp_path)
    exports.checksum_file(path).unlink()
    assert "cannot be read: No such file" in refused(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "cannot be read" in refused(tmp_path / "queue_data-2024-02.jsonl.gz")


@pytest.mark.parametrize(
    "content",
    [b"", b"not packed", gzip.compress(b""), gzip.compress(b'{"format": "other"}\n')],
    ids=["empty", "not packed", "packed, empty", "another format"],
)
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "other.jsonl.gz"
    path.write_bytes(content)
    sign(path)
    assert str(path) in refused(path)


def test_a_table_that_is_not_ours_is_refused(tmp_path):
    path = written(tmp_path)
    lines = lines_of(path)
    rewritten(path, [lines[0].replace("ride_status_snapshots", "auth_user")])
    assert "is no exported month of ours" in refused(path)


@pytest.mark.parametrize("line", ["[]", "{", "[1, 2, 3]", '["x", "y"]', "null"])
def test_a_line_that_is_no_row_is_named_and_nothing_is_stored(tmp_path, line):
    SnapshotFactory.create(recorded_at=START)
    path = written(tmp_path)
    RideStatusSnapshot.objects.all().delete()
    rewritten(path, [*lines_of(path), line])
    assert "line 3: no row of ride_status_snapshots" in refused(path)


def test_a_row_of_another_month_is_refused(tmp_path):
    SnapshotFactory.create(recorded_at=START)
    path = written(tmp_path)
    RideStatusSnapshot.objects.all().delete()
    lines = lines_of(path)
    rewritten(path, [lines[0], lines[1].replace("2024-02-01", "2024-03-01", 1)])
    assert "line 2: not of 2024-02" in refused(path)


def test_a_column_that_is_no_more_is_named(tmp_path):
    path = written(tmp_path)
    lines = lines_of(path)
    rewritten(path, [lines[0].replace('"wait_time"', '"wait"')])
    assert "has columns that ride_status_snapshots has no more: wait" in refused(path)


def test_rows_that_exist_already_are_not_written_over(tmp_path):
    SnapshotFactory.create(recorded_at=START, wait_time=5)
    path = written(tmp_path)
    RideStatusSnapshot.objects.update(wait_time=7)
    SnapshotFactory.create(recorded_at=START + timedelta(minutes=1))
    assert "holds rows of ride_status_snapshots-2024-02.jsonl.gz already" in refused(path)
    assert set(RideStatusSnapshot.objects.filter(recorded_at=START).values_list("wait_time", flat=True)) == {7}


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    SnapshotFactory.create(recorded_at=START)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports.os, "fsync", full)
    with pytest.raises(exports.ExportError, match="No space left on device"):
        written(tmp_path)
    assert not list(tmp_path.iterdir())
