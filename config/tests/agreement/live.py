"""What is so at this moment, from the newest rows alone (N-6, R-4.7, R-10.1)."""

from datetime import date
from fractions import Fraction

from config.tests.agreement.facts import ONE_DAY, RideFact, Row
from config.tests.agreement.oracle import LIVE_WINDOW, SEVEN_DAYS, TOO_LONG, Oracle, fails, operates


def newest(oracle: Oracle, ride: int) -> Row | None:
    """Of any age, with or without length, but not later than now."""
    return next((row for row in reversed(oracle.facts.rows.get(ride, [])) if row.start <= oracle.now), None)


def state(oracle: Oracle, ride: int) -> Row | None:
    """None: its feed has been silent for the live window."""
    row = newest(oracle, ride)
    return row if row is not None and row.end >= oracle.now - LIVE_WINDOW else None


def newest_of_park(oracle: Oracle, park: int) -> tuple[int, int, bool] | None:
    activity = oracle.facts.activity.get(park, [])
    return next((found for found in reversed(activity) if found[0] <= oracle.now), None)


def is_open(oracle: Oracle, park: int) -> bool | None:
    """None: nothing is known within the live window; else by the schedule, or by what was seen (N-9)."""
    seen = newest_of_park(oracle, park)
    if seen is None or seen[1] < oracle.now - LIVE_WINDOW:
        return None
    day: date = oracle.today(oracle.facts.parks[park].zone)
    schedule = oracle.facts.schedule
    windows = schedule.get((park, day - ONE_DAY), []) + schedule.get((park, day), [])
    if any(opening <= oracle.now <= closing for opening, closing in windows):
        return True
    return False if (park, day) in schedule else seen[2]


def counted(oracle: Oracle, park: int) -> list[RideFact]:
    """R-5.5: operated within seven days."""
    since = oracle.now - SEVEN_DAYS
    return [ride for ride in active(oracle, park) if ride.last_operated is not None and ride.last_operated >= since]


def active(oracle: Oracle, park: int) -> list[RideFact]:
    return [ride for ride in oracle.members[park] if ride.active]


def attractions(oracle: Oracle, park: int) -> list[RideFact]:
    return [ride for ride in active(oracle, park) if ride.attraction]


def is_down(oracle: Oracle, ride: RideFact) -> bool:
    row = state(oracle, ride.pk)
    if row is None or not is_open(oracle, ride.park):
        return False
    return not operates(row) and fails(row, oracle.facts.parks[ride.park])


def score(oracle: Oracle, park: int) -> Fraction | None:
    """R-10.1; None while the park is not open, or nothing is known."""
    if not is_open(oracle, park):
        return None
    weight = sum(ride.weight for ride in counted(oracle, park))
    return Fraction(10 * (weight_down(oracle, park) or 0), weight) if weight else Fraction(0)


def weight_down(oracle: Oracle, park: int) -> int | None:
    """None: nothing is known."""
    if is_open(oracle, park) is None:
        return None
    return sum(ride.weight for ride in counted(oracle, park) if is_down(oracle, ride))


def silent_parks(oracle: Oracle) -> set[int]:
    """Active parks of which nothing was heard within the live window."""
    parks = (park.pk for park in oracle.facts.parks.values() if park.active)
    return {park for park in parks if is_open(oracle, park) is None}


def summary_state(oracle: Oracle, ride: RideFact) -> str | None:
    """R-4.7; None: nothing is known of the ride."""
    row, opened = state(oracle, ride.pk), is_open(oracle, ride.park)
    if opened is None or row is None:
        return None
    if not opened:
        return "PARK_CLOSED"
    if operates(row):
        return "OPERATING"
    is_broken = row.status == "DOWN" or row.status is None
    if is_broken:
        zone = oracle.facts.parks[ride.park].zone
        return "DOWN" if oracle.day(ride.pk, oracle.today(zone)).up else "CLOSED"
    return row.status


def rides_down(oracle: Oracle, park: int) -> int:
    """Attractions that are down now and count."""
    return sum(ride.attraction and is_down(oracle, ride) for ride in counted(oracle, park))


def posted_wait(oracle: Oracle, ride: int) -> int | None:
    """Of the newest observation; None: nothing is posted, or nothing is known."""
    row = state(oracle, ride)
    return row.wait if row is not None and row.wait is not None and 0 <= row.wait < TOO_LONG else None


def posted_waits(oracle: Oracle, park: int) -> list[int]:
    """Zeros included, of the operating attractions of an open park."""
    if not is_open(oracle, park):
        return []
    running = [ride.pk for ride in attractions(oracle, park) if (row := state(oracle, ride.pk)) and operates(row)]
    return [wait for ride in running if (wait := posted_wait(oracle, ride)) is not None]


def queues(oracle: Oracle, park: int) -> list[int]:
    """Those above zero."""
    return [wait for wait in posted_waits(oracle, park) if wait]


def walk_on_share(oracle: Oracle, park: int) -> Fraction | None:
    waits = posted_waits(oracle, park)
    return Fraction(100 * waits.count(0), len(waits)) if waits else None


def mean_wait(oracle: Oracle, park: int) -> Fraction | None:
    waits = queues(oracle, park)
    return Fraction(sum(waits), len(waits)) if waits else None


def status(oracle: Oracle, ride: RideFact) -> str:
    """R-4.7, with UNKNOWN for what is silent (N-6)."""
    row, opened = state(oracle, ride.pk), is_open(oracle, ride.park)
    if opened is None:
        return "UNKNOWN"
    if not opened:
        return "PARK_CLOSED"
    if row is None:
        return "UNKNOWN"
    if row.status is not None:
        return row.status
    return "OPERATING" if row.runs else "DOWN"
