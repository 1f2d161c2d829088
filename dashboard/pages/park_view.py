"""What the page of a park shows: a day with its strips, score, hours and weather, or the score of a longer period.

Every figure comes from the functions behind `/api/parks/{park_id}/details`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from msgspec.structs import asdict

from core.instants import instant
from core.periods import Days, Period, days_of
from core.shapes import UNSET
from core.zones import day_range, local_date
from dashboard.components.chart import Chart, Series
from dashboard.components.formatting import KINDS, NOTHING, local_time, zone_name
from dashboard.components.links import park_url, ride_url
from dashboard.components.tables import Column, Table
from dashboard.components.timeline import Axis, axis_of, spell_table, strip
from parks.models import Park, ParkSchedule, Ride, ScheduleType
from stats.answers.park_breakdown import (
    Contribution,
    ParkChart,
    ParkView,
    RideDownNow,
    ShameBreakdown,
    WeighedRide,
    breakdown_and_chart,
    day_breakdown_and_chart,
    excluded_row,
    hours_of_day,
    stored_days,
)
from stats.answers.park_details import view_of
from stats.measures.hours_open import last_seen_open
from stats.measures.ride_measures import percent_change
from stats.measures.spans import day_score
from stats.measures.timeline import Timeline, timeline_of
from stats.measures.window_measures import ParkWindow
from stats.measures.windows import year_before
from stats.readings.identity import Row, number
from stats.readings.roster import shown_tier

A_WEEK = timedelta(days=7)
HOURS_COLUMNS = (("kind", "Hours"), ("opening", "From"), ("closing", "To"))


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that days are compared by: its words, the kind of its cell, its column in the stored day."""

    words: str
    kind: str
    column: str
    is_wide: bool = False  # left out of long tables on phones


MEASURES = (
    Measure("Shame score", "score", "shame_score"),
    Measure("Downtime, hours", "hours", "total_downtime_hours"),
    Measure("Rides with downtime", "number", "rides_with_downtime", is_wide=True),
    Measure("Uptime", "percent", "avg_uptime_percentage", is_wide=True),
    Measure("Average wait, min", "minutes", "avg_wait_time", is_wide=True),
)


def park_day(park: Park, day: date, now: datetime) -> Row:
    """Everything about one local day of a park; about twenty queries, whatever the number of rides."""
    view = view_of(park, now)
    raw = hours_of_day(view, day)
    breakdown, chart = day_breakdown_and_chart(view, day, raw)
    strips = timeline_of(park, [ride.pk for ride in view.roster.rides], Days(day, day), now)
    is_today = day == local_date(now, park.timezone)
    return {
        **head(view),
        "day": day,
        "is_today": is_today,
        "breakdown": breakdown,
        "is_seen": bool(strips.spells),
        "zone": zone_name(day_range(day, park.timezone)[1], park.timezone),
        "last_seen": None if strips.spells else last_day_open(park, now),
        **timeline_part(view, day, strips, breakdown.rides or []),
        "contributions": contributions(breakdown),
        "excluded": excluded(view, raw, day, is_today),
        "opened": [(instant(start), instant(end)) for start, end in strips.opened[day]],
        "schedule": schedule(park, day),
        "charts": hour_charts(chart),
        "comparison": comparison(park, day, breakdown if is_today and strips.spells else None, is_today),
        "week_before": day - A_WEEK,
        "year_before": year_before(day),
    }


def park_period(park: Park, period: Period, now: datetime) -> Row:
    """The score of a period and what it is made of."""
    view = view_of(park, now)
    breakdown, chart = breakdown_and_chart(view, period)
    table = down_now(breakdown.rides_down or []) if period == Period.LIVE else contributions(breakdown)
    return {
        **head(view),
        "breakdown": breakdown,
        "contributions": table,
        "excluded": excluded_table([excluded_cells(view, ride) for ride in view.roster.excluded]),
        "charts": score_charts(chart),
        "daily": None if period == Period.LIVE else days_table(view, days_of(period, now, park.timezone)),
    }


def last_day_open(park: Park, now: datetime) -> date | None:
    seen = last_seen_open(park, now)
    return local_date(seen, park.timezone) if seen else None


def head(view: ParkView) -> Row:
    """Who and how it is right now."""
    return {"park": view.park, "state": view.state, "latest": view.latest}


# -- strips ------------------------------------------------------------------------------------------------


def timeline_part(view: ParkView, day: date, strips: Timeline, rides: list[Contribution]) -> Row:
    """A bar for each ride seen that day, those with most downtime first as in the score, and the table beside it."""
    zone = view.park.timezone
    axis = axis_of(strips)
    down = {row.ride_id: row.downtime_hours for row in rides}
    seen = [ride for ride in view.roster.rides if strips.spells.get((ride.pk, day))]
    seen.sort(key=lambda ride: (-down.get(ride.pk, 0), shown_tier(ride), ride.name))
    return {
        "axis": axis,
        "bars": [bar(ride, strips, day, axis, down.get(ride.pk)) for ride in seen] if axis else [],
        "silent": [ride for ride in view.roster.rides if not strips.spells.get((ride.pk, day))],
        "spells": spell_table(
            f"Status of every ride, {zone}",
            "Ride",
            ((ride_link(ride.pk, ride.name), strips.spells[ride.pk, day]) for ride in seen),
            zone,
        ),
    }


def bar(ride: Ride, strips: Timeline, day: date, axis: Axis, down_hours: float | None) -> Row:
    spells = strips.spells[ride.pk, day]
    return {"ride": ride, "strip": strip(spells, axis, strips.park.timezone), "down_hours": down_hours}


# -- score -------------------------------------------------------------------------------------------------


def contributions(breakdown: ShameBreakdown) -> Table:
    """What each ride adds to the score's numerator (R-17.4), as the API says it."""
    rides = breakdown.rides or []
    total = sum(row.weighted_contribution for row in rides)
    columns = [
        Column("ride", "Ride"),
        Column("tier", "Tier", "number", is_wide=True),
        Column("downtime_hours", "Down", "hours", "h"),
        Column("tier_weight", "× weight", "number", is_wide=True),
        Column("weighted_contribution", "Weighted", "hours", "h"),
        Column("share", "Share", "percent"),
    ]
    if breakdown.days_tracked is not UNSET:
        columns.insert(2, Column("days_with_downtime", "Days down", "number", is_wide=True))
    rows = [{**linked(row), "share": 100 * row.weighted_contribution / total if total else None} for row in rides]
    return Table("Rides that make the score, largest part first", columns, rows, empty="No ride was down.")


def ride_link(pk: int, name: str) -> SafeString:
    return format_html('<a href="{}"><bdi>{}</bdi></a>', ride_url(pk), name)


def linked(row: WeighedRide) -> Row:
    """A row of the API with a link to its ride's page."""
    return {**asdict(row), "ride": ride_link(row.ride_id, row.ride_name)}


def down_now(rides: list[RideDownNow]) -> Table:
    columns = (
        Column("ride", "Ride"),
        Column("tier", "Tier", "number"),
        Column("tier_weight", "Weight", "number"),
        Column("status", "Status", "state"),
    )
    return Table("Rides down right now", columns, [linked(row) for row in rides], empty="No ride is down.")


def excluded(view: ParkView, raw: ParkWindow, day: date, is_today: bool) -> Table:
    """The rides whose weight is not in the day's score: they did not operate that day (R-5.3)."""
    seen = {ride for ride, of_day, _ in raw.rides if of_day == day}
    gone = {ride.pk for ride in view.roster.excluded} if is_today else set()
    rows = []
    for ride in view.roster.rides:
        if (ride.pk, day) in raw.operated:
            continue
        row = excluded_cells(view, ride)
        if ride.pk not in gone:
            so_far = " so far" if is_today else ""
            row["reason"] = f"Did not operate that day{so_far}" if ride.pk in seen else f"No report that day{so_far}"
        rows.append(row)
    return excluded_table(rows)


def excluded_cells(view: ParkView, ride: Ride) -> Row:
    row = excluded_row(ride, view.now)
    last = ride.last_operated_at
    zone = view.park.timezone
    return {
        **linked(row),
        "reason": row.exclusion_reason,
        "last": local_time(last, zone, "day") if last else NOTHING,
    }


def excluded_table(rows: list[Row]) -> Table:
    columns = (
        Column("ride", "Ride"),
        Column("reason", "Why"),
        Column("last", "Last operated", is_wide=True),
        Column("tier_weight", "Weight", "number", is_wide=True),
    )
    return Table("Rides that do not count", columns, rows, empty="Every ride counts.")


# -- hours -------------------------------------------------------------------------------------------------


def schedule(park: Park, day: date) -> Table:
    """The planned windows of a date; one query."""
    found = ParkSchedule.objects.filter(park=park, schedule_date=day).exclude(schedule_type=ScheduleType.INFO)
    rows = [
        {
            "kind": ScheduleType(row.schedule_type).label,
            "opening": local_time(row.opening_time, park.timezone),
            "closing": local_time(row.closing_time, park.timezone),
        }
        for row in found.order_by("opening_time", "pk")
    ]
    columns = [Column(key, words) for key, words in HOURS_COLUMNS]
    return Table("Planned hours", columns, rows, empty="No schedule is known for this day.")


def hour_charts(chart: ParkChart) -> list[Chart]:
    """Waits, rides down and score by hour, those of the API's `chart_data`."""
    if not chart.labels:
        return []
    waits = Series("Average wait by hour", chart.avg_wait or [])
    down = Series("Rides down by hour", chart.rides_down or [])
    return [
        Chart(waits.name, "Hour", chart.labels, [waits], "min"),
        Chart(down.name, "Hour", chart.labels, [down], "rides", "bar", digits=0),
        *score_charts(chart),
    ]


def score_charts(chart: ParkChart) -> list[Chart]:
    """The course of the score; the axis is as fine as the API's."""
    if not chart.labels:
        return []
    axis = {"minutes": "Time", "hourly": "Hour", "daily": "Day"}[chart.granularity]
    return [Chart("Shame score", axis, chart.labels, [Series("Shame score", chart.data)], "of 10")]


# -- other days --------------------------------------------------------------------------------------------


def comparison(park: Park, day: date, so_far: ShameBreakdown | None, is_today: bool) -> Table:
    """The day beside the same weekday a week before and the same date a year before; one query.

    Today's figures are those `so_far`, None before the park opens.
    """
    days = {"day": day, "week": day - A_WEEK, "year": year_before(day)}
    stored = stored_days(park, list(days.values()))
    figures = {name: day_figures(stored.get(each)) for name, each in days.items()}
    if so_far is not None:
        figures["day"]["shame_score"] = Decimal(str(so_far.shame_score))
        figures["day"]["total_downtime_hours"] = Decimal(str(so_far.total_downtime_hours))
        figures["day"]["rides_with_downtime"] = Decimal(len(so_far.rides or []))
    columns = [
        Column("measure", "Figure"),
        Column("day", "Today so far" if is_today else f"{day:%a} {day.day} {day:%b %Y}", "text"),
    ]
    rows: list[Row] = [{"measure": measure.words} for measure in MEASURES]
    for row, measure in zip(rows, MEASURES, strict=True):
        row["day"] = shown(figures["day"].get(measure.column), measure)
    for name, words in (("week", "A week before"), ("year", "A year before")):
        columns += [Column(name, words), Column(f"{name}_change", "Change", "trend", is_wide=True)]
        for row, measure in zip(rows, MEASURES, strict=True):
            before, current = figures[name].get(measure.column), figures["day"].get(measure.column)
            row[name] = shown(before, measure)
            row[f"{name}_change"] = number(percent_change(current, before)) if current is not None else None
    return Table("Compared with other days", columns, rows)


def shown(value: Decimal | int | None, measure: Measure) -> Any:
    return KINDS[measure.kind]({"value": None if value is None else float(value)}, "value")


def day_figures(row: Any) -> dict[str, Decimal]:
    """What is stored of a day, by column; the score as the API shows it (R-10.4)."""
    if row is None:
        return {}
    found = {measure.column: getattr(row, measure.column) for measure in MEASURES}
    found["shame_score"] = day_score(row.shame_score)
    return {name: value for name, value in found.items() if value is not None}


def days_table(view: ParkView, days: Days) -> Table:
    """The days of a period with links to their pages; one query."""
    stored = stored_days(view.park, [days.first + timedelta(n) for n in range((days.last - days.first).days + 1)])
    columns = [
        Column("day", "Day"),
        *(Column(each.column, each.words, each.kind, is_wide=each.is_wide) for each in MEASURES),
    ]
    rows = [{"day": day_link(view.park, day), **day_figures(row)} for day, row in sorted(stored.items(), reverse=True)]
    return Table("Day by day", columns, rows, empty="No day of this period has been computed.")


def day_link(park: Park, day: date) -> SafeString:
    return format_html(
        '<a class="moment" href="{}?date={}">{}</a>',
        park_url(park.pk),
        day.isoformat(),
        f"{day:%a} {day.day} {day:%b %Y}",
    )
