from contextlib import contextmanager
from datetime import date

import boto3
import kombu.exceptions
import pytest
from celery import current_app as app
from django.core.management import CommandError, call_command
from moto import mock_aws

from core.commands import SomeFailed
from core.jobs.runners import this_process
from importer.archive.files import ArchiveError, DirectoryArchive
from importer.jobs import finishing, pool
from importer.jobs.planning import plan
from importer.jobs.tasks import import_slice
from importer.jobs.tests.test_importing import TABLES, a_day, three_days
from importer.jobs.tests.test_slices import DEAD
from importer.models import ImportCheckpoint, ImportStatus
from importer.tests.archives import COASTER, DESTINATION, FLUME, write_day, write_events
from parks.models import Park
from snapshots.models import RideStatusSnapshot

pytestmark = pytest.mark.django_db


@contextmanager
def celery_here():
    """Tasks run where they are asked for."""
    before = app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = before


def run(capsys, *args):
    call_command("import_historical", *args)
    return capsys.readouterr().out


def refused(*args):
    """The one line of a refused call."""
    with pytest.raises(CommandError) as caught:
        call_command("import_historical", *args)
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_it_reports_what_was_read_and_stored(tmp_path, capsys):
    write_events(tmp_path, a_day())
    out = run(capsys, "--source", str(tmp_path), "--all-parks")
    assert "Read 14 events from 2 files (0 duplicates); created 1 parks and 1 rides." in out
    assert "created" in out


def test_a_second_run_says_that_nothing_changed(tmp_path, capsys):
    write_events(tmp_path, three_days())
    run(capsys, "--source", str(tmp_path), "--all-parks")
    out = run(capsys, "--source", str(tmp_path), "--all-parks")
    assert "Nothing changed: no file is another than when it was imported." in out
    out = run(capsys, "--source", str(tmp_path), "--all-parks", "--again")
    assert "Nothing changed: all" in out
    assert "rows were stored already." in out


@pytest.mark.parametrize("choice", ["destination", "destination in capitals", "park", "none"])
def test_a_part_can_be_chosen(tmp_path, capsys, choice):
    write_events(tmp_path, a_day())
    run(capsys, "--source", str(tmp_path))
    RideStatusSnapshot.objects.all().delete()
    arguments = {
        "destination": ["--destination", DESTINATION],
        "destination in capitals": ["--destination", DESTINATION.upper()],
        "park": ["--park-id", str(Park.objects.get().pk)],
        "none": [],
    }
    run(capsys, "--source", str(tmp_path), "--again", *arguments[choice])
    assert RideStatusSnapshot.objects.exists()


def test_another_park_s_events_are_left_out(tmp_path, capsys):
    write_events(tmp_path, a_day())
    other = Park.objects.create(
        name="Other", city="X", country="US", timezone="America/New_York", destination_id=DESTINATION
    )
    run(capsys, "--source", str(tmp_path), "--park-id", str(other.pk))
    assert not RideStatusSnapshot.objects.exists()


def test_bad_options_are_refused_with_one_line(tmp_path):
    write_events(tmp_path / "archive", a_day())
    (tmp_path / "empty").mkdir()
    source = ["--source", str(tmp_path / "archive")]
    layout = "<destination UUID>/<YYYY>/<MM>/<DD>.json.gz"
    assert "--start-date: 'soon' is not a date" in refused(*source, "--start-date", "soon")
    assert "--end-date: '2024-02-30' is not a date" in refused(*source, "--end-date", "2024-02-30")
    assert "lies after" in refused(*source, "--start-date", "2024-02-02", "--end-date", "2024-02-01")
    assert "out of range" in refused(*source, "--start-date", "0001-01-01")
    assert "is not a UUID" in refused(*source, "--destination", "disney")
    assert "park 999 is not known" in refused(*source, "--park-id", "999")
    assert layout in refused("--source", str(tmp_path / "empty"))
    assert layout in refused("--source", str(tmp_path / "nowhere"))
    assert layout in refused(*source, "--destination", "99999999-1111-4111-8111-111111111111")
    assert layout in refused(*source, "--start-date", "2030-01-01")
    assert "--workers must be between 1 and 64, not 0" in refused(*source, "--workers", "0")
    assert "nothing to resume" in refused("--resume")
    assert "import 'imp_0' is not known" in refused("--resume", "imp_0")
    assert "say which part" in refused("--source", "s3://archive.example")
    assert "neither a directory nor" in refused("--source", "https://example.org")
    with pytest.raises(CommandError):
        call_command("import_historical", "--frobnicate")


def test_a_bucket_is_imported_like_a_directory(tmp_path, capsys):
    write_events(tmp_path, a_day())
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-2")
        client.create_bucket(
            Bucket="archive.example", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}, ACL="public-read"
        )
        for path in tmp_path.rglob("*.json.gz"):
            key = path.relative_to(tmp_path).as_posix()
            client.put_object(Bucket="archive.example", Key=key, Body=path.read_bytes(), ACL="public-read")
        out = run(capsys, "--source", "s3://archive.example", "--all-parks")
        assert "Read 14 events from 2 files" in out
        assert "cannot list" in refused("--source", "s3://no-such-bucket", "--all-parks")


# -- stopping and going on --------------------------------------------------------------------------------


def test_ctrl_c_pauses_and_resume_goes_on(tmp_path, capsys, monkeypatch):
    write_events(tmp_path, three_days())
    report = pool.Pool.report

    def interrupt(self, files):
        raise KeyboardInterrupt

    monkeypatch.setattr(pool.Pool, "report", interrupt)
    with pytest.raises(CommandError, match=r"Interrupted .imp_.*--resume goes on") as caught:
        call_command("import_historical", "--source", str(tmp_path))
    assert caught.value.returncode == 1
    job = ImportCheckpoint.objects.get()
    assert job.status == ImportStatus.PAUSED
    monkeypatch.setattr(pool.Pool, "report", report)
    assert "Rows: " in run(capsys, "--resume", job.import_id)
    job.refresh_from_db()
    assert job.status == ImportStatus.COMPLETED
    assert f"{job.import_id} is COMPLETED; nothing to resume" in refused("--resume", job.import_id)


def test_resume_takes_up_what_was_killed(tmp_path, capsys):
    write_events(tmp_path, three_days())
    job = plan(DirectoryArchive(tmp_path), DESTINATION, source=str(tmp_path), runner=DEAD)
    job.enter(ImportStatus.IN_PROGRESS)
    job.claim_slice()
    job.slices.filter(runner=this_process()).update(runner=DEAD)
    run(capsys, "--resume")
    job.refresh_from_db()
    assert job.status == ImportStatus.COMPLETED
    assert RideStatusSnapshot.objects.exists()


def test_a_second_importer_is_refused_and_reported_the_first(tmp_path):
    write_events(tmp_path, three_days())
    job = plan(DirectoryArchive(tmp_path), DESTINATION, source=str(tmp_path))
    assert f"import {job.import_id} of {DESTINATION} is PENDING already" in refused("--source", str(tmp_path))


def test_an_import_that_fails_says_why_with_exit_code_1(tmp_path, monkeypatch):
    write_events(tmp_path, three_days())

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("importer.jobs.running.Buffer.add", full)
    with pytest.raises(CommandError, match=r"is FAILED .*No space left.* --resume imp_.* goes on") as caught:
        call_command("import_historical", "--source", str(tmp_path))
    assert caught.value.returncode == 1


def test_an_import_that_fails_at_once_says_that_nothing_was_stored_and_why(tmp_path, capsys, monkeypatch):
    write_events(tmp_path, three_days())

    def cut(*args):
        raise ArchiveError("cannot read 03.json.gz: the connection was cut")

    monkeypatch.setattr(DirectoryArchive, "read", cut)
    with pytest.raises(SomeFailed):
        call_command("import_historical", "--source", str(tmp_path))
    job = ImportCheckpoint.objects.get()
    assert capsys.readouterr().out == (
        f"Nothing was stored: {job.import_id} is FAILED"
        " (2024-07-02 to 2024-07-07: cannot read 03.json.gz: the connection was cut).\n"
    )


def test_an_import_that_fails_later_reports_what_was_stored_before(tmp_path, capsys, monkeypatch, settings):
    settings.IMPORT_SLICE_DAYS = 1
    write_events(tmp_path, three_days())
    read = DirectoryArchive.read

    def cut(self, file):
        if file.day == date(2024, 7, 6):
            raise ArchiveError("the connection was cut")
        return read(self, file)

    monkeypatch.setattr(DirectoryArchive, "read", cut)
    with pytest.raises(SomeFailed):
        call_command("import_historical", "--source", str(tmp_path))
    out = capsys.readouterr().out
    assert "Rows: " in out
    assert "Nothing" not in out


def test_files_without_events_are_not_said_to_be_stored_already(tmp_path, capsys):
    write_day(tmp_path, date(2024, 7, 3), [])
    out = run(capsys, "--source", str(tmp_path))
    assert "Nothing was stored: the files that were read contain nothing." in out


def test_status_reports_how_far_the_imports_are(tmp_path, capsys):
    assert "No imports yet." in run(capsys, "--status")
    write_events(tmp_path, three_days())
    run(capsys, "--source", str(tmp_path))
    out = run(capsys, "--status")
    assert ImportCheckpoint.objects.get().import_id in out
    assert "COMPLETED" in out
    assert "100.0% of 4 files" in out


def test_a_dry_run_reports_what_would_come_in_and_stores_nothing(tmp_path, capsys):
    write_events(tmp_path, three_days())
    out = run(capsys, "--source", str(tmp_path), "--dry-run")
    assert f"{DESTINATION}: 84 events in 4 files" in out
    assert "2 names would be created: Big Coaster; Old Flume." in out
    assert not RideStatusSnapshot.objects.exists()
    assert not Park.objects.exists()
    assert not ImportCheckpoint.objects.exists()
    rows = int(out.split(" files, ")[1].split(" rows")[0].replace(",", ""))
    run(capsys, "--source", str(tmp_path))
    assert ImportCheckpoint.objects.get().records_imported == rows


def test_what_is_unknown_can_be_reported_instead_of_created(tmp_path, capsys):
    write_events(tmp_path, three_days())
    out = run(capsys, "--source", str(tmp_path), "--no-auto-create")
    assert "MAPPING_FAILED" in out
    assert "0 rides." in out


def test_celery_gets_the_import_and_does_the_same_slices(tmp_path, capsys, settings):
    settings.IMPORT_SLICE_DAYS = 1
    write_events(tmp_path, three_days())
    with celery_here():
        out = run(capsys, "--source", str(tmp_path), "--celery")
    assert "handed over, 6 slices" in out
    job = ImportCheckpoint.objects.get()
    assert job.status == ImportStatus.COMPLETED
    assert job.records_imported == RideStatusSnapshot.objects.count() + sum(
        model.objects.count() for model in TABLES[1:]
    )


@pytest.mark.parametrize(
    ("before", "command", "after"),
    [
        (None, ("--celery",), ImportStatus.CANCELLED),
        (ImportStatus.PAUSED, ("--resume", "--celery"), ImportStatus.PAUSED),
    ],
)
def test_a_broker_that_is_away_is_one_line_and_leaves_no_import_that_waits(
    tmp_path, monkeypatch, before, command, after
):
    def away(import_id):
        raise kombu.exceptions.OperationalError("Connection refused")

    write_events(tmp_path, three_days())
    if before:
        job = plan(DirectoryArchive(tmp_path), DESTINATION, source=str(tmp_path))
        ImportCheckpoint.objects.filter(pk=job.pk).update(status=before)
    monkeypatch.setattr(import_slice, "delay", away)
    with pytest.raises(SomeFailed, match="The message broker cannot be reached"):
        call_command("import_historical", "--source", str(tmp_path), *command)
    assert ImportCheckpoint.objects.get().status == after


# -- the statistics of what was imported ------------------------------------------------------------------

OTHER_PARK = "77777777-7777-4777-8777-777777777777"


class Calls(dict):
    """First and last day of the recomputations asked for, by the park's name; and the error that one ends with."""

    def __init__(self):
        super().__init__()
        self.errors = {}


@pytest.fixture
def asked(monkeypatch):
    """The recomputations that an import asks for, noted instead of done."""
    calls = Calls()

    def recompute(wanted, **streams):
        park = Park.objects.get(pk=wanted.park_id).name
        calls[park] = str(wanted.first), str(wanted.last)
        if park in calls.errors:
            raise calls.errors[park]

    monkeypatch.setattr(finishing, "request", recompute)
    return calls


def two_parks():
    """Three days of one park, and one of another."""
    other = [{**each, "parkId": OTHER_PARK, "parkSlug": "otherpark"} for each in a_day("2024-07-04", FLUME)]
    return [each for each in three_days() if each["entityId"] == COASTER] + other


def test_the_imported_days_of_each_park_are_recomputed(tmp_path, asked):
    write_events(tmp_path, two_parks())
    call_command("import_historical", "--source", str(tmp_path))
    assert asked == {
        "testpark": ("2024-07-03", "2024-07-05"),
        "otherpark": ("2024-07-04", "2024-07-04"),
    }


def test_only_the_days_of_the_range_are_recomputed(tmp_path, asked):
    write_events(tmp_path, three_days())
    options = ("--start-date", "2024-07-04", "--end-date", "2024-07-04")
    call_command("import_historical", "--source", str(tmp_path), *options)
    assert asked["testpark"] == ("2024-07-04", "2024-07-04")


def test_nothing_is_recomputed_when_nothing_was_written_or_somebody_said_so(tmp_path, asked):
    write_events(tmp_path, three_days())
    call_command("import_historical", "--source", str(tmp_path), "--no-recompute")
    assert RideStatusSnapshot.objects.exists()
    assert asked == {}
    call_command("import_historical", "--source", str(tmp_path))
    assert asked == {}


def test_an_import_that_goes_on_after_it_broke_off_recomputes_all_of_its_days(tmp_path, asked):
    """The days that were stored before nobody has computed yet."""
    write_events(tmp_path, three_days())
    call_command("import_historical", "--source", str(tmp_path), "--end-date", "2024-07-04", "--no-recompute")
    call_command("import_historical", "--source", str(tmp_path))
    assert asked["testpark"] == ("2024-07-03", "2024-07-05")


def test_a_park_whose_recomputation_fails_stops_no_other_and_can_be_made_up_for(tmp_path, asked):
    write_events(tmp_path, two_parks())
    asked.errors["testpark"] = CommandError("Some days failed (run 7)", returncode=1)
    with pytest.raises(CommandError) as caught:
        call_command("import_historical", "--source", str(tmp_path))
    assert set(asked) == {"testpark", "otherpark"}
    assert caught.value.returncode == 1
    park = Park.objects.get(name="testpark")
    assert str(caught.value).splitlines() == [
        "Some days failed (run 7)",
        "The import is complete, but not all statistics are. Run",
        f"  manage.py recompute_daily_stats --start-date 2024-07-03 --end-date 2024-07-05 --park-id {park.pk}",
    ]


def test_an_interruption_ends_the_recomputations_and_the_rest_is_named(tmp_path, asked):
    write_events(tmp_path, two_parks())
    first = CommandError("Interrupted (run 7)", returncode=130)
    asked.errors.update(testpark=first, otherpark=first)
    with pytest.raises(CommandError) as caught:
        call_command("import_historical", "--source", str(tmp_path))
    assert len(asked) == 1
    assert caught.value.returncode == 130
    assert str(caught.value).count("manage.py recompute_daily_stats") == 2
