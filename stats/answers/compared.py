"""Two to four rides or parks over some of their own days, or one over several spans, ready to be set side by side.

Days that are over and computed alone, so that like is compared with like (N-5). How much of the open time is known is
reported with each, for figures of which unlike shares are known are not to be compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum

from core.periods import Days
from core.rounding import half_up
from parks.models import Park, Ride
from stats.answers.history import History, park_history, ride_history, total_of
from stats.measures.bucket_sums import Figures
from stats.models import ParkDailyStats, RideDailyStats

MOST_APART = 10  # points by which the known shares may differ


@dataclass(frozen=True, slots=True)
class Side:
    """A ride or park over days: its days' sums, their total, and the known share of the open time in percent.

    `coverage` None: nothing is known.
    """

    entity: Park | Ride
    days: Days
    history: History
    total: Figures
    coverage: Decimal | None

    @property
    def minutes_per_hour(self) -> Decimal | None:
        """Minutes down of each hour known in the open park; of a park over its rides."""
        if not self.total.open_seconds:
            return None
        return half_up(Decimal(60 * self.total.down_seconds) / self.total.open_seconds, 1)


def side_of(entity: Park | Ride, days: Days, version: int) -> Side:
    """Three queries."""
    park = entity if isinstance(entity, Park) else entity.park
    if isinstance(entity, Park):
        history = park_history(entity.pk, version, days)
        unknown = unknown_of_park(entity.pk, days, version)
    else:
        history = ride_history(entity.pk, version, days)
        unknown = sum(figures.unknown_seconds for figures in history.values())
    known = {day: figures for day, figures in history.items() if figures.open_seconds}
    total = total_of(known.values(), isinstance(entity, Park))
    missing = len(days_open(park, days, version) - known.keys())
    return Side(entity, days, known, total, coverage(total.open_seconds, unknown, len(known), missing))


def coverage(known: int, unknown: int, days: int, missing: int) -> Decimal | None:
    """Percent of the open time of which something is known; `missing` days count as long as the others are."""
    if not known:
        return None
    seen = known + unknown
    share = Fraction(known, 1) / (seen + Fraction(seen * missing, days))
    return half_up(Decimal(100 * share.numerator) / share.denominator, 1)


def unknown_of_park(park_id: int, days: Days, version: int) -> int:
    """Seconds in which the park was open and nothing was known of a ride; one query."""
    rows = RideDailyStats.objects.filter(
        ride__park=park_id, stat_date__range=(days.first, days.last), metrics_version=version
    )
    return rows.aggregate(total=Sum("unknown_seconds"))["total"] or 0


def days_open(park: Park, days: Days, version: int) -> set[date]:
    """The days on which the park was open, or of which it is not known that it was closed; one query."""
    rows = ParkDailyStats.objects.filter(
        park=park, stat_date__range=(days.first, days.last), metrics_version=version, operating_hours_minutes=0
    )
    closed = set(rows.values_list("stat_date", flat=True))
    every = {days.first + timedelta(days=n) for n in range((days.last - days.first).days + 1)}
    return every - closed


def too_far_apart(sides: Iterable[Side]) -> bool:
    """Do the known shares differ by more than can be compared? So they do where nothing is known of one."""
    shares = [side.coverage for side in sides]
    known = [share for share in shares if share is not None]
    return len(known) < len(shares) or (bool(known) and max(known) - min(known) > MOST_APART)
