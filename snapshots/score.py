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


def score_over(parts: Iterable[ScoredTime]) -> Decimal | None:
    """The mean score over open time, weighted by it (R-10.4, N-2); None: never open. Rounded once.

    Inside one day it is R-10.2, for the rides that took part are the same all day.
    """
    taken = parts if isinstance(parts, list) else list(parts)
    if len(taken) == 1:
        ((weighted_down, weight, seconds),) = taken
        whole = weight * seconds.numerator
        return shame_score(weighted_down * seconds.denominator, whole) if seconds else None
    # Whole numbers as long as it goes: most parts share few weights, and few numbers of rides.
    down: dict[int, int] = {}
    opened: dict[int, int] = {}  # seconds by their denominator
    for weighted_down, weight, seconds in taken:
        down[weight] = down.get(weight, 0) + weighted_down
        opened[seconds.denominator] = opened.get(seconds.denominator, 0) + seconds.numerator
    share = sum((Fraction(seconds, weight) for weight, seconds in down.items() if weight), Fraction(0))
    total = sum((Fraction(seconds, part) for part, seconds in opened.items()), Fraction(0))
    return shame_score(share.numerator * total.denominator, share.denominator * total.numerator) if total else None
