"""The shame score's one formula (R-10.0) and the rounding every published number uses (R-0.1)."""

from decimal import ROUND_HALF_UP, Decimal

SHAME_SCORE_MULTIPLIER = 10
SHAME_SCORE_MAX = Decimal("10.0")


def half_up(value: Decimal | int, digits: int) -> Decimal:
    """`value` rounded half-up (ties away from zero) to `digits` decimals."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def shame_score(weighted_down: Decimal | int, weighted_capacity: Decimal | int) -> Decimal:
    """Share of weighted capacity that was down, times ten: 0.0 to 10.0, one decimal (R-10).

    Both arguments in one unit: weights at an instant, weight × seconds over a window, weight × hours of a
    day. Nothing to measure (capacity 0) gives 0.0.
    """
    if not weighted_capacity:
        return Decimal("0.0")
    share = Decimal(weighted_down) / Decimal(weighted_capacity)
    return min(SHAME_SCORE_MAX, half_up(share * SHAME_SCORE_MULTIPLIER, 1))
