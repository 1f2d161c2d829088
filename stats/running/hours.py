"""A park's day so far by the hours of its clock: the sums of what has ended, kept beside the state of the day.

A document of its own, as the lists, which are asked most, do not read it. Seconds are of the open park.
"""

import functools
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from core.intervals import Interval, overlaps
from stats.measures.windows import Bucket, Window, pieces, slices
from stats.running.state import Observation


class HourSums(NamedTuple):
    """What a ride did in an hour of the clock; waits are those above zero (N-4)."""

    open_seconds: int = 0
    up_seconds: int = 0
    down_seconds: int = 0
    wait_seconds: int = 0
    wait_minute_seconds: int = 0
    walk_on_seconds: int = 0

    def plus(self, seen: Observation, seconds: int) -> "HourSums":
        """With `seconds` of an observation of the open park."""
        wait = seen.wait if seen.is_running else None
        return HourSums(
            self.open_seconds + seconds,
            self.up_seconds + seconds * seen.is_running,
            self.down_seconds + seconds * (seen.is_stopped and not seen.is_running),
            self.wait_seconds + seconds * bool(wait),
            self.wait_minute_seconds + seconds * (wait or 0),
            self.walk_on_seconds + seconds * (wait == 0),
        )


NOTHING = HourSums()


class Clock(NamedTuple):
    """The hours of a local day, in order: from and to, and what the clock shows; it may show an hour twice."""

    bounds: Sequence[Interval]
    hours: Sequence[int]

    def parts(self, start: int, end: int) -> list[tuple[int, int]]:
        """(hour, seconds) of the hours that [start, end) overlaps."""
        return [(self.hours[n], last - first) for n, first, last in overlaps(start, end, self.bounds)]


@functools.lru_cache(maxsize=256)
def clock_of_day(day: date, zone: str) -> Clock:
    cuts = [(cut.start, cut.end, cut.key) for cut in slices(pieces(Window(day, day), zone), Bucket.HOUR_OF_DAY, zone)]
    return Clock([cut[:2] for cut in cuts], [hour for _, _, hour in cuts if isinstance(hour, int)])


class ParkHours(msgspec.Struct, array_like=True):
    """By ride and hour, and how long the park was seen open in each hour."""

    rides: dict[int, dict[int, HourSums]] = {}
    open_seconds: dict[int, int] = {}

    def add(self, ride: int, seen: Observation, until: int, clock: Clock) -> None:
        """Add an observation, cut at `until`."""
        if not seen.park_is_open:
            return
        hours = self.rides.setdefault(ride, {})
        for hour, seconds in clock.parts(seen.at, min(seen.end, until)):
            hours[hour] = hours.get(hour, NOTHING).plus(seen, seconds)

    def add_open(self, start: int, end: int, clock: Clock) -> None:
        for hour, seconds in clock.parts(start, end):
            self.open_seconds[hour] = self.open_seconds.get(hour, 0) + seconds


def encode_hours(hours: ParkHours) -> str:
    """JSON in an order that does not depend on how the sums came about."""
    rides = {ride: dict(sorted(by_hour.items())) for ride, by_hour in sorted(hours.rides.items())}
    return encode(ParkHours(rides, dict(sorted(hours.open_seconds.items())))).decode()


encode = msgspec.json.Encoder().encode
decode_hours = msgspec.json.Decoder(ParkHours).decode
