"""Was the park open? Decided again for a day of live collection, when more is known of it (N-8, N-9).

A cycle knows the past alone, and the hours as they were published then. Here the whole day is known, and the hours as
they were corrected since. Rows keep their keys and their length; what changes is whether the park was open, and the
score. Rows of the archive are left alone: an import writes them anew.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from core.database.expressions import SecondsSince
from core.database.querysets import BATCH_SIZE, retried_on_lock
from core.instants import seconds
from core.intervals import Interval, holding, merged
from core.zones import day_range
from parks.models import INCLUSION_WINDOW, Park, Ride
from parks.opening_windows import ONE_DAY, plan_of_date, planned_hours
from snapshots.collection.apart import apart_before, dates_apart, note_apart
from snapshots.collection.rows import capacities, operated_between, score_of
from snapshots.last_operated import mend_last_operated, note_operation
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from snapshots.park_open import is_park_open
from snapshots.revisions import note_changed
from snapshots.status import has_state, is_operating, operating
from snapshots.witnesses import open_spans, running_apart, witnesses


class Seen(NamedTuple):
    """A park's own row."""

    at: datetime
    seconds: int
    is_open: bool


def decide_open_again(park: Park, day: date) -> int:
    """Make the live rows of a park-local day say what the schedule of its date, or else its rides, say now.

    Returns how many instants have changed. Two queries where the schedule decides and nothing has changed, ten where
    activity does, and one more where no ride operated lately. Idempotent.
    """
    start, end = day_range(day, park.timezone)
    live = ParkActivitySnapshot.objects.filter(
        park=park, data_source=DataSource.LIVE, recorded_at__gte=start, recorded_at__lt=end
    ).order_by("recorded_at")
    rows = [Seen(*row) for row in live.values_list("recorded_at", "duration_seconds", "park_appears_open")]
    if not rows:
        return 0
    plan = plan_of_date(planned_hours([park], day - ONE_DAY, day), day)
    spans = [] if plan.is_decided else activity_of(park, day, rows)
    changed: dict[bool, list[datetime]] = {True: [], False: []}
    for row in rows:
        is_open = is_park_open(plan, row.at, holding(spans, seconds(row.at)) is not None)
        if is_open != row.is_open:
            changed[is_open].append(row.at)
    number = sum(map(len, changed.values()))
    if number:
        write(park, changed)
    return number


def activity_of(park: Park, day: date, rows: Sequence[Seen]) -> list[Interval]:
    """When the park's rides held it open (N-8); notes which of them ran apart, once the day is over."""
    start, end = day_range(day, park.timezone)
    there = RideStatusSnapshot.objects.filter(park=park, recorded_at__gte=start, recorded_at__lt=end).order_by()
    runs = runs_of(there)
    rides = list(Ride.objects.filter(park=park).values_list("pk", flat=True))
    ran_apart = running_apart(runs, merged((seconds(row.at), seconds(row.at) + row.seconds) for row in rows))
    apart_lately = apart_before(dates_apart(rides), day)
    if end <= timezone.now():
        note_apart(park, {day: ran_apart})
    lately = operated_between(rides, start - INCLUSION_WINDOW, start)
    # Who else is reported matters where none operated lately.
    reported = set() if lately else set(there.values_list("ride_id", flat=True).distinct())
    return open_spans(runs, witnesses(lately, set(runs), reported, ran_apart | apart_lately))


def runs_of(rows: QuerySet[RideStatusSnapshot]) -> Mapping[int, list[Interval]]:
    """By ride, when it operated in `rows`, of those that did; one query.

    Whole seconds, which nothing converts on the way, and a loop: window functions of MariaDB take four times as long.
    """
    ran = rows.filter(operating(), duration_seconds__gt=0).annotate(at=SecondsSince("recorded_at", 0))
    found: dict[int, list[Interval]] = {}
    for ride, start, lasting in ran.order_by("recorded_at").values_list("ride_id", "at", "duration_seconds"):
        end = start + lasting
        spans = found.get(ride)
        if spans is None:
            found[ride] = [(start, end)]
        elif start > spans[-1][1]:
            spans.append((start, end))
        elif end > spans[-1][1]:
            spans[-1] = spans[-1][0], end
    return found


@retried_on_lock
def write(park: Park, changed: Mapping[bool, Collection[datetime]]) -> None:
    for is_open, instants in changed.items():
        store(park, instants, is_open)
    for at in changed[True]:
        score_again(park, at)
    if changed[False]:  # who ran in the closed park alone has not operated then
        last = Ride.objects.filter(park=park, last_operated_at__range=(min(changed[False]), max(changed[False])))
        mend_last_operated(list(last.values_list("pk", flat=True)))
    note_changed([park.pk], max(at for instants in changed.values() for at in instants))


def store(park: Park, instants: Collection[datetime], is_open: bool) -> None:
    """A closed park has no score (R-10.1)."""
    wanted = list(instants)
    for n in range(0, len(wanted), BATCH_SIZE):
        at = wanted[n : n + BATCH_SIZE]
        rides = RideStatusSnapshot.objects.filter(park=park, recorded_at__in=at, data_source=DataSource.LIVE)
        rides.update(park_appears_open=is_open)
        own = ParkActivitySnapshot.objects.filter(park=park, recorded_at__in=at, data_source=DataSource.LIVE)
        own.update(park_appears_open=is_open, shame_score=None)


def score_again(park: Park, at: datetime) -> None:
    """The score of an instant at which the park was open after all, and which rides operated in it (R-5.5)."""
    rides = list(RideStatusSnapshot.objects.filter(has_state(), park=park, recorded_at=at))
    score = score_of(((row.ride_id, row) for row in rides), park.reports_down, capacities([park], at)[park.pk])
    ParkActivitySnapshot.objects.filter(park=park, recorded_at=at).update(shame_score=score)
    note_operation([row.ride_id for row in rides if is_operating(row.status, row.computed_is_open)], at)
