"""What a comparison of two computations found, counted and with its first rows as evidence."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stats.audit.scope import SAMPLE_SIZE, Row, Severity, number


@dataclass(slots=True)
class Comparison:
    """One table of one day. A stored row that nothing observed accounts for is a mismatch too."""

    table: str
    # More mismatches or missing rows than this are critical; None: they never are.
    limits: tuple[int, int] | None = None
    compared: int = 0
    mismatches: int = 0
    missing: int = 0  # computed, but not stored
    sample: list[Row] = field(default_factory=list)

    @property
    def severity(self) -> Severity | None:
        """None: everything agrees."""
        if self.limits and (self.mismatches > self.limits[0] or self.missing > self.limits[1]):
            return Severity.CRITICAL
        return Severity.WARNING if self.mismatches or self.missing else None

    def differs(self, row: Row) -> None:
        self.mismatches += 1
        self.show(row)

    def lacks(self, row: Row) -> None:
        self.missing += 1
        self.show({**row, "stored": None})

    def show(self, row: Row) -> None:
        if len(self.sample) < SAMPLE_SIZE:
            self.sample.append(row)


def shown(value: Decimal | int | None) -> Any:
    return None if value is None else number(value)
