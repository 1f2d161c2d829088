"""Weather values in the units we store, from the unit the upstream names (R-23.1, sources 5.2).

Every function takes a value and its unit label and rounds half-up once, to two decimals where nothing else is
said. No value stays no value, in whatever unit; a value in a unit we cannot convert from raises UnknownUnit.
"""

from collections.abc import Mapping
from decimal import Decimal

from core.rounding import half_up

FAHRENHEIT, CELSIUS = "°F", "°C"

KMH = {"km/h": Decimal(1), "mp/h": Decimal("1.60934"), "m/s": Decimal("3.6"), "kn": Decimal("1.852")}
MPH = {unit: factor / KMH["mp/h"] for unit, factor in KMH.items()}
MILLIMETRES = {"mm": Decimal(1), "cm": Decimal(10), "inch": Decimal("25.4")}
METRES = {"m": Decimal(1), "ft": Decimal("0.3048")}


class UnknownUnit(ValueError):
    """The upstream named a unit that we cannot convert from."""


def scaled(value: Decimal | None, unit: str, factors: Mapping[str, Decimal], digits: int = 2) -> Decimal | None:
    """`value` times the factor of its unit, with so many decimals."""
    if value is None:
        return None
    if unit not in factors:
        raise UnknownUnit(unit)
    return half_up(value * factors[unit], digits)


def celsius(value: Decimal | None, unit: str) -> Decimal | None:
    if unit == FAHRENHEIT and value is not None:
        return half_up((value - 32) * 5 / 9, 2)
    return scaled(value, unit, {CELSIUS: Decimal(1)})


def fahrenheit(value: Decimal | None, unit: str) -> Decimal | None:
    if unit == CELSIUS and value is not None:
        return half_up(value * 9 / 5 + 32, 2)
    return scaled(value, unit, {FAHRENHEIT: Decimal(1)})


def kilometres_per_hour(value: Decimal | None, unit: str) -> Decimal | None:
    return scaled(value, unit, KMH)


def miles_per_hour(value: Decimal | None, unit: str) -> Decimal | None:
    return scaled(value, unit, MPH)


def millimetres(value: Decimal | None, unit: str) -> Decimal | None:
    """Of rain, or of the depth of fresh snow: snow is not turned into water."""
    return scaled(value, unit, MILLIMETRES)


def metres(value: Decimal | None, unit: str) -> Decimal | None:
    """Whole metres."""
    return scaled(value, unit, METRES, 0)
