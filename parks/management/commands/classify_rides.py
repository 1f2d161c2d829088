"""`manage.py classify_rides`: how important each ride is, and how we know (R-9)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import QuerySet

from core.commands import TeachingCommand, refuse
from parks.classification.classifying import Outcome, Plan, classify, plan_classification
from parks.classification.language_model import configured_classifier
from parks.classification.overrides import BadOverrides
from parks.models import TIER_WEIGHTS, ClassificationMethod, Ride, RideClassification
from parks.options import park_option

EXAMPLES = """
examples:
  classify_rides
      the rides that have no classification yet, and those of the overrides file
  classify_rides --all --dry-run
      what would change if every ride were classified again
  classify_rides --all --method ai_agent --park-id 4
      ask the classifier about every ride of park 4; rides it says nothing usable of stay as they are
  classify_rides --review
      the rides nobody should trust unseen, the least sure first

The first of these that says something of a ride counts: an override by hand in the admin site (it stands until it
is withdrawn there), the overrides file (setting CLASSIFICATION_OVERRIDES), a kept answer of the classifier, the
classifier (a language model, settings CLASSIFIER_URL, CLASSIFIER_MODEL, CLASSIFIER_KEY; off by default), the words of
the ride's name. A ride of which nothing is known is taken for tier 2 and needs review.

Tiers weigh 3, 2 and 1 in scores. Stored days keep the weights they were computed with: recompute_daily_stats.
Exit code 0: classified. 1: the classifier was asked in vain about some rides (another method stands in).
2: an option or an overrides file that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Give rides their tier and category."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--park-id", "--park", dest="park_id", type=int, metavar="N", help="only the rides of this park"
        )
        parser.add_argument("--all", action="store_true", help="also the rides that are classified already")
        parser.add_argument(
            "--method",
            choices=ClassificationMethod.values,
            metavar="METHOD",
            help=f"besides overrides, this method alone: {', '.join(ClassificationMethod.values)}",
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing and do not ask the classifier")
        parser.add_argument("--review", action="store_true", help="list the rides that need review, and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        park = park_option(options["park_id"])
        rides = Ride.objects.filter(park=park) if park else Ride.objects.all()
        if options["review"]:
            given = [name for name in ("all", "method", "dry_run") if options[name]]
            if given:
                raise refuse(f"--review only lists; it does not go with --{given[0].replace('_', '-')}")
            self.list_review(rides)
            return
        only = ClassificationMethod(options["method"]) if options["method"] else None
        try:
            plan = plan_classification(rides, again=options["all"])
        except BadOverrides as error:
            raise refuse(str(error)) from None
        with configured_classifier() as classifier, self.bar(len(plan.rides), "ride", options["verbosity"]) as bar:
            if only == ClassificationMethod.AI_AGENT and classifier is None:
                raise refuse("--method ai_agent: no classifier is configured (CLASSIFIER_URL, CLASSIFIER_MODEL)")
            outcome = classify(plan, classifier, only, options["dry_run"], bar.update)
        self.report(plan, outcome, options["dry_run"])

    def list_review(self, rides: QuerySet[Ride]) -> None:
        rows = RideClassification.objects.needs_review().filter(ride__in=rides).select_related("ride__park")
        count = 0
        for row in rows.order_by("confidence_score", "ride__park__name", "ride__name").iterator():
            count += 1
            self.stdout.write(
                f"{row.confidence_score}  tier {row.tier}  {row.ride.park} / {row.ride} (ride {row.ride_id}):"
                f" {row.reasoning_text or row.classification_method}"
            )
        self.stdout.write(f"{count:,} rides need review.")

    def report(self, plan: Plan, outcome: Outcome, dry_run: bool) -> None:
        """The summary; raises CommandError when the classifier was asked in vain."""
        for warning in plan.warnings:
            self.stderr.write(f"warning: {warning}")
        tiers = list(TIER_WEIGHTS)
        self.stdout.write(f"{'':16}" + "".join(f"{f'tier {tier}':>9}" for tier in tiers))
        for method in ClassificationMethod:
            counts = [outcome.classified[method, tier] for tier in tiers]
            if any(counts):
                self.stdout.write(f"{method.value:16}" + "".join(f"{count:9,}" for count in counts))
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{outcome.classified.total():,} rides {would}classified, {outcome.changed:,} {would}changed,"
            f" {outcome.needs_review:,} need review."
        )
        if plan.kept_by_hand:
            self.stdout.write(f"{plan.kept_by_hand:,} overridden by hand were left as they are.")
        if outcome.left_alone:
            self.stdout.write(f"{outcome.left_alone:,} were left as they are: the method says nothing of them.")
        if dry_run and outcome.for_classifier:
            self.stdout.write(f"The classifier would be asked about {outcome.for_classifier:,} of them first.")
        if outcome.in_vain:
            raise CommandError(
                f"The classifier said nothing usable of {outcome.in_vain:,} rides"
                f" (the last: {outcome.last_failure}); --all asks again.",
                returncode=1,
            )
