"""The shame score's one formula (R-10.0)."""

from decimal import Decimal

from core.rounding import half_up

SHAME_SCORE_MULTIPLIER = 10
SHAME_SCORE_MAX = Decimal("10.0")


def shame_score(weighted_down: Decimal | int, weighted_capacity: Decimal | int) -> Decimal:
    """Share of weighted capacity that was down, times ten: 0.0 to 10.0, one decimal (R-10).

    Both arguments in one unit: weights at an instant, weight × seconds over a window, weight × hours of a
    day. Nothing to measure (capacity 0) gives 0.0.
    """
    if not weighted_capacity:
        return Decimal("0.0")
    share = Decimal(weighted_down) / Decimal(weighted_capacity)
    return min(SHAME_SCORE_MAX, half_up(share * SHAME_SCORE_MULTIPLIER, 1))
