"""Which steps an import may take (data-model 4.5), and that one claimer wins."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections

from importer.models import ImportCheckpoint, ImportStatus, TransitionRefused, new_import_id
from importer.tests.factories import CheckpointFactory
from parks.tests.factories import NOON

ALLOWED = {
    ("PENDING", "IN_PROGRESS"),
    ("PENDING", "PAUSED"),
    ("PENDING", "CANCELLED"),
    ("IN_PROGRESS", "COMPLETED"),
    ("IN_PROGRESS", "PAUSED"),
    ("IN_PROGRESS", "FAILED"),
    ("IN_PROGRESS", "CANCELLED"),
    ("PAUSED", "IN_PROGRESS"),
    ("PAUSED", "FAILED"),
    ("PAUSED", "CANCELLED"),
    ("FAILED", "IN_PROGRESS"),
}
ENTERABLE = [status for status in ImportStatus if status != ImportStatus.PENDING]


@pytest.mark.django_db
@pytest.mark.parametrize("to", ENTERABLE)
@pytest.mark.parametrize("since", ImportStatus)
def test_a_step_is_allowed_or_refused_as_the_table_says(since, to):
    row = CheckpointFactory.create(status=since)
    if (since, to) in ALLOWED:
        row.enter(to)
    else:
        with pytest.raises(TransitionRefused, match=f"{row.import_id} is {since}, it cannot become {to}"):
            row.enter(to)
    assert row.status == (to if (since, to) in ALLOWED else since)
    stored = ImportCheckpoint.objects.get(pk=row.pk)
    assert (stored.status, stored.started_at, stored.completed_at) == (row.status, row.started_at, row.completed_at)


@pytest.mark.django_db
def test_the_ledger_reports_when_an_import_first_started_and_when_it_ended():
    row = CheckpointFactory.create()
    steps: list[ImportStatus] = [
        ImportStatus.PAUSED,
        ImportStatus.IN_PROGRESS,
        ImportStatus.PAUSED,
        ImportStatus.IN_PROGRESS,
        ImportStatus.COMPLETED,
    ]
    for hour, status in enumerate(steps):
        with time_machine.travel(NOON + timedelta(hours=hour), tick=False):
            row.enter(status)
    row.refresh_from_db()
    assert row.started_at == NOON + timedelta(hours=1)
    assert row.completed_at == row.updated_at == NOON + timedelta(hours=4)


@pytest.mark.django_db
@pytest.mark.parametrize("end", [ImportStatus.FAILED, ImportStatus.CANCELLED])
def test_a_failed_or_cancelled_import_has_an_end_too(end):
    row = CheckpointFactory.create(status=ImportStatus.IN_PROGRESS)
    row.enter(end)
    assert row.completed_at is not None


@pytest.mark.django_db
def test_of_two_who_hold_the_same_row_the_first_claims_it():
    one = CheckpointFactory.create()
    two = ImportCheckpoint.objects.get(pk=one.pk)
    one.enter(ImportStatus.IN_PROGRESS)
    with pytest.raises(TransitionRefused):
        two.enter(ImportStatus.IN_PROGRESS)
    assert two.status == ImportStatus.IN_PROGRESS, "the loser learns the truth"
    assert two.started_at == one.started_at


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_claim_at_once_one_wins():
    row = CheckpointFactory.create()
    start = threading.Barrier(8)
    won: list[int] = []

    def claim(number: int) -> None:
        try:
            mine = ImportCheckpoint.objects.get(pk=row.pk)
            start.wait(10)
            mine.enter(ImportStatus.IN_PROGRESS)
            won.append(number)
        except TransitionRefused:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(won) == 1
    assert connection.vendor == "mysql"


@pytest.mark.django_db
def test_a_deleted_row_refuses_every_step():
    row = CheckpointFactory.create()
    ImportCheckpoint.objects.all().delete()
    with pytest.raises(ImportCheckpoint.DoesNotExist):
        row.enter(ImportStatus.IN_PROGRESS)


def test_an_import_id_is_imp_and_sixteen_hexadecimal_digits():
    ids = {new_import_id() for _ in range(100)}
    assert len(ids) == 100
    for each in ids:
        assert each.startswith("imp_")
        assert len(each) == 20
        int(each[4:], 16)
