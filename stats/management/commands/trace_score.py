"""`manage.py trace_score`: how a park's score of a day came about, ride by ride, and whether it is what is stored."""

from argparse import ArgumentParser
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core.commands import TeachingCommand, day_option, refuse
from core.rounding import half_up
from parks.models import Park
from snapshots.score import SHAME_SCORE_MULTIPLIER
from stats.audit.scope import LARGEST_VERSION
from stats.audit.trace import TOLERANCE, RideTrace, ScoreTrace, trace_score

EXAMPLES = """
examples:
  trace_score --park "Magic Kingdom" --date 2024-07-04
  trace_score --park 4 --date 2024-07-04 --date 2024-07-05 --metrics-version 2

Dates are the park's own days. Seconds and snapshots are shown as total, of the open park, operating and down;
counted are those down of a ride that operated that day.
Exit code 0: the stored scores are the computed ones, within 0.05. 1: one deviates. 2: bad input.
"""
LONGEST_NUMBER = 20  # digits
COLUMNS: dict[str, Callable[[RideTrace], object]] = {
    "weight": lambda ride: ride.weight,
    "snapshots": lambda ride: ride.total_snapshots,
    "open": lambda ride: ride.open_snapshots,
    "up": lambda ride: ride.up_snapshots,
    "down": lambda ride: ride.down_snapshots,
    "seconds": lambda ride: ride.total_seconds,
    "open s": lambda ride: ride.open_seconds,
    "up s": lambda ride: ride.up_seconds,
    "down s": lambda ride: ride.down_seconds,
    "counted s": lambda ride: ride.counted_seconds,
    "weighted h": lambda ride: decimals(ride.contribution),
    "counts": lambda ride: "yes" if ride.counts else "no",
}


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Show every ride's part in a park's shame score, and compare the score with the stored one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--park", required=True, metavar="ID_OR_NAME", help="number or full name of a park")
        parser.add_argument(
            "--date",
            required=True,
            action="append",
            metavar="YYYY-MM-DD",
            help="park-local day; may be given more than once",
        )
        parser.add_argument(
            "--metrics-version",
            type=int,
            default=settings.METRICS_VERSION,
            metavar="V",
            help="rule set of the stored rows (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days = [day for text in dict.fromkeys(options["date"]) if (day := day_option(text, "--date"))]
        version = options["metrics_version"]
        if not 1 <= version <= LARGEST_VERSION:
            raise refuse(f"--metrics-version must be between 1 and {LARGEST_VERSION}, not {version}")
        park = named_park(options["park"])
        traces = [trace_score(park, day, version) for day in days]
        for trace in traces:
            self.stdout.write("\n".join([heading(trace), "", *table(trace.rides), *arithmetic(trace), "", ""]))
        deviating = [str(trace.day) for trace in traces if not trace.agrees]
        if deviating:
            raise CommandError(f"the stored score deviates on {', '.join(deviating)}", returncode=1)


def named_park(text: str) -> Park:
    """The park with this number, or else with this name in any letter case; raises CommandError."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    if is_number and (park := Park.objects.filter(pk=int(text)).first()):
        return park
    found = list(Park.objects.filter(name__iexact=text).order_by("pk")[:10]) if text else []
    if not found:
        raise refuse(f"--park: park {text!r} is not known; /api/search/index lists the parks")
    if len(found) > 1:
        numbers = ", ".join(str(park.pk) for park in found)
        raise refuse(f"--park: {text!r} names more than one park; use a number: {numbers}")
    return found[0]


# -- output ----------------------------------------------------------------------------------------------


def decimals(value: Decimal) -> str:
    return f"{half_up(value, 4)}"


def heading(trace: ScoreTrace) -> str:
    park = trace.park
    return f"{park.name} (park {park.pk}), {trace.day}, {park.timezone}, metrics version {trace.version}"


def table(rides: list[RideTrace]) -> list[str]:
    """Aligned lines: names to the left, figures to the right."""
    if not rides:
        return ["No observations.", ""]
    rows = [["ride", *COLUMNS], *([ride.name, *(str(cell(ride)) for cell in COLUMNS.values())] for ride in rides)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *figures in rows:
        cells = [text.rjust(width) for text, width in zip(figures, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *cells]))
    return [*lines, ""]


def arithmetic(trace: ScoreTrace) -> list[str]:
    numerator, hours = decimals(trace.numerator), decimals(trace.hours)
    lines = [
        f"numerator    {numerator} h = Σ counted s / 3600 × weight",
        f"denominator  {trace.denominator} = Σ weight of the rides that operated",
        f"hours        {hours} h = mean of open s / 3600",
    ]
    if trace.rate is None:
        lines.append(f"score        {shown(trace.score)}: nothing to divide by")
    else:
        formula = f"{numerator} / ({trace.denominator} × {hours}) × {SHAME_SCORE_MULTIPLIER}"
        lines.append(f"score        {formula} = {trace.rate}, rounded and capped {shown(trace.score)}")
    verdict = "agrees" if trace.agrees else "DEVIATES"
    return [
        *lines,
        f"stored       {shown(trace.stored_score)}",
        f"difference   {shown(trace.difference)}, tolerance {TOLERANCE}: {verdict}",
    ]


def shown(score: Decimal | None) -> str:
    return "none" if score is None else f"{score.normalize():f}"
