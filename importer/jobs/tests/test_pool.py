"""The processes of an import, and a database that is away for a while."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from tqdm import tqdm

from core.jobs.runners import this_process
from importer.archive.files import DirectoryArchive
from importer.jobs import pool
from importer.jobs.planning import plan
from importer.jobs.tests.test_importing import three_days
from importer.jobs.tests.test_slices import DEAD
from importer.models import ImportCheckpoint, ImportStatus, SliceState
from importer.tests.archives import DESTINATION, write_events

pytestmark = pytest.mark.django_db

ELSEWHERE = "another-machine:7"


class Connection:
    """The test's own one stays open."""

    vendor = "mysql"
    in_atomic_block = False

    def close(self):
        """Nothing."""


@pytest.fixture
def job(tmp_path, monkeypatch):
    write_events(tmp_path, three_days())
    monkeypatch.setattr(pool, "connection", Connection())
    monkeypatch.setattr(pool, "FIRST_PAUSE", 0.0)
    return plan(DirectoryArchive(tmp_path), DESTINATION, source=str(tmp_path), runner=this_process())


def away(times, then):
    """What fails so often as a restarted database does."""
    left = [times]

    def step(*args, **kwargs):
        if left[0]:
            left[0] -= 1
            raise OperationalError(2006, "Server has gone away")
        return then(*args, **kwargs)

    return step


def run(job):
    pool.Pool([job], 1, tqdm(disable=True)).run()
    job.refresh_from_db()


def test_a_database_that_goes_away_between_two_slices_is_asked_again(job, monkeypatch):
    monkeypatch.setattr(ImportCheckpoint, "claim_slice", away(2, ImportCheckpoint.claim_slice))
    run(job)
    assert job.is_finished()


def test_a_database_that_stays_away_is_an_error(job, monkeypatch):
    monkeypatch.setattr(ImportCheckpoint, "claim_slice", away(100, ImportCheckpoint.claim_slice))
    with pytest.raises(OperationalError, match="gone away"):
        run(job)


def test_progress_that_cannot_be_reported_stops_nobody(job, monkeypatch):
    watcher = pool.Pool([job], 2, tqdm(disable=True))
    job.slices.update(files_done=1)
    monkeypatch.setattr(pool.Pool, "sums", away(1, pool.Pool.sums))
    watcher.look()
    assert watcher.done == 0
    watcher.look()
    assert watcher.done == 1


@pytest.mark.parametrize(
    ("runner", "status"),
    [(DEAD, ImportStatus.FAILED), (ELSEWHERE, ImportStatus.IN_PROGRESS)],
    ids=["dead", "elsewhere"],
)
def test_an_import_that_nobody_works_on_any_more_has_failed(job, runner, status):
    job.enter(ImportStatus.IN_PROGRESS)
    job.slices.update(state=SliceState.RUNNING, runner=runner, claimed_at=timezone.now())
    pool.Pool([job], 2, tqdm(disable=True)).make_up_for(())
    job.refresh_from_db()
    assert job.status == status


@pytest.mark.parametrize(("minutes", "has_life"), [(-30, True), (-61, False), (30, True), (61, False)])
def test_a_sign_of_life_from_a_clock_that_is_wrong_counts_for_an_hour_only(job, minutes, has_life):
    ImportCheckpoint.objects.filter(pk=job.pk).update(
        runner=ELSEWHERE, updated_at=timezone.now() + timedelta(minutes=minutes)
    )
    job.refresh_from_db()
    assert job.has_life() is has_life
