"""Charts: a table that a script draws as a picture above it. Without the script the table is the chart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.components.formatting import NOTHING

COLOURS = 6  # --s1 to --s6 of the style sheet
# Lines differ without colour too; lengths of strokes and gaps, as SVG and canvas take them.
DASHES = ("", "6 4", "2 3", "10 3 2 3", "4 2", "1 4")


@dataclass(frozen=True, slots=True)
class Series:
    """A line or a set of bars: a value for each label, None where nothing is known."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """`labels` are the places on the x axis, named `axis`; every series has as many values, all in `unit`."""

    title: str
    axis: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    kind: str = "line"  # or "bar"
    digits: int = 1
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return all(value is None for series in self.series for value in series.values)

    @property
    def legend(self) -> list[tuple[str, int, str]]:
        """Name, number of the colour and dash of each line; past six, a colour comes with another dash."""
        return [
            (series.name, n % COLOURS + 1, DASHES[(n + n // COLOURS) % len(DASHES)])
            for n, series in enumerate(self.series)
        ]

    def rows(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """A label, and of each series the machine's and the reader's form of its value there."""
        for n, label in enumerate(self.labels):
            values = [series.values[n] for series in self.series]
            yield (
                label,
                [("", NOTHING) if v is None else (f"{v:g}", f"{v:,.{self.digits}f}") for v in values],
            )
