"""When a job is due: instants of a fixed grid in UTC, and what is to be done at them. Knows no database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.instants import instant, seconds

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Grid:
    """Every `every` seconds, `offset` seconds after the multiples of `every` since 1970 (a Thursday), UTC."""

    every: int
    offset: int = 0

    def last(self, now: datetime) -> datetime:
        """The latest instant of the grid that is not after `now`: the slot `now` belongs to."""
        at = seconds(now) - self.offset
        return instant(at - at % self.every + self.offset)

    def next(self, now: datetime) -> datetime:
        return self.last(now) + timedelta(seconds=self.every)


@dataclass(frozen=True, slots=True)
class Job:
    """A management command that is run by the clock.

    `limit`: seconds after which a run counts as dead. `catch_up`: how old, in seconds, a slot that was missed may
    be to be run after all; older ones are noted as missed. An urgent one is run beside however many others.
    """

    name: str
    command: str
    grid: Grid
    limit: int
    catch_up: int
    what: str
    options: tuple[str, ...] = ()
    urgent: bool = False
