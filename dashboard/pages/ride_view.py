"""What the page of a ride shows over the days up to a date: strips, outages, waits, lines, and who the ride is.

Sums over the days are those of `/api/analytics/rides`; outages are those of `/api/rides/{ride_id}/details`, each
with its page of the ledger.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from statistics import median
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.instants import seconds
from core.periods import Days
from core.zones import local_date
from dashboard.components.chart import Chart, Series
from dashboard.components.formatting import NOTHING, local_time, zone_name
from dashboard.components.links import outage_url, outages_url, ride_url
from dashboard.components.matrix import Hours, Matrix, by_hour, by_weekday_and_hour, matrix, minutes_down
from dashboard.components.open_time import time_table
from dashboard.components.tables import Column, Table
from dashboard.components.timeline import axis_of, clock, duration, spell_table, strip
from dashboard.pages.months import days_link, months_table, weekly_chart
from outages.api.serializers import MOST_DAYS_OF_A_RIDE
from outages.models import COUNTED
from outages.models import Outage as LedgerOutage
from outages.readings.corrections import corrections
from outages.readings.selection import Selection
from parks.models import EntityMetadata, Ride, RideClassification
from snapshots.current import displayed_status, parks_now, rides_now
from snapshots.models import QueueData, QueueType, ReturnState
from stats.answers.analytics import Answer, Question, rides_over
from stats.answers.history import added_up, ride_history, total_of
from stats.measures.bucket_sums import Figures
from stats.measures.hours import hour_label
from stats.measures.outages import Outage, outages_of
from stats.measures.ride_measures import hours
from stats.measures.timeline import Timeline, timeline_of
from stats.measures.windows import Bucket, BucketKey, Window, span_key
from stats.readings.identity import Row, number
from stats.readings.roster import ride_weight, tier_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEAST_OUTAGES = 5  # of which a typical length is said
MOST_OUTAGES = 200  # rows of the table; it says how many there are


def ride_days(ride: Ride, days: Days, now: datetime) -> Row:
    """Everything about a ride on local days; park, classification and metadata are loaded. About twenty queries."""
    strips = timeline_of(ride.park, [ride.pk], days, now)
    outages = outages_of(strips, ride.pk, now)
    by_day = answer_of(ride, days, Bucket.DAY, now)
    hours_of_week = by_weekday_and_hour(answer_of(ride, days, Bucket.H1, now).buckets, ride.park.timezone)
    down = [outage.seconds for outage in outages if outage.kind.is_down]
    return {
        **ride_head(ride, days, now),
        "figures": figures(by_day.total, len(down), max(down, default=None)),
        "time": time_table(by_day.total),
        "is_known": by_day.total.open_seconds > 0,
        **timeline_part(ride, strips, by_day.buckets),
        "outages": outages_table(ride, strips, outages),
        "half": half_over([outage.seconds for outage in outages if outage.kind.is_down and outage.is_over]),
        "charts": [wait_by_hour(hours_of_week), wait_by_weekday(by_day)],
        "matrices": matrices(hours_of_week),
        "queues": queues_table(ride, days, now),
    }


def ride_months(ride: Ride, days: Days, now: datetime) -> Row:
    """The same of more days than can be drawn, from those that are computed: by month, and by week in the charts."""
    history = {
        day: found for day, found in ride_history(ride.pk, settings.METRICS_VERSION).items() if is_in(day, days)
    }
    total = total_of(history.values(), is_of_park=False)
    selection = Selection(days.first, days.last, settings.METRICS_VERSION, ride=ride.pk)
    longest = selection.listed(now).aggregate(longest=Max("total_seconds"))["longest"]
    link = partial(days_link, ride_url, ride.pk)
    return {
        **ride_head(ride, days, now),
        "figures": figures(total, selection.totals(now)[0], longest),
        "time": time_table(total),
        "is_known": total.open_seconds > 0,
        "months": months_table("Month by month", added_up(history, Bucket.MONTH), "availability", link, days),
        "charts": [weekly_chart(history, name) for name in ("downtime", "wait")],
    }


def is_in(day: date, days: Days) -> bool:
    return days.first <= day <= days.last


def ride_head(ride: Ride, days: Days, now: datetime) -> Row:
    """Who it is, how it is right now, and where the figures of these days are explained."""
    return {
        "ride": ride,
        "park": ride.park,
        "days": days,
        "zone": zone_name(days.utc_range(ride.park.timezone)[1], ride.park.timezone),
        "status": status_now(ride, now),
        "corrected": corrections(settings.METRICS_VERSION, ride=ride.pk, days=(days.first, days.last)).count(),
        "ledger": ledger_of(ride, days),
        "about": about(ride),
    }


def ledger_of(ride: Ride, days: Days) -> str:
    """The outages of these days; "": more days than a list of them can have."""
    if (days.last - days.first).days >= MOST_DAYS_OF_A_RIDE:
        return ""
    return outages_url(days.first.isoformat(), days.last.isoformat(), ride_id=ride.pk)


def answer_of(ride: Ride, days: Days, bucket: Bucket, now: datetime) -> Answer:
    """The ride over these days, as the analytics say it; no figures when it was not observed."""
    is_profile = bucket == Bucket.H1
    question = Question(
        Window(days.first, days.last),
        bucket,
        (ride.park,),
        (ride.pk,),
        needs_unknown=not is_profile,
        needs_delays=not is_profile,
    )
    return rides_over(question, settings.METRICS_VERSION, now).get(ride.pk) or Answer(Figures(), {})


def status_now(ride: Ride, now: datetime) -> str:
    """What lists show of the ride right now. Three queries."""
    state = parks_now([ride.park], now)[ride.park_id]
    return displayed_status(state, rides_now(Ride.objects.filter(pk=ride.pk), now).get(ride.pk))


def figures(total: Figures, outages: int, longest: int | None) -> Row:
    """`outages` are counted, the `longest` has so many seconds."""
    is_known = total.open_seconds > 0
    return {
        "uptime": number(total.uptime_percentage),
        "availability": number(total.availability_percentage),
        "downtime": number(hours(total.down_seconds)) if is_known else None,
        "delay": total.minutes["opening_delay_minutes"] if is_known else None,
        "wait": number(total.wait_avg),
        "walk_on": number(total.walk_on_percentage),
        "outages": outages if is_known else None,
        "longest": duration(longest) if longest else NOTHING,
    }


# -- strips ------------------------------------------------------------------------------------------------


def timeline_part(ride: Ride, strips: Timeline, by_day: Mapping[BucketKey, Figures]) -> Row:
    """A bar for each day, the newest first, and the table beside them."""
    zone = ride.park.timezone
    axis = axis_of(strips)
    newest_first = list(strips.of(ride.pk))[::-1]
    bars = []
    for day, spells in newest_first if axis else ():
        reported = by_day.get(day)
        bars.append(
            {
                "day": day,
                "strip": strip(spells, axis, zone) if axis and spells else "",
                "down": number(hours(reported.down_seconds)) if reported and reported.open_seconds else None,
                "was_open": bool(strips.opened[day]),
            }
        )
    groups = ((day_text(day), spells) for day, spells in newest_first)
    return {"axis": axis, "bars": bars, "spells": spell_table(f"Status day by day, {zone}", "Day", groups, zone)}


def day_text(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def moment(at: datetime, zone: str) -> SafeString:
    """A day and its clock; the caption names the zone, the heading the year."""
    day = local_date(at, zone)
    shape = '<span class="moment"><span class="weekday">{} </span>{} {}, {}</span>'
    return format_html(shape, f"{day:%a}", day.day, f"{day:%b}", local_time(at, zone, "clock"))


def outages_table(ride: Ride, strips: Timeline, outages: list[Outage]) -> Table:
    zone = ride.park.timezone
    columns = (Column("start", "Start"), Column("end", "End"), Column("length", "Length"), Column("kind", "Kind"))
    known = addresses(ride, outages)
    rows = [
        {
            "start": start_of(outage, zone, known),
            "end": end_of(outage, zone),
            "length": duration(outage.seconds),
            "kind": outage.kind.label,
        }
        for outage in outages[:MOST_OUTAGES]
    ]
    is_known = any(not spell.is_unknown for _, spells in strips.of(ride.pk) for spell in spells)
    some = f", the latest {MOST_OUTAGES} of {len(outages)}" if len(outages) > MOST_OUTAGES else ""
    empty = "No outage in these days." if is_known else "Nothing is known of these days."
    return Table(f"Outages{some}, {zone}", columns, rows, empty=empty)


def addresses(ride: Ride, outages: list[Outage]) -> dict[datetime, str]:
    """Those of the outages that stand in the ledger, by their beginning; one query, none without any."""
    starts = [outage.start for outage in outages[:MOST_OUTAGES] if outage.kind.is_down]
    if not starts:
        return {}
    rows = LedgerOutage.objects.filter(
        ride=ride, metrics_version=settings.METRICS_VERSION, started_at__range=(min(starts), max(starts))
    )
    return {row.started_at: row.address for row in rows if row.state in COUNTED}


def start_of(outage: Outage, zone: str, known: Mapping[datetime, str]) -> SafeString:
    """With the page of the outage; what is unknown has none."""
    text = moment(outage.start, zone)
    if outage.start not in known or not outage.kind.is_down:
        return text
    return format_html('<a href="{}">{}</a>', outage_url(known[outage.start]), text)


def end_of(outage: Outage, zone: str) -> Any:
    """The clock alone when it ended on the day on which it began."""
    if not outage.is_over:
        return "not over yet"
    is_same_day = local_date(outage.start, zone) == local_date(outage.end, zone)
    return local_time(outage.end, zone, "clock") if is_same_day else moment(outage.end, zone)


# -- waits and lines ---------------------------------------------------------------------------------------


def matrices(hours_of_week: Hours) -> list[Matrix]:
    """When it is full and when it breaks; those of which something is known."""
    found = (
        matrix("Average wait by weekday and hour", "min", hours_of_week, lambda each: each.wait_avg),
        matrix("Down of each open hour, by weekday and hour", "min", hours_of_week, minutes_down),
    )
    return [each for each in found if each is not None]


def half_over(lengths: list[int]) -> tuple[str, int] | None:
    """In which time half of some outages were over, and how many they are; None: too few to say it."""
    if len(lengths) < LEAST_OUTAGES:
        return None
    return duration(int(median(lengths))), len(lengths)


def wait_by_hour(hours_of_week: Hours) -> Chart:
    hours_seen = by_hour(hours_of_week)
    labels = [hour_label(hour) for hour in hours_seen]
    waits = [number(figures.wait_avg) for figures in hours_seen.values()]
    return Chart("Average wait by hour", "Hour", labels, [Series("Average wait", waits)], "min")


def wait_by_weekday(answer: Answer) -> Chart:
    """The days of each weekday added up, as the analytics do it."""
    weekdays: dict[BucketKey, Figures] = {}
    for day, reported in answer.buckets.items():
        if isinstance(day, date):
            weekdays.setdefault(span_key(Bucket.WEEKDAY, day), Figures()).add(reported)
    waits = [number(weekdays[n].wait_avg) if n in weekdays else None for n in range(7)]
    return Chart("Average wait by weekday", "Weekday", WEEKDAYS, [Series("Average wait", waits)], "min", "bar")


def queues_table(ride: Ride, days: Days, now: datetime) -> Table:
    """Every line besides standby as last reported in these days, and the range of what was reported; two queries."""
    zone = ride.park.timezone
    start, end = days.utc_range(zone)
    rows = QueueData.objects.filter(ride=ride, recorded_at__gte=start, recorded_at__lt=min(end, now))
    ranges = (
        rows.order_by()
        .values("queue_type")
        .annotate(
            reports=Count("recorded_at"),
            latest=Max("recorded_at"),
            least=Min("wait_time_minutes"),
            most=Max("wait_time_minutes"),
            cheapest=Min("price_amount"),
            dearest=Max("price_amount"),
        )
    )
    reported = {row["queue_type"]: row for row in ranges}
    at = Q(pk__in=[])
    for name, row in reported.items():
        at |= Q(queue_type=name, recorded_at=row["latest"])
    latest = {row.queue_type: row for row in rows.filter(at)} if reported else {}
    columns = (
        Column("line", "Line"),
        Column("reports", "Reports", "number", is_wide=True),
        Column("latest", "Last reported"),
        Column("said", "What it said"),
        Column("waits", "Waits", unit="min"),
        Column("prices", "Prices", is_wide=True),
    )
    found = [
        {
            "line": QueueType(name).label,
            "reports": reported[name]["reports"],
            "latest": moment(reported[name]["latest"], zone),
            "said": said(latest[name], zone),
            "waits": spread(reported[name]["least"], reported[name]["most"]),
            "prices": spread(reported[name]["cheapest"], reported[name]["dearest"], latest[name].price_currency),
        }
        for name in QueueType.values
        if name in reported
    ]
    return Table(f"Lines besides standby, {zone}", columns, found, empty="No line besides standby was reported.")


def spread(least: Any, most: Any, unit: str | None = None) -> str:
    if least is None:
        return NOTHING
    text = f"{least}" if least == most else f"{least}–{most}"
    return f"{text} {unit}" if unit else text


def said(row: QueueData, zone: str) -> str:
    """A report of a line in words."""
    parts = []
    if row.wait_time_minutes is not None:
        parts.append(f"{row.wait_time_minutes} min")
    if row.return_state is not None:
        parts.append(ReturnState(row.return_state).label)
    if row.return_time_start is not None:
        ends = [at for at in (row.return_time_start, row.return_time_end) if at is not None]
        parts.append("return " + "–".join(clock(seconds(at), zone) for at in ends))
    if row.price_amount is not None:
        parts.append(f"{row.price_amount} {row.price_currency or ''}".strip())
    if row.boarding_group_status:
        parts.append(row.boarding_group_status.replace("_", " ").capitalize())
    if row.boarding_group_current:
        parts.append(f"groups {row.boarding_group_current}")
    return ", ".join(parts) or NOTHING


# -- who the ride is ---------------------------------------------------------------------------------------


def about(ride: Ride) -> list[tuple[str, str]]:
    """What is known of the ride besides its state: (term, text), in order."""
    classification: RideClassification | None = getattr(ride, "classification", None)
    reported: EntityMetadata | None = getattr(ride, "metadata", None)
    facts: list[tuple[str, Any]] = [
        ("Kind", ride.get_category_display() if ride.category else None),
        ("Area", ride.land_area),
        (
            "Tier",
            f"{tier_of(ride)}, weight {ride_weight(ride)}" if tier_of(ride) else f"none, weight {ride_weight(ride)}",
        ),
        ("Tier by", classification and classification.get_classification_method_display()),
        ("Why this tier", classification and (classification.override_reason or classification.reasoning_text)),
        ("Last seen operating", local_time(ride.last_operated_at, ride.park.timezone, "day")),
        ("Indoors or outdoors", reported and reported.indoor_outdoor and reported.get_indoor_outdoor_display()),
        ("Least height", reported and reported.height_min_cm and f"{reported.height_min_cm} cm"),
        ("Greatest height", reported and reported.height_max_cm and f"{reported.height_max_cm} cm"),
        ("Tags", reported and ", ".join(map(str, reported.tags or []))),
        (
            "Place",
            reported and reported.latitude is not None and f"{reported.latitude:.5f}, {reported.longitude or 0:.5f}",
        ),
        ("ThemeParks.wiki", ride.themeparks_wiki_id),
        ("Queue-Times.com", ride.queue_times_url and format_html('<a href="{0}">{0}</a>', ride.queue_times_url)),
        ("Reported by its park", "no longer" if not ride.is_active else None),
    ]
    return [(term, text) for term, text in facts if text]
