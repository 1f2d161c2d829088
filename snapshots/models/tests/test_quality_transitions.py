"""What a person may make of a problem, and what not (data-model 4.4)."""

import pytest

from parks.tests.factories import NOON
from snapshots.models import DataQualityLog, NotesNeeded, Resolution, TransitionRefused
from snapshots.tests.factories import QualityLogFactory

pytestmark = pytest.mark.django_db

OPEN, INVESTIGATING, RESOLVED, WONTFIX = Resolution
ALLOWED = {
    (OPEN, INVESTIGATING),
    (OPEN, RESOLVED),
    (OPEN, WONTFIX),
    (INVESTIGATING, RESOLVED),
    (INVESTIGATING, WONTFIX),
    (RESOLVED, INVESTIGATING),
    (WONTFIX, INVESTIGATING),
}


@pytest.mark.parametrize("to", Resolution)
@pytest.mark.parametrize("since", Resolution)
def test_each_step_is_open_or_refused_naming_both_states(since, to):
    row = QualityLogFactory.create(resolution_status=since, resolution_notes="before")
    if (since, to) in ALLOWED:
        row.move_to(to, "because")
        expected = (to, "because")
    else:
        with pytest.raises(TransitionRefused, match=f"issue {row.pk} is {since}, it cannot become {to}"):
            row.move_to(to, "because")
        expected = (since, "before")
    stored = DataQualityLog.objects.get()
    assert (row.resolution_status, row.resolution_notes) == expected
    assert (stored.resolution_status, stored.resolution_notes) == expected


@pytest.mark.parametrize("to", [RESOLVED, WONTFIX])
@pytest.mark.parametrize("notes", ["", " \n"])
def test_nothing_is_settled_without_notes(to, notes):
    row = QualityLogFactory.create()
    with pytest.raises(NotesNeeded, match=f"notes are required when setting status to {to}"):
        row.move_to(to, notes)
    assert DataQualityLog.objects.get().resolution_status == OPEN


@pytest.mark.parametrize("since", [RESOLVED, WONTFIX])
def test_a_settled_problem_is_taken_up_again_only_with_notes(since):
    row = QualityLogFactory.create(resolution_status=since, resolution_notes="done")
    with pytest.raises(TransitionRefused, match=f"is {since}, it cannot become INVESTIGATING without notes"):
        row.move_to(INVESTIGATING)
    assert DataQualityLog.objects.get().resolution_notes == "done"


def test_an_open_problem_is_taken_up_without_notes_and_keeps_those_it_has():
    row = QualityLogFactory.create(resolution_notes="seen before")
    row.move_to(INVESTIGATING)
    assert (row.resolution_status, row.resolution_notes) == (INVESTIGATING, "seen before")


def test_what_the_database_says_counts_not_what_the_object_remembers():
    row = QualityLogFactory.create()
    DataQualityLog.objects.update(resolution_status=WONTFIX, resolution_notes="not ours")
    with pytest.raises(TransitionRefused, match="is WONTFIX, it cannot become RESOLVED"):
        row.move_to(RESOLVED, "mine")
    assert DataQualityLog.objects.get().resolution_notes == "not ours"


def test_a_queryset_moves_those_it_may_and_counts_them():
    for status in Resolution:
        QualityLogFactory.create(resolution_status=status)
    assert DataQualityLog.objects.move_to(WONTFIX, "a test day") == 2
    assert DataQualityLog.objects.filter(resolution_status=WONTFIX, resolution_notes="a test day").count() == 2
    assert DataQualityLog.objects.filter(resolution_status=RESOLVED).count() == 1


def test_a_queryset_takes_nothing_settled_up_again_without_notes():
    for status in Resolution:
        QualityLogFactory.create(resolution_status=status)
    assert DataQualityLog.objects.move_to(INVESTIGATING) == 1
    assert DataQualityLog.objects.move_to(INVESTIGATING, "it is back") == 2


def test_a_step_reports_when_it_was_taken():
    row = QualityLogFactory.create()
    DataQualityLog.objects.update(updated_at=NOON)
    row.move_to(INVESTIGATING)
    assert row.updated_at > NOON
