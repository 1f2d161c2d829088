"""What the tools share: analytics asked as the API asks it, pages within four kilobytes, addresses of the evidence."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from assistant.tools.shapes import Figure, Item, ToolEvidence, ToolResult, Windowed
from core import data_version
from core.shapes import UNSET
from parks.models import Park, Ride
from stats.answers.analytics_rows import ParkAnalyticsRow, RideAnalyticsRow
from stats.api.analytics_serializers import AnalyticsQuery
from stats.api.analytics_views import park_analytics, ride_analytics

MOST_BYTES = 4_096
UNITS = (("_minutes", "min"), ("_percentage", "%"), ("wait_", "min"))
Row = ParkAnalyticsRow | RideAnalyticsRow


class Call:
    """One question to analytics: its answer, and where a person and a program find the same."""

    def __init__(
        self, entity: str, ids: Sequence[int], asked: Windowed, metrics: Sequence[str], **more: str | None
    ) -> None:
        query = QueryDict(mutable=True)
        query.setlist(f"{entity[:-1]}_id", [str(number) for number in ids])
        query["start"], query["end"] = asked.start.isoformat(), asked.end.isoformat()
        given = {"hours": asked.hours, "weekdays": ",".join(asked.weekdays), "metrics": ",".join(metrics), **more}
        for name, value in given.items():
            if value:
                query[name] = value
        self.entity, self.query = entity, query
        self.text = query.urlencode(safe=",:")

    def rows(self) -> Sequence[Row]:
        """Those that were observed; raises ValidationError that names the argument."""
        answer = ride_analytics if self.entity == "rides" else park_analytics
        return answer(AnalyticsQuery.of(self.query)).data

    @property
    def page(self) -> str:
        return f"/explorer?entity={self.entity}&{self.text}"

    @property
    def evidence(self) -> list[ToolEvidence]:
        return [
            ToolEvidence(kind="figure", title="the same figures in the explorer", link=self.page),
            ToolEvidence(
                kind="figure", title="the same figures from the API", link=f"/api/analytics/{self.entity}?{self.text}"
            ),
        ]


def unit_of(metric: str) -> str:
    return next((unit for mark, unit in UNITS if mark in metric), "")


def figures_of(total: Any, metrics: Iterable[str]) -> list[Figure]:
    """The metrics of a row of analytics; what it does not have is left out."""
    found = ((name, getattr(total, name, UNSET)) for name in metrics)
    return [Figure(name=name, value=value, unit=unit_of(name)) for name, value in found if value is not UNSET]


def row_item(row: Row, metrics: Iterable[str], link: str = "") -> Item:
    """A ride or park of analytics, with a link to its page of these dates."""
    days = f"?start={row.start_date}&end={row.end_date}"
    if isinstance(row, RideAnalyticsRow):
        return Item(
            type="ride",
            id=row.ride_id,
            name=row.ride_name,
            park_id=row.park_id,
            park_name=row.park_name,
            figures=figures_of(row.total, metrics),
            link=link or f"/rides/{row.ride_id}{days}",
        )
    figures = figures_of(row.total, metrics)
    return Item(
        type="park", id=row.park_id, name=row.park_name, figures=figures, link=link or f"/parks/{row.park_id}{days}"
    )


def dated(rows: Sequence[Row]) -> dict[str, Any]:
    """Zone, dates and whether they are over, where all rows have the same zone."""
    zones = {row.timezone for row in rows}
    if not rows:
        return {}
    zone = {"timezone": zones.pop()} if len(zones) == 1 else {}
    dates = {"start_date": rows[0].start_date, "end_date": rows[0].end_date}
    return {**zone, **dates, "is_complete": all(row.is_complete for row in rows)}


def rule(number: str, title: str) -> ToolEvidence:
    return ToolEvidence(kind="rule", title=title, link=f"/trust/rules#{number}")


def result(
    tool: str,
    items: Sequence[Item],
    evidence: list[ToolEvidence],
    limit: int = 50,
    cursor: str = "",
    total: int | None = None,
    **more: Any,
) -> ToolResult:
    """The items after the cursor, as many as fit into four kilobytes, and at least one.

    With a `total` the items are those after the cursor already.
    """
    number = len(items) if total is None else total
    first = min(int(cursor or 0), number)
    left = items if total is not None else items[first:]
    shell = ToolResult(
        tool=tool,
        items=[],
        total=number,
        evidence=evidence,
        metrics_version=settings.METRICS_VERSION,
        data_revision=data_version.current(),
        **more,
    )
    room = MOST_BYTES - len(msgspec.json.encode(shell)) - len('"next":"000000"')
    shown: list[Item] = []
    for item in left[:limit]:
        room -= len(msgspec.json.encode(item)) + 1
        if room < 0 and shown:
            break
        shown.append(item)
    after = first + len(shown)
    return msgspec.structs.replace(shell, items=shown, next=str(after) if after < number else None)


def park_of(park_id: int) -> Park:
    """Raises ValidationError."""
    park = Park.objects.filter(pk=park_id).first()
    if park is None:
        raise ValidationError(f"park_id: {park_id} is not known; the tool find names the ids")
    return park


def ride_of(ride_id: int) -> Ride:
    """With its park; raises ValidationError."""
    ride = Ride.objects.select_related("park").filter(pk=ride_id).first()
    if ride is None:
        raise ValidationError(f"ride_id: {ride_id} is not known; the tool find names the ids")
    return ride


def check_days(start: date, end: date, most: int) -> None:
    """Raises ValidationError."""
    if start > end:
        raise ValidationError(f"start: {start} lies after end, {end}")
    if (end - start) >= timedelta(days=most):
        raise ValidationError(f"end: at most {most} days can be asked for at once, not {(end - start).days + 1}")


def clock(instant: datetime, zone: str) -> str:
    """An instant as the park's clock shows it."""
    return instant.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def entity_of(rides: Sequence[int], parks: Sequence[int]) -> tuple[str, Sequence[int]]:
    """What is asked about; raises ValidationError unless it is rides or parks."""
    if bool(rides) == bool(parks):
        raise ValidationError("ride_ids: name rides or parks, one of the two; the tool find names the ids")
    return ("rides", rides) if rides else ("parks", parks)


def numbers(values: Mapping[str, tuple[float | int | None, str]]) -> list[Figure]:
    return [Figure(name=name, value=value, unit=unit) for name, (value, unit) in values.items()]
