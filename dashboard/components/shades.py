"""Shades of cells: how a value lies between 0 and the largest one."""

from dashboard.components.formatting import number

STEPS = 6  # shades, from 0 to the largest value


def shade(value: float, largest: float) -> int:
    """1 to STEPS: which part of the way from 0 to the largest value; 0 for nothing at all."""
    return min(STEPS, 1 + int(value / largest * STEPS)) if value and largest else 0


def shades(largest: float, digits: int) -> list[tuple[int, str]]:
    """What each shade stands for."""
    bounds = [number(largest * n / STEPS, digits) for n in range(STEPS + 1)]
    return [(0, number(0)), *((n + 1, f"{bounds[n]} to {bounds[n + 1]}") for n in range(STEPS))]
