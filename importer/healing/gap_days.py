"""The days around a gap, rebuilt from the rides' histories, and the gap's span of them stored (design §4).

The histories say state changes, as the archive does, so the same arithmetic makes rows of them. Only the gap's span
is written: everything else of the day counts as covered by live collection.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.conf import settings

from core.instants import day_seconds, instant, seconds
from core.intervals import Interval, clipped, merged, without
from core.zones import day_range
from importer.archive.events import Event, Source
from importer.days.build import build_day
from importer.days.context import live_intervals, memory_before, ride_facts, stored_schedule
from importer.days.shapes import DayRows, ParkDay, RideMemory
from importer.storing.days import note_operation, store_again
from parks.models import EntityType, Park
from parks.upstreams.themeparks_wiki import History, HistoryState
from snapshots.models import DataSource, LogType, ParkActivitySnapshot
from snapshots.queues import queue_states, standby_wait
from snapshots.status import parse_status

ONE_DAY = timedelta(days=1)


def fill(
    park: Park,
    days: tuple[date, date],
    holes: Iterable[Interval],
    histories: Mapping[int, History],
    known_until: int,
) -> tuple[Counter[str], list[Interval], Counter[str]]:
    """Store what the histories, by ride, report the holes in these park-local days, both ends inclusive.

    `known_until`: when the first of them was asked for; later nothing is known. Returns how many rows were created,
    updated, deleted or unchanged, the stretches that are known now, and what was wrong in the answers. Idempotent.
    """
    holes = merged(holes)
    problems: Counter[str] = Counter()
    events = {ride: events_of(history, problems) for ride, history in histories.items()}
    begin, finish = (seconds(day_range(day, park.timezone)[n]) for n, day in enumerate(days))
    signs = signs_of_life(park, begin, finish, events)
    memory = memory_at(park, begin, histories, problems)
    before = max((known.reported_at for known in memory.values()), default=None)
    written: Counter[str] = Counter()
    filled: list[Interval] = []
    for n in range((days[1] - days[0]).days + 1):
        today = days[0] + n * ONE_DAY
        start, end = day_seconds(today, park.timezone)
        parts = clipped(holes, start, end)
        feed = [at for at in signs if start <= at < end]
        live, live_park = covered(park, start, end, parts, histories)
        planned = stored_schedule(park, today, start, end)
        day = ParkDay(
            start=start,
            end=end,
            midnight=start,
            events={ride: of_day for ride, found in events.items() if (of_day := within(found, start, end))},
            feed=feed,
            feed_before=before,
            feed_after=next((at for at in signs if at >= end), None),
            covered_until=known_until,
            memory=memory,
            rides=ride_facts(park),
            reports_down=park.reports_down,
            schedule=planned.spans if planned.decides else None,
            night=[] if planned.decides else planned.spans,
            live=live,
            live_park=live_park,
            now=known_until,
            max_silence=settings.MAX_FEED_SILENCE_SECONDS,
            grid=settings.COLLECTION_INTERVAL_SECONDS,
        )
        rows = build_day(day)
        for part in parts:
            written += store_again(park, part, cut(rows, part))
        filled += without(parts, merged(rows.gaps))
        memory, before = rows.memory, feed[-1] if feed else before
    note_operation(memory)
    return written, filled, problems


def signs_of_life(park: Park, start: int, end: int, events: Mapping[int, list[Event]]) -> list[int]:
    """When the park's feed was surely not silent: at every event, and while live collection read it."""
    rows = ParkActivitySnapshot.objects.filter(
        park=park, data_source=DataSource.LIVE, recorded_at__gte=instant(start), recorded_at__lt=instant(end)
    )
    read = [
        (seconds(at), seconds(at) + lasting) for at, lasting in rows.values_list("recorded_at", "duration_seconds")
    ]
    listed = (event.at for found in events.values() for event in found)
    return sorted({*listed, *(edge for stretch in merged(read) for edge in stretch)})


def events_of(history: History, problems: Counter[str]) -> list[Event]:
    return [event_of(history, state, problems) for state in history.states]


def event_of(history: History, state: HistoryState, problems: Counter[str]) -> Event:
    """A state of a history, as an event of the archive."""

    def report(kind: LogType, text: str) -> None:
        problems[text] += 1

    status = parse_status(state.status)
    if status is None:
        problems["the status is missing or unknown"] += 1
    return Event(
        source=Source(history.entity_id, None, EntityType.ATTRACTION, history.name, "", history.timezone),
        at=seconds(state.time),
        millis=int(state.time.timestamp() * 1000),
        status=status,
        wait=standby_wait(state.queue.get("STANDBY"), report),
        queues=tuple(queue_states(state.queue, report)),
    )


def memory_at(
    park: Park, start: int, histories: Mapping[int, History], problems: Counter[str]
) -> dict[int, RideMemory]:
    """The state in force at the beginning of the first day: reported by the histories, the rest by what is stored."""
    stored = memory_before(park, start)
    found = {}
    for ride, history in histories.items():
        if history.opening is None:
            continue
        event = event_of(history, history.opening, problems)
        reported = min(start, seconds(history.opening.observed_at or history.opening.time))
        known = stored.get(ride)
        unchanged = known is not None and known.state[0] == event.status
        found[ride] = RideMemory(
            state=event.state,
            reported_at=reported,
            last_event=reported,
            status_since=known.status_since if known and unchanged else reported,
            last_operated=known.last_operated if known else None,
            last_apart=known.last_apart if known else None,
        )
    return found


def within(events: Iterable[Event], start: int, end: int) -> list[Event]:
    return [event for event in events if start <= event.at < end]


def covered(
    park: Park, start: int, end: int, holes: Sequence[Interval], rides: Iterable[int]
) -> tuple[dict[int, list[Interval]], list[Interval]]:
    """What must not be written of a day, by ride and for the park: live rows, and all that is no hole."""
    outside = without([(start, end)], holes)
    live, live_park = live_intervals(park, start, end)
    return {ride: merged([*outside, *live.get(ride, ())]) for ride in rides}, merged([*outside, *live_park])


def cut(rows: DayRows, part: Interval) -> DayRows:
    """The rows that begin in a part of the day."""
    start, end = part
    return DayRows(
        rides=[row for row in rows.rides if start <= row.at < end],
        parks=[row for row in rows.parks if start <= row.at < end],
        queues=[row for row in rows.queues if start <= row.at < end],
        changes=[row for row in rows.changes if start <= row.at < end],
    )
