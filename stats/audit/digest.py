"""The daily mail about the quality of the data (R-22.4): what has been stale for long, and awards that cannot be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Max, Q

from core.zones import local_date
from snapshots.models import DataQualityIssue
from snapshots.status import is_seasonal_silence
from stats.audit.awards import implausible_awards
from stats.audit.plausibility import Problem
from stats.audit.scope import Scope

LOOKED_BACK = timedelta(days=7)
SIGNIFICANT_MINUTES = 24 * 60
VERY_OLD_MINUTES = 30 * 24 * 60  # more than that is highlighted
LEAST_OFFENDERS, MOST_LISTED = 5, 10


@dataclass(frozen=True, slots=True)
class Offender:
    """An entity whose data were at least a day old within the last week."""

    name: str
    park: str | None
    source: str
    issues: int
    minutes: int  # the highest age

    @property
    def is_very_old(self) -> bool:
        return self.minutes > VERY_OLD_MINUTES


@dataclass(frozen=True, slots=True)
class Digest:
    day: date
    offenders: list[Offender]  # the worst first
    awards: list[Problem]

    @property
    def is_due(self) -> bool:
        """At least five offenders, or awards that fail their checks."""
        return len(self.offenders) >= LEAST_OFFENDERS or bool(self.awards)

    @property
    def subject(self) -> str:
        very_old = sum(offender.is_very_old for offender in self.offenders)
        return (
            f"Ridewatch data quality: {len(self.offenders)} stale entities, {very_old} for over 30 days,"
            f" {len(self.awards)} award problems"
        )

    @property
    def text(self) -> str:
        return "\n".join([*stale_lines(self.offenders), "", *award_lines(self.day, self.awards), ""])


def digest(now: datetime, version: int) -> Digest:
    """What there is to say: stale entities of the last seven days, and the awards of the site's yesterday."""
    day = local_date(now, settings.SITE_TIME_ZONE) - timedelta(days=1)
    return Digest(day, offenders(now), implausible_awards(Scope(day, version)))


def offenders(now: datetime) -> list[Offender]:
    """Entities with significant issues that are not merely closed, the oldest data first; one query."""
    issues = DataQualityIssue.objects.filter(
        Q(detected_at__gt=now - LOOKED_BACK) | Q(last_detected_at__gt=now - LOOKED_BACK),
        detected_at__lte=now,
        data_age_minutes__gte=SIGNIFICANT_MINUTES,
    )
    entity = ("data_source", "themeparks_wiki_id", "queue_times_id", "ride_id", "entity_name")
    grouped = issues.order_by().values(*entity, "reported_status", park_name=F("park__name"))
    found: dict[tuple[object, ...], Offender] = {}
    for row in grouped.annotate(issues=Count("pk"), oldest=Max("data_age_minutes")):
        if is_seasonal_silence(row["reported_status"]):
            continue
        key = tuple(row[name] for name in entity)
        known = found.get(key)
        found[key] = Offender(
            name=row["entity_name"] or row["themeparks_wiki_id"] or f"Queue-Times {row['queue_times_id']}",
            park=row["park_name"],
            source=row["data_source"],
            issues=row["issues"] + (known.issues if known else 0),
            minutes=max(row["oldest"], known.minutes if known else 0),
        )
    return sorted(found.values(), key=lambda each: (-each.minutes, -each.issues, each.name))


# -- words -----------------------------------------------------------------------------------------------


def stale_lines(found: list[Offender]) -> Iterable[str]:
    yield f"{len(found)} entities had data at least 24 hours old within the last seven days (closed ones left out)."
    for offender in found[:MOST_LISTED]:
        mark = "!! OVER 30 DAYS  " if offender.is_very_old else "   "
        place = f" ({offender.park})" if offender.park else ""
        age = f"{offender.minutes // 1440} days {offender.minutes % 1440 // 60} hours"
        yield f"{mark}{offender.name}{place}: {age} old, {offender.issues} issues, {offender.source}"
    if len(found) > MOST_LISTED:
        yield f"   and {len(found) - MOST_LISTED} more: /api/audit/data-quality/summary"


def award_lines(day: date, problems: list[Problem]) -> Iterable[str]:
    if not problems:
        yield f"The awards of {day} pass their checks."
        return
    yield f"The awards of {day} do not pass their checks:"
    for problem in problems:
        yield f"   {problem.severity}: {problem.message}"
