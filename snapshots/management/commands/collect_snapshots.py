"""`manage.py collect_snapshots`: one cycle of live collection, one after the other, or recorded ones again."""

import logging
import signal
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import close_old_connections
from django.utils import timezone

from core.commands import SomeFailed, TeachingCommand, refuse
from core.jobs.requests import RefreshToday, request
from parks.models import Park
from parks.options import park_option
from snapshots.collection.recordings import RecordingError, recorded, recordings_of, replay
from snapshots.collection.run import CycleResult, collect, collected_parks, slot_of, upstream_fetch

log = logging.getLogger(__name__)

FAILURES_SHOWN = 10
RETRY_SECONDS = 15.0
LONGEST_NAP = 1  # seconds until a watch sees that it is to stop
EXAMPLES = """
examples:
  collect_snapshots                      the cycle of this moment
  collect_snapshots --park-id 4          of one park
  collect_snapshots --watch              for ever, a cycle at every multiple of the interval
  collect_snapshots --record var/raw     and keep the raw answers
  collect_snapshots --replay var/raw     run the same code over recorded answers, at their recorded instants

A cycle belongs to an instant of the grid (COLLECTION_INTERVAL_SECONDS); parks that are stored under it already are
left alone, so running it twice changes nothing. A park that cannot be read disturbs no other and leaves a gap in
data_quality_log.
Exit code 0: every park was stored. 1: some were not. 2: an option that cannot be used.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Ask the upstream about all active parks and store what it reports: rides, queues, changes, parks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--park-id", type=int, metavar="N", help="only this park")
        parser.add_argument("--watch", action="store_true", help="go on with a cycle per interval until Ctrl-C")
        parser.add_argument("--record", metavar="DIR", help="keep the raw answers in this directory")
        parser.add_argument("--replay", metavar="DIR", help="read a directory of raw answers instead of the upstream")
        parser.add_argument(
            "--no-auto-create",
            dest="auto_create",
            action="store_false",
            help="with --replay: leave out parks and rides that are not known instead of creating them",
        )
        parser.add_argument("--no-refresh", action="store_true", help="leave today's daily statistics as they are")

    def handle(self, *args: Any, **options: Any) -> None:
        park = park_option(options["park_id"])
        if options["replay"] and (options["watch"] or options["record"] or park):
            raise refuse("--replay: cannot be joined with --watch, --record or --park-id")
        if options["record"]:
            self.make_directory(Path(options["record"]))
        if park and not (park.themeparks_wiki_id or park.queue_times_id):
            raise refuse(f"--park-id: {park.name} has no id at any source")
        if options["replay"]:
            self.replay(Path(options["replay"]), options)
        elif options["watch"]:
            self.watch(park, options)
        else:
            self.demand_all(self.cycle(park, options))

    @staticmethod
    def make_directory(place: Path) -> None:
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refuse(f"--record: {error}") from None

    def replay(self, place: Path, options: dict[str, Any]) -> None:
        try:
            recordings = recordings_of(place)
        except RecordingError as error:
            raise refuse(f"--replay: {error}") from None
        is_whole = True
        with self.bar(len({recording.at for recording in recordings}), "cycle", options["verbosity"]) as bar:
            for result in replay(recordings, options["auto_create"]):
                is_whole &= self.report(result)
                bar.update()
        if not is_whole:
            raise CommandError("Some answers were not stored; see above.", returncode=1)

    @staticmethod
    def demand_all(result: CycleResult) -> None:
        """Raises CommandError when not all parks were stored."""
        if not result.failed:
            return
        if not result.stored and not result.already:
            raise CommandError("No park was stored; the next cycle tries again.", returncode=1)
        raise SomeFailed("Some parks were not stored; the next cycle tries them again.")

    def cycle(self, park: Park | None, options: dict[str, Any]) -> CycleResult:
        """The cycle of this moment."""
        at = slot_of(timezone.now())
        parks = collected_parks() if park is None else [park]
        with upstream_fetch() as fetch:
            place = options["record"]
            result = collect(at, recorded(fetch, Path(place), at) if place else fetch, parks)
        self.report(result)
        if result.stored and not options["no_refresh"]:
            request(RefreshToday(), verbosity=0)
        return result

    def report(self, result: CycleResult) -> bool:
        self.stdout.write(str(result))
        self.stdout.flush()
        failures = [f"{park.name}: {cause}" for park, cause in result.failed.items()]
        failures += [f"{name}: {cause}" for name, cause in result.unread.items()]
        for failure in failures[:FAILURES_SHOWN]:
            self.stderr.write(f"  {failure}")
        if len(failures) > FAILURES_SHOWN:
            self.stderr.write(f"  … and {len(failures) - FAILURES_SHOWN} more")
        return not failures

    def watch(self, park: Park | None, options: dict[str, Any]) -> None:
        """A cycle at every instant of the grid. What goes wrong is reported, and tried again while the slot lasts."""
        # No Event: a signal that comes while this very thread is inside its lock would wait for ever.
        stopped: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: stopped.append(number))
        interval = timedelta(seconds=settings.COLLECTION_INTERVAL_SECONDS)
        done = None
        while not stopped:
            slot = slot_of(timezone.now())
            pause = interval.total_seconds()
            if slot != done:
                try:
                    self.cycle(park, options)
                    done = slot
                except Exception as error:  # a watch that ends would lose every cycle after this one
                    log.exception("the cycle of %s", slot)
                    self.stderr.write(f"{slot:%Y-%m-%d %H:%M:%SZ}: {error}")
                    pause = RETRY_SECONDS
                close_old_connections()
            left = (slot + interval - timezone.now()).total_seconds()
            end = time.monotonic() + min(pause, left)
            while not stopped and (more := end - time.monotonic()) > 0:
                time.sleep(min(more, LONGEST_NAP))
