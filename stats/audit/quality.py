"""What the upstream sources reported us wrong: newest issues, and stale data by entity (public-api 4.22, 4.23)."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.rounding import half_up
from core.shapes import Shape, describe
from snapshots.models import DataQualityIssue, IssueSource, IssueType
from stats.audit.scope import number

MOST_ISSUES = 100
MOST_ENTITIES = 1000


class Issue(Shape):
    issue_id: int
    issue_type: IssueType
    data_source: str
    detected_at: datetime
    entity_name: str | None
    park_name: str | None
    ride_name: str | None
    themeparks_wiki_id: str | None
    queue_times_id: int | None
    reported_status: str | None
    last_updated_api: datetime | None
    data_age_minutes: int | None
    is_resolved: bool


class StaleEntity(Shape):
    themeparks_wiki_id: str | None
    entity_name: str | None
    park_name: str | None
    issue_count: int
    avg_staleness_minutes: Annotated[float | None, describe("four decimals")]
    max_staleness_minutes: int | None
    first_detected: datetime
    last_detected: datetime
    statuses_seen: Annotated[str, describe("distinct, comma separated")]


ELSEWHERE = {"issue_id": F("pk"), "park_name": F("park__name"), "ride_name": F("ride__name")}
COLUMNS = [name for name in Issue.__struct_fields__ if name not in ELSEWHERE]


def issues_since(moment: datetime, source: str | None) -> QuerySet[DataQualityIssue]:
    """Issues that were there at `moment` or later; `source` is compared literally, an unknown one has none."""
    issues = DataQualityIssue.objects.filter(Q(detected_at__gte=moment) | Q(last_detected_at__gte=moment))
    if source is None:
        return issues
    return issues.filter(data_source=source) if source in IssueSource.values else issues.none()


def recent_issues(now: datetime, hours: int, source: str | None, only_unresolved: bool) -> list[Issue]:
    """At most a hundred issues of the last `hours`, newest first; one query."""
    issues = issues_since(now - timedelta(hours=hours), source)
    if only_unresolved:
        issues = issues.filter(is_resolved=False)
    rows: Any = issues.order_by("-detected_at", "-pk").values(*COLUMNS, **ELSEWHERE)
    return [Issue(**row) for row in rows[:MOST_ISSUES]]


def stale_entities(now: datetime, days: int, source: str) -> list[StaleEntity]:
    """Stale data of the last `days` by entity, most issues first; one query."""
    found = (
        issues_since(now - timedelta(days=days), source)
        .filter(issue_type=IssueType.STALE_DATA)
        .order_by()
        .values("themeparks_wiki_id", "entity_name", "reported_status", park_name=F("park__name"))
        .annotate(
            issues=Count("pk"),
            oldest=Max("data_age_minutes"),
            age=Sum("data_age_minutes"),
            aged=Count("data_age_minutes"),
            first=Min("detected_at"),
            last=Max(Coalesce("last_detected_at", "detected_at")),
        )
    )
    groups: dict[tuple[str | None, str | None, str | None], list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        groups[row["themeparks_wiki_id"], row["entity_name"], row["park_name"]].append(dict(row))
    rows = [stale_entity(*key, parts) for key, parts in groups.items()]
    rows.sort(key=lambda row: (-row.issue_count, -(row.max_staleness_minutes or 0), row.entity_name or ""))
    return rows


def stale_entity(
    wiki_id: str | None, entity_name: str | None, park_name: str | None, parts: list[dict[str, Any]]
) -> StaleEntity:
    """One entity from its sums by status."""
    ages = [part["oldest"] for part in parts if part["oldest"] is not None]
    aged = sum(part["aged"] for part in parts)
    total = Decimal(sum(part["age"] or 0 for part in parts))
    return StaleEntity(
        themeparks_wiki_id=wiki_id,
        entity_name=entity_name,
        park_name=park_name,
        issue_count=sum(part["issues"] for part in parts),
        avg_staleness_minutes=number(half_up(total / aged, 4)) if aged else None,
        max_staleness_minutes=max(ages, default=None),
        first_detected=min(part["first"] for part in parts),
        last_detected=max(part["last"] for part in parts),
        statuses_seen=",".join(sorted({part["reported_status"] for part in parts if part["reported_status"]})),
    )
