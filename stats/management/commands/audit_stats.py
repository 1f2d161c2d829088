"""`manage.py audit_stats`: are the stored daily statistics possible, plausible, and what the observations say?"""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import TeachingCommand, refuse, span_of_days
from core.zones import local_date
from parks.models import Park
from parks.options import park_option
from stats.audit.anomalies import detect
from stats.audit.awards import implausible_awards
from stats.audit.comparison import Comparison
from stats.audit.plausibility import Severity as AwardSeverity
from stats.audit.scope import LARGEST_VERSION, Row, Scope, Severity, Verdict
from stats.audit.validation import run_checks
from stats.audit.verification import verify_day

LINES_PER_KIND = 10
EXAMPLES = """
examples:
  audit_stats --start-date 2024-07-01 --end-date 2024-07-31
  audit_stats --start-date 2024-07-04 --end-date 2024-07-04 --park-id 4
  audit_stats --start-date 2024-07-01 --end-date 2024-07-31 --metrics-version 2

Every day is validated (impossible rows), searched for anomalies and implausible awards, and verified: computed
again from the observations and compared. Nothing is written.
Exit code 0: passed. 1: warnings. 2: critical findings, or an option that cannot be used (then nothing is audited).
"""


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    kind: str  # validation, anomaly, award, verification
    text: str


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Audit the daily statistics of a range of park-local days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start-date", required=True, metavar="YYYY-MM-DD", help="first park-local day")
        parser.add_argument("--end-date", required=True, metavar="YYYY-MM-DD", help="last park-local day")
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park (default: all active)")
        parser.add_argument(
            "--metrics-version",
            type=int,
            default=settings.METRICS_VERSION,
            metavar="V",
            help="rule set of the rows (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scopes, parks = self.checked(options)
        counts: Counter[Severity] = Counter()
        with self.bar(len(scopes) * len(parks), "park-day", options["verbosity"]) as bar:
            for scope in scopes:
                findings = list(audit_day(scope, parks, bar.update))
                counts.update(finding.severity for finding in findings)
                for line in report_lines(scope, findings):
                    self.stdout.write(line)
        self.conclude(counts, f"{len(scopes):,} days of {len(parks):,} parks")

    def checked(self, options: dict[str, Any]) -> tuple[list[Scope], list[Park]]:
        """The days to audit and the parks to verify; raises CommandError."""
        first, last = span_of_days(options["start_date"], options["end_date"])
        if first is None or last is None:
            raise refuse("--start-date and --end-date are needed")
        version = options["metrics_version"]
        if not 1 <= version <= LARGEST_VERSION:
            raise refuse(f"--metrics-version must be between 1 and {LARGEST_VERSION}, not {version}")
        park = park_option(options["park_id"])
        parks = [park] if park else list(Park.objects.active().order_by("pk"))
        today = max((local_date(timezone.now(), each.timezone) for each in parks), default=last)
        if last > today:
            raise refuse(f"--end-date {last} lies in the future")
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return [Scope(day, version, park.pk if park else None) for day in days], parks

    def conclude(self, counts: "Counter[Severity]", covered: str) -> None:
        """One line, and the exit code."""
        critical, others = counts[Severity.CRITICAL], counts.total() - counts[Severity.CRITICAL]
        verdict = Verdict.of(set(counts))
        reported = f"Audit of {covered}: {verdict.value}, {critical:,} critical findings, {others:,} warnings."
        if verdict == Verdict.PASSED:
            self.stdout.write(reported)
            return
        raise CommandError(reported, returncode=2 if verdict == Verdict.FAILED else 1)


# -- findings of a day -----------------------------------------------------------------------------------


def audit_day(scope: Scope, parks: list[Park], progress: Callable[[int], object]) -> Iterator[Finding]:
    for outcome in run_checks(scope):
        if not outcome.passed:
            text = f"{outcome.check_name}: {outcome.message} ({outcome.violations:,} rows)"
            yield Finding(outcome.severity, "validation", with_sample(text, outcome.sample))
    for anomaly in detect(scope):
        text = f"{anomaly.entity_type} {anomaly.entity_id} {anomaly.entity_name}: {anomaly.message}"
        yield Finding(anomaly.severity, "anomaly", text)
    for problem in implausible_awards(scope):
        is_critical = problem.severity == AwardSeverity.CRITICAL
        yield Finding(Severity.CRITICAL if is_critical else Severity.WARNING, "award", problem.message)
    verified = verify_day(scope, parks, timezone.now(), progress)
    for comparison in verified.comparisons:
        if comparison.severity:
            yield Finding(comparison.severity, "verification", compared(comparison))
    for rule in verified.problems:
        yield Finding(
            Severity.CRITICAL, "verification", f"{rule.name}: park {rule.park_id} {rule.park_name}: {rule.message}"
        )


def compared(comparison: Comparison) -> str:
    text = (
        f"{comparison.table}: {comparison.mismatches:,} mismatches and {comparison.missing:,} missing"
        f" of {comparison.compared:,} rows"
    )
    return with_sample(text, comparison.sample)


def with_sample(text: str, sample: list[Row]) -> str:
    """The text, and below it the first offending row."""
    if not sample:
        return text
    return f"{text}\n    e.g. " + ", ".join(f"{name} {value}" for name, value in sample[0].items())


def report_lines(scope: Scope, findings: list[Finding]) -> Iterator[str]:
    """The findings of a day, of each kind the gravest ten."""
    for kind in dict.fromkeys(finding.kind for finding in findings):
        of_kind = sorted(
            (finding for finding in findings if finding.kind == kind),
            key=lambda finding: finding.severity != Severity.CRITICAL,
        )
        for finding in of_kind[:LINES_PER_KIND]:
            yield f"{scope.day} {finding.severity.value:<8} {finding.kind}: {finding.text}"
        if len(of_kind) > LINES_PER_KIND:
            yield f"{scope.day}          {kind}: {len(of_kind) - LINES_PER_KIND:,} more"
