"""What became of the time in which a park was open: up, down, closed and unknown add up to it (N-3)."""

from collections.abc import Sequence

from dashboard.components.formatting import length
from dashboard.components.tables import Column, Table
from stats.measures.bucket_sums import Figures

PARTS: Sequence[tuple[str, str]] = (
    ("uptime_minutes", "Operating"),
    ("downtime_minutes", "Down"),
    ("closed_minutes", "Closed as planned"),
    ("unknown_minutes", "Nothing known"),
    ("open_minutes", "Together"),
)


def time_table(figures: Figures, of_rides: bool = False) -> Table:
    """Whole minutes, those of `/api/analytics`; `of_rides`: summed over the rides of a park."""
    minutes = figures.minutes
    whole = minutes["open_minutes"]
    rows = [
        {"part": words, "length": length(minutes[name]), "share": 100 * minutes[name] / whole}
        for name, words in PARTS
        if whole
    ]
    columns = (
        Column("part", "In the open park"),
        Column("length", "Time", "length"),
        Column("share", "Share", "percent"),
    )
    caption = "Time of all rides in the open park" if of_rides else "Time in the open park"
    return Table(caption, columns, rows, empty="The park was not seen open.")
