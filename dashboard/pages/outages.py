"""The ledger: `/outages` with filters, a calendar and files; `/outages/<address>` with every observation of one."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.instants import day_seconds, seconds
from core.periods import Days, Period
from core.zones import local_date
from dashboard.components.formatting import NOTHING, local_time, zone_name
from dashboard.components.links import outage_url, outages_url, ride_url
from dashboard.components.spans import calendar_of_site, dates_asked, named, newest_with_data, span_over
from dashboard.components.tables import Column, Table
from dashboard.components.timeline import Axis, after_midnight, duration, legend, strip
from dashboard.views import page
from outages.addresses import parse_address
from outages.api.correction_views import CorrectionQuery, corrections_answer
from outages.api.incident_views import incident_of_address
from outages.api.serializers import MOST_DAYS, MOST_DAYS_OF_A_PARK, MOST_DAYS_OF_A_RIDE, OutageQuery
from outages.api.views import outages as outages_answer
from outages.models import Kind, Outage
from outages.readings.corrections import CorrectionRow, correction_row, corrections, words_of
from outages.readings.detail import AROUND, around, find_outage, outage_detail
from outages.readings.observations import Observation, observation
from outages.readings.rows import Neighbour, OutageRow
from outages.readings.selection import Selection
from parks.models import Park, Ride
from snapshots.models import DataSource, RideStatusSnapshot
from snapshots.status import counted_status, says_state
from stats.measures.timeline import Spell, joined
from weather.park_weather import park_weather

ORDERS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "longest": "Longest first",
    "shortest": "Shortest first",
}
KINDS = {"": "Every kind", **{kind.value: kind.label for kind in Kind}}
INCIDENTS = {Kind.INCIDENT: "Incident of unknown cause", Kind.WEATHER: "Weather closure"}
PERIODS = (Period.TODAY.value, Period.YESTERDAY.value, Period.LAST_WEEK.value, Period.LAST_MONTH.value)
MOST_IN_CALENDAR = 93  # days
STEPS = 6  # shades, from 0 to the most downtime of a day
WEATHER = (
    ("temperature_c", "°C"),
    ("precipitation_mm", "mm rain and snow"),
    ("wind_gusts_kmh", "km/h gusts"),
)
THUNDER = {95, 96, 99}


def given(request: HttpRequest) -> dict[str, str]:
    """The parameters of the address; what a form left empty is not asked."""
    return {name: str(value) for name, value in request.GET.items() if str(value).strip()}


@page
def ledger(request: HttpRequest) -> HttpResponse:
    """The list of the API with its filters; raises ValidationError, which names the field."""
    now = timezone.now()
    asked, site = given(request), calendar_of_site(now)
    note = ""
    if not asked.keys() & {"start", "end", "date", "open", "cursor"}:
        newest, note = newest_with_data(Period.TODAY, site)
        asked |= dates_asked(newest) if isinstance(newest, Days) else {}
    query = OutageQuery.checked(asked)
    selection = OutageQuery.selection(query, now)
    body = outages_answer(query, now)
    of_page = {name: value for name, value in asked.items() if name not in ("cursor", "limit")}
    days = Days(selection.first, selection.last)
    context: dict[str, Any] = {
        "body": body,
        "table": outages_table(body.data, selection),
        "asked": asked,
        "kept": [(name, asked[name]) for name in ("ride_id", "operator", "country") if name in asked],
        "kinds": KINDS,
        "orders": ORDERS,
        "parks": Park.objects.active().order_by("name").values_list("pk", "name"),
        "ride": Ride.objects.filter(pk=selection.ride).select_related("park").first() if selection.ride else None,
        "span": span_over(named(days, now, PERIODS, site.zone), note, now, PERIODS, site, most_days(query)),
        "days": calendar(selection, of_page, now),
        "csv": f"/api/outages.csv?{urlencode(of_page)}",
        "api": f"/api/outages?{urlencode(of_page)}",
        "next": f"?{urlencode({**asked, 'cursor': body.next_cursor})}" if body.next_cursor else "",
        "first": f"?{urlencode({name: each for name, each in asked.items() if name != 'cursor'})}",
    }
    return render(request, "dashboard/outages.html", context)


def most_days(query: Mapping[str, Any]) -> int:
    """How many days the API lists at once."""
    if "ride_id" in query:
        return MOST_DAYS_OF_A_RIDE
    return MOST_DAYS_OF_A_PARK if "park_id" in query else MOST_DAYS


def outages_table(rows: list[OutageRow], selection: Selection) -> Table:
    """On phones the park stands under the ride's name, and the kind under the length."""
    columns = [
        Column("start", "Start"),
        Column("ride_name", "Ride", "ride"),
        Column("park_name", "Park", "park", is_wide=True),
        Column("length", "Length"),
        Column("kind", "Kind", is_wide=True),
        Column("confidence", "Sure", is_wide=True),
        Column("observations", "Observations", "number", is_wide=True),
    ]
    if selection.ride is not None:
        columns = [column for column in columns if column.key not in ("ride_name", "park_name")]
    shown = [
        {
            "start": start_link(row),
            "ride_name": row.ride_name,
            "ride_id": row.ride_id,
            "park_name": row.park_name,
            "park_id": row.park_id,
            "start_date": row.date,
            "end_date": row.date,
            "length": format_html('{}<small class="phone">{}</small>', length_of(row), Kind(row.kind).label),
            "kind": Kind(row.kind).label,
            "confidence": row.confidence,
            "observations": row.observations,
        }
        for row in rows
    ]
    empty = "No outage of this kind on these days, as far as they are known."
    return Table("Outages; times are those of each park", columns, shown, empty=empty)


def start_link(row: OutageRow) -> SafeString:
    at = datetime.fromisoformat(row.start)
    return format_html('<a href="{}">{}</a>', outage_url(row.id), day_and_clock(at, row.timezone))


def day_and_clock(at: datetime, zone: str) -> SafeString:
    day = local_date(at, zone)
    return format_html('<span class="moment">{} {}, {}</span>', day.day, f"{day:%b}", local_time(at, zone, "clock"))


def length_of(row: OutageRow) -> SafeString:
    """With what lies in the days asked for, where that is less."""
    words = duration(row.seconds)
    if row.end is None:
        words = f"{words} so far"
    here = "" if row.seconds_in_range == row.seconds else f" ({duration(row.seconds_in_range)} here)"
    return format_html('<span class="moment">{}</span>{}', words, here)


def calendar(selection: Selection, asked: Mapping[str, str], now: datetime) -> list[dict[str, Any]]:
    """A square for each day, by its downtime, which leads to the outages of the day; one query."""
    if (selection.last - selection.first).days >= MOST_IN_CALENDAR:
        return []
    rows = selection.counted(now).order_by().values("stat_date")
    found = {row["stat_date"]: row for row in rows.annotate(total=Sum("seconds"), number=Count("started_at"))}
    most = max((row["total"] for row in found.values()), default=0)
    days = []
    for n in range((selection.last - selection.first).days + 1):
        day = selection.first + timedelta(days=n)
        row = found.get(day, {"total": 0, "number": 0})
        shade = min(STEPS, 1 + row["total"] * STEPS // most) if row["total"] else 0
        query = {**asked, "start": day.isoformat(), "end": day.isoformat()}
        words = f"{row['number']} outage{'' if row['number'] == 1 else 's'}, {duration(row['total'])} down"
        days.append({"day": day, "shade": shade, "words": words, "url": f"?{urlencode(query)}"})
    return days


# -- one outage ------------------------------------------------------------------------------------------


@page
def outage(request: HttpRequest, address: str) -> HttpResponse:
    """Whatever became of the address. About fifteen queries."""
    key = parse_address(address)
    row = find_outage(*key, settings.METRICS_VERSION) if key else None
    if row is None:
        raise Http404("There is no outage at this address, and there never was. The list of outages leads to all.")
    now = timezone.now()
    detail = outage_detail(row, now)
    seen = around(row)
    zone = row.park.timezone
    of_outage = corrections(row.metrics_version, ride=row.ride_id).filter(started_at=row.started_at)
    first, last = local_date(row.started_at, zone), local_date(row.ended_at - timedelta(seconds=1), zone)
    context: dict[str, Any] = {
        "row": row,
        "detail": detail,
        "ride": row.ride,
        "park": row.park,
        "zone": zone_name(row.started_at, zone),
        "kind": Kind(row.kind).label,
        "length": duration(row.total_seconds),
        "strips": strips(seen, row),
        "legend": legend(),
        "observations": observations_table(seen, row),
        "days": [
            (part.date, duration(part.seconds), outages_url(ride_id=row.ride_id, first=part.date, last=part.date))
            for part in detail.days
        ],
        "neighbours": members_table(
            "Down in the park at the same time", detail.neighbours, zone, "Nothing else was down in the park."
        ),
        "incident": f"/incidents/{detail.incident}" if detail.incident else "",
        "weather": weather_table(row.park, row.started_at, row.ended_at),
        "evidence": evidence_rows(detail.evidence, zone),
        "raw": f"/api/rides/{row.ride_id}/observations?start={first}&end={last}",
        "corrections": corrections_table([correction_row(each) for each in of_outage]),
        "home": outage_url(detail.merged_into) if detail.merged_into else "",
    }
    return render(request, "dashboard/outage.html", context)


def strips(seen: list[RideStatusSnapshot], row: Outage) -> list[tuple[date, SafeString, Axis]]:
    """The hour before to the hour after as a bar for each local day."""
    zone, found = row.park.timezone, []
    spells = [
        Spell(
            seconds(each.recorded_at),
            seconds(each.recorded_at) + each.duration_seconds,
            counted_status(each.status, each.computed_is_open, row.park.reports_down),
        )
        for each in seen
        if each.park_appears_open and each.duration_seconds and is_known(each, row)
    ]
    begin, until = seconds(row.started_at - AROUND), seconds(row.ended_at + AROUND)
    first, last = local_date(row.started_at - AROUND, zone), local_date(row.ended_at + AROUND, zone)
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        midnight, end = day_seconds(day, zone)
        low, high = max(midnight, begin), min(end, until)
        cut = (Spell(max(each.start, low), min(each.end, high), each.state) for each in spells)
        inside = joined([each for each in cut if each.seconds > 0])
        if inside:
            start, stop = after_midnight(inside[0].start, zone), after_midnight(inside[-1].end - 1, zone) + 1
            axis = Axis(start - start % 3600, stop + -stop % 3600)
            found.append((day, strip(inside, axis, zone), axis))
    return found


def reported(seen: RideStatusSnapshot, row: Outage) -> str:
    if not is_known(seen, row):
        return "UNKNOWN"
    return seen.status or ("OPERATING" if seen.computed_is_open else "DOWN")


def is_known(seen: RideStatusSnapshot, row: Outage) -> bool:
    """Does an observation say whether the ride ran? (N-7)"""
    is_live = seen.data_source == DataSource.LIVE
    return says_state(seen.status, seen.computed_is_open, is_live, row.ride.queue_times_id is not None)


def observations_table(seen: list[RideStatusSnapshot], row: Outage) -> Table:
    zone = row.park.timezone
    columns = (
        Column("at", "From"),
        Column("length", "For"),
        Column("status", "Reported", "state"),
        Column("wait", "Wait", "minutes", "min"),
        Column("park", "Park", is_wide=True),
        Column("place", "Where"),
        Column("origin", "Comes from", is_wide=True),
    )
    rows = []
    for each in seen:
        shown = observation(each, row.park)
        inside = row.started_at <= each.recorded_at < row.ended_at
        place = "inside" if inside else "before" if each.recorded_at < row.started_at else "after"
        rows.append(
            {
                "at": day_and_clock(each.recorded_at, zone),
                "length": f"{duration(each.duration_seconds)}{', held' if each.is_carried else ''}",
                "status": reported(each, row),
                "wait": shown.wait_time,
                "park": "open" if shown.park_open else "closed",
                "place": place,
                "origin": f"{shown.origin}, reported {shown.reported_at}",
            }
        )
    return Table(f"Every observation from an hour before to an hour after, {zone}", columns, rows)


def evidence_rows(evidence: Any, zone: str) -> list[tuple[str, str, Any]]:
    """(which, what it said, when)."""
    listed: tuple[tuple[str, Observation | None], ...] = (
        ("Last one before", evidence.before),
        ("First one inside", evidence.first),
        ("Last one inside", evidence.last),
        ("First one after", evidence.after),
    )
    return [
        (words, said(each), NOTHING if each is None else local_time(datetime.fromisoformat(each.at), zone, "day"))
        for words, each in listed
    ]


def said(seen: Observation | None) -> str:
    if seen is None:
        return "nothing within a day"
    words = (seen.status or ("open" if seen.is_open else "not open")).capitalize()
    wait = f", {seen.wait_time} min" if seen.wait_time is not None else ""
    return f"{words}{wait}{'' if seen.park_open else ', the park closed'}"


def members_table(caption: str, members: list[Neighbour], zone: str, empty: str = "") -> Table:
    columns = (Column("ride", "Ride"), Column("start", "Start"), Column("length", "Length"), Column("kind", "Kind"))
    rows = [
        {
            "ride": format_html(
                '<a href="{}"><bdi>{}</bdi></a>', ride_url(each.ride_id, *2 * (day_of(each, zone),)), each.ride_name
            ),
            "start": format_html(
                '<a href="{}">{}</a>', outage_url(each.id), day_and_clock(datetime.fromisoformat(each.start), zone)
            ),
            "length": duration(each.seconds),
            "kind": Kind(each.kind).label,
        }
        for each in members
    ]
    return Table(caption, columns, rows, empty=empty)


def day_of(member: Neighbour, zone: str) -> str:
    return local_date(datetime.fromisoformat(member.start), zone).isoformat()


def weather_table(park: Park, start: datetime, end: datetime) -> list[tuple[Any, str]]:
    """(hour, words) of the observed hours around a time; two queries."""
    hour_before = start.replace(minute=0, second=0) - timedelta(hours=1)
    found = park_weather(park, hour_before, min(end, start + timedelta(hours=12)) + timedelta(hours=1))
    hours = []
    for hour in found.observations:
        words = [f"{getattr(hour, name):g} {unit}" for name, unit in WEATHER if getattr(hour, name) is not None]
        if hour.weather_code in THUNDER:
            words.append("thunder")
        hours.append((local_time(datetime.fromisoformat(hour.time), park.timezone), ", ".join(words) or NOTHING))
    return hours


# -- incidents -------------------------------------------------------------------------------------------


@page
def incident(request: HttpRequest, address: str) -> HttpResponse:
    """The rides that went down together; three queries."""
    found = incident_of_address(address)
    start, end = datetime.fromisoformat(found.start), datetime.fromisoformat(found.end)
    context = {
        "incident": found,
        "start": start,
        "end": end,
        "title": INCIDENTS[Kind(found.kind)],
        "table": members_table("Rides that went down together", found.members, found.timezone),
        "length": duration(found.seconds),
        "weather": weather_table(Park.objects.get(pk=found.park_id), start, end),
    }
    return render(request, "dashboard/incident.html", context)


# -- corrections -----------------------------------------------------------------------------------------


@page
def corrected(request: HttpRequest) -> HttpResponse:
    """What was published and changed; raises ValidationError, which names the field."""
    asked = given(request)
    body = corrections_answer(CorrectionQuery.checked(asked))
    rest = {name: value for name, value in asked.items() if name not in ("cursor", "limit")}
    context = {
        "body": body,
        "table": corrections_table(body.data),
        "feed": f"/api/corrections.atom?{urlencode(rest)}",
        "api": f"/api/corrections?{urlencode(rest)}",
        "next": f"?{urlencode({**asked, 'cursor': body.next_cursor})}" if body.next_cursor else "",
    }
    return render(request, "dashboard/corrections.html", context)


def corrections_table(rows: list[CorrectionRow]) -> Table:
    columns = (
        Column("at", "Corrected"),
        Column("date", "Of"),
        Column("ride_name", "Ride", "ride"),
        Column("park_name", "Park", "park", is_wide=True),
        Column("changes", "What"),
        Column("cause_text", "Why", is_wide=True),
    )
    shown = [
        {
            "at": local_time(datetime.fromisoformat(row.at), "UTC", "day"),
            "date": of_whom(row),
            "ride_id": row.ride_id,
            "ride_name": row.ride_name,
            "park_id": row.park_id,
            "park_name": row.park_name,
            "start_date": row.date,
            "end_date": row.date,
            "changes": words_of(row),
            "cause_text": row.cause_text,
        }
        for row in rows
    ]
    return Table("Corrections, the newest first", columns, shown, empty="No published figure was corrected.")


def of_whom(row: CorrectionRow) -> SafeString | str:
    if row.outage_id is None:
        return row.date
    return format_html('<a href="{}">an outage of {}</a>', outage_url(row.outage_id), row.date)


urlpatterns = [
    path("corrections", corrected, name="corrections"),
    path("incidents/<str:address>", incident, name="incident"),
    path("outages", ledger, name="outages"),
    path("outages/<str:address>", outage, name="outage"),
]
