"""Who stands in a list: those whose published figure is above nothing (R-17, R-18, R-19, N-12, N-15)."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from functools import partial

from config.tests.agreement import live
from config.tests.agreement.oracle import Oracle
from config.tests.agreement.rounding import half_up
from config.tests.agreement.windows import Window

Figure = Callable[[Oracle, int, Window], Fraction | int | None]
TREND = 5  # percent, and no less


def parks(oracle: Oracle, period: str) -> Iterable[tuple[int, Window]]:
    """Each park with its own days of a list; former parks have a history (N-15)."""
    is_history = period not in ("live", "today")
    for park in oracle.facts.parks.values():
        if park.active or is_history:
            yield park.pk, oracle.window(oracle.listed(period, park.zone), park.zone)


def attractions(oracle: Oracle, period: str) -> Iterable[tuple[int, Window]]:
    is_history = period not in ("live", "today")
    for park, window in parks(oracle, period):
        for ride in oracle.members[park]:
            if ride.attraction and (ride.active or is_history):
                yield ride.pk, window


def is_above(figure: Fraction | int | None, digits: int) -> bool:
    """Is it more than 0 as it is published?"""
    return figure is not None and half_up(Fraction(figure), digits) > 0


def parks_by_score(oracle: Oracle, period: str) -> set[int]:
    if period == "live":
        return {pk for pk, window in parks(oracle, period) if is_in_trouble(oracle, pk, window)}
    return {pk for pk, window in parks(oracle, period) if is_above(oracle.score(pk, window), 1)}


def is_in_trouble(oracle: Oracle, park: int, window: Window) -> bool:
    """R-17.1: a score of this moment, and a ride down or downtime today."""
    if not is_above(live.score(oracle, park), 1):
        return False
    down = Fraction(oracle.park(park, window, attractions=False).down, 3600)
    return live.rides_down(oracle, park) > 0 or is_above(down, 2)


def parks_by_wait(oracle: Oracle, period: str) -> set[int]:
    if period == "live":
        return {pk for pk, _ in parks(oracle, period) if live.queues(oracle, pk)}
    return {pk for pk, window in parks(oracle, period) if oracle.park(pk, window, attractions=True).posted}


def rides_by_downtime(oracle: Oracle, period: str) -> set[int]:
    found = attractions(oracle, period)
    return {pk for pk, window in found if is_above(Fraction(oracle.ride(pk, window).down, 3600), 2)}


def rides_by_wait(oracle: Oracle, period: str) -> set[int]:
    return {pk for pk, window in attractions(oracle, period) if oracle.ride(pk, window).posted}


def changed(kind: str, way: int, oracle: Oracle, period: str) -> set[int]:
    """Those with more (1) or less (-1) downtime than before, by more than 5 percent as published."""
    found = set()
    for pk, window in parks(oracle, period) if kind == "park" else attractions(oracle, period):
        before = oracle.before(period, window.zone, window.dates)
        change = (oracle.park_change if kind == "park" else oracle.ride_change)(pk, window, before)
        if change is not None and way * half_up(change, 2) > Decimal(TREND):
            found.add(pk)
    return found


LISTS: dict[str, Callable[[Oracle, str], set[int]]] = {
    "parks listed by score": parks_by_score,
    "parks listed by wait": parks_by_wait,
    "rides listed by downtime": rides_by_downtime,
    "rides listed by wait": rides_by_wait,
    "parks that improve": partial(changed, "park", -1),
    "parks that decline": partial(changed, "park", 1),
    "rides that improve": partial(changed, "ride", -1),
    "rides that decline": partial(changed, "ride", 1),
}
