"""Timing calls, telling how far they are, and the table of targets and figures."""

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm


def bar(what: str, total: int, unit: str) -> "tqdm[Any]":
    return tqdm(
        desc=what, total=total, unit=unit, unit_scale=True, mininterval=0.5 if sys.stderr.isatty() else 20, ncols=100
    )


WARM_UPS = 3


TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def cpu_ms(pid: int) -> float:
    """Milliseconds that a process, its threads and its children have computed so far; 0 when it is gone."""
    try:
        numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return TICK_MS * sum(map(int, numbers[11:15])) + sum(cpu_ms(int(child)) for child in children)


class Times(NamedTuple):
    """Milliseconds of the runs of one call; `cpu`: what was computed for one, as `computed` counts."""

    p50: float
    p95: float
    longest: float
    cpu: float


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that at least `share` percent of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def own_cpu_ms() -> float:
    """Milliseconds that this process has computed so far, and its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1000 * sum(each.ru_utime + each.ru_stime for each in used)


def timed(
    call: Callable[[], Any], runs: int, progress: Callable[[], Any], computed: Callable[[], float] = own_cpu_ms
) -> Times:
    """Call it a few times to warm up, then `runs` times that count; `progress` is called after each."""
    found = []
    before = 0.0
    for run in range(WARM_UPS + runs):
        if run == WARM_UPS:
            before = computed()
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
        progress()
    found = found[WARM_UPS:]
    return Times(percentile(found, 50), percentile(found, 95), max(found), (computed() - before) / runs)


def load_now() -> float:
    return os.getloadavg()[0]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `target` is the most it may be, or the least; None: it is reported for comparison alone.

    `first`: the same for who asks first after a cycle, with a target of its own. `load`: of the machine, then.
    """

    name: str
    unit: str
    target: float | None
    measured: float | None  # None: it could not be measured, and `note` says why
    duckdb: float | None = None
    note: str = ""
    at_least: bool = False
    first: float | None = None
    first_target: float | None = None
    cpu_ms: float | None = None
    load: float = field(default_factory=load_now)

    @property
    def verdict(self) -> str:
        if self.first is not None and self.first_target is not None and self.first > self.first_target:
            return "MISS"
        if self.measured is None:
            return "MISS" if self.target is not None else "-"
        if self.target is None:
            return "-" if self.first_target is None else "pass"
        is_met = self.measured >= self.target if self.at_least else self.measured <= self.target
        return "pass" if is_met else "MISS"


HEADINGS = ("", "target", "measured", "DuckDB", "first asker", "CPU", "load", "", "")


def number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:,.1f} {unit}"


def row_of(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.at_least else "≤"
    return (
        figure.name,
        "-" if figure.target is None else f"{sign} {figure.target:,.0f} {figure.unit}",
        number(figure.measured, figure.unit),
        number(figure.duckdb, figure.unit),
        number(figure.first, figure.unit),
        number(figure.cpu_ms, "ms"),
        f"{figure.load:.1f}",
        figure.verdict,
        figure.note,
    )


def table(figures: Sequence[Figure]) -> str:
    """Lines of aligned columns."""
    return aligned([HEADINGS, *map(row_of, figures)], to_the_left={0, 7, 8})


def aligned(rows: Sequence[Sequence[str]], to_the_left: Collection[int]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n in to_the_left else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def growth_table(growth: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> str:
    """A line for each endpoint, three columns for each size: uncached, CPU, first asker; milliseconds."""
    worlds = list(growth)
    endpoints = list(dict.fromkeys(endpoint for found in growth.values() for endpoint in found))
    kinds = ("uncached", "cpu", "first")
    rows = [["milliseconds", *(f"{world} {kind}" for world in worlds for kind in kinds)]]
    for endpoint in endpoints:
        cells = [growth[world].get(endpoint, {}).get(kind) for world in worlds for kind in kinds]
        rows.append([endpoint, *("-" if cell is None else f"{cell:,.1f}" for cell in cells)])
    return aligned(rows, to_the_left={0})


def write_json(path: Path, figures: Sequence[Figure], about: dict[str, Any]) -> None:
    found = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
    path.write_text(json.dumps({**about, "figures": found}, indent=2, ensure_ascii=False) + "\n")
