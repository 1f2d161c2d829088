"""From the readings of one instant to rows: what a cycle stores of each park (R-7, R-10.1, R-13)."""

import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from core.instants import seconds
from core.rounding import half_up
from core.zones import day_range, local_date
from parks.models import INCLUSION_WINDOW, Park, Ride, weight_of
from parks.opening_windows import OpenWindow, Plan
from snapshots.collection.activity import open_by_activity
from snapshots.collection.feeds import ParkReading, Reading, minutes_between
from snapshots.current import LONGEST_ROW, with_latest
from snapshots.models import (
    DataSource,
    ParkActivitySnapshot,
    QueueData,
    RideStatusChange,
    RideStatusSnapshot,
    nominal_interval,
)
from snapshots.park_open import is_inside, is_park_open, plans_around
from snapshots.queues import QueueState
from snapshots.score import shame_score
from snapshots.status import is_down, is_plausible_wait, operating
from snapshots.storage.bulk import Row, row_of, stamp

# The optimizer plans parks × instants.
INSTANTS_A_QUERY = 50


class Span(NamedTuple):
    """Of the latest row before an instant: when it begins, and how long it holds."""

    at: datetime
    until: datetime


class Before(NamedTuple):
    """A ride's latest row before this instant."""

    at: datetime
    until: datetime
    status: str | None
    computed_is_open: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows before a cycle."""

    at: datetime
    rides: Mapping[int, Before]
    parks: Mapping[int, Span]
    plans: Mapping[int, Plan]
    capacity: Mapping[int, Mapping[int, int]]  # by park: weights of the rides that count now
    active: Set[int] = frozenset()  # parks without a schedule that their rides hold open (N-8)
    since: Mapping[int, datetime] = field(default_factory=dict)  # since when a changed ride was as it was
    # Rows that stand within the interval after the instant: only where the past is reported again.
    next_of_rides: Mapping[int, datetime] = field(default_factory=dict)
    next_of_parks: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class ParkRows:
    """Everything that is stored of a park at one instant, in one transaction."""

    reading: ParkReading
    is_open: bool
    park: Row
    rides: list[Row] = field(default_factory=list)
    queues: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    operating: list[int] = field(default_factory=list)  # in the open park


# -- what is known before --------------------------------------------------------------------------------


def known_before(readings: Sequence[ParkReading], at: datetime) -> Known:
    """About twelve queries, however many parks and rides; up to three more for parks without a schedule."""
    parks = [reading.park for reading in readings]
    asked = [row.ride.pk for reading in readings for row in reading.readings]
    rides = rides_before([park.pk for park in parks], asked, at)
    plans, capacity = plans_around(parks, at), capacities(parks, at)
    return Known(
        at=at,
        rides=rides,
        parks=parks_before([park.pk for park in parks], at),
        plans=plans,
        capacity=capacity,
        active=open_by_activity(readings, at, plans, capacity),
        since=changed_since(
            [row.ride.pk for reading in readings for row in reading.readings if differs(rides.get(row.ride.pk), row)],
            at,
        ),
        next_of_rides=next_instants(RideStatusSnapshot.objects.filter(park__in=parks), "ride_id", at),
        next_of_parks=next_instants(ParkActivitySnapshot.objects.filter(park__in=parks), "park_id", at),
    )


def next_instants(rows: QuerySet[Any], owner: str, at: datetime) -> dict[int, datetime]:
    """The first row of each owner within the interval after `at`."""
    following = rows.filter(recorded_at__gt=at, recorded_at__lt=at + timedelta(seconds=nominal_interval()))
    return dict(following.order_by().values_list(owner).annotate(Min("recorded_at")))


def rides_before(parks: Sequence[int], asked: Sequence[int], at: datetime) -> dict[int, Before]:
    """The latest row of each ride before `at`; rides that were never seen are missing."""
    rows = RideStatusSnapshot.objects.filter(ride=OuterRef("pk"), recorded_at__lt=at).order_by("-recorded_at")
    near = rows.filter(recorded_at__gte=at - LONGEST_ROW)
    latest = latest_instants(Ride.objects.filter(park__in=parks), near)
    lost = [ride for ride in asked if ride not in latest]  # new ones, and those that come back after a while
    if lost:
        latest |= latest_instants(Ride.objects.filter(pk__in=lost), rows)
    # Mostly all of one instant and of these parks: an index range of each park.
    found = rows_at(RideStatusSnapshot.objects.filter(park__in=parks), latest)
    elsewhere = {ride: begun for ride, begun in latest.items() if ride not in found}  # it stood in another park then
    if elsewhere:
        found |= rows_at(RideStatusSnapshot.objects.filter(ride__in=elsewhere), elsewhere)
    return found


def rows_at(rows: QuerySet[RideStatusSnapshot], instants: Mapping[int, datetime]) -> dict[int, Before]:
    """Those of the rows that stand at their ride's instant."""
    columns = ("ride_id", "recorded_at", "duration_seconds", "status", "computed_is_open")
    distinct = sorted(set(instants.values()))  # a handful, but for the first cycle after an import
    found = {}
    for n in range(0, len(distinct), INSTANTS_A_QUERY):
        near = rows.filter(recorded_at__in=distinct[n : n + INSTANTS_A_QUERY]).order_by()
        for ride, begun, lasting, status, is_open in near.values_list(*columns):
            if instants.get(ride) == begun:
                found[ride] = Before(begun, begun + timedelta(seconds=lasting), status, is_open)
    return found


def latest_instants(rides: QuerySet[Ride], rows: QuerySet[RideStatusSnapshot]) -> dict[int, datetime]:
    return {pk: begun for pk, begun in with_latest(rides, rows, ("recorded_at",)) if begun is not None}


def parks_before(parks: Sequence[int], at: datetime, **only: Any) -> dict[int, Span]:
    """Each park's latest row before `at`, of those that `only` describes."""
    rows = ParkActivitySnapshot.objects.filter(park=OuterRef("pk"), recorded_at__lt=at, **only)
    owners = Park.objects.filter(pk__in=parks)
    latest = with_latest(owners, rows.order_by("-recorded_at"), ("recorded_at", "duration_seconds"))
    return {pk: Span(begun, begun + timedelta(seconds=seconds)) for pk, begun, seconds in latest if begun is not None}


def capacities(parks: Sequence[Park], at: datetime) -> dict[int, dict[int, int]]:
    """Weights of the rides in the denominator of the instantaneous score, all categories (R-10.1, R-5.5)."""
    since = at - INCLUSION_WINDOW
    rides = Ride.objects.active().filter(park__in=parks, last_operated_at__gte=since).order_by()
    rows = list(rides.values_list("pk", "park_id", "last_operated_at", "classification__tier_weight"))
    # Of an instant that is reported again only raw rows know what had operated by then.
    later = [pk for pk, _, operated_at, _ in rows if operated_at is not None and operated_at > at]
    idle = set(later) - operated_between(later, since, at) if later else set()
    found: dict[int, dict[int, int]] = {park.pk: {} for park in parks}
    for pk, park, _, weight in rows:
        if pk not in idle:
            found[park][pk] = weight_of(weight)
    return found


def operated_between(rides: Sequence[int], start: datetime, end: datetime) -> set[int]:
    """The rides that operated in the open park within [start, end) (R-5.3). Of each the first such row is enough."""
    rows = RideStatusSnapshot.objects.filter(
        operating(), ride=OuterRef("pk"), park_appears_open=True, recorded_at__gte=start, recorded_at__lt=end
    )
    return set(Ride.objects.filter(Exists(rows), pk__in=rides).values_list("pk", flat=True))


class Reported(Protocol):
    """A reading, or a stored row."""

    @property
    def status(self) -> str | None: ...
    @property
    def computed_is_open(self) -> bool: ...


def differs(before: Reported | None, now: Reported) -> bool:
    """R-13: the status, or the open flag where one of the two sources says no status. First sights are none."""
    if before is None:
        return False
    if before.status is None or now.status is None:
        return before.computed_is_open != now.computed_is_open
    return before.status != now.status


def changed_since(rides: Sequence[int], at: datetime) -> dict[int, datetime]:
    """The last change of each ride, or its first row where there was none."""
    if not rides:
        return {}
    changes = RideStatusChange.objects.filter(ride__in=rides, changed_at__lt=at).order_by()
    found = dict(changes.values_list("ride_id").annotate(Max("changed_at")))
    unchanged = [ride for ride in rides if ride not in found]
    if unchanged:
        rows = RideStatusSnapshot.objects.filter(ride__in=unchanged).order_by()
        found |= dict(rows.values_list("ride_id").annotate(Min("recorded_at")))
    return found


# -- rows ------------------------------------------------------------------------------------------------


def seconds_of_row(park: Park, plan: Plan, at: datetime) -> int:
    """The nominal interval, cut where the park opens or closes and at its midnight (design §4).

    A row at the very instant of closing still says open (R-6.1), for no time.
    """
    midnight = day_range(local_date(at, park.timezone), park.timezone)[1]
    turn = next_turn(plan.windows, at) or midnight
    return min(nominal_interval(), seconds_until(midnight, at), seconds_until(turn, at))


def next_turn(windows: Sequence[OpenWindow], at: datetime) -> datetime | None:
    """When the open park closes, or the closed one opens; None: it does not. Windows that meet or overlap are one."""
    if not is_inside(windows, at):
        return min((opening for opening, _ in windows if opening > at), default=None)
    closes = at
    for opening, closing in sorted(windows):
        if opening <= closes:
            closes = max(closes, closing)
    return closes


def seconds_until(end: datetime | None, at: datetime) -> int:
    """From `at`; an end that is not known is far away."""
    return sys.maxsize if end is None else int((end - at).total_seconds())


def park_rows(reading: ParkReading, known: Known) -> ParkRows:
    """All rows of one park, with one instant."""
    park, at = reading.park, known.at
    running = [row for row in reading.readings if row.is_operating]
    plan = known.plans[park.pk]
    is_open = is_park_open(plan, at, park.pk in known.active)
    longest = seconds_of_row(park, plan, at)
    when = stamp(seconds(at))
    waits = [row.wait for row in running if row.wait is not None and is_plausible_wait(row.wait)]
    mean = half_up(Decimal(sum(waits)) / len(waits), 2) if waits else None
    total = len(reading.readings)
    score = score_at(reading, known.capacity[park.pk]) if is_open else None
    lasting = min(longest, seconds_until(known.next_of_parks.get(park.pk), at))
    activity = row_of(
        ParkActivitySnapshot,
        park_id=park.pk,
        recorded_at=when,
        duration_seconds=lasting,
        total_rides_tracked=total,
        rides_open=len(running),
        rides_closed=total - len(running),
        avg_wait_time=mean if mean is None else str(mean),
        max_wait_time=max(waits, default=None),
        park_appears_open=is_open,
        shame_score=score if score is None else str(score),
        data_source=DataSource.LIVE.value,
    )
    rows = ParkRows(reading, is_open, activity)
    for row in reading.readings:
        lasting = min(longest, seconds_until(known.next_of_rides.get(row.ride.pk), at))
        rows.rides.append(ride_row(row, park, when, lasting, is_open, at))
        rows.queues += [queue_row(row.ride.pk, when, queue) for queue in row.queues]
        before = known.rides.get(row.ride.pk)
        if before is not None and differs(before, row):
            rows.changes.append(change_row(before, row, when, known.since.get(row.ride.pk, before.at), at))
    rows.operating = [row.ride.pk for row in running] if is_open else []
    return rows


def ride_row(row: Reading, park: Park, when: str, lasting: int, park_is_open: bool, at: datetime) -> Row:
    reported = row.reported_at or at
    return row_of(
        RideStatusSnapshot,
        ride_id=row.ride.pk,
        recorded_at=when,
        park_id=park.pk,
        duration_seconds=lasting,
        is_open=row.is_open,
        status=row.status and row.status.value,
        wait_time=row.wait,
        computed_is_open=row.computed_is_open,
        park_appears_open=park_is_open,
        is_carried=False,
        last_updated_api=stamp(seconds(reported)),
        data_source=DataSource.LIVE.value,
    )


def queue_row(ride: int, when: str, queue: QueueState) -> Row:
    start, end = queue.return_time_start, queue.return_time_end
    listed = queue._asdict() | {
        "return_time_start": None if start is None else stamp(start),
        "return_time_end": None if end is None else stamp(end),
        "price_amount": None if queue.price_amount is None else str(queue.price_amount),
    }
    return row_of(QueueData, ride_id=ride, recorded_at=when, **listed)


def change_row(before: Before, row: Reading, when: str, since: datetime, at: datetime) -> Row:
    return row_of(
        RideStatusChange,
        ride_id=row.ride.pk,
        changed_at=when,
        previous_status=before.computed_is_open,
        new_status=row.computed_is_open,
        previous_status_enum=before.status,
        new_status_enum=row.status and row.status.value,
        duration_in_previous_status=minutes_between(since, at),
        wait_time_at_change=row.wait,
    )


def score_at(reading: ParkReading, weights: Mapping[int, int]) -> Decimal:
    return score_of(((row.ride.pk, row) for row in reading.readings), reading.park.reports_down, weights)


def score_of(rows: Iterable[tuple[int, Reported]], reports_down: bool, weights: Mapping[int, int]) -> Decimal:
    """R-10.1: the weight that is down over the weight of the rides that operated within seven days; rows by ride."""
    down = sum(weights.get(ride, 0) for ride, row in rows if is_down(row.status, row.computed_is_open, reports_down))
    return shame_score(down, sum(weights.values()))


def overhanging(before: Mapping[int, Span | Before], ids: Iterable[int], at: datetime) -> dict[datetime, list[int]]:
    """Whose latest row reaches over `at`, by that row's instant."""
    found: dict[datetime, list[int]] = {}
    for pk in ids:
        latest = before.get(pk)
        if latest is not None and latest.until > at:
            found.setdefault(latest.at, []).append(pk)
    return found
