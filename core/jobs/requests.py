"""What a room asks of one above it, which it may not import: a typed request, and who answers it.

An app registers its handlers when it is ready; `request` runs the one of the request's type, in this process, and
returns when it is done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RecomputeDays:
    """The daily statistics of a park's local days, first and last, from what is stored now."""

    park_id: int
    first: date
    last: date

    def by_hand(self) -> str:
        """The command line that does the same."""
        days = f"--start-date {self.first} --end-date {self.last}"
        return f"manage.py recompute_daily_stats {days} --park-id {self.park_id}"


@dataclass(frozen=True, slots=True)
class RefreshToday:
    """The daily statistics of the days that are still running, of all parks."""


@dataclass(frozen=True, slots=True)
class CompareStats:
    """A comparison of `sample` park-days with their raw data; `park_id` None stands for all active parks."""

    sample: int
    park_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """A note that this machine's clock went from `before` to `now`, and how many slots of the future were deleted.

    `before` equals `now` where only those slots say so.
    """

    before: datetime
    now: datetime
    forgotten: int

    def __str__(self) -> str:
        moved = f"went from {self.before:%Y-%m-%d %H:%M:%SZ} to {self.now:%Y-%m-%d %H:%M:%SZ}"
        how = f"{moved}: it was set, or the machine stood still" if self.before != self.now else "was ahead"
        return f"the clock {how}; {self.forgotten} runs of instants to come are made again in their time"


Request = RecomputeDays | RefreshToday | CompareStats | ClockStepped

HANDLERS: dict[type[Request], Callable[..., None]] = {}


def request(wanted: Request, **output: Any) -> None:
    """Have it done. `output`: `verbosity`, `stdout`, `stderr`, as of a management command. Raises CommandError."""
    HANDLERS[type(wanted)](wanted, **output)
