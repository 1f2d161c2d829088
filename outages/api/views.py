"""Endpoints of the ledger, and of the raw rows under it."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from msgspec import to_builtins
from msgspec.structs import astuple
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.cursors import cursor_of, place_of_cursor
from core.api.errors import Error
from core.csv_lines import csv_value
from outages.addresses import parse_address
from outages.api.serializers import (
    ObservationQuery,
    OutageFilter,
    OutageQuery,
    Outages,
    RideObservations,
    question_of,
)
from outages.models import Outage
from outages.readings.detail import DayPart, Evidence, OutageDetail, find_outage, outage_detail
from outages.readings.observations import Observation, observations_of
from outages.readings.observations import shown as shown_observations
from outages.readings.published import published_rows
from outages.readings.rows import OutageRow, shown
from outages.readings.selection import BATCH, Selection, place_of
from parks.models import Ride
from snapshots.models import RideStatusSnapshot
from stats.readings.roster import zulu

BAD_QUERY = OpenApiResponse(Error, description="a parameter is not acceptable; the text names it and its bound")
UNKNOWN_OUTAGE = OpenApiResponse(Error, description="no outage has or had this address")
UNKNOWN_RIDE = OpenApiResponse(Error, description="unknown ride")
MOST_CSV_ROWS = 100_000

ROW = OutageRow(
    id="71ghp2a8r",
    ride_id=7,
    ride_name="Space Mountain",
    park_id=4,
    park_name="Magic Kingdom",
    timezone="America/New_York",
    date="2025-07-05",
    start="2025-07-05T18:10:00Z",
    end="2025-07-05T18:55:00Z",
    last_seen="2025-07-05T18:55:00Z",
    seconds=2_700,
    seconds_in_range=2_700,
    kind="breakdown",
    rule="R-5.1",
    confidence="high",
    doubts=[],
    observations=9,
    data_source="live",
    metrics_version=2,
    revision="2025-07-05T19:00:04Z",
)
SEEN = Observation(
    at="2025-07-05T18:10:00Z",
    seconds=300,
    status="DOWN",
    is_open=False,
    wait_time=None,
    park_open=True,
    is_carried=False,
    source="LIVE",
    reported_at="2025-07-05T18:08:12Z",
    origin="cycle of 2025-07-05T18:10:00Z",
)


def example(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=to_builtins(value), response_only=True, status_codes=["200"])


LIST = Outages(start="2025-07-01", end="2025-07-05", total=1, total_seconds=2_700, next_cursor=None, data=[ROW])
WITHDRAWN: dict[str, Any] = {name: getattr(ROW, name) for name in OutageRow.__struct_fields__}
DETAIL = OutageDetail(
    **WITHDRAWN,
    state="holds",
    reason=None,
    reason_text=None,
    since=None,
    merged_into=None,
    incident=None,
    rule_text="down in the open park on a day on which the ride operated",
    days=[DayPart(date="2025-07-05", seconds=2_700)],
    evidence=Evidence(observations=9, before=None, first=SEEN, last=SEEN, after=None),
    neighbours=[],
)
OBSERVATIONS = RideObservations(
    ride_id=7,
    ride_name="Space Mountain",
    park_id=4,
    park_name="Magic Kingdom",
    timezone="America/New_York",
    start="2025-07-05T18:00:00Z",
    end="2025-07-05T19:00:00Z",
    total=1,
    next_cursor=None,
    data=[SEEN],
)


class OutageViewSet(ViewSet):
    @extend_schema(
        summary="Single outages, with what says so",
        description=(
            "Every spell down in the open park, over midnight too, on the park-local days asked for. Their"
            " `seconds_in_range` add up to the downtime of these days, to the second. Ask with `next_cursor` for the"
            " next page; a cursor belongs to its question. `as_of` takes back what was corrected since, on one page."
        ),
        tags=["outages"],
        parameters=[OutageQuery],
        responses={200: Outages, 400: BAD_QUERY},
        examples=[example("one outage", LIST)],
    )
    def list(self, request: Request) -> Response:
        return Response(outages(OutageQuery.read(request), timezone.now()))

    @extend_schema(
        summary="The same outages as a file",
        description=f"A line of keys, then a line for each outage: {MOST_CSV_ROWS:,} at most. No cursor is needed.",
        tags=["outages"],
        parameters=[OutageFilter],
        responses={(200, "text/csv"): OpenApiTypes.STR, 400: BAD_QUERY},
    )
    def csv(self, request: Request) -> StreamingHttpResponse:
        now = timezone.now()
        selection = OutageFilter.selection(OutageFilter.read(request), now)
        total, _ = selection.totals(now)
        if total > MOST_CSV_ROWS:
            raise ValidationError(
                f"start: these are {total:,} outages, and a file has {MOST_CSV_ROWS:,} at most; shorten the range"
            )
        answer = StreamingHttpResponse(csv_lines(selection, now), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="ridewatch-outages.csv"'
        return answer

    @extend_schema(
        summary="One outage: its observations, its neighbours, and what became of it",
        description=(
            "An address is for good. Where it no longer holds, `state` says what became of it: `merged` with the"
            " address that has its time now, `withdrawn` with the reason; `since` says when."
        ),
        tags=["outages"],
        parameters=[OpenApiParameter("outage_id", str, OpenApiParameter.PATH, description="its address")],
        responses={200: OutageDetail, 404: UNKNOWN_OUTAGE},
        examples=[example("a breakdown", DETAIL)],
    )
    def retrieve(self, request: Request, outage_id: str) -> Response:
        return Response(outage_detail(outage_at(outage_id), timezone.now()))


class ObservationViewSet(ViewSet):
    @extend_schema(
        summary="What was observed of a ride, row by row",
        description="The raw rows under every figure, that begin in a range of 31 days at most, in order.",
        tags=["rides"],
        parameters=[ObservationQuery],
        responses={200: RideObservations, 400: BAD_QUERY, 404: UNKNOWN_RIDE},
        examples=[example("a row", OBSERVATIONS)],
    )
    def list(self, request: Request, ride_id: int) -> Response:
        ride = Ride.objects.select_related("park").filter(pk=ride_id).first()
        if ride is None:
            raise Http404(f"Ride {ride_id} not found")
        return Response(ride_observations(ride, ObservationQuery.read(request)))


def outages(query: Mapping[str, Any], now: datetime) -> Outages:
    """A page of the ledger; six queries, one more where parks are chosen. Raises ValidationError."""
    selection = OutageQuery.selection(query, now)
    limit = query["limit"]
    if selection.as_of is not None:
        return outages_as_of(selection, selection.as_of, limit, now)
    rows = selection.page(now, limit + 1, OutageQuery.place(query))
    total, seconds = selection.totals(now)
    is_last = len(rows) <= limit or not limit
    place = None if is_last else place_of(rows[limit - 1], selection.order)
    return Outages(
        start=selection.first.isoformat(),
        end=selection.last.isoformat(),
        total=total,
        total_seconds=seconds,
        next_cursor=None if place is None else cursor_of(question_of(query), place),
        data=shown(rows[:limit], selection, now),
    )


def outages_as_of(selection: Selection, at: datetime, limit: int, now: datetime) -> Outages:
    """What was published of a park or ride at an instant, on one page; four queries. Raises ValidationError."""
    rows, heads = published_rows(selection, at)
    listed = shown(rows, selection, now, heads)
    return Outages(
        start=selection.first.isoformat(),
        end=selection.last.isoformat(),
        total=len(rows),
        total_seconds=sum(row.seconds_in_range for row in listed),
        next_cursor=None,
        data=listed[:limit],
    )


def outage_at(address: str) -> Outage:
    """Raises Http404, which says the way on."""
    key = parse_address(address)
    row = find_outage(*key, settings.METRICS_VERSION) if key else None
    if row is None:
        raise Http404(f"No outage has or had the address {address[:20]}; /api/outages lists them")
    return row


def csv_lines(selection: Selection, now: datetime) -> Iterator[str]:
    """Read and written some at a time."""
    names = OutageRow.__struct_fields__
    yield line_of(names)
    batch: list[Outage] = []
    for row in selection.every(now):
        batch.append(row)
        if len(batch) == BATCH:
            yield from lines_of(batch, selection, now)
            batch = []
    yield from lines_of(batch, selection, now)


def lines_of(rows: list[Outage], selection: Selection, now: datetime) -> Iterator[str]:
    for row in shown(rows, selection, now):
        yield line_of("; ".join(value) if isinstance(value, list) else value for value in astuple(row))


class Echo:
    """What a CSV writer writes to: it hands back the line."""

    def write(self, line: str) -> str:
        return line


WRITER: Any = csv.writer(Echo())


def line_of(values: Iterable[Any]) -> str:
    line: str = WRITER.writerow([csv_value(value) for value in values])
    return line


def ride_observations(ride: Ride, query: Mapping[str, Any]) -> RideObservations:
    """Three queries; raises ValidationError."""
    start, end = ObservationQuery.span(query, ride.park.timezone)
    question = {"ride": ride.pk, "start": start, "end": end}
    begin = start
    if "cursor" in query:
        (begin,) = place_of_cursor(query["cursor"], question, [datetime])
    limit = query["limit"]
    rows = observations_of(ride.pk, begin, end, limit + 1)
    place = rows[limit].recorded_at if limit and len(rows) > limit else None
    inside = RideStatusSnapshot.objects.filter(ride=ride, recorded_at__gte=start, recorded_at__lt=end)
    return RideObservations(
        ride_id=ride.pk,
        ride_name=ride.name,
        park_id=ride.park_id,
        park_name=ride.park.name,
        timezone=ride.park.timezone,
        start=zulu(start),
        end=zulu(end),
        total=inside.count(),
        next_cursor=None if place is None else cursor_of(question, [place]),
        data=shown_observations(rows[:limit], ride.park),
    )
