"""What a check found."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """`ok` None: it could not be tried here, and the text says why."""

    name: str
    ok: bool | None
    text: str

    @property
    def word(self) -> str:
        return {True: "ok", False: "FAILED", None: "left out"}[self.ok]


def p95_ms(act: Callable[[], Any], times: int = 40) -> float:
    """The 95th percentile of how long it takes, in milliseconds; the first time is for the caches."""
    act()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return 1_000 * quantiles(seconds, n=20)[-1]
