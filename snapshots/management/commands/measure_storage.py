"""`manage.py measure_storage`: sizes of all tables, growth, and what will become of it."""

import math
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.commands import TeachingCommand, refuse
from snapshots.models import StorageMetric
from snapshots.storage import sizes

EXAMPLES = """
examples:
  measure_storage                     measure every table; the clock does so every day
  measure_storage --capacity-gb 500   the same, and judge it by a disk of 500 GB

A second measurement on a date (UTC) replaces the first. MariaDB and MySQL estimate rows and sizes; SQLite counts
them, which takes a while on a large file.
"""
SHOWN = 10  # tables


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Measure the size of every table, and report growth, projections and alerts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--capacity-gb",
            type=float,
            default=settings.STORAGE_CAPACITY_GB,
            metavar="GB",
            help="what the database may fill (default: STORAGE_CAPACITY_GB, %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        capacity = options["capacity_gb"]
        if not math.isfinite(capacity) or capacity <= 0:
            raise refuse(f"--capacity-gb: {capacity} is not a size; give GB above 0")
        now = timezone.now()
        today = now.date()
        rows = sizes.measure(today)
        for row in rows[:SHOWN]:
            rate = (
                "first measurement" if row.growth_rate_mb_per_day is None else f"{row.growth_rate_mb_per_day} MB/day"
            )
            self.stdout.write(f"{row.table_name:30} {row.row_count:>14,} rows {row.total_size_mb:>12,} MB  {rate}")
        self.project(sizes.latest(), f"{len(rows)} tables, measured at {now:%Y-%m-%d %H:%M:%SZ}")
        thresholds = sizes.Thresholds(warning_gb=sizes.WARNING_GB, critical_gb=sizes.CRITICAL_GB, capacity_gb=capacity)
        for alert in sizes.alerts(thresholds, today).alerts:
            self.stdout.write(f"{alert.level}: {alert.message}")

    def project(self, rows: list[StorageMetric], measured: str) -> None:
        whole = sizes.total(rows)
        if not sizes.is_known_to_grow(rows):
            self.stdout.write(f"{measured}: {whole.size:,.2f} MB. A measurement of another day says how they grow.")
            return
        self.stdout.write(f"{measured}: {whole.size:,.2f} MB, growing by {whole.growth:,.4f} MB per day")
        for years in sizes.PROJECTED_YEARS:
            size = sizes.gb(whole.after(years * sizes.DAYS_PER_YEAR))
            self.stdout.write(f"  in {years} year{'s' if years > 1 else ''}: {size:,} GB")
