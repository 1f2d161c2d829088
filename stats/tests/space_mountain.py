"""A recorded day of one ride with the provider's own figures of it: a known answer (sources 3)."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

DAY = date(2026, 9, 26)
OPENING = datetime(2026, 9, 26, 11, 30, tzinfo=UTC)  # 7:30 in New York
CLOSING = datetime(2026, 9, 27, 3, tzinfo=UTC)  # 23:00
SCHEDULED_MINUTES = 930
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Recording:
    """`states` are (instant, full state) in order; the first one is in force at local midnight."""

    history: dict[str, Any]
    figures: dict[str, Any]

    @property
    def states(self) -> list[tuple[datetime, dict[str, Any]]]:
        opening = self.history["opening"]
        return [(at(each["time"]), each) for each in [opening, *self.history["history"]]]

    def changed(self, *paths: str) -> int:
        """How many changes moved one of these parts of the state."""
        return sum(any(path in each["changed"] for path in paths) for each in self.history["history"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def wait_of(state: dict[str, Any]) -> int | None:
    wait: int | None = state["queue"]["STANDBY"]["waitTime"]
    return wait


def recording(shared_data_dir: Path) -> Recording:
    place = shared_data_dir / "real" / "themeparks_wiki_v1"
    history, row = (
        json.loads((place / f"space_mountain_{kind}_{DAY}.json").read_text()) for kind in ("history", "daily_row")
    )
    return Recording(history, row["day"])
