"""The shame score's one formula (R-10.0), inside a day and over several."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

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


class ScoredTime(NamedTuple):
    """What a park's score over open time inside one day is made of; a ride's is that of a park with this one ride."""

    weighted_down: int  # Σ seconds down × weight
    weight: int  # of the rides that took part
    open_seconds: int | Fraction  # how long the park was open


def share_over(parts: Iterable[ScoredTime]) -> Fraction | None:
    """What the score over open time is rounded from, 0 to 1; None: never open."""
    down, opened = Fraction(0), Fraction(0)
    for part in parts:
        opened += part.open_seconds
        if part.weight:
            down += Fraction(part.weighted_down, part.weight)
    return down / opened if opened else None


def score_of_share(share: Fraction | None) -> Decimal | None:
    return None if share is None else shame_score(share.numerator, share.denominator)


def score_over(parts: Iterable[ScoredTime]) -> Decimal | None:
    """The mean score over open time, weighted by it (R-10.4, N-2); None: never open. Rounded once.

    Inside one day it is R-10.2, for the rides that took part are the same all day.
    """
    return score_of_share(share_over(parts))
