"""Which import had the last word on some days: the one that finished last, whatever the clocks said."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from core.jobs.runners import this_process
from importer.archive.files import DirectoryArchive
from importer.jobs.running import run
from importer.jobs.tests.test_slices import eventful_days, everything, planned
from importer.models import SliceState
from importer.tests.archives import DESTINATION, event, write_day, write_events
from importer.tests.factories import CheckpointFactory, SliceFactory

pytestmark = pytest.mark.django_db
CHANGED = date(2024, 7, 17)


def done(job=None, **columns):
    """A slice that this process does at this moment."""
    job = job or CheckpointFactory.create(destination_uuid=DESTINATION, status="COMPLETED")
    piece = SliceFactory.create(job=job, state=SliceState.RUNNING, runner=this_process(), **columns)
    assert piece.finish()
    return piece


@pytest.mark.parametrize("hours_ahead", [0, 24])
def test_a_file_that_changes_and_changes_back_is_read_though_the_first_clock_was_ahead(tmp_path, hours_ahead):
    write_events(tmp_path, eventful_days())
    archive = DirectoryArchive(tmp_path)
    path = archive.root / DESTINATION / f"{CHANGED:%Y/%m/%d}.json.gz"
    whole = path.read_bytes()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours_ahead)):
        run(planned(archive))
    before = everything()
    write_day(archive.root, CHANGED, [event(f"{CHANGED}T15:10:00Z", wait=77)])
    run(planned(archive))
    assert everything() != before
    path.write_bytes(whole)
    assert run(planned(archive)).rows_written > 0
    assert everything()[0] == before[0]


def test_the_slice_that_finished_last_has_the_last_word():
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC)):
        first = done()
    second = done()
    assert first.last_word() == second
    assert second.last_word() == second


def test_an_older_import_that_goes_on_after_a_newer_one_has_it_again():
    older = CheckpointFactory.create(destination_uuid=DESTINATION, status="PAUSED")
    done()
    last = done(older)
    assert last.last_word() == last


def test_slices_of_other_destinations_and_other_days_do_not_count():
    mine = done()
    done(CheckpointFactory.create())
    done(first_date=date(2026, 7, 2), last_date=date(2026, 7, 2))
    assert mine.last_word() == mine


def test_a_slice_that_another_process_took_over_does_not_finish():
    lost = SliceFactory.create(state=SliceState.RUNNING, runner="elsewhere:1")
    assert not lost.finish()
    assert lost.last_word() is None
