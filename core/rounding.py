"""The rounding every published number uses (R-0.1)."""

from decimal import ROUND_HALF_UP, Decimal


def half_up(value: Decimal | int, digits: int) -> Decimal:
    """`value` rounded half-up (ties away from zero) to `digits` decimals."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
