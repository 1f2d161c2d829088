"""The questions about the quality log are answered from its indexes, however long it is (public-api 5.3)."""

from datetime import timedelta

import pytest

from core.periods import Days
from core.tests.planner import statistics_of
from parks.tests.factories import NOON, ParkFactory
from snapshots.models import DataQualityLog, LogType, Resolution
from snapshots.quality.selection import Selection, parts_of

pytestmark = pytest.mark.django_db(transaction=True)  # ANALYZE ends a transaction on MariaDB


@pytest.fixture(autouse=True)
def _many(db):
    """Enough rows for the planner to care."""
    kinds, states = list(LogType), [Resolution.RESOLVED] * 8 + [Resolution.OPEN, Resolution.WONTFIX]
    DataQualityLog.objects.bulk_create(
        DataQualityLog(
            fingerprint=f"{n}",
            issue_type=kinds[n % len(kinds)],
            entity_type="park",
            entity_id=n % 100,
            timestamp_start=NOON - n * timedelta(hours=1),
            timestamp_end=NOON - n * timedelta(hours=1),
            description="x",
            resolution_status=states[n % 10],
        )
        for n in range(3_000)
    )
    with statistics_of("data_quality_log"):
        yield


def plan(rows):
    """The plan of reading the keys of a page."""
    return rows.values_list("pk", flat=True)[:100].explain().lower()


def sorts(reported):
    return "filesort" in reported or "temp b-tree for order by" in reported


@pytest.mark.parametrize(
    ("only", "index"),
    [
        ({}, None),  # the primary key
        ({"resolution_status": "OPEN"}, "quality_log_"),
        ({"issue_type": "DUPLICATE"}, "quality_log_"),
        ({"resolution_status": "OPEN", "issue_type": "DUPLICATE"}, "quality_log_"),
    ],
)
def test_a_page_of_issues_is_not_sorted(only, index):
    reported = plan(DataQualityLog.objects.filter(**only).order_by("-pk"))
    assert not sorts(reported), reported
    assert index is None or index in reported or "primary" in reported


def test_gaps_are_read_in_their_order_and_no_more_than_asked_for():
    (rows,) = parts_of(DataQualityLog.objects.filter(issue_type="GAP"), Selection(NOON))
    reported = plan(rows.order_by("-timestamp_start", "-timestamp_end", "-pk"))
    assert "quality_log_type_time" in reported
    assert not sorts(reported), reported


def test_gaps_that_reach_into_a_window_are_found_by_their_end():
    window = Selection(NOON, days=Days(NOON.date(), NOON.date()))
    _, reaching, lasting = parts_of(DataQualityLog.objects.filter(issue_type="GAP"), window)
    for rows in (reaching, lasting):
        assert "quality_log_type_end" in plan(rows)


def test_the_problems_of_a_park_are_found_by_it():
    park = ParkFactory.create()
    (rows,) = parts_of(DataQualityLog.objects.all(), Selection(NOON, park=park))
    assert "quality_log_entity" in plan(rows)


def test_counts_are_read_from_an_index_alone():
    grouped = DataQualityLog.objects.order_by().values_list("resolution_status", "issue_type")
    reported = grouped.distinct().explain().lower()
    assert "quality_log_review" in reported
