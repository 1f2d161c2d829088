"""What an import reports itself in the end does not depend on what happened on the way."""

from datetime import date

import pytest

from importer.archive.files import ArchiveError, DirectoryArchive
from importer.jobs import running
from importer.jobs.running import run, summary_of
from importer.jobs.tests.test_slices import eventful_days, forget_all, planned
from importer.models import ImportCheckpoint
from importer.tests.archives import write_day, write_events
from snapshots.models import DataQualityLog

pytestmark = pytest.mark.django_db


@pytest.fixture
def archive(tmp_path, settings):
    settings.IMPORT_SLICE_DAYS = 7
    write_events(tmp_path, eventful_days())
    for day in (date(2024, 7, 2), date(2024, 7, 14), date(2024, 7, 15)):
        write_day(tmp_path, day, b"no archive file")
    return DirectoryArchive(tmp_path)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_problems_are_as_new_after_a_slice_was_tried_again(archive, monkeypatch, at):
    run(planned(archive))
    forget_all()
    undisturbed = run(planned(archive))
    assert undisturbed.problems_new > 3
    forget_all()
    store, calls = running.store, []

    def failing(*args):
        calls.append(args)
        if len(calls) == at:
            raise ArchiveError("cut")
        store(*args)

    monkeypatch.setattr(running, "store", failing)
    job = planned(archive)
    with pytest.raises(ArchiveError):
        run(job)
    job.resume()
    assert run(job) == undisturbed


def test_problems_of_an_import_before_are_not_new(archive):
    first = planned(archive)
    run(first)
    second = run(planned(archive, is_again=True))
    assert second.problems_new == 0
    assert second.problems.total() > 3
    assert summary_of(ImportCheckpoint.objects.get(pk=first.pk)).problems_new > 3


def test_a_variation_of_the_format_is_noted_and_no_new_problem(tmp_path):
    days = eventful_days()
    write_events(tmp_path, days)
    plain = run(planned(DirectoryArchive(tmp_path)))
    forget_all()
    for path in tmp_path.glob("*/*/*/*.gz"):
        path.write_bytes(path.read_bytes() + b"more")
    varied = run(planned(DirectoryArchive(tmp_path)))
    assert varied.formats.total() > plain.formats.total()
    assert varied.problems_new == plain.problems_new
    assert DataQualityLog.objects.filter(external_id__endswith="#format").count() >= varied.formats.total()
