"""Weather values are converted from the unit the upstream names (R-23.1, sources 5.2)."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.golden import golden_cases
from weather.units import (
    KMH,
    METRES,
    MILLIMETRES,
    UnknownUnit,
    celsius,
    fahrenheit,
    kilometres_per_hour,
    metres,
    miles_per_hour,
    millimetres,
)

CONVERSIONS = {
    "f_to_c": (celsius, "°F"),
    "mph_to_kmh": (kilometres_per_hour, "mp/h"),
    "inch_to_mm": (millimetres, "inch"),
}
EVERY = [celsius, fahrenheit, kilometres_per_hour, miles_per_hour, millimetres, metres]
VALUES = st.decimals(-100, 1000, places=1)


@pytest.mark.parametrize("case", golden_cases("weather", "conversions"))
def test_the_golden_conversions_hold(case):
    convert, unit = CONVERSIONS[case["kind"]]
    assert convert(case["value"], unit) == case["expected"]


@pytest.mark.parametrize(
    ("convert", "value", "unit", "expected"),
    [
        (celsius, "-40", "°F", "-40.00"),
        (celsius, "0", "°F", "-17.78"),
        (celsius, "32.009", "°F", "0.01"),  # 0.005 is a tie
        (celsius, "31.991", "°F", "-0.01"),
        (celsius, "18.3", "°C", "18.30"),
        (fahrenheit, "18.3", "°C", "64.94"),
        (fahrenheit, "-40", "°C", "-40.00"),
        (fahrenheit, "75.2", "°F", "75.20"),
        (kilometres_per_hour, "10", "km/h", "10.00"),
        (kilometres_per_hour, "10", "m/s", "36.00"),
        (kilometres_per_hour, "10", "kn", "18.52"),
        (miles_per_hour, "13.2", "mp/h", "13.20"),
        (miles_per_hour, "16.0934", "km/h", "10.00"),
        (miles_per_hour, "10", "m/s", "22.37"),
        (millimetres, "0.5", "inch", "12.70"),
        (millimetres, "0.7", "cm", "7.00"),
        (millimetres, "0.7", "mm", "0.70"),
        (metres, "32808.4", "ft", "10000"),
        (metres, "23940.0", "m", "23940"),
        (metres, "1.4999", "m", "1"),
    ],
)
def test_every_unit_is_converted_and_rounded_once(convert, value, unit, expected):
    assert str(convert(Decimal(value), unit)) == expected


@pytest.mark.parametrize("convert", EVERY)
@pytest.mark.parametrize("unit", ["°F", "km/h", "mm", "m", "K", "undefined", ""])
def test_no_value_stays_no_value_in_whatever_unit(convert, unit):
    assert convert(None, unit) is None


@pytest.mark.parametrize("convert", EVERY)
@pytest.mark.parametrize("unit", ["K", "undefined", "", "None", "%", "°f", "mph", "in"])
def test_a_unit_that_we_do_not_know_is_refused_and_never_guessed(convert, unit):
    with pytest.raises(UnknownUnit, match=f"^{re.escape(unit)}$"):
        convert(Decimal(1), unit)


@given(VALUES)
def test_a_temperature_means_the_same_in_both_scales(value):
    there = fahrenheit(value, "°C")
    assert there is not None
    back = celsius(there, "°F")
    assert back is not None
    assert abs(back - value) <= Decimal("0.01")


@given(VALUES, st.sampled_from(sorted(KMH)))
def test_both_speeds_report_the_same_wind(value, unit):
    kmh, mph = kilometres_per_hour(value, unit), miles_per_hour(value, unit)
    assert kmh is not None
    assert mph is not None
    assert abs(mph * Decimal("1.60934") - kmh) <= Decimal("0.02")


@pytest.mark.parametrize(
    ("factors", "unit"), [(KMH, "km/h"), (MILLIMETRES, "mm"), (METRES, "m")], ids=["speed", "depth", "length"]
)
def test_the_unit_we_store_in_is_not_changed(factors, unit):
    assert factors[unit] == 1
