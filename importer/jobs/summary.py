"""What an import did: counted slice by slice, kept with each slice, added up for the whole."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

NUMBERS = ("files", "events", "duplicates", "parks_created", "rides_created")
COUNTERS = ("skipped", "rows", "problems", "formats", "live_days")


@dataclass
class ImportSummary:
    """What an import did. `days` are the park-local days it touched, by park."""

    files: int = 0
    events: int = 0
    duplicates: int = 0
    parks_created: int = 0
    rides_created: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    problems_new: int = 0  # counted in the log when all is added up (`running.summary_of`)
    formats: Counter[str] = field(default_factory=Counter)  # files that vary from the format, by variation
    live_days: Counter[int] = field(default_factory=Counter)  # park-days on which live collection was there too
    days: dict[int, tuple[date, date]] = field(default_factory=dict)

    def add(self, other: "ImportSummary") -> None:
        for name in (*NUMBERS, "problems_new"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for park, (first, last) in other.days.items():
            known = self.days.get(park, (first, last))
            self.days[park] = (min(first, known[0]), max(last, known[1]))

    def as_json(self) -> dict[str, Any]:
        days = {str(park): [str(first), str(last)] for park, (first, last) in self.days.items()}
        return {name: getattr(self, name) for name in (*NUMBERS, *COUNTERS)} | {"days": days}

    @classmethod
    def from_json(cls, counts: dict[str, Any]) -> "ImportSummary":
        """What `as_json` made, with `{}` as nothing at all."""
        summary = cls(**{name: counts.get(name, 0) for name in NUMBERS})
        for name in ("skipped", "rows", "problems", "formats"):
            getattr(summary, name).update(counts.get(name, {}))
        summary.live_days.update({int(park): days for park, days in counts.get("live_days", {}).items()})
        for park, (first, last) in counts.get("days", {}).items():
            summary.days[int(park)] = (date.fromisoformat(first), date.fromisoformat(last))
        return summary

    @property
    def rows_written(self) -> int:
        return sum(self.rows[word] for word in ("created", "updated", "deleted"))
