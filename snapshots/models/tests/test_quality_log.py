"""The same problem met again stays one row (design §1, data-model 4.4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from parks.tests.factories import NOON
from snapshots.models import DataQualityLog
from snapshots.tests.factories import QualityLogFactory

PROBLEM: dict[str, Any] = {
    "issue_type": "GAP",
    "entity_type": "park",
    "external_id": "x",
    "at": NOON,
    "description": "silent",
}


def test_the_natural_key_is_stable_text_of_fixed_length():
    key = DataQualityLog.natural_key(**PROBLEM)
    assert key == DataQualityLog.natural_key(**PROBLEM)
    assert len(key) == DataQualityLog._meta.get_field("fingerprint").max_length == 64


@pytest.mark.parametrize(
    "other",
    [
        {"issue_type": "INVALID"},
        {"entity_type": "ride"},
        {"external_id": "y"},
        {"external_id": None},
        {"at": NOON + timedelta(seconds=1)},
        {"description": "loud"},
        {"entity_type": "parkx", "external_id": ""},
    ],
)
def test_another_kind_entity_place_instant_or_reason_is_another_problem(other):
    assert DataQualityLog.natural_key(**{**PROBLEM, **other}) != DataQualityLog.natural_key(**PROBLEM)


@pytest.mark.django_db
def test_the_same_problem_is_refused_by_the_database():
    row = QualityLogFactory.create()
    assert row.fingerprint == DataQualityLog.natural_key(
        row.issue_type, row.entity_type, row.external_id, row.timestamp_start, row.description
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        QualityLogFactory.create(external_id=row.external_id)
    QualityLogFactory.create(external_id=row.external_id, description="something else")
    assert DataQualityLog.objects.count() == 2


@pytest.mark.django_db
def test_reviewing_a_problem_leaves_its_identity():
    row = QualityLogFactory.create()
    before = row.fingerprint
    row.resolution_status, row.resolution_notes, row.description = "RESOLVED", "a feed outage", "edited"
    row.save()
    row.refresh_from_db()
    assert row.fingerprint == before
