"""What is published is what the database holds, for good."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from opendata import files, publishing
from opendata.manifest import PublicationError, read_manifest
from opendata.publishing import due_months, publish_month
from opendata.tables import BY_NAME, TABLES
from opendata.tests.world import MONTH, NOW, fill, read, sample_park
from opendata.verifying import verified
from outages.models import Outage
from snapshots.models import QueueData, RideStatusSnapshot
from stats.models import AggregationLog, AggregationStatus
from stats.tests.builders import make_park

pytestmark = pytest.mark.django_db


def publish(directory: Path, now: datetime = NOW) -> list[str]:
    return [file.path for file in publish_month(MONTH, directory, now, lambda *_: None)]


def problems(directory: Path) -> list[str]:
    return [f"{verdict.file.table} {verdict.problem}" for verdict in verified(directory) if verdict.problem]


def path_of(directory: Path, table: str) -> Path:
    month = "2025-12" if BY_NAME[table].month_of else None
    file = read_manifest(directory).newest(table, month)
    assert file is not None
    return directory / file.path


@pytest.fixture
def park():
    park = sample_park()
    fill(park)
    return park


def test_every_table_is_a_file_that_holds_what_the_database_holds(park, tmp_path):
    publish(tmp_path)
    assert {file.table for file in read_manifest(tmp_path).files} == {table.name for table in TABLES}
    assert problems(tmp_path) == []
    rows = read(path_of(tmp_path, "observations"))
    held = RideStatusSnapshot.objects.order_by("ride_id", "recorded_at")
    assert [(row["ride_id"], row["recorded_at"], row["status"], row["wait_time"]) for row in rows] == list(
        held.values_list("ride_id", "recorded_at", "status", "wait_time")
    )
    assert rows[0]["recorded_at"].tzinfo is not None
    assert rows[0]["local_time"] == datetime(2025, 12, 22, 10)  # noqa: DTZ001 as the clock shows it


def test_amounts_texts_and_nothing_stay_what_they_are(park, tmp_path):
    publish(tmp_path)
    (queue,) = read(path_of(tmp_path, "queues"))
    assert (queue["price_amount"], queue["price_currency"], queue["boarding_group_status"]) == (
        Decimal("12.50"),
        "",
        None,
    )
    assert {ride["name"] for ride in read(path_of(tmp_path, "rides"))} == {'Le "Grand", Huit\n'}


def test_an_outage_carries_its_address(park, tmp_path):
    publish(tmp_path)
    (outage,) = read(path_of(tmp_path, "outages"))
    assert outage["outage_id"] == Outage.objects.get().address


def test_the_same_rows_give_the_same_bytes_and_no_new_file(park, tmp_path):
    publish(tmp_path / "a")
    publish(tmp_path / "b", NOW + timedelta(days=3))
    first, second = (read_manifest(tmp_path / name).files for name in "ab")
    assert [file.sha256 for file in first] == [file.sha256 for file in second]
    assert publish(tmp_path / "a", NOW + timedelta(days=1)) == []
    assert read_manifest(tmp_path / "a").files == first


def test_a_correction_is_a_new_revision_beside_the_file(park, tmp_path):
    publish(tmp_path)
    before = path_of(tmp_path, "observations").read_bytes()
    RideStatusSnapshot.objects.filter(status="DOWN").update(status="OPERATING")
    assert publish(tmp_path) == ["observations/month=2025-12/observations-2025-12-r2.parquet"]
    old, new = (file for file in read_manifest(tmp_path).files if file.table == "observations")
    assert (old.replaced_by, new.replaces, new.revision) == (new.path, old.path, 2)
    assert (tmp_path / old.path).read_bytes() == before
    assert problems(tmp_path) == []


def test_rows_of_a_source_without_a_licence_stay_here(park, tmp_path, settings):
    other = make_park()
    fill(other)
    publish(tmp_path / "default")
    assert {row["park_id"] for row in read(path_of(tmp_path / "default", "observations"))} == {park.pk}
    settings.PUBLISHED_SOURCES = ["sample", "themeparks.wiki", "queue-times.com"]
    publish(tmp_path / "all")
    assert {row["park_id"] for row in read(path_of(tmp_path / "all", "observations"))} == {park.pk, other.pk}


def test_a_month_that_is_open_is_refused(park, tmp_path):
    with pytest.raises(PublicationError, match=r"2025-12 is still open.*2026-01-08"):
        publish(tmp_path, datetime(2026, 1, 7, 23, 59, tzinfo=UTC))
    assert not (tmp_path / "manifest.json").exists()


def test_a_month_is_due_once_and_again_when_a_day_of_it_was_computed(park, tmp_path):
    assert due_months(tmp_path, NOW - timedelta(days=1)) == []
    assert due_months(tmp_path, NOW) == [MONTH]
    publish(tmp_path)
    assert due_months(tmp_path, NOW) == []
    AggregationLog.objects.create(
        aggregation_date=MONTH, started_at=NOW, completed_at=NOW, status=AggregationStatus.SUCCESS
    )
    assert due_months(tmp_path, NOW) == [MONTH]
    publish(tmp_path)
    assert due_months(tmp_path, NOW) == []


@pytest.mark.parametrize("last", ["write_manifest", "describe_publication"])
def test_a_publication_that_was_killed_is_made_whole_by_the_next(park, tmp_path, monkeypatch, last):
    class Killed(BaseException):
        pass

    def die(*args):
        raise Killed

    publish(tmp_path / "undisturbed")
    with monkeypatch.context() as patch:
        patch.setattr(publishing, last, die)
        with pytest.raises(Killed):
            publish(tmp_path / "killed")
    publish(tmp_path / "killed")
    one, other = (
        {path.relative_to(place): path.read_bytes() for path in place.rglob("*.*")}
        for place in (tmp_path / "undisturbed", tmp_path / "killed")
    )
    assert one == other


def test_rides_are_read_some_at_a_time(park, tmp_path, monkeypatch):
    publish(tmp_path / "whole")
    monkeypatch.setattr(files, "RIDES_AT_ONCE", 1)
    publish(tmp_path / "some")
    assert (
        path_of(tmp_path / "whole", "observations").read_bytes()
        == path_of(tmp_path / "some", "observations").read_bytes()
    )


def test_two_publications_at_once_are_refused(park, tmp_path):
    with publishing.alone(tmp_path), pytest.raises(PublicationError, match="another process"):
        publish(tmp_path)


# -- what is wrong with files ----------------------------------------------------------------------------


def test_damage_is_named_file_by_file(park, tmp_path):
    publish(tmp_path)
    path_of(tmp_path, "observations").unlink()
    path_of(tmp_path, "queues").write_bytes(path_of(tmp_path, "queues").read_bytes()[:-40])
    path_of(tmp_path, "weather").write_bytes(path_of(tmp_path, "park_days").read_bytes())
    found = problems(tmp_path)
    assert found[0] == "observations is missing"
    assert "queues is truncated or altered" in found[1]
    assert "weather is" in found[2]


def test_rows_that_came_later_are_told_apart_from_damage(park, tmp_path):
    publish(tmp_path)
    QueueData.objects.all().delete()
    assert problems(tmp_path) == ["queues has 1 rows, the database 0: publish the month again"]


def test_sums_can_be_checked_without_us(park, tmp_path):
    publish(tmp_path)
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        digest, path = line.split("  ")
        assert hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() == digest


# -- commands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--month", "2025-13"), "2025-13"),
        (("--month", "2025-12-01"), "2025-12-01"),
        (("--month", "2999-01"), "still open"),
        (("--to", "s3://"), "s3://bucket/prefix"),
    ],
)
def test_what_cannot_be_published_ends_the_command_with_2(tmp_path, settings, arguments, named):
    settings.PUBLISHED_DIR = tmp_path
    with pytest.raises(CommandError, match=named) as refused:
        call_command("publish_months", *arguments)
    assert refused.value.returncode == 2


def test_a_source_that_nobody_knows_is_refused(tmp_path, settings):
    settings.PUBLISHED_DIR, settings.PUBLISHED_SOURCES = tmp_path, ["sample", "wikipedia"]
    with pytest.raises(CommandError, match="PUBLISHED_SOURCES: wikipedia"):
        call_command("publish_months")


def test_a_manifest_of_another_version_is_refused(tmp_path, settings):
    settings.PUBLISHED_DIR = tmp_path
    (tmp_path / "manifest.json").write_text('{"format": "ridewatch data 9", "files": []}')
    for command in ("publish_months", "verify_months"):
        with pytest.raises(CommandError, match="ridewatch data 9"):
            call_command(command)


def test_the_commands_publish_and_verify(park, tmp_path, settings, capsys, monkeypatch):
    settings.PUBLISHED_DIR = tmp_path
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    call_command("publish_months")
    assert "observations/month=2025-12/observations-2025-12-r1.parquet: " in capsys.readouterr().out
    call_command("publish_months")
    assert "Nothing to publish" in capsys.readouterr().out
    call_command("verify_months")
    assert "10 files, all as they should be" in capsys.readouterr().out
    path_of(tmp_path, "rides").unlink()
    with pytest.raises(CommandError, match="1 of 10 files") as failed:
        call_command("verify_months", "--files-only")
    assert failed.value.returncode == 1
