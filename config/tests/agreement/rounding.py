"""The one rounding of what is published (R-0.1)."""

from decimal import Decimal
from fractions import Fraction


def half_up(value: Fraction, digits: int) -> Decimal:
    """Ties go away from zero (R-0.1)."""
    scaled = abs(value) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits)
