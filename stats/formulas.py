"""Helpers on figures that are already measured (R-8, R-10.5): pure, None-aware, rounded once."""

from decimal import Decimal

from core.rounding import half_up
from parks.models import weight_of
from snapshots.score import SHAME_SCORE_MULTIPLIER
from stats.measures.measures import hours, percentage

NO_HOURS = Decimal("0.00")


def downtime_hours(down_seconds: int | None) -> Decimal:
    """Hours with two decimals (R-8.1); nothing or less than nothing is 0."""
    return hours(max(down_seconds or 0, 0))


def uptime_percentage(operating: int | None, total: int | None, digits: int = 1) -> Decimal | None:
    """Share of the open park's time in which a ride ran, in percent (R-8.2); None without any such time."""
    return percentage(operating or 0, total or 0, digits)


def downtime_percentage(uptime: Decimal | None) -> Decimal | None:
    """What uptime leaves of 100 % (R-8.2). Planned closures are in it: it is not the share of time down."""
    return None if uptime is None else half_up(100 - uptime, 1)


def weighted_hours(hours_down: Decimal | None, tier_weight: int | None) -> Decimal:
    """Hours times the ride's weight, two decimals (R-8.3); a ride without a weight weighs 2."""
    return NO_HOURS if hours_down is None else half_up(hours_down * weight_of(tier_weight), 2)


def share_of_hour_down(minutes: int | None, total_minutes: int | None = 60) -> Decimal | None:
    """Minutes down of an hour, in percent with one decimal (R-8.3); None when the hour has no minutes."""
    return percentage(minutes or 0, total_minutes or 0)


def one_hour_score(hours_weighted: Decimal | None, weight: Decimal | int | None) -> Decimal | None:
    """Weighted hours per weight, times ten, one decimal and no cap (R-10.5); None without a weight.

    A score only when the span is exactly one hour. For any other span it grows with the hours: never use it
    for days or periods.
    """
    if weight is None or weight <= 0:
        return None
    return half_up((hours_weighted or Decimal(0)) / weight * SHAME_SCORE_MULTIPLIER, 1)


def one_hour_score_of_minutes(minutes_weighted: Decimal | None, weight: Decimal | int | None) -> Decimal | None:
    """`one_hour_score` of weighted minutes (R-10.5)."""
    return one_hour_score((minutes_weighted or Decimal(0)) / 60, weight)
