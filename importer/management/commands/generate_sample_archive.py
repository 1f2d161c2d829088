"""`manage.py generate_sample_archive`: see `importer.sample.write`."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from core.commands import TeachingCommand, refuse
from importer.sample.write import sample_destinations, write_sample_archive

_EPILOG = """\
Example: sixty days of three resorts, ending now, to try the product with
  manage.py generate_sample_archive --out var/sample --days 60 --destinations 3 --seed 1
  manage.py import_historical --source var/sample --all-parks

Example: a year of ten resorts for a benchmark, the same bytes on every machine
  manage.py generate_sample_archive --out var/load --days 365 --destinations 10 --seed 1 \\
      --end 2026-01-01T00:00:00Z

Layout: OUT/<destination UUID>/<YYYY>/<MM>/<DD>.json.gz, one zlib stream per UTC day, as in the
ThemeParks.wiki archive. Parks are sample twins of real ones, named "... (sample)" under UUIDs of their own;
every event carries "synthetic": true. The same options, --end included, give the same bytes.

Destinations, in the order in which they are taken:
"""


class Command(TeachingCommand):
    help = "Write a synthetic archive in the upstream layout: invented rides, real hours, realistic trouble."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [parks[0].destination_name for parks in sample_destinations()]
        parser.epilog = _EPILOG + "\n".join(f"  {number:2} {name}" for number, name in enumerate(names, 1))
        parser.add_argument(
            "--out", type=Path, required=True, help="new or empty directory, or an earlier sample to replace"
        )
        parser.add_argument("--days", type=int, default=60, help="UTC days, the last one partial (default 60)")
        parser.add_argument(
            "--destinations", type=int, default=3, help=f"how many, 1 to {len(names)} (default 3; see below)"
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed, another history (default 1)")
        parser.add_argument(
            "--end", help="instant at which the history ends, such as 2026-03-31T18:00:00Z (default: now)"
        )
        parser.add_argument(
            "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = Path(options["out"])
        total = max(0, options["days"] * options["destinations"])
        with self.bar(total, "file", options["verbosity"]) as bar:
            try:
                summary = write_sample_archive(
                    out,
                    days=options["days"],
                    destinations=options["destinations"],
                    seed=options["seed"],
                    ends_at=_instant(options["end"]),
                    workers=options["workers"],
                    progress=bar.update,
                )
            except (ValueError, OSError) as error:
                raise refuse(str(error)) from error
        self.stdout.write(
            f"{summary.events:,} synthetic events of {summary.rides} rides in {summary.parks} parks written to "
            f"{summary.files} files under {out} in {summary.seconds:.1f} s ({summary.events_per_second:,.0f}/s)"
        )


def _instant(text: str | None) -> datetime:
    """The instant `--end` names; raises ValueError when it is none. A missing zone is `write_sample_archive`'s."""
    if text is None:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"end must be an instant such as 2026-03-31T18:00:00Z, not {text!r}") from None
