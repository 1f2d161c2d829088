"""What the pages Charts and Heatmaps have in common: the parks or rides that stand out, with links and names."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dashboard.components.links import park_url, ride_url
from parks.models import Park
from stats.charts.series import Kind, Line

# Words, unit and digits of what a line or a row of cells shows.
FIGURES = {
    Kind.PARK_SCORE: ("Shame score", "of 10", 1),
    Kind.RIDE_DOWNTIME: ("Downtime", "h", 2),
    Kind.PARK_WAIT: ("Average wait", "min", 0),
    Kind.RIDE_WAIT: ("Average wait", "min", 0),
}


def named(line: Line) -> dict[str, Any]:
    """Name, page and park of a line; the park of a ride is loaded."""
    entity, dates = line.entity, (line.days.first.isoformat(), line.days.last.isoformat())
    if isinstance(entity, Park):
        return {"name": entity.name, "url": park_url(entity.pk, *dates), "of": entity.location}
    return {"name": entity.name, "url": ride_url(entity.pk, *dates), "of": entity.park.name}


def reported_apart(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The names, with the place behind those that occur twice."""
    often = Counter(row["name"] for row in rows)
    return [f"{row['name']}, {row['of']}" if often[row["name"]] > 1 else row["name"] for row in rows]
