"""Figures of a window: downtime, ranks, waits, comparisons. All of them are analytics."""

import msgspec

from assistant.tools.reading import Call, dated, entity_of, figures_of, result, row_item, rule
from assistant.tools.shapes import (
    CompareArguments,
    DowntimeArguments,
    Item,
    RankArguments,
    ToolResult,
    WaitsArguments,
)
from core.shapes import UNSET
from parks.models import Ride

DOWNTIME = (
    *("downtime_minutes", "availability_percentage", "uptime_percentage", "opening_delay_minutes"),
    *("open_minutes", "closed_minutes", "unknown_minutes"),
)
WAITS = ("wait_avg", "wait_max", "walk_on_percentage", "unknown_minutes", "open_minutes")
COMPARED = ("downtime_minutes", "availability_percentage", "wait_avg", "unknown_minutes", "open_minutes")
# Less of these is worse; of all others more is.
LESS_IS_WORSE = ("availability_percentage",)
UNKNOWN_NOTE = "unknown_minutes were observed by nobody: they are in no other figure"
NOTHING = "nothing was observed in this window: its figures are unknown, not zero"


def downtime(asked: DowntimeArguments) -> ToolResult:
    entity, ids = entity_of(asked.ride_ids, asked.park_ids)
    call = Call(entity, ids, asked, DOWNTIME)
    rows = call.rows()
    evidence = [*call.evidence, rule("R-5.1", "what counts as down"), rule("R-8.2", "uptime and availability")]
    items = [row_item(row, DOWNTIME) for row in rows]
    return result(
        "downtime", items, evidence, asked.limit, asked.cursor, note=UNKNOWN_NOTE if items else NOTHING, **dated(rows)
    )


def rank(asked: RankArguments) -> ToolResult:
    """Rides are attractions, as in the rankings; what is unknown is not ranked."""
    metrics = tuple(dict.fromkeys((asked.by, "downtime_minutes", "unknown_minutes", "open_minutes")))
    call = Call(asked.entity, [], asked, metrics)
    if asked.park_id:
        call = Call(asked.entity, [], asked, metrics, park_id=str(asked.park_id))
    rows = list(call.rows())
    if asked.entity == "rides":
        attractions = set(Ride.objects.attractions().values_list("pk", flat=True))
        rows = [row for row in rows if getattr(row, "ride_id", None) in attractions]
    items = [row_item(row, metrics) for row in rows]
    known = [item for item in items if item.value(asked.by) is not None]
    descending = (asked.order == "worst") != (asked.by in LESS_IS_WORSE)
    known.sort(key=lambda item: ((item.value(asked.by) or 0) * (-1 if descending else 1), item.name, item.id or 0))
    note = UNKNOWN_NOTE if known else NOTHING
    return result("rank", known, call.evidence, asked.limit, asked.cursor, note=note, **dated(rows))


def waits(asked: WaitsArguments) -> ToolResult:
    """Posted waits above zero, weighted by time (N-4): the total first, then the profile."""
    call = Call("rides", [asked.ride_id], asked, WAITS, bucket=asked.by)
    rows = call.rows()
    items = [row_item(row, WAITS) for row in rows]
    profile = Call("rides", [asked.ride_id], asked, ("wait_avg",), bucket=asked.by).page
    for row in rows:
        for bucket in row.buckets if row.buckets is not UNSET else ():
            name = f"{bucket.bucket}:00" if asked.by == "hour_of_day" and len(bucket.bucket) <= 2 else bucket.bucket
            figures = figures_of(bucket, ("wait_avg",))
            items.append(Item(type=asked.by, name=name, figures=figures, link=profile))
    evidence = [*call.evidence, rule("R-11", "average wait")]
    return result(
        "waits", items, evidence, asked.limit, asked.cursor, note=UNKNOWN_NOTE if items else NOTHING, **dated(rows)
    )


def compare(asked: CompareArguments) -> ToolResult:
    """Rides or parks side by side, and each with an earlier window where that is asked for."""
    entity, ids = entity_of(asked.ride_ids, asked.park_ids)
    call = Call(entity, ids, asked, COMPARED, compare=asked.compare)
    rows, items = call.rows(), []
    for row in rows:
        items.append(row_item(row, COMPARED))
        if row.comparison is not UNSET:
            before = row_item(row, ())
            items.append(
                msgspec.structs.replace(
                    before,
                    name=f"{before.name}, {row.comparison.start} to {row.comparison.end}",
                    figures=figures_of(row.comparison.total, COMPARED),
                    link=call.page,
                )
            )
    note = UNKNOWN_NOTE if items else NOTHING
    return result("compare", items, call.evidence, asked.limit, asked.cursor, note=note, **dated(rows))
