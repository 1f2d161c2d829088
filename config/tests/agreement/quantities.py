"""The quantities of `docs/quantities.md`, each as a question to the oracle: exact seconds, fractions, dates."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from config.tests.agreement import listing, live
from config.tests.agreement.facts import Span, clock_at, cut, length
from config.tests.agreement.oracle import LEAST_WAIT, Oracle, Sums, change
from config.tests.agreement.windows import Window, dates_before, window_of

if TYPE_CHECKING:
    from config.tests.agreement.net import About


def sums(oracle: Oracle, about: "About", attractions: bool = False, window: Window | None = None) -> Sums:
    """Of a ride, or over the rides of a park, of every category or its attractions alone."""
    asked = window or about.window
    return (
        oracle.ride(about.pk, asked) if about.kind == "ride" else oracle.park(about.pk, asked, attractions=attractions)
    )


def uptime(oracle: Oracle, about: "About", window: Window | None = None) -> Fraction | None:
    """N-3: of a ride and of a park it is not the same."""
    found = sums(oracle, about, attractions=True, window=window)
    return found.uptime if about.kind == "ride" else found.availability


def score(oracle: Oracle, about: "About") -> Fraction | None:
    if about.kind == "ride":
        return oracle.ride_score(about.pk, about.window)
    return oracle.score(about.pk, about.window)


class NoneOrZero:
    """Nothing was counted, for the park was closed: none and 0 say so both."""

    def __repr__(self) -> str:
        return "none or 0"


NOTHING_COUNTED = NoneOrZero()


def time_of(read: Callable[[Sums], int], oracle: Oracle, about: "About", window: Window | None = None) -> Any:
    """A sum of time. Where nothing is known of the open park it is none."""
    found = sums(oracle, about, window=window)
    value = read(found)
    if found.known or value:
        return value
    return NOTHING_COUNTED if found.seen and not found.unknown else None


def count_of_outages(oracle: Oracle, about: "About") -> Any:
    found = sums(oracle, about)
    return found.outages if found.known else NOTHING_COUNTED


def coverage(oracle: Oracle, about: "About") -> Fraction | None:
    found = sums(oracle, about, attractions=True)
    return Fraction(100 * found.known, found.open) if found.open else None


def weighted_downtime(oracle: Oracle, about: "About") -> Any:
    found = sums(oracle, about)
    if not found.known:
        return time_of(attrgetter("down"), oracle, about)
    if about.kind == "ride":
        return oracle.facts.rides[about.pk].weight * found.down
    return oracle.weighted_down(about.pk, about.window)


def rides_with_downtime(oracle: Oracle, about: "About") -> Any:
    found = sums(oracle, about)
    return oracle.down_rides(about.pk, about.window) if found.known else NOTHING_COUNTED


def weight(oracle: Oracle, about: "About") -> int:
    """Of the rides that operated in the window."""
    found = oracle.sums_of_rides(about.pk, about.window)
    return sum(ride.weight for ride, sums in found.items() if sums.operated)


def downtime_change(oracle: Oracle, about: "About") -> Fraction | None:
    assert about.before is not None
    if about.kind == "ride":
        return oracle.ride_change(about.pk, about.window, about.before)
    return oracle.park_change(about.pk, about.window, about.before)


def wait_change(oracle: Oracle, about: "About") -> Fraction | None:
    now = sums(oracle, about, attractions=True).wait
    then = sums(oracle, about, attractions=True, window=about.before).wait
    return change(now, then, LEAST_WAIT)


def size_of(found: Fraction | None) -> Fraction | None:
    return None if found is None else abs(found)


def most_rides_down(oracle: Oracle, about: "About") -> int:
    days = (window_of(about.window.zone, [day]) for day in about.window.days)
    return max((oracle.down_rides(about.pk, day) for day in days), default=0)


def newest_observation(oracle: Oracle, about: "About") -> int | None:
    """Of any age, with or without length."""
    found = live.newest(oracle, about.pk) if about.kind == "ride" else live.newest_of_park(oracle, about.pk)
    return found and found[0]


def outage_spans(oracle: Oracle, about: "About") -> set[Span]:
    """Whole spells that touch the window, cut to it."""
    return {
        (found[0][0], found[-1][1])
        for outage in oracle.outages_of(about.pk)
        if (found := cut([outage], about.window.spans))
    }


def clock_times(oracle: Oracle, about: "About", part: Callable[[Any], list[Span]]) -> set[tuple[str, str]]:
    """Spans of a ride's one day, from and to as the clock shows them in minutes."""
    zone = about.window.zone
    spans = part(oracle.day(about.pk, about.dates.first))
    return {(minute_at(start, zone), minute_at(end, zone)) for start, end in spans}


def minute_at(at: int, zone: str) -> str:
    shown = clock_at(at, zone)
    return f"{shown // 3600:02}:{shown // 60 % 60:02}"


def opening_delays(oracle: Oracle, about: "About") -> list[Span]:
    """Outages that touch the window and hold down time before the ride first ran on their first day in it."""
    found = []
    for outage in oracle.outages_of(about.pk):
        days = [day for day, spans in about.window.days if cut([outage], spans)]
        if days and cut([outage], oracle.delay(about.pk, days[0])):
            found.append(outage)
    return found


def outages_carried(oracle: Oracle, about: "About") -> int:
    start = about.window.spans[0][0]
    return sum(outage[0] < start < outage[1] for outage in oracle.outages_of(about.pk))


def rides_with_waits(oracle: Oracle, about: "About") -> int:
    if about.period == "live":
        return len(live.queues(oracle, about.pk))
    return sum(sums.posted > 0 for sums in oracle.sums_of_rides(about.pk, about.window, attractions=True).values())


def all_parks(oracle: Oracle, about: "About", attractions: bool) -> Sums:
    """Over each park's own days of a list; live without parks whose feed is silent. History outlives activity (N-15):
    only live and today is asked whether a park is active."""
    silent = live.silent_parks(oracle) if about.period == "live" else set()
    is_history = about.period not in ("live", "today")
    found = Sums()
    for park in oracle.facts.parks.values():
        if (park.active or is_history) and park.pk not in silent:
            window = oracle.window(oracle.listed(about.period, park.zone), park.zone)
            found.add(oracle.park(park.pk, window, attractions=attractions))
    return found


def rides_in_state(state: str, oracle: Oracle, about: "About") -> int:
    parks = (park for park in oracle.facts.parks.values() if park.active)
    return sum(
        live.summary_state(oracle, ride) == state for park in parks for ride in live.attractions(oracle, park.pk)
    )


def rides_down_now(oracle: Oracle, about: "About") -> int:
    """Of a park, or of all that are active."""
    if about.kind == "park":
        return live.rides_down(oracle, about.pk)
    return sum(live.rides_down(oracle, park.pk) for park in oracle.facts.parks.values() if park.active)


def listed(read: Callable[[Oracle, str], set[int]], oracle: Oracle, about: "About") -> set[int]:
    return read(oracle, about.period)


def in_words(oracle: Oracle, about: "About", before: bool = False) -> str:
    """Of the site's calendar; live and today the present days of all zones."""
    spans = [about.dates]
    if about.period in ("live", "today"):
        spans = [oracle.own(about.period, park.zone) for park in oracle.facts.parks.values() if park.active]
    if before:
        spans = [dates_before(about.period, dates) for dates in spans]
    return f"{min(dates.first for dates in spans)} to {max(dates.last for dates in spans)}"


def sights(oracle: Oracle, about: "About") -> Span:
    """First and last sight of the open park on a day."""
    seen = oracle.seen_spans(about.pk, about.window.spans)
    return seen[0][0], seen[-1][1]


def open_days(oracle: Oracle, about: "About") -> list[Window]:
    days = [window_of(about.window.zone, [day]) for day in about.window.days]
    return [day for day in days if oracle.park(about.pk, day, attractions=False).known]


def downtime_per_open_day(oracle: Oracle, about: "About") -> Fraction | None:
    days = len(open_days(oracle, about))
    return Fraction(sums(oracle, about).down, days) if days else None


Answer = Callable[[Oracle, "About"], Any]

QUANTITIES: dict[str, Answer] = {
    "downtime": partial(time_of, attrgetter("down")),
    "weighted downtime": weighted_downtime,
    "operating time": partial(time_of, attrgetter("up")),
    "closed time": partial(time_of, attrgetter("closed")),
    "unknown time": partial(time_of, attrgetter("unknown")),
    "known open time": partial(time_of, attrgetter("known")),
    "open time": partial(time_of, attrgetter("open")),
    "uptime": uptime,
    "availability": lambda oracle, about: sums(oracle, about, attractions=True).availability,
    "coverage": coverage,
    "average wait": lambda oracle, about: sums(oracle, about, attractions=True).wait,
    "peak wait": lambda oracle, about: sums(oracle, about, attractions=True).greatest,
    "least wait": lambda oracle, about: sums(oracle, about, attractions=True).least,
    "walk-on share": lambda oracle, about: sums(oracle, about, attractions=True).walk_on_share,
    "score": score,
    "weight": weight,
    "rides down": most_rides_down,
    "rides with downtime": rides_with_downtime,
    "outages": count_of_outages,
    "outage spans": outage_spans,
    "times operating": lambda oracle, about: clock_times(oracle, about, attrgetter("up")),
    "times down": lambda oracle, about: clock_times(oracle, about, attrgetter("down")),
    "longest outage": lambda oracle, about: max((b - a for a, b in outage_spans(oracle, about)), default=None),
    "opening delays": lambda oracle, about: len(opening_delays(oracle, about)),
    "breakdowns": lambda oracle, about: sums(oracle, about).outages - len(opening_delays(oracle, about)),
    "outages carried": outages_carried,
    "posted time": lambda oracle, about: sums(oracle, about, attractions=True).posted,
    "wait times seconds": lambda oracle, about: sums(oracle, about, attractions=True).minute_seconds,
    "walk-on time": lambda oracle, about: sums(oracle, about, attractions=True).walk_on,
    "time of rides": lambda oracle, about: sums(oracle, about).known,
    "operating time of attractions": lambda oracle, about: sums(oracle, about, attractions=True).up,
    "downtime of attractions": lambda oracle, about: sums(oracle, about, attractions=True).down,
    "opening delay": partial(time_of, attrgetter("delay")),
    "first date": lambda oracle, about: about.dates.first,
    "last date": lambda oracle, about: about.dates.last,
    "dates": lambda oracle, about: [f"{day:%b %d}" for day in about.dates],
    "completeness": lambda oracle, about: oracle.is_complete(about.dates, about.window.zone),
    "newest observation": newest_observation,
    "score now": lambda oracle, about: live.score(oracle, about.pk),
    "rides down now": rides_down_now,
    "posted wait now": lambda oracle, about: live.posted_wait(oracle, about.pk),
    "average posted wait now": lambda oracle, about: live.mean_wait(oracle, about.pk),
    "greatest posted wait now": lambda oracle, about: max(live.queues(oracle, about.pk), default=None),
    "walk-on share now": lambda oracle, about: live.walk_on_share(oracle, about.pk),
    "average wait before": lambda oracle, about: sums(oracle, about, attractions=True, window=about.before).wait,
    "status now": lambda oracle, about: live.status(oracle, oracle.facts.rides[about.pk]),
    "openness now": lambda oracle, about: live.is_open(
        oracle, about.pk if about.kind == "park" else oracle.facts.rides[about.pk].park
    ),
    "weight that counts now": lambda oracle, about: sum(ride.weight for ride in live.counted(oracle, about.pk)),
    "weight down now": lambda oracle, about: live.weight_down(oracle, about.pk),
    "rides with waits": rides_with_waits,
    "silent parks": lambda oracle, about: len(live.silent_parks(oracle)),
    "downtime of all parks": lambda oracle, about: all_parks(oracle, about, attractions=False).down,
    "uptime of all parks": lambda oracle, about: all_parks(oracle, about, attractions=True).availability,
    **{
        f"rides in state {state}": partial(rides_in_state, state)
        for state in ("OPERATING", "DOWN", "CLOSED", "REFURBISHMENT", "PARK_CLOSED")
    },
    **{name: partial(listed, read) for name, read in listing.LISTS.items()},
    "dates in words": in_words,
    "dates before in words": partial(in_words, before=True),
    "first sight": lambda oracle, about: sights(oracle, about)[0],
    "last sight": lambda oracle, about: sights(oracle, about)[1],
    "first to last sight": lambda oracle, about: length([sights(oracle, about)]),
    "open days": lambda oracle, about: len(open_days(oracle, about)),
    "downtime per open day": downtime_per_open_day,
    "change of downtime": downtime_change,
    "size of the change of downtime": lambda oracle, about: size_of(downtime_change(oracle, about)),
    "downtime before": lambda oracle, about: time_of(attrgetter("down"), oracle, about, about.before),
    "uptime before": lambda oracle, about: uptime(oracle, about, about.before),
    "change of the average wait": wait_change,
}
