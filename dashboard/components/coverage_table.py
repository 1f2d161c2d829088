"""How well each park is known: its days on record, the share of unknown time, gaps and notices."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.periods import Days
from core.zones import day_range, day_start
from dashboard.components.formatting import NOTHING, local_time
from dashboard.components.sample import source_of
from dashboard.components.tables import Column, Table
from parks.models import Park
from snapshots.collection.freshness import last_heard
from snapshots.models import DataQualityIssue, DataQualityLog, LogType
from stats.answers.analytics import Question, computed_days, parks_over
from stats.measures.bucket_sums import Figures
from stats.measures.windows import Bucket, Window
from stats.models import ParkDailyStats

COLUMNS = (
    Column("park_name", "Park", "park"),
    Column("source", "Source", is_wide=True),
    Column("kinds", "Breakdowns", is_wide=True),
    Column("days", "Days", "number"),
    Column("unknown", "Unknown", "percent"),
    Column("gaps", "Gaps", "number"),
    Column("notices", "Notices", "number", is_wide=True),
    Column("reports", "Reports", "number", is_wide=True),
    Column("first", "Since", is_wide=True),
    Column("heard", "Last report", is_wide=True),
)


def coverage(parks: Sequence[Park], days: Days, now: datetime) -> tuple[Table, list[Park]]:
    """A row per park over local days that are over, and the parks of which nothing was ever reported; about ten
    queries, whatever the number of parks.

    Unknown is the share of unknown minutes in open minutes, both those of `/api/analytics/parks`.
    """
    question = Question(Window(days.first, days.last), Bucket.NONE, tuple(parks))
    version = settings.METRICS_VERSION
    stored = computed_days(question, version, now)
    answers = parks_over(question, version, now)
    firsts, heard = first_days(parks, version), last_heard(parks, now)
    gaps, notices = gaps_of(parks, days), notices_of(parks, days)
    rows = []
    for park in parks:
        first = firsts.get(park.pk)
        if park.pk not in heard and first is None:
            continue
        figures = answers[park.pk].total if park.pk in answers else Figures()
        rows.append(
            {
                "park_id": park.pk,
                "park_name": park.name,
                "source": source_of(park),
                "kinds": "reported" if park.reports_down else "not reported",
                "days": len(stored.get(park.pk, {})),
                "unknown": unknown_share(figures),
                "gaps": gaps.get(park.pk, 0),
                "notices": notices.get(park.pk, 0),
                "reports": figures.rows,
                "first": moment(first.isoformat()) if first else NOTHING,
                "heard": moment(local_time(heard[park.pk].until, park.timezone, "day"))
                if park.pk in heard
                else NOTHING,
            }
        )
    reported = {row["park_id"] for row in rows}
    table = Table("Coverage by park", COLUMNS, rows, empty="Nothing has been reported of any park yet.")
    return table, [park for park in parks if park.pk not in reported]


def moment(text: str) -> SafeString:
    """A date or time that stays on one line."""
    return format_html('<span class="moment">{}</span>', text)


def unknown_share(figures: Figures) -> float | None:
    """Percent of the open time; None: never open."""
    minutes = figures.minutes
    return 100 * minutes["unknown_minutes"] / minutes["open_minutes"] if minutes["open_minutes"] else None


def first_days(parks: Sequence[Park], version: int) -> dict[int, date | None]:
    """The first day on record of each park: an index seek per park, one query."""
    rows = ParkDailyStats.objects.filter(park=OuterRef("pk"), metrics_version=version).order_by("stat_date")
    found = Park.objects.filter(pk__in=[park.pk for park in parks])
    return dict(found.annotate(first=Subquery(rows.values("stat_date")[:1])).values_list("pk", "first"))


def in_days(column: str, zone: str, days: Days) -> Q:
    start, end = day_start(days.first, zone), day_range(days.last, zone)[1]
    return Q(**{f"{column}__gte": start, f"{column}__lt": end})


def counted(rows: Any, owner: str, column: str, parks: Sequence[Park], days: Days) -> dict[int, int]:
    """How many rows of each park fall into its own days; one query."""
    condition = Q(pk__in=[])
    for zone in {park.timezone for park in parks}:
        owners = [park.pk for park in parks if park.timezone == zone]
        condition |= in_days(column, zone, days) & Q(**{f"{owner}__in": owners})
    return dict(rows.filter(condition).order_by().values_list(owner).annotate(count=Count("pk")))


def gaps_of(parks: Sequence[Park], days: Days) -> dict[int, int]:
    """Silences of a park's feed that began in these days."""
    rows = DataQualityLog.objects.filter(issue_type=LogType.GAP, entity_type="park")
    return counted(rows, "entity_id", "timestamp_start", parks, days)


def notices_of(parks: Sequence[Park], days: Days) -> dict[int, int]:
    """Issues of the park or its rides that were detected in these days."""
    return counted(DataQualityIssue.objects.all(), "park_id", "detected_at", parks, days)
