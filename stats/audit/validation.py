"""Impossible and suspicious rows of the daily statistics (R-24.1, public-api 4.18)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce

from core.rounding import half_up
from core.shapes import Shape, describe
from parks.models import Park
from snapshots.score import SHAME_SCORE_MAX
from stats.audit.scope import SAMPLE_SIZE, Row, Scope, Severity, Verdict, days_off, number

log = logging.getLogger(__name__)

WEEK_TOLERANCE_MINUTES = 30
Found = tuple[int, list[Row]]  # how many rows offend, and the first of them


@dataclass(frozen=True, slots=True)
class Check:
    """It fails when it finds more rows than allowed."""

    name: str
    severity: Severity
    max_allowed: int
    message: str
    find: Callable[[Scope], Found]


class Outcome(Shape):
    """What a check found."""

    check_name: str
    severity: Severity
    passed: bool
    violations: int
    max_allowed: int
    message: str
    sample: Annotated[list[Row], describe("the first five offending rows; keys depend on the check")]


class Failure(Outcome):
    passed: Annotated[bool, describe("false")] = False


class Validation(Shape):
    success: bool = True
    target_date: date
    total_checks: int
    passed: int
    failed: int
    critical_failures: int
    status: Annotated[str, describe("FAIL with a critical failure, WARN with any other, else PASS")]
    failures: list[Failure]


# -- the rows a check looks for --------------------------------------------------------------------------


def sampled(rows: QuerySet[Any], *columns: str, **renamed: F) -> Found:
    """How many `rows` there are, and the columns of the first five; one query."""
    shown = rows.annotate(violations=Window(Count("pk"))).values("violations", *columns, **renamed)
    found = [{name: shown_value(value) for name, value in row.items()} for row in shown[:SAMPLE_SIZE]]
    counts = [row.pop("violations") for row in found]
    return (counts[0] if counts else 0), found


def shown_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return number(value) if isinstance(value, Decimal) else value


def rides_where(condition: Q, *columns: str) -> Callable[[Scope], Found]:
    """Finds the ride rows of the day that meet `condition`."""

    def find(scope: Scope) -> Found:
        rows = scope.ride_rows().filter(condition).order_by("ride_id", "pk")
        names = {"ride_name": F("ride__name"), "park_name": F("ride__park__name")}
        return sampled(rows, "ride_id", "stat_date", *columns, **names)

    return find


def parks_where(condition: Q, *columns: str) -> Callable[[Scope], Found]:
    """Finds the park rows of the day that meet `condition`."""

    def find(scope: Scope) -> Found:
        rows = scope.park_rows().filter(condition).order_by("park_id", "pk")
        return sampled(rows, "park_id", "stat_date", *columns, park_name=F("park__name"))

    return find


def downtime_beyond_a_day(scope: Scope) -> Found:
    count, rows = rides_where(Q(downtime_minutes__gt=24 * 60), "downtime_minutes")(scope)
    for row in rows:
        row["downtime_hours"] = number(half_up(Decimal(row.pop("downtime_minutes")) / 60, 2))
    return count, rows


def rides_without_a_row(scope: Scope) -> Found:
    """Active rides without a row; the sample names their parks."""
    stored = scope.ride_rows().filter(ride=OuterRef("pk"))
    parks = (
        scope.rides()
        .filter(~Exists(stored))
        .order_by("park_id")
        .values("park_id", park_name=F("park__name"))
        .annotate(rides=Count("pk"))
    )
    found = [(row.pop("rides"), {**row, "stat_date": scope.day.isoformat()}) for row in map(dict[str, Any], parks)]
    return sum(rides for rides, _ in found), [row for _, row in found[:SAMPLE_SIZE]]


# Seconds down as stored; rows that were not computed here have only hours and minutes.
OF_A_PARK = Coalesce("down_seconds", F("total_downtime_hours") * 3600, output_field=DecimalField())
OF_A_RIDE = Coalesce("down_seconds", F("downtime_minutes") * 60, output_field=DecimalField())


def weeks_that_do_not_add_up(scope: Scope) -> Found:
    """Parks whose rides' downtime of the ISO week (what a weekly row would be made of, R-15.2) is not the sum of
    the park's daily rows. There are no weekly tables, so this is how the two could still drift apart: a park row
    that was not rebuilt with its ride rows.
    """
    monday = days_off(scope.day, -scope.day.weekday())
    sunday = days_off(monday, 6)
    daily = scope.park_rows(monday, sunday).filter(park=OuterRef("pk")).order_by().values("park")
    weekly = scope.ride_rows(monday, sunday).filter(ride__park=OuterRef("pk")).order_by().values("ride__park")
    sums = (
        Park.objects.annotate(
            daily=Subquery(daily.annotate(total=Sum(OF_A_PARK)).values("total")),
            seconds=Subquery(weekly.annotate(total=Sum(OF_A_RIDE)).values("total")),
        )
        .exclude(daily=None, seconds=None)
        .order_by("pk")
        .values_list("pk", "name", "daily", "seconds")
    )
    year, week, _ = scope.day.isocalendar()
    found = []
    for pk, name, park_seconds, ride_seconds in sums:
        daily_sum = Decimal(park_seconds or 0) / 3600
        weekly_total = Decimal(ride_seconds or 0) / 3600
        difference = abs(weekly_total - daily_sum)
        if difference * 60 > WEEK_TOLERANCE_MINUTES:
            found.append(
                {
                    "park_id": pk,
                    "park_name": name,
                    "year": year,
                    "week_number": week,
                    "weekly_total": number(half_up(weekly_total, 2)),
                    "daily_sum": number(half_up(daily_sum, 2)),
                    "diff": number(half_up(difference, 2)),
                }
            )
    return len(found), found[:SAMPLE_SIZE]


def out_of_bounds(column: str) -> Q:
    return Q(**{f"{column}__lt": 0}) | Q(**{f"{column}__gt": 100})


CHECKS = (
    Check(
        "downtime_exceeds_24h",
        Severity.CRITICAL,
        0,
        "A ride was down for more than 24 hours of one day",
        downtime_beyond_a_day,
    ),
    Check(
        "uptime_percentage_out_of_bounds",
        Severity.CRITICAL,
        0,
        "A ride's uptime is not between 0 and 100 percent",
        rides_where(out_of_bounds("uptime_percentage"), "uptime_percentage"),
    ),
    Check(
        "negative_downtime",
        Severity.CRITICAL,
        0,
        "A ride's downtime is negative",
        rides_where(Q(downtime_minutes__lt=0), "downtime_minutes"),
    ),
    Check(
        "shame_score_negative",
        Severity.CRITICAL,
        0,
        "A park's shame score is negative",
        parks_where(Q(shame_score__lt=0), "shame_score"),
    ),
    Check(
        "shame_score_above_10",
        Severity.CRITICAL,
        0,
        "A park's shame score is above 10",
        parks_where(Q(shame_score__gt=SHAME_SCORE_MAX), "shame_score"),
    ),
    Check(
        "park_uptime_out_of_bounds",
        Severity.CRITICAL,
        0,
        "A park's average uptime is not between 0 and 100 percent",
        parks_where(out_of_bounds("avg_uptime_percentage"), "avg_uptime_percentage"),
    ),
    Check(
        "no_ride_data_for_date",
        Severity.WARNING,
        50,
        "Active rides have no statistics for this date",
        rides_without_a_row,
    ),
    Check(
        "rides_with_zero_operating_time",
        Severity.INFO,
        100,
        "Rides stand in a park that was not open at all",
        rides_where(Q(operating_hours_minutes=0), "operating_hours_minutes"),
    ),
    Check(
        "downtime_exceeds_operating_hours",
        Severity.CRITICAL,
        0,
        "A ride was down for longer than its park was open",
        rides_where(
            Q(operating_hours_minutes__gt=0, downtime_minutes__gt=F("operating_hours_minutes")),
            "downtime_minutes",
            "operating_hours_minutes",
        ),
    ),
    Check(
        "uptime_plus_downtime_exceeds_operating_hours",
        Severity.CRITICAL,
        0,
        "A ride's uptime and downtime together are longer than its park was open",
        rides_where(
            Q(operating_hours_minutes__lt=F("uptime_minutes") + F("downtime_minutes")),
            "uptime_minutes",
            "downtime_minutes",
            "operating_hours_minutes",
        ),
    ),
    Check(
        "rides_with_downtime_exceeds_total",
        Severity.CRITICAL,
        0,
        "A park has more rides with downtime than rides",
        parks_where(Q(rides_with_downtime__gt=F("total_rides_tracked")), "rides_with_downtime", "total_rides_tracked"),
    ),
    Check(
        "weekly_vs_daily_sum_mismatch",
        Severity.WARNING,
        0,
        "Weekly total doesn't match sum of daily stats",
        weeks_that_do_not_add_up,
    ),
)

# Of rooms above this one; their AppConfig adds them.
MORE_CHECKS: list[Check] = []


# -- running them ----------------------------------------------------------------------------------------


def run_check(check: Check, scope: Scope) -> Outcome:
    """A check that cannot be carried out is a critical finding of its own; the log says the cause."""
    severity, message = check.severity, check.message
    try:
        violations, sample = check.find(scope)
        passed = violations <= check.max_allowed
    except Exception as error:
        log.exception("the check %s failed", check.name)
        severity, message = Severity.CRITICAL, f"Check failed with error: {type(error).__name__}"
        violations, sample, passed = 0, [], False
    outcome = Outcome if passed else Failure
    return outcome(
        check_name=check.name,
        severity=severity,
        passed=passed,
        violations=violations,
        max_allowed=check.max_allowed,
        message=message,
        sample=sample,
    )


def run_checks(scope: Scope) -> list[Outcome]:
    """Every check once, in order; one query each."""
    return [run_check(check, scope) for check in (*CHECKS, *MORE_CHECKS)]


def validation_report(scope: Scope) -> Validation:
    """What `/api/audit/status` answers."""
    outcomes = run_checks(scope)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    return Validation(
        target_date=scope.day,
        total_checks=len(outcomes),
        passed=len(outcomes) - len(failures),
        failed=len(failures),
        critical_failures=sum(outcome.severity == Severity.CRITICAL for outcome in failures),
        status=Verdict.of({outcome.severity for outcome in failures}),
        failures=failures,
    )
