"""Can these awards be true? Each check gives the problem it found, or None (R-22.5)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import TextChoices

from core.periods import Period

# The longest time one ride can be down in a period, in hours. Parks have no bound: they sum their rides.
PERIOD_HOURS = {
    Period.LIVE: 24,
    Period.TODAY: 24,
    Period.YESTERDAY: 24,
    Period.LAST_WEEK: 168,
    Period.LAST_MONTH: 744,
}
# Minutes. Peaks of up to about 420 have been seen, averages of this size have not.
LONGEST_AVERAGE_WAIT = 300


class Severity(TextChoices):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ProblemCategory(TextChoices):
    EXCESSIVE_DOWNTIME = "excessive_downtime"
    NEGATIVE_DOWNTIME = "negative_downtime"
    EXCESSIVE_WAIT = "excessive_wait"
    NEGATIVE_WAIT = "negative_wait"
    NO_RESULTS = "no_results"
    ONE_SIDED_RESULTS = "one_sided_results"
    ALL_WAITS_ZERO = "all_waits_zero"
    CHECK_FAILED = "check_failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something implausible, in words and with the figures that show it."""

    category: ProblemCategory
    severity: Severity
    message: str
    details: dict[str, object] = field(default_factory=dict)


def downtime_problem(name: str, downtime_hours: Decimal, period: Period) -> Problem | None:
    """A ride cannot be down for less than no time, nor longer than the period lasts."""
    details: dict[str, object] = {"ride": name, "period": period.value, "downtime_hours": downtime_hours}
    if downtime_hours < 0:
        message = f"{name}: {downtime_hours} hours of downtime"
        return Problem(ProblemCategory.NEGATIVE_DOWNTIME, Severity.CRITICAL, message, details)
    limit = PERIOD_HOURS[period]
    if downtime_hours > limit:
        message = f"{name}: {downtime_hours} hours of downtime in a period of {limit}"
        return Problem(ProblemCategory.EXCESSIVE_DOWNTIME, Severity.CRITICAL, message, {**details, "limit": limit})
    return None


def wait_problem(name: str, avg_wait: Decimal | int, period: Period) -> Problem | None:
    """An average wait, in minutes, of a ride or park."""
    details: dict[str, object] = {"name": name, "period": period.value, "avg_wait": avg_wait}
    if avg_wait < 0:
        message = f"{name}: an average wait of {avg_wait} minutes"
        return Problem(ProblemCategory.NEGATIVE_WAIT, Severity.CRITICAL, message, details)
    if avg_wait > LONGEST_AVERAGE_WAIT:
        message = f"{name}: an average wait of {avg_wait} minutes, more than {LONGEST_AVERAGE_WAIT}"
        details["limit"] = LONGEST_AVERAGE_WAIT
        return Problem(ProblemCategory.EXCESSIVE_WAIT, Severity.HIGH, message, details)
    return None


def existence_problem(rides: int, parks: int, period: Period) -> Problem | None:
    """Awards name rides and parks; `rides` and `parks` are how many they name."""
    details: dict[str, object] = {"period": period.value, "rides": rides, "parks": parks}
    if not rides and not parks:
        message = f"no ride and no park in the awards of {period.value}"
        return Problem(ProblemCategory.NO_RESULTS, Severity.MEDIUM, message, details)
    if not rides or not parks:
        message = f"no {'park' if rides else 'ride'} in the awards of {period.value}"
        return Problem(ProblemCategory.ONE_SIDED_RESULTS, Severity.LOW, message, details)
    return None


def zero_waits_problem(kind: str, avg_waits: Collection[Decimal | int], period: Period) -> Problem | None:
    """All average waits of a period 0: the waits were lost on the way. `kind` is "rides" or "parks"."""
    if not avg_waits or any(avg_waits):
        return None
    message = f"every average wait of the {len(avg_waits)} {kind} of {period.value} is 0"
    details: dict[str, object] = {"kind": kind, "period": period.value, "results": len(avg_waits)}
    return Problem(ProblemCategory.ALL_WAITS_ZERO, Severity.HIGH, message, details)


def failed_check(check: str, error: Exception) -> Problem:
    """A check that could not be made is a finding itself."""
    message = f"the check of {check} failed: {error!r}"
    return Problem(ProblemCategory.CHECK_FAILED, Severity.HIGH, message, {"check": check})
