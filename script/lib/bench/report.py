"""The table of targets and what was measured, for people and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `target` is the most it may be, or the least; None: it is reported for comparison alone."""

    name: str
    unit: str
    target: float | None
    measured: float | None  # None: it could not be measured, and `note` says why
    duckdb: float | None = None
    note: str = ""
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "MISS" if self.target is not None else "-"
        if self.target is None:
            return "-"
        is_met = self.measured >= self.target if self.at_least else self.measured <= self.target
        return "pass" if is_met else "MISS"


def number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:,.1f} {unit}"


def table(figures: Sequence[Figure]) -> str:
    """Lines of aligned columns."""
    rows = [("", "target", "measured", "DuckDB", "", "")]
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        target = "-" if figure.target is None else f"{sign} {figure.target:,.0f} {figure.unit}"
        measured, duckdb = number(figure.measured, figure.unit), number(figure.duckdb, figure.unit)
        rows.append((figure.name, target, measured, duckdb, figure.verdict, figure.note))
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(row[n].rjust(widths[n]) for n in (1, 2, 3)), row[4].ljust(widths[4]), row[5]]
        ).rstrip()
        for row in rows
    )


def write_json(path: Path, figures: Sequence[Figure], about: dict[str, Any]) -> None:
    found = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
    path.write_text(json.dumps({**about, "figures": found}, indent=2, ensure_ascii=False) + "\n")
