"""When a ride was down or nothing was known of it, and what kind of outage that was (R-5.1, R-5.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import TextChoices

from parks.models import Ride
from parks.zones import day_range, local_date
from snapshots.current import LIVE_WINDOW
from snapshots.models import RideStatusSnapshot
from stats.cells import instant, joined, within
from stats.measures import Stretch, down_stretches
from stats.strips import Spell, Strips
from stats.windows import seconds_of


class Kind(TextChoices):
    """Down before the ride first ran that day, down after it ran, or no report while the park was open."""

    BREAKDOWN = "breakdown", "Breakdown"
    OPENING_DELAY = "opening_delay", "Opening delay"
    UNKNOWN = "unknown", "Unknown"


@dataclass(frozen=True, slots=True)
class Outage:
    start: datetime
    end: datetime
    kind: Kind
    is_over: bool  # False: it was so when last heard of, within the live window

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds())


def down_times(ride: Ride, days: Sequence[date], now: datetime) -> list[Stretch]:
    """Unbroken stretches down on these local days, on each of which the ride operated, up to `now`; one query.

    The ride's park is loaded.
    """
    zone = ride.park.timezone
    ranges = joined([(seconds_of(start), seconds_of(end)) for start, end in (day_range(day, zone) for day in days)])
    rows = RideStatusSnapshot.objects.filter(within(ranges), ride=ride, park=ride.park, recorded_at__lt=now)
    found = []
    for stretch in down_stretches(rows).get(ride.pk, []):
        seconds = min(seconds_of(stretch.end), seconds_of(now)) - seconds_of(stretch.start)
        if seconds > 0:
            found.append(Stretch(stretch.start, seconds))
    return found


def outages_of(ride: Ride, strips: Strips, now: datetime) -> list[Outage]:
    """Every outage of a ride on the days of `strips`, newest first; one query.

    The stretches down are those of the ride's details in the API; unknown time is in none of them. One that begins
    before the ride first ran on the day of its start is an opening delay, as in the daily rows.
    """
    zone = ride.park.timezone
    spells = dict(strips.of(ride.pk))
    heard = max((spell.end for found in spells.values() for spell in found if not spell.is_unknown), default=0)
    is_fresh = instant(heard) >= now - LIVE_WINDOW
    found = []
    down_days = [day for day, told in spells.items() if any(spell.is_down for spell in told)]
    for stretch in down_times(ride, down_days, now) if down_days else ():
        first_up = first_operation(spells[local_date(stretch.start, zone)])
        is_delay = first_up is not None and seconds_of(stretch.start) < first_up
        is_over = not is_fresh or seconds_of(stretch.end) != heard
        found.append(Outage(stretch.start, stretch.end, Kind.OPENING_DELAY if is_delay else Kind.BREAKDOWN, is_over))
    for spell in (spell for told in spells.values() for spell in told if spell.is_unknown):
        is_over = spell.end <= heard or instant(spell.end) < now - LIVE_WINDOW
        found.append(Outage(instant(spell.start), instant(spell.end), Kind.UNKNOWN, is_over))
    return sorted(found, key=lambda outage: outage.start, reverse=True)


def first_operation(spells: Sequence[Spell]) -> int | None:
    """When a ride first ran on a day; None: it did not."""
    return min((spell.start for spell in spells if spell.is_operating), default=None)
