"""The order of methods, what is written, and what a run leaves alone (R-9.2)."""

import threading
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import data_version
from parks.classification import classifying
from parks.classification.cache import keep_answers
from parks.classification.classifying import (
    ASKED_CHUNK,
    Outcome,
    classification,
    classify,
    plan_classification,
    withdraw_overrides,
)
from parks.classification.language_model import Answer, NoAnswer, Question
from parks.classification.overrides import BadOverrides
from parks.models import Category, ClassificationMethod, EntityType, Ride, RideClassification
from parks.tests.factories import ClassificationFactory, ParkFactory, RideFactory

pytestmark = pytest.mark.django_db

MANUAL, CACHED = ClassificationMethod.MANUAL_OVERRIDE, ClassificationMethod.CACHED_AI
PATTERN, AGENT = ClassificationMethod.PATTERN_MATCH, ClassificationMethod.AI_AGENT
HEADER = "park_id,ride_id,tier,category,reason,date_added\n"


def answer(tier: int = 1, category: Category = Category.ATTRACTION, confidence: str = "0.93") -> Answer:
    return Answer(tier, category, Decimal(confidence), "well known", ("https://example.org",))


class Oracle:
    """Answers what it was reported to, by the ride's name; of other rides it knows nothing."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.lock = threading.Lock()

    def ask(self, question: Question) -> Answer:
        with self.lock:
            self.asked.append(question.ride)
        if question.ride not in self.answers:
            raise NoAnswer("SERVER_ERROR: HTTP 500")
        return self.answers[question.ride]


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.CLASSIFICATION_OVERRIDES = tmp_path / "overrides.csv"
    settings.CLASSIFICATION_OVERRIDES.write_text(HEADER)
    settings.CLASSIFICATION_CACHE = tmp_path / "cache.json"
    settings.DATA_VERSION_FILE = tmp_path / "data-version"


@pytest.fixture
def override(settings):
    """Adds a line to the overrides file."""

    def add(ride: Ride, tier: int, category: str = "", reason: str = "icon") -> None:
        with settings.CLASSIFICATION_OVERRIDES.open("a") as file:
            file.write(f"{ride.park_id},{ride.pk},{tier},{category},{reason},2026-02-03\n")

    return add


@pytest.fixture
def cache(settings):
    """Keeps an answer about a ride."""
    return lambda ride, answer: keep_answers(settings.CLASSIFICATION_CACHE, {ride: answer})


def run(classifier: Oracle | None = None, again: bool = False, **options) -> Outcome:
    return classify(plan_classification(Ride.objects.all(), again), classifier, **options)


def state() -> list[tuple]:
    """Everything a run may write."""
    rows = RideClassification.objects.order_by("ride_id").values_list()
    return [*rows, *Ride.objects.order_by("pk").values_list("pk", "tier", "category", "updated_at")]


def stored(ride: Ride) -> tuple[int, str | None, str, Decimal | None]:
    """Tier, category, method and confidence; the ride itself has to say the same."""
    ride.refresh_from_db()
    row = RideClassification.objects.get(ride=ride)
    assert (ride.tier, ride.category) == (row.tier, row.category)
    assert row.tier_weight == 4 - row.tier
    return row.tier, row.category, row.classification_method, row.confidence_score


# -- the order -------------------------------------------------------------------------------------------


def test_an_override_goes_before_everything(override, cache):
    ride = RideFactory.create(name="Space Mountain")
    override(ride, 3, "SHOW", "shown as a film")
    cache(ride, answer(1))
    oracle = Oracle(**{"Space Mountain": answer(2)})
    run(oracle)
    assert stored(ride) == (3, "SHOW", MANUAL, Decimal("1.00"))
    assert oracle.asked == []
    row = ride.classification
    assert row.override_reason == "shown as a film"
    assert row.reasoning_text == "overrides file, line added on 2026-02-03"


def test_a_kept_answer_goes_before_asking(cache):
    ride = RideFactory.create(name="Space Mountain")
    cache(ride, answer(2, Category.EXPERIENCE, "0.88"))
    oracle = Oracle()
    run(oracle)
    assert stored(ride) == (2, "EXPERIENCE", CACHED, Decimal("0.88"))
    assert oracle.asked == []
    assert ride.classification.reasoning_text == "well known"
    assert ride.classification.research_sources == ["https://example.org"]


def test_the_classifier_goes_before_the_name():
    ride = RideFactory.create(name="Space Mountain")
    run(Oracle(**{"Space Mountain": answer(2, Category.SHOW, "0.61")}))
    assert stored(ride) == (2, "SHOW", AGENT, Decimal("0.61"))


def test_without_a_classifier_the_name_reports():
    ride = RideFactory.create(name="Space Mountain")
    run()
    assert stored(ride) == (1, "ATTRACTION", PATTERN, Decimal("0.75"))
    assert ride.classification.reasoning_text == "major ride: 'Mountain' in the name"
    assert ride.classification.research_sources is None


def test_a_classifier_that_fails_leaves_it_to_the_name_and_that_is_reported():
    ride = RideFactory.create(name="Dumbo")
    outcome = run(Oracle())
    assert stored(ride) == (3, "ATTRACTION", PATTERN, Decimal("0.70"))
    assert not ride.classification.needs_review
    assert "the classifier was asked in vain (SERVER_ERROR: HTTP 500)" in ride.classification.reasoning_text
    assert (outcome.in_vain, outcome.last_failure) == (1, "SERVER_ERROR: HTTP 500")


@pytest.mark.parametrize("classifier", [None, Oracle()])
def test_a_ride_nothing_is_known_of_is_standard_and_needs_review(classifier):
    ride = RideFactory.create(name="Fantasmic!")
    outcome = run(classifier)
    assert stored(ride) == (2, "ATTRACTION", PATTERN, Decimal("0.30"))
    assert ride.classification.needs_review
    assert outcome.needs_review == 1
    assert "no known word in the name; taken for a standard ride" in ride.classification.reasoning_text


def test_every_row_has_its_key_and_version():
    ride = RideFactory.create()
    run()
    row = RideClassification.objects.get()
    assert (row.cache_key, row.schema_version) == (f"{ride.park_id}:{ride.pk}", "2.0")


# -- the category ----------------------------------------------------------------------------------------


def test_an_override_without_category_takes_the_kept_one_before_the_names(override, cache):
    kept, named = RideFactory.create(name="Parade"), RideFactory.create(name="Stunt")
    override(kept, 1)
    override(named, 1)
    cache(kept, answer(category=Category.EXPERIENCE))
    run()
    assert stored(kept)[:2] == (1, "EXPERIENCE")
    assert stored(named)[:2] == (1, "SHOW")


@pytest.mark.parametrize(
    ("name", "entity_type", "category"),
    [
        ("Fantasmic!", EntityType.SHOW, "SHOW"),
        ("Fantasmic!", EntityType.ATTRACTION, "ATTRACTION"),
        ("Fantasmic!", None, "ATTRACTION"),
        ("Meet Mickey", EntityType.SHOW, "MEET_AND_GREET"),
    ],
)
def test_where_the_name_reports_no_category_a_show_of_the_feed_is_a_show(name, entity_type, category):
    ride = RideFactory.create(name=name, entity_type=entity_type)
    run()
    assert stored(ride)[1] == category


# -- which rides -----------------------------------------------------------------------------------------


def test_a_plain_run_classifies_what_has_no_classification():
    old = ClassificationFactory.create(ride__name="Space Mountain", tier=3).ride
    new = RideFactory.create(name="Splash Mountain")
    outcome = run()
    assert outcome.classified == Counter({(PATTERN, 1): 1})
    assert RideClassification.objects.get(ride=old).tier == 3
    assert stored(new)[0] == 1


def test_again_means_all_of_them():
    old = ClassificationFactory.create(ride__name="Space Mountain", tier=3).ride
    run(again=True)
    assert stored(old)[0] == 1


def test_restaurants_are_no_rides():
    RideFactory.create(entity_type=EntityType.RESTAURANT)
    unreported = RideFactory.create(entity_type=None)
    run()
    assert [row.ride for row in RideClassification.objects.all()] == [unreported]


def test_inactive_rides_are_classified_too_for_their_history_counts():
    ride = RideFactory.create(is_active=False)
    run()
    assert stored(ride)[2] == PATTERN


def test_a_plan_may_be_for_some_rides_only():
    park = ParkFactory.create()
    ride, other = RideFactory.create(park=park), RideFactory.create()
    classify(plan_classification(Ride.objects.filter(park=park)))
    assert [row.ride for row in RideClassification.objects.all()] == [ride] != [other]


def test_lines_that_fit_no_ride_are_warnings(override):
    ride = RideFactory.create()
    override(Ride(pk=ride.pk + 1, park_id=ride.park_id), 1)
    plan = plan_classification(Ride.objects.all())
    assert plan.warnings == [f"overrides, line 2: ride_id: ride {ride.pk + 1} is not known"]
    assert plan.overrides == {}


def test_a_file_that_cannot_be_used_stops_before_anything_is_written(settings):
    RideFactory.create()
    settings.CLASSIFICATION_OVERRIDES.write_text("nonsense\n")
    with pytest.raises(BadOverrides, match="line 1: the header must be"):
        run()
    assert not RideClassification.objects.exists()


# -- overrides come, change and go -----------------------------------------------------------------------


def test_a_new_line_counts_at_the_next_plain_run(override):
    ride = RideFactory.create(name="Space Mountain")
    run()
    override(ride, 3)
    run()
    assert stored(ride)[::2] == (3, MANUAL)


def test_a_changed_line_counts_at_the_next_plain_run(settings, override):
    ride = RideFactory.create(name="Space Mountain")
    override(ride, 3)
    run()
    settings.CLASSIFICATION_OVERRIDES.write_text(HEADER)
    override(ride, 2, reason="seen again")
    run()
    assert stored(ride)[0] == 2
    assert RideClassification.objects.get().override_reason == "seen again"


def test_a_line_that_is_gone_overrides_no_longer(settings, override):
    ride = RideFactory.create(name="Space Mountain")
    override(ride, 3)
    run()
    settings.CLASSIFICATION_OVERRIDES.write_text(HEADER)
    run()
    assert stored(ride)[::2] == (1, PATTERN)
    assert RideClassification.objects.get().override_reason is None


def test_an_override_by_hand_stands_whatever_the_file_says(override):
    row = ClassificationFactory.create(ride__name="Space Mountain")
    row.override(3, None, "closed for years")
    override(row.ride, 1)
    outcome = run(again=True)
    assert stored(row.ride)[::2] == (3, MANUAL)
    assert outcome.classified.total() == 0
    assert plan_classification(Ride.objects.all(), again=True).kept_by_hand == 1


def test_an_override_by_hand_said_during_a_run_stands():
    row = ClassificationFactory.create(ride__name="Space Mountain", tier=2)
    other = ClassificationFactory.create(ride__name="Splash Mountain", tier=2).ride

    class Slow(Oracle):
        def ask(self, question: Question) -> Answer:
            raise NoAnswer("away")

    plan = plan_classification(Ride.objects.all(), again=True)
    original = classifying.ask_about

    def overridden_meanwhile(*args):
        row.override(3, None, "just now")
        return original(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifying, "ask_about", overridden_meanwhile)
        outcome = classify(plan, Slow())
    assert stored(row.ride)[::2] == (3, MANUAL)
    assert stored(other)[::2] == (1, PATTERN)
    assert outcome.changed == 1


def test_withdrawn_overrides_leave_it_to_the_other_methods(cache):
    named = ClassificationFactory.create(ride__name="Space Mountain")
    kept = ClassificationFactory.create(ride__name="Dumbo")
    plain = ClassificationFactory.create(ride__name="Dumbo too", tier=1)
    cache(kept.ride, answer(2))
    for row in (named, kept):
        row.override(3, "SHOW", "a mistake")
    assert withdraw_overrides([named.ride_id, kept.ride_id, plain.ride_id]) == 2
    assert stored(named.ride) == (1, "ATTRACTION", PATTERN, Decimal("0.75"))
    assert stored(kept.ride)[::2] == (2, CACHED)
    assert RideClassification.objects.get(ride=plain.ride).tier == 1, "it was no override"


def test_an_override_is_not_withdrawn_when_the_file_cannot_be_used(settings):
    row = ClassificationFactory.create()
    row.override(3, None, "closed for years")
    settings.CLASSIFICATION_OVERRIDES.unlink()
    before = state()
    with pytest.raises(BadOverrides):
        withdraw_overrides([row.ride_id])
    assert state() == before


# -- one method alone ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("only", "methods"),
    [
        (None, [MANUAL, CACHED, AGENT, PATTERN]),
        (MANUAL, [MANUAL, None, None, None]),
        (CACHED, [MANUAL, CACHED, None, None]),
        (AGENT, [MANUAL, AGENT, AGENT, None]),
        (PATTERN, [MANUAL, PATTERN, PATTERN, PATTERN]),
    ],
)
def test_besides_overrides_one_method_alone_may_be_used(only, methods, override, cache):
    overridden, kept, known, _ = rides = [RideFactory.create(name=f"Mountain {number}") for number in range(4)]
    override(overridden, 1)
    cache(kept, answer())
    outcome = run(Oracle(**{kept.name: answer(), known.name: answer()}), only=only)
    found = dict(RideClassification.objects.values_list("ride", "classification_method"))
    assert [found.get(ride.pk) for ride in rides] == methods
    assert outcome.left_alone == methods.count(None)
    assert outcome.classified.total() == 4 - methods.count(None)


def test_a_ride_the_one_method_says_nothing_of_stays_as_it_is():
    row = ClassificationFactory.create(ride__name="Space Mountain", tier=3)
    before = state()
    outcome = run(Oracle(), again=True, only=AGENT)
    assert state() == before
    assert row.tier == 3
    assert (outcome.in_vain, outcome.changed) == (1, 0)


@pytest.mark.parametrize("only", [MANUAL, CACHED, PATTERN])
def test_the_classifier_is_not_asked_where_its_answer_could_not_be_used(only):
    RideFactory.create()
    oracle = Oracle()
    run(oracle, only=only)
    assert oracle.asked == []


# -- asking ----------------------------------------------------------------------------------------------


def test_sure_answers_are_kept_and_used_the_next_time():
    sure, unsure = RideFactory.create(name="Sure"), RideFactory.create(name="Unsure")
    oracle = Oracle(Sure=answer(confidence="0.85"), Unsure=answer(confidence="0.84"))
    run(oracle)
    assert stored(sure)[2] == stored(unsure)[2] == AGENT
    run(oracle, again=True)
    assert stored(sure)[2] == CACHED
    assert stored(unsure)[2] == AGENT
    assert sorted(oracle.asked) == ["Sure", "Unsure", "Unsure"]


def test_what_the_classifier_is_reported_of_a_ride():
    ride = RideFactory.create(name="Dumbo", land_area="Fantasyland", park__operator="Disney")
    assert classifying.question_about(ride) == Question(
        ride="Dumbo",
        park=ride.park.name,
        location="Orlando, Florida",
        country="US",
        operator="Disney",
        land_area="Fantasyland",
        entity_type="ATTRACTION",
    )


def test_a_classifier_that_is_away_is_not_asked_for_ever():
    RideFactory.create_batch(3 * ASKED_CHUNK, park=ParkFactory.create())
    oracle = Oracle()
    outcome = run(oracle)
    assert len(oracle.asked) == ASKED_CHUNK
    assert outcome.in_vain == outcome.for_classifier == 3 * ASKED_CHUNK
    assert outcome.last_failure == "SERVER_ERROR: HTTP 500", "the cause, not that it was not asked"
    assert RideClassification.objects.filter(classification_method=PATTERN).count() == 3 * ASKED_CHUNK


def test_a_classifier_that_fails_now_and_then_is_asked_on():
    rides = RideFactory.create_batch(3 * ASKED_CHUNK, park=ParkFactory.create())
    oracle = Oracle(**{ride.name: answer() for ride in rides[:: ASKED_CHUNK // 2]})
    outcome = run(oracle)
    assert len(oracle.asked) == 3 * ASKED_CHUNK
    assert outcome.in_vain == 3 * ASKED_CHUNK - 6


def test_a_run_that_is_killed_has_stored_what_it_paid_for():
    rides = RideFactory.create_batch(2 * ASKED_CHUNK, park=ParkFactory.create())
    oracle = Oracle(**{ride.name: answer() for ride in rides})
    done: list[int] = []

    def killed_after_the_first(count: int) -> None:
        done.append(count)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(oracle, progress=killed_after_the_first)
    assert done == [ASKED_CHUNK]
    assert RideClassification.objects.count() == ASKED_CHUNK
    run(oracle)
    assert RideClassification.objects.count() == 2 * ASKED_CHUNK
    assert len(oracle.asked) == 2 * ASKED_CHUNK, "nobody was asked about twice"


# -- writing ---------------------------------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_moves_no_data_version(override, cache, django_capture_on_commit_callbacks):
    for name in ("Space Mountain", "Dumbo", "Fantasmic!", "Parade"):
        ride = RideFactory.create(name=name)
    override(ride, 1)
    cache(Ride.objects.get(name="Dumbo"), answer(2))
    with django_capture_on_commit_callbacks(execute=True):
        first = run(again=True)
    version, before = data_version.current(), state()
    assert (first.changed, version != "0") == (4, True)
    with django_capture_on_commit_callbacks(execute=True):
        second = run(again=True)
    assert state() == before
    assert second.changed == 0
    assert second.classified == first.classified
    assert data_version.current() == version


def test_only_differences_are_written():
    same = ClassificationFactory.create(ride__name="Space Mountain").ride
    run(again=True)
    before = RideClassification.objects.get(ride=same)
    other = RideFactory.create(name="Dumbo")
    assert run(again=True).changed == 1
    after = RideClassification.objects.get(ride=same)
    assert (after.pk, after.updated_at) == (before.pk, before.updated_at)
    assert stored(other)[0] == 3


def test_a_ride_that_is_out_of_line_is_brought_in_line():
    ride = RideFactory.create(name="Space Mountain")
    run()
    Ride.objects.update(tier=3, category="SHOW")
    assert run(again=True).changed == 1
    assert stored(ride)[:2] == (1, "ATTRACTION")


def test_a_changed_row_keeps_its_number_and_says_when_it_was_classified():
    row = ClassificationFactory.create(ride__name="Space Mountain", tier=3)
    began = timezone.now()
    run(again=True)
    after = RideClassification.objects.get()
    assert after.pk == row.pk
    assert after.classified_at >= began
    assert after.updated_at >= began


def test_a_dry_run_writes_nothing_asks_nobody_and_counts(settings):
    RideFactory.create(name="Space Mountain")
    ClassificationFactory.create(ride__name="Dumbo", tier=1)
    oracle = Oracle(**{"Space Mountain": answer()})
    before = state()
    outcome = run(oracle, again=True, dry_run=True)
    assert state() == before
    assert oracle.asked == []
    assert not settings.CLASSIFICATION_CACHE.exists()
    assert outcome.classified == Counter({(PATTERN, 1): 1, (PATTERN, 3): 1})
    assert (outcome.changed, outcome.for_classifier) == (2, 2)


def test_progress_is_reported_ride_by_ride(monkeypatch):
    monkeypatch.setattr(classifying, "CHUNK", 2)
    RideFactory.create_batch(5)
    reported: list[int] = []
    run(progress=reported.append)
    assert reported == [2, 2, 1]


def test_the_number_of_statements_hardly_grows_with_the_rides():
    def statements(rides: int) -> int:
        RideFactory.create_batch(rides, park=park)
        with CaptureQueriesContext(connection) as queries:
            run(again=True)
        return len(queries)

    park = ParkFactory.create()
    few = statements(2)
    assert few <= 8
    assert statements(200) <= few + 4, "SQLite takes at most 999 values in a statement"


def test_classifying_is_pure():
    ride = RideFactory.create(name="Space Mountain")
    with CaptureQueriesContext(connection) as queries:
        row = classification(ride, None, None, answer(2))
    assert len(queries) == 0
    assert row.pk is None
    assert not hasattr(ride, "classification"), "the stored row it knows is not replaced"
