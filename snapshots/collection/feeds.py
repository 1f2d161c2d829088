"""What one answer of an upstream says of a park's rides, matched to ours: readings, and what was wrong (R-4).

What an entry does not say in words we know gives no reading: the ride is unknown at this instant, neither closed nor
down (N-7). The same goes for an entry that is dated later than now (N-14), or that belongs to another park.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.upstream.payloads import Problem, ProblemKind, brief
from parks.models import Category, EntityType, Park, Ride
from parks.upstreams.queue_times import QueueTimesEntry, QueueTimesFeed, is_single_rider
from parks.upstreams.themeparks_wiki import LiveEntry, LiveFeed
from snapshots.models import IssueSource, IssueType, LogType
from snapshots.queues import QueueState, Report, minutes, queue_states, standby_wait
from snapshots.status import Status, computed_is_open, is_operating, parse_status

WIKI_STALE = timedelta(minutes=60)
QUEUE_TIMES_STALE = timedelta(minutes=30)
# An answer may be as much younger than its cycle as a cycle lasts; beyond that a clock or a zone is wrong.
LATEST = timedelta(minutes=15)
# Observations that are dated later than now by more than this are refused (N-14): a clock or a zone is wrong.
CLOCK_TOLERANCE = timedelta(seconds=60)
UNKNOWN = {ProblemKind.UNKNOWN_FIELD, ProblemKind.UNKNOWN_VALUE}
AFTER_THE_CYCLE = "last changed in the future of its cycle: a wrong clock or time zone"
FROM_THE_FUTURE = "dated later than now: a wrong clock or time zone; it is left out"


@dataclass(frozen=True, slots=True)
class Reading:
    """One ride at one instant, as the upstream says it."""

    ride: Ride
    status: Status | None
    is_open: bool | None
    computed_is_open: bool
    wait: int | None
    reported_at: datetime | None
    reported_status: str | None = None
    queues: tuple[QueueState, ...] = ()

    @property
    def is_operating(self) -> bool:
        return is_operating(self.status, self.computed_is_open)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an issue row is written of (R-22.1)."""

    kind: IssueType
    ride: Ride | None
    text: str
    entity_id: str = ""
    entity_name: str = ""
    reported_at: datetime | None = None
    reported_status: str | None = None


@dataclass(slots=True)
class ParkReading:
    """Everything one cycle learned of a park."""

    park: Park
    source: IssueSource
    readings: list[Reading] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unmapped: list[LiveEntry | QueueTimesEntry] = field(default_factory=list)
    joined: list[tuple[Ride, str]] = field(default_factory=list)  # rides that came back, and their old key
    created: list[Ride] = field(default_factory=list)  # rides met in this answer for the first time
    listed: int = 0  # entries of the answer that are rides, ours or not
    unknown: list[Problem] = field(default_factory=list)  # members and values, not entities
    lands: dict[int, str] = field(default_factory=dict)  # by ride


def read_wiki_park(park: Park, feed: LiveFeed, rides: Mapping[str, Ride], at: datetime, now: datetime) -> ParkReading:
    """R-4.2: the attractions of a ThemeParks.wiki answer. `rides`: by UUID; others are reported as unmapped.

    `now`: what is dated later than this is refused.
    """
    found = ParkReading(park, IssueSource.THEMEPARKS_WIKI)
    others = {entry.id for entry in feed.entries if entry.entity_type != EntityType.ATTRACTION}
    note_problems(found, feed.problems, rides.get, park.themeparks_wiki_id or "", others)
    if feed.timezone and feed.timezone != park.timezone:
        text = f"the answer is in {feed.timezone}, the park in {park.timezone}; ours is kept"
        found.findings.append(Finding(IssueType.INCONSISTENT_DATA, None, text, park.themeparks_wiki_id or ""))
    for entry in feed.entries:
        if entry.entity_type != EntityType.ATTRACTION:
            continue
        found.listed += 1
        ride = rides.get(entry.id)
        if entry.park_id not in (None, feed.park_id):
            text = f"reported by {park.name}, but as a ride of park {entry.park_id}; it is left out"
            found.findings.append(Finding(IssueType.INCONSISTENT_DATA, ride, text, entry.id, entry.name))
        elif ride is None:
            found.unmapped.append(entry)
        elif ride.park_id != park.pk:
            text = f"reported by {park.name}, but it stands in another park of ours"
            found.findings.append(Finding(IssueType.INCONSISTENT_DATA, ride, text, entry.id, entry.name))
        elif reading := read_entry(ride, entry, found, at, now):
            found.readings.append(reading)
    return found


def note_problems(
    found: ParkReading,
    problems: Iterable[Problem],
    ride_of: Callable[[str], Ride | None],
    upstream_id: str,
    others: Collection[str] = (),
) -> None:
    """What was wrong with an answer, apart from `others`: entities that nobody asked about."""
    for problem in problems:
        if problem.kind in UNKNOWN:
            found.unknown.append(problem)
        elif problem.entity not in others:
            kind = IssueType.MISSING_DATA if problem.kind == ProblemKind.MISSING else IssueType.INCONSISTENT_DATA
            ride = ride_of(problem.entity) if problem.entity else None
            text = f"{problem.field}: {problem.text}"
            found.findings.append(Finding(kind, ride, text, problem.entity or upstream_id, ride.name if ride else ""))


def read_entry(ride: Ride, entry: LiveEntry, found: ParkReading, at: datetime, now: datetime) -> Reading | None:
    """None: the entry has no status that we know (N-7), or is dated later than now (N-14)."""

    def note(kind: IssueType, text: str) -> None:
        found.findings.append(Finding(kind, ride, text, entry.id, entry.name, entry.last_updated, entry.status))

    def report(kind: LogType, text: str) -> None:
        note(IssueType.INCONSISTENT_DATA, text)

    if is_too_late(entry.last_updated, now):
        report(LogType.INVALID, FROM_THE_FUTURE)
        return None
    status = parse_status(entry.status)
    if status is None:
        if entry.status is None:
            note(IssueType.MISSING_DATA, "no status: whether it runs is unknown")
        else:
            note(IssueType.INVALID_STATUS, f"unknown status {brief(entry.status)}: whether it runs is unknown")
        return None
    if entry.last_updated is not None and at - entry.last_updated > WIKI_STALE:
        note(IssueType.STALE_DATA, f"last changed {minutes_between(entry.last_updated, at)} minutes ago")
    if is_after(entry.last_updated, at):
        report(LogType.INVALID, AFTER_THE_CYCLE)
    running = is_operating(status, False)
    return Reading(
        ride=ride,
        status=status,
        is_open=running,
        computed_is_open=running,
        wait=standby(entry, report),
        reported_at=entry.last_updated,
        reported_status=entry.status,
        queues=tuple(queue_states(entry.queue, report)),
    )


def standby(entry: LiveEntry, report: Report) -> int | None:
    return standby_wait(entry.queue.get("STANDBY"), report)


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes; 0 when the end lies before the start, as for what was reported in the future."""
    return max(0, int((end - start).total_seconds()) // 60)


def is_too_late(reported_at: datetime | None, now: datetime) -> bool:
    """Is it dated later than now, and by more than clocks differ? (N-14)"""
    return reported_at is not None and reported_at - now > CLOCK_TOLERANCE


def is_after(reported_at: datetime | None, at: datetime) -> bool:
    """Was it reported long after the cycle's own instant, which lies in the past? Then it is stored, and reported."""
    return reported_at is not None and reported_at - at > LATEST


def read_queue_times_park(
    park: Park, feed: QueueTimesFeed, rides: Mapping[int, Ride], at: datetime, now: datetime
) -> ParkReading:
    """R-4.3, R-4.4: a Queue-Times answer. `rides`: by Queue-Times id; others are reported as unmapped."""
    found = ParkReading(park, IssueSource.QUEUE_TIMES)
    note_problems(found, feed.problems, lambda number: rides.get(int(number)), str(park.queue_times_id))
    for entry in feed.entries:
        if is_single_rider(entry.name):
            continue
        found.listed += 1
        ride = rides.get(entry.id)
        if ride is None:
            found.unmapped.append(entry)
            continue
        if ride.park_id != park.pk:
            text = f"reported by {park.name}, but it stands in another park of ours"
            found.findings.append(Finding(IssueType.INCONSISTENT_DATA, ride, text, str(entry.id), entry.name))
            continue
        if ride.category != Category.ATTRACTION:
            continue
        if entry.land:
            found.lands[ride.pk] = entry.land
        if reading := read_ride(ride, entry, found, at, now):
            found.readings.append(reading)
    return found


def read_ride(ride: Ride, entry: QueueTimesEntry, found: ParkReading, at: datetime, now: datetime) -> Reading | None:
    """None: the entry is dated later than now (N-14)."""

    def report(kind: LogType, text: str) -> None:
        finding = Finding(
            IssueType.INCONSISTENT_DATA, ride, text, str(entry.id), entry.name, reported_at=entry.last_updated
        )
        found.findings.append(finding)

    if is_too_late(entry.last_updated, now):
        report(LogType.INVALID, FROM_THE_FUTURE)
        return None
    if is_after(entry.last_updated, at):
        report(LogType.INVALID, AFTER_THE_CYCLE)
    is_open, wait = entry.is_open, minutes(entry.wait_time, "wait_time", report)
    if entry.last_updated is not None and at - entry.last_updated > QUEUE_TIMES_STALE:
        is_open, wait = False, 0
    return Reading(
        ride=ride,
        status=None,
        is_open=is_open,
        computed_is_open=computed_is_open(wait, is_open),
        wait=wait,
        reported_at=entry.last_updated,
    )
