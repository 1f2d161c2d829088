"""Rounding is decimal and half-up (R-0.1)."""

from decimal import Decimal

import pytest

from core.rounding import half_up


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        ("0.05", 1, "0.1"),
        ("0.15", 1, "0.2"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("-0.05", 1, "-0.1"),
        ("0.0499999999999999999999", 1, "0.0"),
        ("1.005", 2, "1.01"),
        ("7", 2, "7.00"),
    ],
)
def test_ties_move_away_from_zero(value, digits, rounded):
    assert str(half_up(Decimal(value), digits)) == rounded
