"""Classifying rides: the methods of R-9.2 in their order, and the writing of what they say."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core import data_version
from core.database.querysets import retried_on_lock, upsert
from parks.classification.cache import answer_for, keep_answers, key_of, read_answers
from parks.classification.language_model import PARALLEL, Answer, Classifier, NoAnswer, Question
from parks.classification.overrides import Override, all_rides, by_ride, read_overrides
from parks.classification.patterns import match_pattern
from parks.models import (
    CLASSIFICATION_SCHEMA_VERSION,
    OVERRIDES_FILE_SOURCE,
    SURE,
    TIER_WEIGHTS,
    Category,
    ClassificationMethod,
    EntityType,
    Ride,
    RideClassification,
)

Method = ClassificationMethod

# What a ride is taken for when nothing says: below the limit of review.
UNKNOWN_TIER, UNKNOWN_CONFIDENCE = 2, Decimal("0.30")
CHUNK = 500  # rides per transaction
ASKED_CHUNK = 20  # the same while the classifier is asked: what a killed run loses
COLUMNS = (
    "tier",
    "tier_weight",
    "category",
    "classification_method",
    "confidence_score",
    "reasoning_text",
    "override_reason",
    "research_sources",
    "cache_key",
    "schema_version",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rides are to be classified, and what the overrides file says of them."""

    rides: Sequence[int]
    overrides: Mapping[int, Override]
    kept_by_hand: int
    warnings: Sequence[str]  # lines of the overrides file that fit no ride


@dataclass(slots=True)
class Outcome:
    """How many rides each method classified in each tier, and what was written."""

    classified: Counter[tuple[ClassificationMethod, int]] = field(default_factory=Counter)
    changed: int = 0
    needs_review: int = 0
    left_alone: int = 0  # the one method allowed says nothing of them
    for_classifier: int = 0
    in_vain: int = 0  # it should have said something of them, and said nothing usable
    in_vain_running: int = 0  # how many of the latest
    last_failure: str = ""


def plan_classification(rides: QuerySet[Ride], again: bool = False) -> Plan:
    """The rides without classification and those whose override the file may have changed; `again`: all of them.

    What was overridden by hand stands, and restaurants are no rides. Raises BadOverrides. Two queries.
    """
    overrides, warnings = by_ride(read_overrides(settings.CLASSIFICATION_OVERRIDES), all_rides())
    chosen: list[int] = []
    kept = 0
    no_restaurant = ~Q(entity_type=EntityType.RESTAURANT) | Q(entity_type=None)
    for ride in rides.filter(no_restaurant).select_related("classification").order_by("pk"):
        row = classification_of(ride)
        if row is not None and row.is_overridden_by_hand:
            kept += 1
        elif again or row is None or ride.pk in overrides or row.classification_method == Method.MANUAL_OVERRIDE:
            chosen.append(ride.pk)
    return Plan(chosen, overrides, kept, warnings)


def classification_of(ride: Ride) -> RideClassification | None:
    return ride.classification if hasattr(ride, "classification") else None


def classify(
    plan: Plan,
    classifier: Classifier | None = None,
    only: ClassificationMethod | None = None,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda rides: None,
) -> Outcome:
    """Classify the rides of a plan; `only`: by overrides and this method alone.

    Writes differences only, a chunk of rides per transaction, so a run may be ended at any time and begun anew.
    A dry run writes nothing and does not ask the classifier.
    """
    outcome = Outcome()
    cached = read_answers(settings.CLASSIFICATION_CACHE) if only in (None, Method.CACHED_AI) else {}
    if only not in (None, Method.AI_AGENT):
        classifier = None
    size = ASKED_CHUNK if classifier and not dry_run else CHUNK
    for start in range(0, len(plan.rides), size):
        chosen = plan.rides[start : start + size]
        rides = list(Ride.objects.filter(pk__in=chosen).select_related("park", "classification"))
        kept = {ride.pk: answer for ride in rides if (answer := answer_for(ride, cached))}
        unknown = [ride for ride in rides if ride.pk not in kept and ride.pk not in plan.overrides]
        asked: dict[int, Answer | NoAnswer] = {}
        if classifier:
            outcome.for_classifier += len(unknown)
            if not dry_run:
                asked = ask_about(unknown, classifier, outcome)
        rows = [
            classification(ride, plan.overrides.get(ride.pk), kept.get(ride.pk), asked.get(ride.pk)) for ride in rides
        ]
        write(rides, rows, only, dry_run, outcome)
        progress(len(chosen))
    return outcome


def ask_about(rides: Sequence[Ride], classifier: Classifier, outcome: Outcome) -> dict[int, Answer | NoAnswer]:
    """What the classifier says of each ride; sure answers go to the cache.

    When it failed for a whole chunk, it is not asked again: a service that is away would cost minutes per ride.
    """
    is_away = outcome.in_vain_running >= ASKED_CHUNK

    def ask(ride: Ride) -> Answer | NoAnswer:
        if is_away:
            return NoAnswer("it failed too often before")
        try:
            return classifier.ask(question_about(ride))
        except NoAnswer as failure:
            return failure

    with ThreadPoolExecutor(PARALLEL) as threads:
        asked = dict(zip(rides, threads.map(ask, rides), strict=True))
    failures = [each for each in asked.values() if isinstance(each, NoAnswer)]
    outcome.in_vain += len(failures)
    outcome.in_vain_running = outcome.in_vain_running + len(failures) if len(failures) == len(rides) else 0
    if failures and not is_away:
        outcome.last_failure = str(failures[-1])
    keep_answers(
        settings.CLASSIFICATION_CACHE, {ride: each for ride, each in asked.items() if isinstance(each, Answer)}
    )
    return {ride.pk: each for ride, each in asked.items()}


def question_about(ride: Ride) -> Question:
    """The park has to be loaded."""
    return Question(
        ride=ride.name,
        park=ride.park.name,
        location=ride.park.location,
        country=ride.park.country,
        operator=ride.park.operator,
        land_area=ride.land_area,
        entity_type=ride.entity_type,
    )


def classification(
    ride: Ride, override: Override | None, cached: Answer | None, asked: Answer | NoAnswer | None
) -> RideClassification:
    """What the methods say of a ride, in their order; not stored (R-9.2)."""
    if override:
        return row_of(
            ride,
            Method.MANUAL_OVERRIDE,
            tier=override.tier,
            category=override.category or (cached.category if cached else category_by_name(ride)),
            confidence_score=SURE,
            reasoning_text=f"overrides file, line added on {override.date_added}",
            override_reason=override.reason,
            research_sources=[OVERRIDES_FILE_SOURCE],
        )
    answer = cached or asked
    if isinstance(answer, Answer):
        return row_of(
            ride,
            Method.CACHED_AI if cached else Method.AI_AGENT,
            tier=answer.tier,
            category=answer.category,
            confidence_score=answer.confidence,
            reasoning_text=answer.reasoning,
            research_sources=list(answer.sources),
        )
    return by_name(ride, failure=answer)


def by_name(ride: Ride, failure: NoAnswer | None) -> RideClassification:
    """The last resort, and what is left when the name says nothing either."""
    match = match_pattern(ride.name)
    reasons = [match.reason]
    if match.tier is None:
        reasons.append("taken for a standard ride until somebody looks")
    if failure:
        reasons.append(f"the classifier was asked in vain ({failure})")
    return row_of(
        ride,
        Method.PATTERN_MATCH,
        tier=match.tier or UNKNOWN_TIER,
        category=category_by_name(ride),
        confidence_score=match.confidence if match.tier else UNKNOWN_CONFIDENCE,
        reasoning_text="; ".join(reasons),
    )


def category_by_name(ride: Ride) -> Category:
    """The category its name says; where it says none, a show of the feed is one."""
    category = match_pattern(ride.name).category
    is_show = category == Category.ATTRACTION and ride.entity_type == EntityType.SHOW
    return Category.SHOW if is_show else category


def row_of(ride: Ride, method: ClassificationMethod, *, tier: int, **columns: Any) -> RideClassification:
    """The ride is named by its number: to set the object would replace the stored row it knows."""
    return RideClassification(
        ride_id=ride.pk,
        classification_method=method,
        tier=tier,
        tier_weight=TIER_WEIGHTS[tier],
        cache_key=key_of(ride),
        schema_version=CLASSIFICATION_SCHEMA_VERSION,
        **columns,
    )


def write(
    rides: Sequence[Ride],
    rows: Sequence[RideClassification],
    only: ClassificationMethod | None,
    dry_run: bool,
    outcome: Outcome,
) -> None:
    """Store what is new and count it. The rides have their stored classification loaded."""
    changed = []
    for ride, row in zip(rides, rows, strict=True):
        if only and row.classification_method not in (only, Method.MANUAL_OVERRIDE):
            outcome.left_alone += 1
            continue
        outcome.classified[Method(row.classification_method), row.tier] += 1
        outcome.needs_review += row.needs_review
        if differs(ride, row):
            changed.append((ride, row))
    outcome.changed += len(changed) if dry_run or not changed else store(changed)


def differs(ride: Ride, row: RideClassification) -> bool:
    """Is the row another one than is stored, or the ride not in line with it?"""
    stored = classification_of(ride)
    is_same = stored is not None and all(getattr(stored, name) == getattr(row, name) for name in COLUMNS)
    return not is_same or (ride.tier, ride.category) != (row.tier, row.category)


@retried_on_lock
def store(changed: Sequence[tuple[Ride, RideClassification]]) -> int:
    """Write the rows and bring tier and category of their rides in line; returns how many.

    Rides that somebody overrode by hand meanwhile are left out.
    """
    now = timezone.now()
    stored = RideClassification.objects.select_for_update().filter(ride__in=[ride.pk for ride, _ in changed])
    by_hand = {row.ride_id for row in stored if row.is_overridden_by_hand}
    rows = {row.ride_id: row for _, row in changed if row.ride_id not in by_hand}
    rides = [ride for ride, _ in changed if ride.pk in rows]
    for ride in rides:
        row = rows[ride.pk]
        row.pk = None  # an attempt before, rolled back, may have given it a number
        ride.tier, ride.category, ride.updated_at = row.tier, row.category, now
    upsert(RideClassification, rows.values(), key=["ride"], update=[*COLUMNS, "classified_at", "updated_at"])
    Ride.objects.bulk_update(rides, ["tier", "category", "updated_at"], batch_size=CHUNK)
    transaction.on_commit(data_version.move)
    return len(rides)


@retried_on_lock
def withdraw_overrides(rides: Sequence[int]) -> int:
    """Take back what was overridden by hand and let the other methods speak, all but the classifier.

    Returns how many rides were overridden. Raises BadOverrides, and then nothing is written.
    """
    overridden = RideClassification.objects.filter(ride__in=rides, classification_method=Method.MANUAL_OVERRIDE)
    chosen = list(overridden.values_list("ride_id", flat=True))
    overridden.delete()
    classify(plan_classification(Ride.objects.filter(pk__in=chosen)))
    return len(chosen)
