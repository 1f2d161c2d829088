"""Fills recent gaps of live collection from the upstream's history endpoint (sources 3).

A park is filled when all its rides have been asked, be it over several runs: the answers are kept meanwhile. Live
rows are never touched. It may be killed at any line and run again: the gap's record is closed last.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from core import data_version
from core.instants import seconds
from core.intervals import Interval, clipped
from core.zones import day_start, local_date
from importer.healing.gap_days import fill
from importer.healing.histories import (
    HISTORY_DAYS,
    LONGEST_RANGE,
    Pause,
    WindowExceeded,
    ask,
    claim,
    drop_answers,
    forget_old_calls,
    history_of,
    kept_answers,
    settled_calls,
)
from importer.models import HistoryCall, HistoryOutcome
from parks.catalog.sample import real_parks
from parks.models import Park, Ride
from parks.upstreams.themeparks_wiki import ThemeParksWiki
from snapshots.collection.change_mending import mend_changes
from snapshots.collection.gaps import PARK, RETURNED
from snapshots.collection.vanished import reported_of
from snapshots.models import DataQualityLog, LogType, Resolution

ONE_SECOND, ONE_DAY = timedelta(seconds=1), timedelta(days=1)
HEALED_UNTIL = "healed_until"
# After so many calls in a row without an answer the run ends.
MOST_FAILURES = 3

Recompute = Callable[[Park, date, date], bool]


@dataclass(frozen=True, slots=True)
class Hole:
    """The part of a gap that can be filled now."""

    gap: DataQualityLog
    start: datetime
    end: datetime

    @property
    def interval(self) -> Interval:
        return seconds(self.start), seconds(self.end)


@dataclass(frozen=True, slots=True)
class Work:
    """A park's holes, and one range of park-local dates, both ends inclusive, that each ride is asked about."""

    park: Park
    holes: tuple[Hole, ...]
    first: date
    last: date
    rides: tuple[Ride, ...]

    def settled(self) -> dict[int, HistoryCall]:
        """The calls that need not be made again, by ride."""
        return settled_calls(self.rides, self.first, self.last, max(hole.end for hole in self.holes))


@dataclass(slots=True)
class HealSummary:
    """What a run did, and what it left."""

    parks: int = 0
    gaps: int = 0
    calls: int = 0
    seconds: int = 0
    given_up: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)  # what a later run has to do, and why


# -- what there is to fill -------------------------------------------------------------------------------


def works(now: datetime, park: Park | None = None) -> list[Work]:
    """The parks with gaps that the upstream can report, the oldest gap first."""
    recent = Q(timestamp_end=None) | Q(timestamp_end__gt=now - (HISTORY_DAYS + 1) * ONE_DAY)
    rows = DataQualityLog.objects.filter(recent, issue_type=LogType.GAP, entity_type=PARK, import_id=None)
    gaps: dict[int, list[DataQualityLog]] = {}
    for row in rows.exclude(resolution_status=Resolution.WONTFIX).order_by("timestamp_start", "pk"):
        gaps.setdefault(row.entity_id or 0, []).append(row)
    parks = real_parks().filter(pk__in=gaps, themeparks_wiki_id__isnull=False)
    if park is not None:
        parks = parks.filter(pk=park.pk)
    found = (work_of(each, list(holes_of(each, gaps[each.pk], now))) for each in parks)
    return sorted((work for work in found if work), key=lambda work: (work.holes[0].start, work.park.pk))


def holes_of(park: Park, gaps: Iterable[DataQualityLog], now: datetime) -> Iterator[Hole]:
    """The unfilled, still visible part of each gap. One that is still open is filled up to the last midnight."""
    today = local_date(now, park.timezone)
    earliest = day_start(today - HISTORY_DAYS * ONE_DAY, park.timezone)
    for gap in gaps:
        start = max(gap.timestamp_start, earliest, healed_until(gap) or earliest)
        end = gap.timestamp_end or day_start(today, park.timezone)
        if start < end <= now:
            yield Hole(gap, start, end)


def healed_until(gap: DataQualityLog) -> datetime | None:
    reported = gap.raw_data.get(HEALED_UNTIL) if isinstance(gap.raw_data, dict) else None
    return datetime.fromisoformat(reported) if reported else None


def dates_of(park: Park, holes: Iterable[Hole]) -> tuple[date, date]:
    holes = list(holes)
    first = min(local_date(hole.start, park.timezone) for hole in holes)
    return first, max(local_date(hole.end - ONE_SECOND, park.timezone) for hole in holes)


def work_of(park: Park, holes: list[Hole]) -> Work | None:
    """What to do for a park. What an earlier run began is finished first, or new gaps would make it begin anew."""
    if not holes:
        return None
    first, last = dates_of(park, holes)
    begun = kept_answers(park.pk)
    if begun is not None:
        inside = [hole for hole in holes if hole.end <= begun[2] and is_inside(dates_of(park, [hole]), begun[:2])]
        if inside:
            holes, (first, last) = inside, begun[:2]
    rides = Ride.objects.active().filter(reported_of([park])).order_by("pk")
    return Work(park, tuple(holes), first, min(last, first + (LONGEST_RANGE - 1) * ONE_DAY), tuple(rides))


def is_inside(days: tuple[date, date], others: tuple[date, date]) -> bool:
    return others[0] <= days[0] and days[1] <= others[1]


# -- filling ---------------------------------------------------------------------------------------------


def heal(
    wiki: ThemeParksWiki,
    todo: Iterable[Work],
    recompute: Recompute,
    progress: Callable[[int], object] = lambda calls: None,
) -> HealSummary:
    """Fill the gaps of one park after the other, as far as the budget goes.

    `recompute` is asked for the filled days and says whether they were computed; `progress` gets the number of
    calls made.
    """
    summary = HealSummary()
    forget_old_calls(timezone.now())
    waiting = list(todo)
    while waiting:
        try:
            heal_park(wiki, waiting[0], recompute, summary, progress)
        except Pause as pause:
            summary.left.append(f"{len(waiting)} parks wait: {pause}")
            break
        waiting.pop(0)
    return summary


def heal_park(
    wiki: ThemeParksWiki,
    work: Work,
    recompute: Recompute,
    summary: HealSummary,
    progress: Callable[[int], object],
) -> None:
    """Ask about the rides that are not answered yet; fill the park's gaps when all are. Raises Pause."""
    while True:
        try:
            calls = gather(wiki, work, summary, progress)
            break
        except WindowExceeded as refusal:
            seen = visible(work, refusal, summary)
            if seen is None:
                return
            work = seen
    if len(calls) < len(work.rides):
        summary.left.append(f"{work.park.name}: {len(work.rides) - len(calls)} rides were not answered")
        return
    histories = {ride: reported for ride, call in calls.items() if (reported := history_of(call)) is not None}
    if not histories:
        give_up(work.holes, "the upstream has no history of any ride of the park", summary)
        return
    known_until = min(seconds(call.asked_at) for call in calls.values())
    holes = [hole.interval for hole in work.holes]
    written, filled, problems = fill(work.park, (work.first, work.last), holes, histories, known_until)
    for hole in work.holes:
        mend_changes(histories, hole.end)
    data_version.move()
    summary.rows += written
    summary.problems += problems
    if not recompute(work.park, *dates_of(work.park, work.holes)):
        summary.left.append(f"{work.park.name}: filled, but its statistics are not computed")
        return
    for hole in work.holes:
        summary.seconds += close(hole, filled, len(histories), len(calls) - len(histories))
    drop_answers(work.park.pk)
    summary.parks += 1
    summary.gaps += len(work.holes)


def gather(
    wiki: ThemeParksWiki, work: Work, summary: HealSummary, progress: Callable[[int], object]
) -> dict[int, HistoryCall]:
    """One call for each ride that has none yet; the settled ones, by ride. Raises Pause or WindowExceeded."""
    settled = work.settled()
    failures = 0
    for ride in work.rides:
        if ride.pk in settled:
            continue
        call = claim(ride, work.first, work.last)
        summary.calls += 1
        progress(1)
        ask(wiki, call)
        if call.outcome != HistoryOutcome.FAILED:
            settled[ride.pk] = call
            failures = 0
            continue
        failures += 1
        if failures == MOST_FAILURES:
            raise Pause(f"{failures} calls in a row got no answer")
    return settled | work.settled()


def visible(work: Work, refusal: WindowExceeded, summary: HealSummary) -> Work | None:
    """The work less what lies before the upstream's window; gaps that lie there wholly are given up."""
    zone = work.park.timezone
    next_day = work.first + ONE_DAY
    begin = day_start(max(refusal.earliest or next_day, next_day), zone)
    give_up([hole for hole in work.holes if hole.end <= begin], str(refusal), summary)
    holes = tuple(replace(hole, start=max(hole.start, begin)) for hole in work.holes if hole.end > begin)
    if not holes:
        return None
    return replace(work, holes=holes, first=local_date(begin, zone))


# -- the record ------------------------------------------------------------------------------------------


def close(hole: Hole, filled: Iterable[Interval], rides: int, without_history: int) -> int:
    """Note what was filled in the gap's record and close it, unless the gap is still open; returns the seconds."""
    done = sum(end - start for start, end in clipped(filled, *hole.interval))
    whole = hole.interval[1] - hole.interval[0]
    text = f"filled from the upstream's history: {done // 60} of {whole // 60} minutes, {rides} rides"
    if without_history:
        text += f", {without_history} without history"
    if hole.start > hole.gap.timestamp_start:
        text += f"; from {hole.start:%Y-%m-%d %H:%MZ} on"
    note(hole, Resolution.RESOLVED, text, rides=rides, filled_seconds=done)
    return done


def give_up(holes: Iterable[Hole], reason: str, summary: HealSummary) -> None:
    for hole in holes:
        note(hole, Resolution.WONTFIX, f"not filled: {reason}")
        summary.given_up += 1


def note(hole: Hole, status: Resolution, text: str, **facts: Any) -> None:
    record = {**(hole.gap.raw_data or {}), HEALED_UNTIL: hole.end.isoformat(), **facts}
    row = DataQualityLog.objects.filter(pk=hole.gap.pk)
    row.update(raw_data=record, resolution_notes=text, updated_at=timezone.now())
    # Data may have returned meanwhile.
    row.filter(timestamp_end__isnull=False).update(resolution_status=status, resolution_notes=f"{RETURNED}; {text}")
