"""`manage.py prepare_server`: everything script/server needs before it can serve; quick when nothing is to do."""

import urllib.request
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config.sample import history
from core.commands import TeachingCommand
from parks.catalog.directory import load_catalog
from parks.catalog.sample import sample_parks
from snapshots.models import RideStatusSnapshot

UPSTREAM_TIMEOUT_SECONDS = 2


class Command(TeachingCommand):
    help = (
        "Migrate the database, load the park catalogue, give an empty database"
        f" {history.DAYS} days of synthetic history, continue such history to now, and collect the static files."
        " Can be interrupted and run again."
    )
    requires_system_checks = ()  # each step that needs them runs them; the second start has to be quick

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=history.DAYS, help="days of sample history (default: %(default)s)"
        )
        parser.add_argument(
            "--destinations",
            type=int,
            default=history.DESTINATIONS,
            help="destinations of the sample history (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        if has_pending_migrations():
            self.report("Preparing the database …")
            call_command("migrate", verbosity=0)
        # The directory goes when all of the sample is stored: while it is there, a run was interrupted.
        if history.beginning().exists() or not RideStatusSnapshot.objects.exists():
            self.report(f"Loaded {load_catalog()} parks from the catalogue.")
            if history.removed_marker().exists():
                self.report(
                    f"No sample history: it was removed. Delete {history.removed_marker()} to have it made again."
                )
            else:
                self.begin_sample(options["days"], options["destinations"])
        else:
            self.continue_sample()
        if static_files_changed():
            self.report("Collecting static files …")
            call_command("collectstatic", interactive=False, verbosity=0)
        self.report_upstream()

    def report(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def begin_sample(self, days: int, destinations: int) -> None:
        """Write a synthetic archive, import it as any other, compute its statistics."""
        now = timezone.now()
        bars = partial(self.bar, verbosity=self.verbosity)
        self.report(f"The database is empty: making {days} days of SYNTHETIC history (parks named “… (sample)”).")
        summary = history.write_beginning(now, days, destinations)
        self.report(f"Importing {summary.events:,} events of {summary.parks} sample parks …")
        history.import_beginning(bars)
        self.report("Computing daily statistics …")
        history.compute_beginning(now, days, bars)

    def continue_sample(self) -> None:
        now = timezone.now()
        for name, since in history.continue_sample(now).items():
            self.report(f"Continued the synthetic history of {name} since {since:%Y-%m-%d %H:%M}Z.")

    def report_upstream(self) -> None:
        """Say whether live collection can work."""
        request = urllib.request.Request(  # noqa: S310  (the setting allows http and https only)
            f"{settings.THEMEPARKS_WIKI_URL}/destinations", method="HEAD", headers={"User-Agent": "ridewatch/1.0"}
        )
        try:
            with urllib.request.urlopen(request, timeout=UPSTREAM_TIMEOUT_SECONDS):  # noqa: S310
                self.report("ThemeParks.wiki can be reached: a worker can collect what the real parks report.")
                if sample_parks().exists():
                    self.report("`python manage.py remove_sample_data` removes the synthetic sample parks.")
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
