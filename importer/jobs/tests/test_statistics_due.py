"""Whoever finishes an import has the statistics computed of all days that came in, also by imports that broke off."""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from importer.archive.files import DirectoryArchive
from importer.jobs import actions, finishing, running, tasks
from importer.jobs.finishing import due
from importer.jobs.planning import plan
from importer.jobs.running import Work, do
from importer.jobs.tests.test_importing import a_day
from importer.jobs.tests.test_slices import DEAD
from importer.models import ImportCheckpoint, ImportStatus
from importer.tests.archives import DESTINATION, write_events

pytestmark = pytest.mark.django_db

DAYS = [date(2024, 7, 1) + timedelta(days=n) for n in range(15)]


@pytest.fixture
def archive(tmp_path, settings):
    settings.IMPORT_SLICE_DAYS = 4
    write_events(tmp_path, [each for day in DAYS for each in a_day(str(day))])
    settings.ARCHIVE_URL = str(tmp_path)
    return DirectoryArchive(tmp_path)


def broken_off(archive, slices, status=None, runner=DEAD):
    """An import that did some of its slices; `status`: what became of it, None: it was killed."""
    job = plan(archive, DESTINATION, source=str(archive.root), runner=runner)
    job.enter(ImportStatus.IN_PROGRESS)
    work = Work.for_import(job, archive)
    while slices and (piece := job.claim_slice()) is not None:
        do(work, piece)
        slices -= 1
    if status is not None:
        job.enter(status)
    return job


def run(archive, *options):
    call_command("import_historical", "--source", str(archive.root), *options)


def computed():
    return sorted(apps.get_model("stats", "ParkDailyStats").objects.values_list("stat_date", flat=True))


@pytest.mark.parametrize("slices", [1, 2, -1], ids=["one slice", "two slices", "killed before the statistics"])
@pytest.mark.parametrize("status", [None, ImportStatus.PAUSED, ImportStatus.FAILED, ImportStatus.CANCELLED])
def test_an_import_after_one_that_broke_off_computes_the_days_of_both(archive, slices, status):
    broken_off(archive, slices, status)
    run(archive)
    assert computed() == DAYS


def test_an_import_of_other_days_computes_them_too(archive):
    broken_off(archive, 2)
    run(archive, "--start-date", str(DAYS[-2]))
    assert computed()[0] == DAYS[0]
    assert computed()[-1] == DAYS[-1]


def test_what_was_computed_once_is_not_due_again(archive, monkeypatch):
    broken_off(archive, 2, ImportStatus.PAUSED)
    run(archive)
    asked = []
    monkeypatch.setattr(finishing, "request", lambda wanted, **how: asked.append(wanted))
    run(archive)
    assert asked == []
    assert due([DESTINATION]) == []


def test_an_import_without_statistics_leaves_those_of_others_due(archive):
    broken_off(archive, 1)
    run(archive, "--no-recompute")
    assert computed() == []
    assert len(due([DESTINATION])) == 1


def test_statistics_that_were_interrupted_are_computed_when_the_import_is_resumed(archive, monkeypatch):
    def interrupt(wanted, **how):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(finishing, "request", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(archive)
    job = ImportCheckpoint.objects.get()
    assert job.status == ImportStatus.IN_PROGRESS
    ImportCheckpoint.objects.update(runner=DEAD)
    call_command("import_historical", "--resume")
    assert computed() == DAYS


def test_statistics_that_failed_are_reported_once_and_left_to_the_operator(archive, monkeypatch):
    def fail(wanted, **how):
        raise CommandError("disk full", returncode=1)

    monkeypatch.setattr(finishing, "request", fail)
    with pytest.raises(CommandError, match="not all statistics are"):
        run(archive)
    assert ImportCheckpoint.objects.get().status == ImportStatus.COMPLETED
    assert due([DESTINATION]) == []


# -- cancelled -------------------------------------------------------------------------------------------


def test_a_worker_computes_what_came_in_before_an_import_was_cancelled(archive, asked):
    job = broken_off(archive, 2, runner="")
    actions.cancel(job)
    assert asked == [job.import_id]
    tasks.import_slice(job.import_id)
    assert computed() == DAYS[: len(computed())]
    assert len(computed()) >= 4
    job.refresh_from_db()
    assert job.status == ImportStatus.CANCELLED


def test_nobody_is_asked_for_an_import_of_which_nothing_came_in(archive, asked):
    actions.cancel(plan(archive, DESTINATION, source=str(archive.root)))
    assert asked == []


def test_an_import_can_be_cancelled_while_the_broker_is_away(archive, monkeypatch):
    def away(import_id):
        raise ConnectionRefusedError

    monkeypatch.setattr(tasks.import_slice, "delay", away)
    job = broken_off(archive, 1, runner="")
    actions.cancel(job)
    assert job.status == ImportStatus.CANCELLED


def test_a_command_whose_import_is_cancelled_computes_what_came_in(archive, monkeypatch):
    store = running.store
    done = []

    def store_and_cancel(piece, *rest):
        store(piece, *rest)
        done.append(piece)
        if len(done) == 2:
            piece.job.refresh_from_db()
            piece.job.enter(ImportStatus.CANCELLED)

    monkeypatch.setattr(running, "store", store_and_cancel)
    with pytest.raises(CommandError, match="is CANCELLED"):
        run(archive)
    assert 4 <= len(computed()) < len(DAYS)


def test_a_slice_that_is_stored_while_its_import_is_cancelled_is_computed_too(archive, asked, monkeypatch):
    store = running.store

    def cancel_and_store(piece, *rest):
        actions.cancel(ImportCheckpoint.objects.get(pk=piece.job_id))
        store(piece, *rest)

    monkeypatch.setattr(running, "store", cancel_and_store)
    job = plan(archive, DESTINATION, source=str(archive.root))
    tasks.import_slice(job.import_id)
    for import_id in asked:
        tasks.import_slice(import_id)
    assert computed() == DAYS[: len(computed())] != []
