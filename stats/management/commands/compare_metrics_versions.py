"""`manage.py compare_metrics_versions`: what a switch to another metrics version would change."""

import csv
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from core.commands import TeachingCommand, refuse, span_of_days
from core.rounding import half_up
from parks.models import Park, Ride
from parks.options import park_option
from stats.daily.versions import (
    Change,
    Figure,
    Scope,
    Summary,
    VersionComparison,
    compare_versions,
    dates_of,
    reasons,
)
from stats.models import LARGEST_VERSION

LONGEST_LIST = 1000
CSV_COLUMNS = ("figure", "date", "park_id", "park", "ride_id", "ride", "from", "to", "difference")
Place = tuple[int | None, str, int | None, str]  # key and name of a park, and of its ride
Places = Mapping[tuple[str, int], Place]
EXAMPLES = """
examples:
  compare_metrics_versions --from 1 --to 2
      every day that has rows of either version
  compare_metrics_versions --from 1 --to 2 --start-date 2024-07-01 --end-date 2024-07-31 --park-id 4
  compare_metrics_versions --from 1 --to 2 --limit 5 --csv changes.csv
      the file holds every change, date after date

recompute_daily_stats --metrics-version 2 makes the rows of version 2 beside those of version 1. A value that only
one version has is a change; in the order of the lists it counts as 0, in means and maxima not at all.
Exit code 0: compared, whatever came of it. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Compare the daily rows of two metrics versions: which are missing, which figures change, and by how much."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", type=int, required=True, metavar="V", dest="old", help="the version in use")
        parser.add_argument("--to", type=int, required=True, metavar="V", dest="new", help="the version to come")
        parser.add_argument("--start-date", metavar="YYYY-MM-DD", help="first park-local day (default: the first)")
        parser.add_argument("--end-date", metavar="YYYY-MM-DD", help="last park-local day (default: the last)")
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park (default: all)")
        parser.add_argument(
            "--limit", type=int, default=20, metavar="N", help="changes listed of each figure (default: %(default)s)"
        )
        parser.add_argument("--csv", metavar="FILE", help="write every change to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        scope = checked_scope(options)
        limit = options["limit"]
        if not 1 <= limit <= LONGEST_LIST:
            raise refuse(f"--limit must be between 1 and {LONGEST_LIST}, not {limit}")
        old_days, new_days = dates_of(scope, scope.old), dates_of(scope, scope.new)
        for option, version, found in (("--from", scope.old, old_days), ("--to", scope.new, new_days)):
            if not found:
                raise refuse(
                    f"{option}: metrics version {version} has no daily rows{described(scope)};"
                    f" recompute_daily_stats --metrics-version {version} makes them"
                )
        days = sorted(old_days | new_days)
        places = places_of(scope)
        with csv_writer(options["csv"], places) as report, self.bar(len(days), "day", options["verbosity"]) as bar:
            comparison = compare_versions(scope, days, limit, report, bar.update)
        place = f"park {scope.park.pk} ({scope.park.name})" if scope.park else "all parks"
        self.stdout.write(f"Metrics versions {scope.old} and {scope.new}, {days[0]} to {days[-1]}, {place}\n\n")
        self.stdout.write("\n".join([*presence_table(scope, comparison), "", *summary_table(comparison)]))
        for figure, summary in comparison.by_moves():
            why = reasons(figure, scope.old, scope.new)
            self.stdout.write("\n".join(["", *change_table(figure, summary, places, why)]))


def checked_scope(options: dict[str, Any]) -> Scope:
    """What to compare; raises CommandError."""
    old, new = options["old"], options["new"]
    for option, version in (("--from", old), ("--to", new)):
        if not 1 <= version <= LARGEST_VERSION:
            raise refuse(f"{option} must be between 1 and {LARGEST_VERSION}, not {version}")
    if old == new:
        raise refuse(f"--from and --to are the same version, {old}: there is nothing to compare")
    first, last = span_of_days(options["start_date"], options["end_date"])
    return Scope(old, new, first, last, park_option(options["park_id"]))


def described(scope: Scope) -> str:
    """The limits of a scope in words; "" when it has none."""
    words = [f" from {scope.first}"] if scope.first else []
    words += [f" until {scope.last}"] if scope.last else []
    words += [f" of park {scope.park.pk}"] if scope.park else []
    return "".join(words)


def places_of(scope: Scope) -> dict[tuple[str, int], Place]:
    """Park and ride of every daily row of a scope, by entity and key; two queries."""
    parks = Park.objects.filter(pk=scope.park.pk) if scope.park else Park.objects.all()
    names = dict(parks.values_list("pk", "name"))
    places: dict[tuple[str, int], Place] = {("park", pk): (pk, name, None, "") for pk, name in names.items()}
    for pk, park, name in Ride.objects.filter(park__in=names).values_list("pk", "park_id", "name"):
        places["ride", pk] = (park, names[park], pk, name)
    return places


def place_of(change: Change, places: Places) -> Place:
    """Where it changed; nothing is known of a park or ride that came while we compared."""
    return places.get((change.figure.entity, change.entity_id), (None, "", None, ""))


@contextmanager
def csv_writer(path: str | None, places: Places) -> Iterator[Callable[[Change], object]]:
    """A function that writes a change to the file, or nowhere without one; raises CommandError."""
    if path is None:
        yield lambda change: None
        return
    try:
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(CSV_COLUMNS)
            yield lambda change: writer.writerow(csv_row(change, places))
    except OSError as error:
        raise refuse(f"--csv: {path!r} cannot be written: {error.strerror}") from error


def csv_row(change: Change, places: Places) -> list[object]:
    """As CSV_COLUMNS; no value is an empty cell."""
    return [change.figure.name, change.day, *place_of(change, places), change.old, change.new, change.difference]


# -- tables ----------------------------------------------------------------------------------------------


def aligned(rows: Sequence[Sequence[str]], names: int) -> list[str]:
    """Lines of equally wide columns: the first `names` to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = zip(row, widths, strict=True)
        cells = [text.ljust(width) if n < names else text.rjust(width) for n, (text, width) in enumerate(padded)]
        lines.append("  ".join(cells).rstrip())
    return lines


def presence_table(scope: Scope, comparison: VersionComparison) -> list[str]:
    rows = [["", "in both", f"only in {scope.old}", f"only in {scope.new}"]]
    for entity, presence in comparison.presence.items():
        counts = (presence.both, presence.only_old, presence.only_new)
        rows.append([f"{entity}-days", *(f"{count:,}" for count in counts)])
    return aligned(rows, 1)


def summary_table(comparison: VersionComparison) -> list[str]:
    """`one value`: of the rows that differ, those where only one version has a value."""
    rows = [["of the rows in both", "differ", "one value", "mean |difference|", "max |difference|"]]
    for figure, summary in comparison.by_moves():
        mean = "" if summary.mean is None else f"{half_up(summary.mean, 3)}"
        alone = summary.differ - summary.measured
        rows.append(
            [
                figure.name,
                f"{summary.differ:,}",
                f"{alone:,}" if alone else "",
                mean,
                f"{summary.most}" if mean else "",
            ]
        )
    return aligned(rows, 1)


def change_table(figure: Figure, summary: Summary, places: Places, why: str) -> list[str]:
    """The largest changes of a figure and why it moves, or one line that says that there are none."""
    if not summary.largest:
        return [f"{figure.name}: no change"]
    names = ["date", "park", "ride"][: 3 if figure.entity == "ride" else 2]
    rows = [[*names, "from", "to", "difference"]]
    for change in summary.largest:
        _, park, _, ride = place_of(change, places)
        difference = "" if change.difference is None else f"{change.difference:+}"
        figures = ["none" if value is None else f"{value}" for value in (change.old, change.new)]
        rows.append([*[str(change.day), park, ride][: len(names)], *figures, difference])
    title = f"{figure.name}: the largest {len(summary.largest):,} of {summary.differ:,} changes"
    title += f" ({why})" if why else ""
    return [title, *aligned(rows, len(names))]
