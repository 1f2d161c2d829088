"""Outages, as the ledger has them: those of dates, those that go on, one by its address."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from assistant.tools.reading import Call, check_days, clock, numbers, park_of, result, ride_of, rule
from assistant.tools.shapes import Item, OutagesArguments, ToolEvidence, ToolResult, Windowed
from core.periods import ONE_DAY, Days
from core.shapes import UNSET
from core.zones import local_date
from outages.addresses import parse_address
from outages.models import COUNTED, Kind, LedgerDay
from outages.readings.detail import OutageDetail, find_outage, outage_detail
from outages.readings.rows import OutageRow, shown
from outages.readings.selection import Selection
from parks.models import Park, Ride
from stats.measures.ride_measures import minutes

LONGEST_OF_A_RIDE, LONGEST_OF_A_PARK = 92, 31  # days
LEDGER = ToolEvidence(kind="outage", title="the ledger of outages", link="/outages")
OPEN_NOTE = "down at this moment, as far as rides were heard of; what a silent one does is unknown"


def outages(asked: OutagesArguments) -> ToolResult:
    """The seconds of every item are the ledger's; `end` is absent while one lasts."""
    now = timezone.now()
    if asked.outage_id is not None:
        return one(asked.outage_id, now)
    days = None if asked.open_now else days_of(asked)
    ride = None if asked.ride_id is None else ride_of(asked.ride_id)
    park = ride.park if ride else None if asked.park_id is None else park_of(asked.park_id)
    if days is None or park is None:
        return listed(open_selection(ride, park, now), asked, now, note=OPEN_NOTE)
    chosen = selection_of(ride, park, days)
    notes = "; ".join([note_of_unknown(ride, park, days), *note_of_days(park, days, now)])
    dates = {"start_date": str(days.first), "end_date": str(days.last), "timezone": park.timezone}
    return listed(chosen, asked, now, note=notes, **dates)


def days_of(asked: OutagesArguments) -> Days:
    """Raises ValidationError."""
    if (asked.ride_id is None) == (asked.park_id is None):
        raise ValidationError("ride_id: name a ride or a park, one of the two, or ask with open_now")
    if asked.start is None or asked.end is None:
        raise ValidationError(f"{'end' if asked.start else 'start'}: is needed, or open_now")
    check_days(asked.start, asked.end, LONGEST_OF_A_PARK if asked.ride_id is None else LONGEST_OF_A_RIDE)
    return Days(asked.start, asked.end)


def selection_of(ride: Ride | None, park: Park | None, days: Days, is_open: bool = False) -> Selection:
    return Selection(
        days.first,
        days.last,
        settings.METRICS_VERSION,
        parks=(park.pk,) if park else None,
        ride=ride.pk if ride else None,
        is_open=is_open,
    )


def open_selection(ride: Ride | None, park: Park | None, now: datetime) -> Selection:
    """What lasts began on the local day of its park, or on the one before."""
    today = local_date(now, "UTC")
    return selection_of(ride, park, Days(today - 2 * ONE_DAY, today + ONE_DAY), is_open=True)


def listed(selection: Selection, asked: OutagesArguments, now: datetime, **more: Any) -> ToolResult:
    """A page of the ledger: what is skipped is not read."""
    total, _ = selection.totals(now)
    skipped = min(int(asked.cursor or 0), total)
    rows = shown(selection.page(now, asked.limit, skipped=skipped), selection, now)
    rules = dict.fromkeys(["R-5.1", *(row.rule for row in rows)])
    evidence = [LEDGER, *(rule(number, "what counts as down, and its kind") for number in rules)]
    items = [item_of(row) for row in rows]
    return result("outages", items, evidence, asked.limit, asked.cursor, total=total, **more)


def item_of(row: OutageRow) -> Item:
    start, end = datetime.fromisoformat(row.start), datetime.fromisoformat(row.last_seen)
    length = {"duration_minutes": (minutes(row.seconds), "min"), "observations": (row.observations, "")}
    return Item(
        type="outage",
        name=row.ride_name,
        park_id=row.park_id,
        park_name=row.park_name,
        outage_id=row.id,
        text=Kind(row.kind).label,
        start=clock(start, row.timezone),
        end=UNSET if row.end is None else clock(end, row.timezone),
        figures=numbers(length),
        link=f"/outages/{row.id}",
    )


def one(address: str, now: datetime) -> ToolResult:
    """An outage by its address, whatever became of it: what does not hold any more has no minutes."""
    key = parse_address(address)
    row = find_outage(*key, settings.METRICS_VERSION) if key else None
    if row is None:
        raise ValidationError(
            "outage_id: no outage has or had this id; ask with ride_id or park_id for those that there are"
        )
    detail = outage_detail(row, now)
    item = item_of(detail)
    note = "; ".join([f"{detail.rule}: {detail.rule_text}", f"confidence {detail.confidence}", *detail.doubts])
    if row.state not in COUNTED:
        item.figures.clear()
        note = became(detail)
    evidence = [ToolEvidence(kind="outage", title="its page", link=item.link), rule(detail.rule, detail.rule_text)]
    return result("outages", [item], evidence, note=note, timezone=row.park.timezone)


def became(detail: OutageDetail) -> str:
    why = f": {detail.reason_text}" if detail.reason_text else ""
    home = f"; its time is in /outages/{detail.merged_into} now" if detail.merged_into else ""
    return f"it does not hold any more{why}{home}"


def note_of_unknown(ride: Ride | None, park: Park, days: Days) -> str:
    """How much of the open time nobody observed."""
    entity, key = ("rides", ride.pk) if ride else ("parks", park.pk)
    rows = Call(entity, [key], Windowed(start=days.first, end=days.last), ("unknown_minutes",)).rows()
    if not rows:
        return "nothing was observed in this window: it is unknown, not without outages"
    unknown = rows[0].total.unknown_minutes
    return f"{unknown} minutes of the window are unknown" if unknown else "the whole open time is known"


def note_of_days(park: Park, days: Days, now: datetime) -> list[str]:
    """How many of the days that are over the ledger does not have; empty: it has all."""
    last = min(days.last, local_date(now, park.timezone) - ONE_DAY)
    over = max(0, (last - days.first).days + 1)
    written = LedgerDay.objects.filter(
        park=park, stat_date__range=(days.first, last), metrics_version=settings.METRICS_VERSION
    ).count()
    return [f"the ledger of {over - written} of these days is not written"] if written < over else []


def open_addresses(park: Park, now: datetime) -> dict[int, str]:
    """The addresses of the outages of a park that go on, by ride; one query."""
    rows = open_selection(None, park, now).listed(now).order_by("started_at")
    return {row.ride_id: row.address for row in rows.only("ride_id", "started_at", "metrics_version")}
