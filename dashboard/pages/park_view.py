"""What the page of a park shows: a day with its strips, score, hours and weather, or the score of a longer period.

Every figure comes from the functions behind `/api/parks/{park_id}/details`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from msgspec.structs import asdict

from core.instants import instant
from core.periods import Days, Period
from core.shapes import UNSET
from core.zones import day_range, local_date
from dashboard.components.chart import Chart, Series
from dashboard.components.formatting import KINDS, NOTHING, local_time, zone_name
from dashboard.components.links import outages_url, park_url, ride_url
from dashboard.components.open_time import time_table
from dashboard.components.tables import Column, Table
from dashboard.components.timeline import Axis, axis_of, spell_table, strip
from dashboard.pages.months import days_link, months_table, weekly_chart
from outages.readings.corrections import corrections
from parks.catalog.places import km_between
from parks.models import Park, ParkSchedule, Ride, ScheduleType
from stats.answers.analytics import Question, parks_over
from stats.answers.history import History, added_up, park_figures
from stats.answers.park_breakdown import (
    Contribution,
    ParkChart,
    ParkView,
    ShameBreakdown,
    WeighedRide,
    attractions_among,
    breakdown_and_chart,
    daily_chart,
    day_breakdown_and_chart,
    days_breakdown,
    days_stored,
    down_of_days,
    excluded_row,
    hours_of_day,
    open_days,
    rounded,
    score_of_days,
    stored_days,
    uptime_of_days,
)
from stats.answers.park_details import view_of
from stats.measures.bucket_sums import Figures
from stats.measures.hours_open import last_seen_open
from stats.measures.ride_measures import LEAST_DOWN_SECONDS, LEAST_WAIT, WaitTotals, mean_of, percent_change
from stats.measures.timeline import Timeline, timeline_of
from stats.measures.window_measures import ParkWindow
from stats.measures.windows import Bucket, Window, year_before
from stats.models import ParkDailyStats
from stats.readings.identity import Row, number
from stats.readings.roster import shown_tier

A_WEEK = timedelta(days=7)
DAY_TRIP_KM, MOST_NEARBY = 100, 6
MOST_LISTED = 92  # days as rows; more are listed by month
MOST_DAYS = 366  # of all rides at once, and days as points of a chart
HOURS_COLUMNS = (("kind", "Hours"), ("opening", "From"), ("closing", "To"))


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that days are compared by: its words, the kind of its cell, how it follows from a stored day, and the
    least base a change of it is reported from (N-5)."""

    key: str
    words: str
    kind: str
    value: Callable[[ParkDailyStats], Decimal | int | None]
    is_of_downtime: bool = False
    least: int = 0
    is_wide: bool = False  # left out of long tables on phones


MEASURES = (
    Measure("score", "Shame score", "score", lambda row: score_of_days([row]), is_of_downtime=True),
    Measure("downtime", "Downtime, hours", "downtime", lambda row: down_of_days([row]), is_of_downtime=True),
    Measure("rides_down", "Rides with downtime", "number", lambda row: row.rides_with_downtime, is_wide=True),
    Measure("uptime", "Uptime", "percent", lambda row: uptime_of_days([row]), is_wide=True),
    Measure(
        "wait",
        "Average wait, min",
        "minutes",
        lambda row: rounded(mean_of(row.wait_minute_seconds or 0, row.wait_seconds or 0), 1),
        least=LEAST_WAIT,
        is_wide=True,
    ),
)


def park_day(park: Park, day: date, now: datetime) -> Row:
    """Everything about one local day of a park; about twenty queries, whatever the number of rides."""
    view = view_of(park, now)
    raw = hours_of_day(view, day)
    breakdown, chart = day_breakdown_and_chart(view, day, raw)
    strips = timeline_of(park, [ride.pk for ride in view.rides_on(day)], Days(day, day), now)
    is_today = day == local_date(now, park.timezone)
    so_far = figures_so_far(breakdown, waits_of(view, raw, day)) if is_today and strips.spells else {}
    return {
        **head(view),
        "day": day,
        "is_today": is_today,
        "breakdown": breakdown,
        "is_seen": bool(strips.spells),
        "zone": zone_name(day_range(day, park.timezone)[1], park.timezone),
        "last_seen": None if strips.spells else last_day_open(park, now),
        "time": time_table(time_of(park, Days(day, day), now), of_rides=True),
        **timeline_part(view, day, strips, breakdown.rides or []),
        "corrected": corrected(park, Days(day, day)),
        "contributions": contributions(breakdown, Days(day, day)),
        "excluded": excluded(view, raw, day, is_today),
        "opened": [(instant(start), instant(end)) for start, end in strips.opened[day]],
        "schedule": schedule(park, day),
        "week": week_ahead(park, day),
        "nearby": nearby_parks(park),
        "charts": hour_charts(chart),
        "comparison": comparison(park, day, so_far, is_today),
        "week_before": day - A_WEEK,
        "year_before": year_before(day),
    }


def park_now(park: Park, now: datetime) -> Row:
    """The score of this moment and what it is made of."""
    view = view_of(park, now)
    breakdown, chart = breakdown_and_chart(view, Period.LIVE)
    return {
        **head(view),
        "breakdown": breakdown,
        "contributions": down_now(breakdown),
        "excluded": excluded_table([excluded_cells(view, ride) for ride in view.roster.excluded]),
        "charts": score_charts(chart),
    }


def park_days(park: Park, days: Days, now: datetime) -> Row:
    """The score of several days and what it is made of; many of them by month, and by week in the chart."""
    view = view_of(park, now)
    stored = days_stored(view, days)
    breakdown = days_breakdown(view, Period.LAST_WEEK, days, stored)
    number_of_days = (days.last - days.first).days + 1
    is_long = number_of_days > MOST_DAYS
    history = {row.stat_date: park_figures(row) for row in stored}
    chart = daily_chart(days, stored, breakdown.shame_score)
    return {
        **head(view),
        "breakdown": breakdown,
        "corrected": corrected(park, days),
        "contributions": contributions(breakdown, days),
        "excluded": excluded_table([excluded_cells(view, ride) for ride in view.roster.excluded]),
        "charts": [weekly_chart(history, "score")] if is_long else score_charts(chart),
        "daily": days_table(view, stored) if number_of_days <= MOST_LISTED else months_of_park(park, history, days),
        "time": None if is_long else time_table(time_of(park, days, now), of_rides=True),
        "ledger": "" if is_long else outages_url(days.first.isoformat(), days.last.isoformat(), park_id=park.pk),
        "days": days,
        "is_complete": days.utc_range(park.timezone)[1] <= now,
    }


def months_of_park(park: Park, history: History, days: Days) -> Table:
    """The months of many days, each a link to its days."""
    link = partial(days_link, park_url, park.pk)
    return months_table("Month by month", added_up(history, Bucket.MONTH), "score", link, days)


def time_of(park: Park, days: Days, now: datetime) -> Figures:
    """The park's rides over these days, as the analytics say it."""
    question = Question(Window(days.first, days.last), Bucket.NONE, (park,))
    found = parks_over(question, settings.METRICS_VERSION, now).get(park.pk)
    return found.total if found else Figures(is_of_park=True)


def corrected(park: Park, days: Days) -> int:
    """How many published figures of these days were corrected; one query."""
    return corrections(settings.METRICS_VERSION, park=park.pk, days=(days.first, days.last)).count()


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
    seen = [ride for ride in view.rides_on(day) if strips.spells.get((ride.pk, day))]
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


def contributions(breakdown: ShameBreakdown, days: Days) -> Table:
    """What each ride adds to the score's numerator (R-17.4), as the API says it."""
    rides = breakdown.rides or []
    total = sum(row.weighted_contribution for row in rides)
    columns = [
        Column("ride", "Ride"),
        Column("tier", "Tier", "number", is_wide=True),
        Column("downtime_hours", "Down", "downtime", "h"),
        Column("tier_weight", "× weight", "number", is_wide=True),
        Column("weighted_contribution", "Weighted", "hours", "h"),
        Column("share", "Share", "percent"),
    ]
    if breakdown.days_tracked is not UNSET:
        columns.insert(2, Column("days_with_downtime", "Days down", "number", is_wide=True))
    dates = {"start_date": days.first.isoformat(), "end_date": days.last.isoformat()}
    rows = [
        {**linked(row), **dates, "share": 100 * row.weighted_contribution / total if total else None} for row in rides
    ]
    is_known = breakdown.total_downtime_hours is not None
    empty = "No ride was down." if is_known else "Nothing is known of this time."
    return Table("Rides that make the score, largest part first", columns, rows, empty=empty)


def ride_link(pk: int, name: str) -> SafeString:
    return format_html('<a href="{}"><bdi>{}</bdi></a>', ride_url(pk), name)


def linked(row: WeighedRide) -> Row:
    """A row of the API with a link to its ride's page."""
    return {**asdict(row), "ride": ride_link(row.ride_id, row.ride_name)}


def down_now(breakdown: ShameBreakdown) -> Table:
    empty = {True: "No ride is down.", False: "The park is closed."}
    columns = (
        Column("ride", "Ride"),
        Column("tier", "Tier", "number"),
        Column("tier_weight", "Weight", "number"),
        Column("status", "Status", "state"),
    )
    rows = [linked(row) for row in breakdown.rides_down or []]
    state = breakdown.park_is_open
    return Table("Rides down right now", columns, rows, empty=empty[state] if isinstance(state, bool) else SILENT)


SILENT = "Nothing has been heard of the park for two hours: what is down is not known."


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


def week_ahead(park: Park, day: date) -> Table:
    """The planned hours of the seven days after a date; one query."""
    found = ParkSchedule.objects.filter(park=park, schedule_date__gt=day, schedule_date__lte=day + A_WEEK)
    by_day: dict[date, list[SafeString]] = {}
    for row in found.exclude(schedule_type=ScheduleType.INFO).order_by("schedule_date", "opening_time", "pk"):
        by_day.setdefault(row.schedule_date, []).append(planned(row, park.timezone))
    rows = [
        {"day": f"{each:%a} {each.day} {each:%b %Y}", "hours": format_html_join(", ", "{}", ((w,) for w in words))}
        for each, words in by_day.items()
    ]
    return Table("The week ahead", (Column("day", "Day"), Column("hours", "Hours")), rows)


def planned(row: ParkSchedule, zone: str) -> SafeString:
    """ "09:00–21:00", with the kind of other hours than the usual ones; "closed"."""
    kind = ScheduleType(row.schedule_type)
    if row.opening_time is None or row.closing_time is None:
        return format_html("{}", kind.label.lower())
    hours = (local_time(row.opening_time, zone, "clock"), local_time(row.closing_time, zone, "clock"))
    words = "" if kind == ScheduleType.OPERATING else f" {kind.label.lower()}"
    return format_html("{}–{}{}", *hours, words)


def nearby_parks(park: Park) -> list[tuple[Park, int]]:
    """Active parks within a day trip, the nearest first, with the kilometres; one query, none without a place."""
    if park.latitude is None or park.longitude is None:
        return []
    here = (float(park.latitude), float(park.longitude))
    others = Park.objects.active().exclude(pk=park.pk).filter(latitude__isnull=False, longitude__isnull=False)
    away = [(other, km_between(here, (float(other.latitude or 0), float(other.longitude or 0)))) for other in others]
    near = sorted((each for each in away if each[1] <= DAY_TRIP_KM), key=lambda each: (each[1], each[0].name))
    return [(other, round(km)) for other, km in near[:MOST_NEARBY]]


def hour_charts(chart: ParkChart) -> list[Chart]:
    """Waits, rides down and score by hour, those of the API's `chart_data`."""
    if not chart.labels:
        return []
    waits = Series("Average wait by hour", chart.avg_wait or [])
    down = Series("Rides down by hour", chart.rides_down or [])
    return [
        Chart(waits.name, "Hour", chart.labels, [waits], "min", digits=2),
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


def comparison(park: Park, day: date, so_far: Mapping[str, Decimal | int | None], is_today: bool) -> Table:
    """The day beside the same weekday a week before and the same date a year before; one query.

    Today's figures are those `so_far`, none before the park opens; they are beside whole days, so no change is
    reported (N-5).
    """
    days = {"day": day, "week": day - A_WEEK, "year": year_before(day)}
    stored = stored_days(park, list(days.values()))
    figures = {name: day_figures(stored.get(each)) for name, each in days.items()}
    if is_today:
        figures["day"] = dict(so_far)
    columns = [
        Column("measure", "Figure"),
        Column("day", "Today so far" if is_today else f"{day:%a} {day.day} {day:%b %Y}", "text"),
    ]
    rows: list[Row] = [{"measure": measure.words} for measure in MEASURES]
    for row, measure in zip(rows, MEASURES, strict=True):
        row["day"] = shown(figures["day"].get(measure.key), measure)
    for name, words in (("week", "A week before"), ("year", "A year before")):
        columns.append(Column(name, words))
        base = stored.get(days[name])
        is_little = base is None or (base.down_seconds or 0) < LEAST_DOWN_SECONDS
        for row, measure in zip(rows, MEASURES, strict=True):
            row[name] = shown(figures[name].get(measure.key), measure)
        if is_today:
            continue
        columns.append(Column(f"{name}_change", "Change", "trend", is_wide=True))
        for row, measure in zip(rows, MEASURES, strict=True):
            before, current = figures[name].get(measure.key), figures["day"].get(measure.key)
            is_told = current is not None and not (measure.is_of_downtime and is_little)
            row[f"{name}_change"] = number(percent_change(current, before, least=measure.least)) if is_told else None
    return Table("Compared with other days", columns, rows)


def shown(value: Decimal | int | None, measure: Measure) -> Any:
    return KINDS[measure.kind]({"value": None if value is None else float(value)}, "value")


def day_figures(row: ParkDailyStats | None) -> dict[str, Decimal | int | None]:
    """What is stored of a day, by measure, as the API shows it."""
    return {measure.key: measure.value(row) for measure in MEASURES} if row is not None else {}


def waits_of(view: ParkView, raw: ParkWindow, day: date) -> WaitTotals:
    """The posted waits of the park's attractions (N-4)."""
    attractions, found = attractions_among(view.rides_on(day)), WaitTotals()
    for (ride, _, _), measures in raw.rides.items():
        if ride in attractions:
            found.add(measures.waits)
    return found


def figures_so_far(breakdown: ShameBreakdown, waits: WaitTotals) -> dict[str, Decimal | int | None]:
    """The same of the running day."""
    found = {
        "score": breakdown.shame_score,
        "downtime": breakdown.total_downtime_hours,
        "rides_down": len(breakdown.rides or []),
        "uptime": breakdown.avg_uptime_percentage,
        "wait": rounded(waits.average, 1),
    }
    return {name: Decimal(str(value)) for name, value in found.items() if value is not None}


def days_table(view: ParkView, stored: Sequence[ParkDailyStats]) -> Table:
    """The days of a period on which the park opened, with links to their pages."""
    columns = [
        Column("day", "Day"),
        *(Column(each.key, each.words, each.kind, is_wide=each.is_wide) for each in MEASURES),
    ]
    rows = [{**named_day(view.park, row.stat_date), **day_figures(row)} for row in open_days(stored)]
    empty = "The park opened on none of these days." if stored else "None of these days has been computed."
    return Table("Day by day", columns, rows[::-1], empty=empty)


def named_day(park: Park, day: date) -> Row:
    """A day of a park for a table: its page, and what the outages behind a figure are found by."""
    text = day.isoformat()
    return {"day": day_link(park, day), "park_id": park.pk, "start_date": text, "end_date": text}


def day_link(park: Park, day: date) -> SafeString:
    return format_html(
        '<a class="moment" href="{}?date={}">{}</a>',
        park_url(park.pk),
        day.isoformat(),
        f"{day:%a} {day.day} {day:%b %Y}",
    )
