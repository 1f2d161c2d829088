"""Hours by weekdays: when a ride is full, and when it breaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.instants import instant
from dashboard.components.formatting import NOTHING, number
from dashboard.components.shades import shade, shades
from stats.measures.bucket_sums import Figures
from stats.measures.hours import hour_label
from stats.measures.windows import BucketKey, offset_of

MONDAY = date(2024, 1, 1)
Hours = Mapping[tuple[int, int], Figures]  # by weekday, 0 is Monday, and hour of the park's clock


@dataclass(frozen=True, slots=True)
class Matrix:
    """A row a weekday, a column an hour; cells are a class and a text. `legend` says what the shades mean."""

    title: str
    unit: str
    hours: list[str]
    rows: list[tuple[str, list[tuple[str, str]]]]
    legend: list[tuple[int, str]]


def by_weekday_and_hour(buckets: Mapping[BucketKey, Figures], zone: str) -> dict[tuple[int, int], Figures]:
    """Sums of clock hours, whose keys are their beginnings in seconds since 1970."""
    found: dict[tuple[int, int], Figures] = {}
    for at, figures in buckets.items():
        if isinstance(at, int) and figures.open_seconds:
            local = instant(at + offset_of(at, zone))
            found.setdefault((local.weekday(), local.hour), Figures()).add(figures)
    return found


def by_hour(hours: Hours) -> dict[int, Figures]:
    """The weekdays added up, in the order of the clock."""
    found: dict[int, Figures] = {}
    for (_, hour), figures in sorted(hours.items(), key=lambda each: each[0][1]):
        found.setdefault(hour, Figures()).add(figures)
    return found


def matrix(title: str, unit: str, hours: Hours, value: Callable[[Figures], Decimal | float | None]) -> Matrix | None:
    """None: nothing is known."""
    values = {place: found for place, figures in hours.items() if (found := value(figures)) is not None}
    if not values:
        return None
    seen = sorted({hour for _, hour in values})
    largest = float(max(values.values()))
    rows = []
    for weekday in sorted({weekday for weekday, _ in hours}):
        cells = []
        for hour in seen:
            known = values.get((weekday, hour))
            kind = "none" if known is None else f"h{shade(float(known), largest)}"
            cells.append((kind, NOTHING if known is None else number(float(known))))
        rows.append((f"{MONDAY + timedelta(days=weekday):%a}", cells))
    return Matrix(title, unit, [hour_label(hour) for hour in seen], rows, shades(largest, 0))


def minutes_down(figures: Figures) -> float | None:
    """Of each known hour in the open park."""
    return 60 * figures.down_seconds / figures.open_seconds if figures.open_seconds else None
