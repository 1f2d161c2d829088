"""When a ride was down or nothing was known of it, and what kind of outage that was (R-5.1, R-5.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import TextChoices

from core.instants import instant
from snapshots.current import LIVE_WINDOW
from stats.measures.timeline import Spell, Timeline


class Kind(TextChoices):
    """Down before the ride first ran that day, down after it ran, or no report while the park was open."""

    BREAKDOWN = "breakdown", "Breakdown"
    OPENING_DELAY = "opening_delay", "Opening delay"
    UNKNOWN = "unknown", "Unknown"

    @property
    def is_down(self) -> bool:
        """Does it count as downtime?"""
        return self != Kind.UNKNOWN


@dataclass(frozen=True, slots=True)
class Outage:
    start: datetime
    end: datetime
    kind: Kind
    is_over: bool  # False: it was so when last heard of, within the live window

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds())


def outages_of(strips: Timeline, ride: int, now: datetime) -> list[Outage]:
    """Every outage of a ride on the days of `strips`, newest first; no query.

    What is down are the downtime events of the API; unknown time is in none of them. One that begins before the
    ride first ran on the day of its start is an opening delay, as in the daily rows; one that lasts over midnight
    is one, also where it began before the first day (N-11).
    """
    days = list(strips.of(ride))
    heard = max((spell.end for _, spells in days for spell in spells if not spell.is_unknown), default=0)
    is_fresh = instant(heard) >= now - LIVE_WINDOW
    found: list[Outage] = []
    for _, spells in days:
        first_up = first_operation(spells)
        for spell in spells:
            start, end = instant(spell.start), instant(spell.end)
            if spell.is_unknown:
                found.append(Outage(start, end, Kind.UNKNOWN, spell.end <= heard or end < now - LIVE_WINDOW))
            elif spell.is_down:
                is_over = not is_fresh or spell.end != heard
                if found and found[-1].kind.is_down and found[-1].end == start:
                    found[-1] = replace(found[-1], end=end, is_over=is_over)
                else:
                    is_carried = ride in strips.carried and days[0][1][:1] == [spell]
                    is_delay = first_up is not None and spell.start < first_up and not is_carried
                    found.append(Outage(start, end, Kind.OPENING_DELAY if is_delay else Kind.BREAKDOWN, is_over))
    return found[::-1]


def first_operation(spells: Sequence[Spell]) -> int | None:
    """When a ride first ran on a day, in seconds since 1970; None: it did not."""
    return next((spell.start for spell in spells if spell.is_operating), None)
