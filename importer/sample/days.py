"""What happens at a sample park on one local day: openings, waits, breakdowns, refurbishments, silences.

Everything is a function of (seed, park, local date), so days can be made in any order and by any process.
Instants inside a day are milliseconds elapsed since the park's local midnight.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from importer.sample.hours import crowd_level, opening_minutes
from importer.sample.rides import Kind, SampleRide, roster
from importer.sample.text import (
    DAY,
    HIGHEST_STEP,
    HOUR,
    MINUTE,
    SLOT,
    TAIL,
    RideText,
    boarding_group,
    clock,
    data_head,
    entity_head,
    epoch,
    idle_window,
    price,
    ride_text,
    written,
)
from importer.sample.troubles import ParkDay, Span, outage, power_cut, stops, wall
from parks.catalog.known import CatalogPark

Moment = tuple[int, str]
"""An instant of the day and the `data` text of the event."""

_GRID = 64
_QUIET_HOUR = 5 * HOUR + 30 * MINUTE  # after every closing, before every opening


def _bump(x: float, centre: float, width: float) -> float:
    return math.exp(-(((x - centre) / width) ** 2))


_CURVES: dict[str, Callable[[float], float]] = {
    "headliner": lambda x: 0.5 + 0.45 * _bump(x, 0.12, 0.12) + 0.45 * _bump(x, 0.5, 0.3) - 0.35 * x**4,
    "plateau": lambda x: 0.2 + 0.8 * _bump(x, 0.45, 0.35),
    "afternoon": lambda x: 0.1 + 0.9 * _bump(x, 0.5, 0.22),
    "meals": lambda x: 0.1 + 0.8 * _bump(x, 0.3, 0.1) + 0.7 * _bump(x, 0.75, 0.1),
}
_PROFILES = {shape: [curve((index + 0.5) / _GRID) for index in range(_GRID)] for shape, curve in _CURVES.items()}


@dataclass(frozen=True, slots=True)
class Scope:
    """What part of a day is to be written: events in [start, end), epoch milliseconds.

    With `opens_history` the day is the first one: entities report at its beginning, or at `start` if later.
    """

    start: int
    end: int
    opens_history: bool = False


# -- calendars -------------------------------------------------------------------------------------------


@lru_cache(maxsize=16_384)
def refurbishments(seed: int, ride_uuid: str, year: int) -> tuple[Span, ...]:
    """Refurbishments of a ride that begin in `year`, [first, end) as date ordinals: days to weeks long."""
    rng = Random(f"{seed}|refurbishment|{ride_uuid}|{year}")
    if rng.random() > 0.5:
        return ()
    first = date(year, 1, 1).toordinal() + rng.randrange(365)
    return ((first, first + max(3, min(70, round(rng.lognormvariate(2.6, 0.8))))),)


def _refurbishment(seed: int, ride: SampleRide, day: date) -> Span | None:
    if ride.kind in {Kind.RESTAURANT, Kind.SHOW, Kind.MEET}:
        return None
    today = day.toordinal()
    for year in (day.year - 1, day.year):
        for first, end in refurbishments(seed, ride.uuid, year):
            if first <= today < end:
                return first, end
    return None


def day_random(seed: int, park: CatalogPark, day: date) -> Random:
    return Random(f"{seed}|{park.themeparks_wiki_id}|{day.toordinal()}")


def park_day(seed: int, park: CatalogPark, twin: CatalogPark, day: date, rng: Random) -> ParkDay | None:
    """The day as `rng`, fresh from `day_random`, draws it; None when the park is closed."""
    hours = opening_minutes(park, day)
    if hours is None:
        return None
    texts = clock(park.timezone, day)
    opens, closes = (epoch(wall(park.timezone, day, minutes)) - texts.base for minutes in hours)
    rainy = rng.random() < (0.4 if day.month in {6, 7, 8} else 0.1)
    storm_at = opens + int(rng.uniform(0.3, 0.8) * (closes - opens))
    return ParkDay(
        twin=twin,
        texts=texts,
        today=day,
        opens=opens,
        closes=closes,
        crowd=crowd_level(day) * rng.uniform(0.85, 1.15),
        storm=(storm_at, storm_at + rng.randrange(20 * MINUTE, 100 * MINUTE)) if rainy else None,
        cut=power_cut(seed, park.themeparks_wiki_id, day, opens, closes),
        reports_down=park.is_disney or park.is_universal,
    )


# -- running ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """A ride's operating day while it is reported: the wait's level, its noise, where the window stands."""

    day: ParkDay
    ride: SampleRide
    text: RideText
    rng: Random
    level: float
    creep: float
    profile: list[float]
    noise: float = 0.0
    pointer: int = 0
    group: int = 1
    price: str = ""


def _run_day(day: ParkDay, ride: SampleRide, text: RideText, rng: Random) -> _Run:
    units = rng.randrange(12, 26)
    return _Run(
        day=day,
        ride=ride,
        text=text,
        rng=rng,
        level=ride.peak / 5 * day.crowd * rng.uniform(0.85, 1.15),
        # How fast the return window runs ahead of the clock; the popular ones are given away by the evening.
        creep=rng.uniform(0.02, 0.3) * day.crowd,
        profile=_PROFILES[ride.temper.shape],
        price=price(day.twin.country, units) + "}",
    )


def _operate(run: _Run, start: int, end: int) -> list[Moment]:
    """The events of a span of operation, the first at `start`."""
    if run.ride.kind is Kind.SHOW:
        return [(start, _show_data(run, "OPERATING"))]
    if run.ride.window == "BOARDING_GROUP":
        return _call_groups(run, start, end)
    if run.ride.window is not None:
        return _move_window(run, start, end)
    if not run.ride.posts_waits:
        return [(start, run.text.queues[0] + TAIL)]
    return _post_waits(run, start, end, TAIL)


def _post_waits(run: _Run, start: int, end: int, tail: str) -> list[Moment]:
    """Events whenever the posted wait changes."""
    rand, queues, profile, level = run.rng.random, run.text.queues, run.profile, run.level
    opens, scale = run.day.opens, _GRID / (run.day.closes - run.day.opens)
    noise, last, at = run.noise, -1, start
    moments: list[Moment] = []
    while at < end:
        noise = noise * 0.9 + (rand() - 0.5) * 0.22
        step = int(level * profile[int((at - opens) * scale)] * (1 + noise) + 0.5)
        step = 1 if step < 1 else HIGHEST_STEP if step > HIGHEST_STEP else step
        if step != last:
            # A ride that has just started often shows no number yet.
            shown = 0 if last < 0 and rand() < 0.1 else step
            moments.append((at, queues[shown] + tail))
            last = step if shown else -2
        at += 240_000 + int(rand() * 540_000)
    run.noise = noise
    return moments


def _move_window(run: _Run, start: int, end: int) -> list[Moment]:
    """Events every few minutes, each with the return window further on, until all slots are given."""
    rand, queues, profile, level = run.rng.random, run.text.queues, run.profile, run.level
    opens, scale = run.day.opens, _GRID / (run.day.closes - run.day.opens)
    noise, creep, pointer, at = run.noise, run.creep, run.pointer, start
    paid = run.ride.window == "PAID_RETURN_TIME"
    windows = run.day.texts.paid_windows if paid else run.day.texts.windows
    tail = run.price + TAIL if paid else TAIL
    last_start = run.day.closes - 30 * MINUTE
    posts = run.ride.posts_waits
    moments: list[Moment] = []
    while at < end:
        noise = noise * 0.9 + (rand() - 0.5) * 0.22
        step = int(level * profile[int((at - opens) * scale)] * (1 + noise) + 0.5)
        step = 1 if step < 1 else HIGHEST_STEP if step > HIGHEST_STEP else step
        chance = rand()
        if chance > 0.02:  # now and then a returned slot turns up, and the window jumps back
            ahead = at + int((0.1 + creep) * (at - opens) * chance) + 1_200_000
            pointer = ahead if ahead > pointer else pointer
        else:
            pointer = at + 600_000
        if pointer >= last_start:
            break
        moments.append((at, f"{queues[step if posts else 0]}{windows[pointer // SLOT + 1]}{tail}"))
        at += 150_000 + int(chance * 450_000)
    run.noise, run.pointer = noise, pointer
    if at < end:
        gone = idle_window(run.ride, "FINISHED", run.day.twin.country) + TAIL
        moments += _post_waits(run, at, end, gone) if posts else [(at, queues[0] + gone)]
    return moments


def _call_groups(run: _Run, start: int, end: int) -> list[Moment]:
    """Boarding groups called in turn, five at a time; allocation opens at first and around noon."""
    rng, queues, slots = run.rng, run.text.queues, run.day.texts.slots
    noon = slots[(run.day.opens + (run.day.closes - run.day.opens) // 3) // SLOT]
    moments: list[Moment] = []
    at = start
    while at < end:
        progress = (at - run.day.opens) / (run.day.closes - run.day.opens)
        status = "AVAILABLE" if progress < 0.04 or 0.33 < progress < 0.37 else "PAUSED"
        if progress > 0.85:
            status = "CLOSED"
        coming = noon if progress < 0.33 else "null"
        waiting = str(rng.randrange(6, 40) * 5) if progress <= 0.85 and rng.random() < 0.8 else "null"
        moments.append((at, f"{queues[0]}{boarding_group(status, run.group, coming, waiting)}{TAIL}"))
        run.group += rng.choice((0, 1, 1, 2, 3))
        at += rng.randrange(240_000, 900_000)
    return moments


def _show_data(run: _Run, status: str) -> str:
    """A show's data: its performances of the day, every two hours or so."""
    day, slots = run.day, run.day.texts.slots
    gap = (90 + 15 * (len(run.ride.name) % 5)) * MINUTE  # the show's own rhythm, the same in all its events
    times = [
        f'{{"type":"Performance Time","startTime":{slots[at // SLOT]},"endTime":{slots[at // SLOT + 5]}}}'
        for at in range(day.opens + HOUR, day.closes - 30 * MINUTE, gap)
    ]
    return f'{data_head(day.twin, status)},"showtimes":[{",".join(times)}]}}}}'


def _ride_day(seed: int, day: ParkDay, ride: SampleRide, text: RideText, rng: Random) -> list[Moment]:
    """All events of a ride on a day on which the park is open and the ride is not in refurbishment."""
    run = _run_day(day, ride, text, rng)
    opens = day.opens + ride.opens_late * MINUTE + rng.randrange(-90_000, 240_000)
    closes = day.closes - ride.closes_early * MINUTE
    closed = _show_data(run, "CLOSED") if ride.kind is Kind.SHOW else text.closed
    moments: list[Moment] = []
    if ride.kind is Kind.SHOW:  # the new day's times are published at night
        moments.append((3 * HOUR + 15 * MINUTE + rng.randrange(HOUR), closed))
    at = opens
    for start, end in stops(seed, ride, day, opens, closes, rng):
        if at < start:
            moments += _operate(run, at, start)
        if at < start or day.reports_down:  # a late opening is no news where it is reported as CLOSED
            moments.append((start, _stopped(run, closed, at < start)))
        at = end
    if at < closes:
        moments += _operate(run, at, closes)
    # The last wait is still shown for a few minutes after closing.
    moments.append((closes + rng.randrange(2 * MINUTE, 12 * MINUTE), closed))
    return _changes(moments)


def _stopped(run: _Run, closed: str, was_running: bool) -> str:
    """What a broken-down ride reports: DOWN where the operator says so, else CLOSED."""
    if not run.day.reports_down or run.ride.kind is Kind.SHOW:
        return closed
    keeps_number = was_running and run.ride.posts_waits and run.rng.random() < 0.15
    return run.text.down(max(1, min(HIGHEST_STEP, round(run.level * 0.7))) if keeps_number else 0)


def _changes(moments: list[Moment]) -> list[Moment]:
    """The stream holds changes: an event that repeats the one before it is not sent."""
    kept = moments[:1]
    for moment in moments[1:]:
        if moment[1] != kept[-1][1]:
            kept.append(moment)
    return kept


# -- the day ---------------------------------------------------------------------------------------------


def _silenced(moments: list[Moment], begins: int, ends: int, delay: int) -> list[Moment]:
    """Drop what happens in [begins, ends); what holds then is reported `delay` later, unless news came first."""
    before = [moment for moment in moments if moment[0] < begins]
    missed = [moment for moment in moments if begins <= moment[0] < ends]
    after = [moment for moment in moments if moment[0] >= ends]
    if missed and not (after and after[0][0] <= ends + delay):
        before.append((ends + delay, missed[-1][1]))
    return before + after


def _entity_moments(
    seed: int, today: date, day: ParkDay | None, twin: CatalogPark, rng: Random, first: bool
) -> list[tuple[str, list[Moment]]]:
    """(head, moments) of the park itself and of each of its rides."""
    # Kept clear of a closing after midnight, which belongs to the day before.
    dawn = _QUIET_HOUR + rng.randrange(20 * MINUTE)
    park_data = data_head(twin, "OPERATING" if day else "CLOSED") + "}}"
    park_head = entity_head(twin, twin.themeparks_wiki_id, f"synthetic;{twin.slug};entityType=Park", twin.name)
    reported = [(park_head, [(day.opens if day else dawn, park_data)])]
    for number, ride in enumerate(roster(twin)):
        text = ride_text(twin, ride)
        moments: list[Moment] = []
        refurbishment = _refurbishment(seed, ride, today)
        if refurbishment is None and day is not None:
            moments = _ride_day(seed, day, ride, text, rng)
        elif refurbishment is not None and refurbishment[0] == today.toordinal():
            moments = [(dawn + rng.randrange(20 * MINUTE), text.refurbishment)]
        if first:
            moments.insert(0, (350 + 1_700 * number, text.refurbishment if refurbishment else text.closed))
        reported.append((text.head, moments))
    return reported


def park_day_events(
    seed: int, park: CatalogPark, twin: CatalogPark, today: date, scope: Scope
) -> list[tuple[int, str]]:
    """(epoch milliseconds, event text) of a park on a local day, within `scope`, grouped by entity.

    Besides the attractions the park itself reports once a day. `park` is the catalogue's entry, `twin` its twin.
    """
    rng = day_random(seed, park, today)
    day = park_day(seed, park, twin, today, rng)
    texts = clock(park.timezone, today)
    start, end = scope.start - texts.base, scope.end - texts.base
    silence = outage(seed, twin.destination_id, park.timezone, today)
    events: list[tuple[int, str]] = []
    for head, reported in _entity_moments(seed, today, day, twin, rng, scope.opens_history):
        moments = reported
        if silence is not None:
            span = (silence[0] - texts.base, silence[1] - texts.base)
            moments = _silenced(moments, *span, rng.randrange(90_000))
        if scope.opens_history and start > 0:
            moments = _silenced(moments, -DAY, start, rng.randrange(MINUTE))
        if moments and (moments[0][0] < start or moments[-1][0] >= end):
            moments = [moment for moment in moments if start <= moment[0] < end]
        events += written(head, texts, moments)
    return events
