"""`manage.py prepare_server`: everything script/server needs before it can serve; quick when nothing is to do."""

import shutil
import urllib.request
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from core.commands import TeachingCommand
from core.zones import local_date
from importer.archive.files import DirectoryArchive
from importer.jobs.planning import plan
from importer.jobs.running import files_of, run
from importer.sample.write import write_sample_archive
from parks.catalog.directory import load_catalog
from parks.models import Park
from snapshots.models import RideStatusSnapshot
from stats.daily.recompute import days_to_compute, parks_of, recompute, start_run

SAMPLE_DAYS = 60
SAMPLE_DESTINATIONS = 5
SAMPLE_SEED = 1
UPSTREAM_TIMEOUT_SECONDS = 2


class Command(TeachingCommand):
    help = (
        "Migrate the database, load the park catalogue, give an empty database"
        f" {SAMPLE_DAYS} days of synthetic history, and collect the static files. Can be interrupted and run again."
    )
    requires_system_checks = ()  # each step that needs them runs them; the second start has to be quick

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=SAMPLE_DAYS, help="days of sample history (default: %(default)s)"
        )
        parser.add_argument(
            "--destinations",
            type=int,
            default=SAMPLE_DESTINATIONS,
            help="destinations of the sample history (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        if has_pending_migrations():
            self.report("Preparing the database …")
            call_command("migrate", verbosity=0)
        # The directory goes when all of the sample is stored: while it is there, a run was interrupted.
        sample = Path(settings.DATA_DIR) / "sample-archive"
        if sample.exists() or not RideStatusSnapshot.objects.exists():
            self.report(f"Loaded {load_catalog()} parks from the catalogue.")
            self.load_sample(sample, options["days"], options["destinations"])
        if static_files_changed():
            self.report("Collecting static files …")
            call_command("collectstatic", interactive=False, verbosity=0)
        self.report_upstream()

    def report(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def load_sample(self, directory: Path, days: int, destinations: int) -> None:
        """Write a synthetic archive, import it as any other, compute its statistics."""
        now = timezone.now()
        self.report(f"The database is empty: making {days} days of SYNTHETIC history (parks named “… (sample)”).")
        summary = write_sample_archive(
            directory, days=days, destinations=destinations, seed=SAMPLE_SEED, ends_at=now, workers=2
        )
        self.report(f"Importing {summary.events:,} events of {summary.parks} sample parks …")
        self.import_sample(directory)
        self.report("Computing daily statistics …")
        self.compute(now, days)
        shutil.rmtree(directory)

    def import_sample(self, directory: Path) -> None:
        archive = DirectoryArchive(directory)
        jobs = [plan(archive, each, source=str(directory)) for each in archive.destinations()]
        with self.bar(sum(files_of(job) for job in jobs), "file", self.verbosity) as bar:
            for job in jobs:
                run(job, archive, bar.update)

    def compute(self, now: datetime, days: int) -> None:
        first = (now - timedelta(days=days + 1)).date()
        last = max(local_date(now, park.timezone) for park in Park.objects.active()) - timedelta(days=1)
        run = start_run(first, last, settings.METRICS_VERSION)
        with self.bar(days_to_compute(parks_of(run)), "park-day", self.verbosity) as bar:
            recompute(run, progress=bar.update)

    def report_upstream(self) -> None:
        """Say whether live collection can work."""
        request = urllib.request.Request(  # noqa: S310  (the setting allows http and https only)
            f"{settings.THEMEPARKS_WIKI_URL}/destinations", method="HEAD", headers={"User-Agent": "ridewatch/1.0"}
        )
        try:
            with urllib.request.urlopen(request, timeout=UPSTREAM_TIMEOUT_SECONDS):  # noqa: S310
                self.report("ThemeParks.wiki can be reached: a worker can collect what the real parks report.")
        except OSError:
            self.report("ThemeParks.wiki cannot be reached: working with the stored history alone.")


def static_files_changed() -> bool:
    """Is there a static file that is newer than what was collected?"""
    try:
        collected = (Path(settings.STATIC_ROOT) / "staticfiles.json").stat().st_mtime
    except FileNotFoundError:
        return True
    files = (storage.path(name) for finder in get_finders() for name, storage in finder.list([]))
    return any(Path(file).stat().st_mtime > collected for file in files)


def has_pending_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
