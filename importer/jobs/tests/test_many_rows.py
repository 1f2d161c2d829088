"""An import that wrote many rows lets the query planner count them."""

import pytest

from importer.jobs import running
from importer.jobs.tests.test_importing import TABLES, a_day, run
from importer.tests.archives import write_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(monkeypatch):
    """How often the planner counted."""
    calls = []
    monkeypatch.setattr(running, "refresh_statistics", lambda: calls.append(1))
    return calls


def test_the_planner_counts_after_an_import_of_many_rows_alone(tmp_path, counted, monkeypatch):
    write_events(tmp_path, a_day())
    written = run(tmp_path).rows_written
    assert 0 < written <= running.MANY_ROWS == 10_000
    for threshold, expected in ((written, []), (written - 1, [1])):
        for model in TABLES:
            model.objects.all().delete()
        monkeypatch.setattr(running, "MANY_ROWS", threshold)
        assert run(tmp_path).rows_written == written
        assert counted == expected


def test_it_does_not_when_all_rows_were_there_already(tmp_path, counted, monkeypatch):
    write_events(tmp_path, a_day())
    run(tmp_path)
    monkeypatch.setattr(running, "MANY_ROWS", 0)
    run(tmp_path)
    assert counted == []
