"""Timing a call many times: percentiles without interpolation."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

WARM_UPS = 3


class Times(NamedTuple):
    """Milliseconds of the runs of one call."""

    p50: float
    p95: float
    longest: float


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that at least `share` percent of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def timed(call: Callable[[], Any], runs: int, progress: Callable[[], Any]) -> Times:
    """Call it a few times to warm up, then `runs` times that count; `progress` is called after each."""
    found = []
    for _ in range(WARM_UPS + runs):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
        progress()
    found = found[WARM_UPS:]
    return Times(percentile(found, 50), percentile(found, 95), max(found))
