"""The ledger as it was published at an instant: what was corrected since is taken back."""

from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from core.periods import ONE_DAY
from outages.models import LedgerDay, Outage, State
from outages.readings.corrections import as_published
from outages.readings.rows import Heads
from outages.readings.selection import ORDERS, Selection

MOST_ROWS = 20_000  # that are read to take corrections back


def published_rows(selection: Selection, at: datetime) -> tuple[list[Outage], Heads]:
    """(the rows of a list in its order, the rows with which outages began); three queries. Raises ValidationError.

    Of a day that had not ended then, or whose ledger nobody had written, nothing was published.
    """
    asked: dict[str, Any] = {"ride": selection.ride} if selection.ride is not None else {}
    if selection.parks is not None:
        asked["park__in"] = selection.parks
    rows = Outage.objects.filter(
        metrics_version=selection.version, stat_date__range=(selection.first - ONE_DAY, selection.last), **asked
    ).select_related("ride", "park")
    found = list(rows[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise ValidationError(f"as_of: more than {MOST_ROWS:,} outages lie on these days; shorten the range")
    days = LedgerDay.objects.filter(
        park__in={row.park_id for row in found},
        stat_date__range=(selection.first - ONE_DAY, selection.last),
        metrics_version=selection.version,
        settled_at__lte=at,
    )
    settled = set(days.values_list("park_id", "stat_date"))
    then = [row for row in as_published(found, at) if (row.park_id, row.stat_date) in settled]
    heads = {(row.ride_id, row.started_at): row for row in then if row.state == State.HOLDS}
    for row in then:
        head = heads.get((row.ride_id, row.belongs_to)) if row.belongs_to else None
        if head is not None and row.state == State.CONTINUES:
            head.total_seconds, head.ended_at = head.seconds + row.seconds, row.ended_at
            row.total_seconds, row.kind = head.total_seconds, head.kind
    listed = [row for row in then if is_listed(row, selection)]
    for column in reversed(ORDERS[selection.order]):
        name = column.lstrip("-")
        listed.sort(key=lambda row, name=name: getattr(row, name), reverse=column.startswith("-"))  # type: ignore[misc]
    return listed, heads


def is_listed(row: Outage, selection: Selection) -> bool:
    """What `Selection.listed` says, of a row at hand."""
    begins = row.state == State.HOLDS and row.stat_date >= selection.first
    goes_on = row.state == State.CONTINUES and row.stat_date == selection.first
    is_kind = not selection.kinds or row.kind in selection.kinds
    return (begins or goes_on) and is_kind and row.total_seconds >= selection.least_seconds and not selection.is_open
