"""What somebody says of a ride by hand: how it is written, and what is refused (R-9.2)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError

from core import data_version
from parks.models import OVERRIDES_FILE_SOURCE, Category, ClassificationMethod, Ride, RideClassification
from parks.tests.factories import ClassificationFactory, RideFactory

pytestmark = pytest.mark.django_db
MANUAL = ClassificationMethod.MANUAL_OVERRIDE
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def row() -> RideClassification:
    """The classifier's word on a ride."""
    return ClassificationFactory.create(
        tier=2,
        category=Category.SHOW,
        classification_method=ClassificationMethod.AI_AGENT,
        reasoning_text="well known",
        research_sources=["https://example.org"],
        confidence_score=Decimal("0.62"),
        schema_version="1.0",
    )


@pytest.mark.parametrize(("tier", "weight"), [(1, 3), (2, 2), (3, 1)])
def test_an_override_says_tier_category_and_why(row, tier, weight):
    with time_machine.travel(NOON, tick=False):
        row.override(tier, Category.EXPERIENCE, "  seen it  ")
    fresh = RideClassification.objects.get()
    for each in (row, fresh):
        assert (each.tier, each.tier_weight, each.category) == (tier, weight, "EXPERIENCE")
        assert (each.classification_method, each.confidence_score) == (MANUAL, Decimal("1.00"))
        assert each.override_reason == "seen it"
        assert (each.reasoning_text, each.research_sources) == (None, None), "those were another method's"
        assert (each.schema_version, each.classified_at, each.updated_at) == ("2.0", NOON, NOON)
        assert each.is_overridden_by_hand


def test_the_ride_is_brought_in_line_and_no_other(row):
    other = ClassificationFactory.create(tier=3)
    Ride.objects.update(tier=3)
    with time_machine.travel(NOON, tick=False):
        row.override(1, Category.ATTRACTION, "icon")
    ride = Ride.objects.get(pk=row.ride_id)
    assert (ride.tier, ride.category, ride.updated_at) == (1, "ATTRACTION", NOON)
    assert Ride.objects.get(pk=other.ride_id).tier == 3
    assert RideClassification.objects.get(pk=other.pk).classification_method != MANUAL


def test_without_a_category_it_stays_as_it_is(row):
    Ride.objects.update(category=Category.SHOW)
    row.override(1, None, "icon")
    row.ride.refresh_from_db()
    assert row.category == row.ride.category == "SHOW"


def test_many_are_overridden_in_three_statements(django_assert_num_queries):
    ClassificationFactory.create_batch(5)
    with django_assert_num_queries(5):  # with the two of a transaction inside the test's
        assert RideClassification.objects.all().override(1, "SHOW", "all of them") == 5
    assert set(RideClassification.objects.values_list("tier", "override_reason")) == {(1, "all of them")}
    assert set(Ride.objects.values_list("tier", "category")) == {(1, "SHOW")}


def test_those_that_need_review_can_be_overridden_although_they_then_need_none():
    unsure = ClassificationFactory.create(confidence_score=Decimal("0.30"))
    assert RideClassification.objects.needs_review().override(3, None, "looked at") == 1
    unsure.refresh_from_db()
    unsure.ride.refresh_from_db()
    assert (unsure.tier, unsure.ride.tier) == (3, 3)


def test_an_override_may_be_said_anew(row):
    row.override(1, None, "icon")
    row.override(3, None, "no longer")
    assert (row.tier, row.override_reason) == (3, "no longer")


@pytest.mark.parametrize(
    ("tier", "category", "reason", "field"),
    [
        (0, None, "why", "tier"),
        (4, None, "why", "tier"),
        (None, None, "why", "tier"),
        ("1", None, "why", "tier"),
        (1, "RIDE", "why", "category"),
        (1, "", "why", "category"),
        (1, None, "", "override_reason"),
        (1, None, "  \n", "override_reason"),
        (1, None, "x" * 501, "override_reason"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_written(row, tier, category, reason, field):
    before = RideClassification.objects.values().get()
    with pytest.raises(ValidationError) as caught:
        row.override(tier, category, reason)
    assert list(caught.value.message_dict) == [field]
    assert RideClassification.objects.values().get() == before


def test_a_reason_may_have_500_characters(row):
    row.override(1, None, "ü" * 500)
    assert len(RideClassification.objects.get().override_reason or "") == 500


def test_answers_computed_before_are_dropped(row, settings, tmp_path, django_capture_on_commit_callbacks):
    settings.DATA_VERSION_FILE = tmp_path / "data-version"
    before = data_version.current()
    with django_capture_on_commit_callbacks(execute=True):
        row.override(1, None, "icon")
        assert data_version.current() == before, "not before it is committed"
    assert data_version.current() != before


@pytest.mark.parametrize(
    ("method", "sources", "by_hand"),
    [
        (MANUAL, None, True),
        (MANUAL, [], True),
        (MANUAL, [OVERRIDES_FILE_SOURCE], False),
        (ClassificationMethod.PATTERN_MATCH, None, False),
        (ClassificationMethod.AI_AGENT, ["https://example.org"], False),
    ],
)
def test_an_override_by_hand_is_reported_from_a_line_of_the_file(method, sources, by_hand):
    row = ClassificationFactory.create(classification_method=method, research_sources=sources)
    row.refresh_from_db()
    assert row.is_overridden_by_hand is by_hand


@pytest.mark.parametrize(("confidence", "needed"), [("0.49", True), ("0.50", False), ("0.30", True), ("1.00", False)])
def test_review_is_needed_below_one_half(confidence, needed):
    row = ClassificationFactory.create(confidence_score=Decimal(confidence))
    assert row.needs_review is needed
    assert RideClassification.objects.needs_review().exists() is needed


def test_a_classification_of_unknown_confidence_is_not_below_it():
    row = ClassificationFactory.create(confidence_score=None)
    assert not row.needs_review
    assert not RideClassification.objects.needs_review().exists()


def test_a_ride_without_classification_has_none_to_review():
    RideFactory.create()
    assert not RideClassification.objects.needs_review().exists()
