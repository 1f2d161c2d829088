"""`manage.py check_collection`: one line and an exit code for monitoring (R-22.3)."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from core.commands import CRITICAL, OK, WARNING, CheckCommand, refuse
from core.upstream.http import Limits, Upstream, UpstreamError
from snapshots.collection.freshness import LEAST_PARKS, LEAST_RIDES, MINUTES, Seen, seen
from snapshots.collection.schedule_freshness import ScheduleState, schedule_states

PING_SECONDS = 10.0
NAMED = 3  # parks that the line names
EXAMPLES = """
examples:
  check_collection                                     as a check of Nagios, Icinga, Sensu, Zabbix or cron
  check_collection --minutes 60 --min-parks 80         when most parks have to be there
  check_collection --ping https://hc.example/uuid      and report to a dead man's switch that all is well

It looks at what live collection stored within the last minutes; imports do not count. Where fewer parks are
collected than --min-parks, all of them have to be seen; where they have few rides, half of the active ones that
the upstream knows (feeds leave some out).
Planned hours that the upstream did not confirm for 48 hours, or that end within 2 days, are a warning too; a park
that closes for the winter plans none, so --no-schedules leaves them out.
The switch is called only when all is well, so that it rings when this check fails or is no longer run; that it
cannot be reached is named on stderr and changes nothing.
Exit code 0: OK. 1: WARNING, too few parks or rides, or planned hours. 2: CRITICAL, nothing collected, no database,
or an option that cannot be used. The line on stdout ends with performance data.
"""


class Command(CheckCommand):
    examples = EXAMPLES
    help = "Say in one line whether live collection works, with an exit code that monitoring understands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_window(parser, MINUTES, parks=LEAST_PARKS, rides=LEAST_RIDES)
        parser.add_argument(
            "--ping",
            default=settings.DEAD_MANS_SWITCH_URL,
            metavar="URL",
            help="call this URL when all is well (default: DEAD_MANS_SWITCH_URL)",
        )
        parser.add_argument(
            "--no-schedules", action="store_true", help="say nothing of planned hours that are late or end soon"
        )

    @staticmethod
    def verdict(now: datetime, window: tuple[int, int, int], with_schedules: bool) -> tuple[int, str]:
        code, text = verdict(seen(now, *window))
        return with_hours(code, text, schedule_states(now) if with_schedules else ())

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_window(options)
        if options["ping"] and not is_web_address(options["ping"]):
            raise refuse(f"--ping: {options['ping']!r} is not an http:// or https:// address")
        window = options["minutes"], options["min_parks"], options["min_rides"]
        self.report(lambda: self.verdict(timezone.now(), window, with_schedules=not options["no_schedules"]))
        if options["ping"] and (failure := ping(options["ping"])):
            self.stderr.write(f"the dead man's switch could not be reached: {failure}")


def with_hours(code: int, text: str, states: Sequence[ScheduleState]) -> tuple[int, str]:
    """The verdict with what is wrong with planned hours (N-9), which is a warning; the first parks are named."""
    warned = [state for state in states if state.is_warning]
    if not warned:
        return code, text
    said, _, numbers = text.partition(" | ")
    named = "; ".join(map(str, warned[:NAMED])) + (f"; and {len(warned) - NAMED} more" if len(warned) > NAMED else "")
    return max(
        code, WARNING
    ), f"{said}; planned hours of {len(warned)} parks: {named} | {numbers} schedules={len(warned)};0"


def verdict(found: Seen) -> tuple[int, str]:
    """Exit code, and the line with its performance data."""
    numbers = f"parks={found.parks};{found.least_parks}: rides={found.rides};{found.least_rides}:"
    if found.age is None:
        return CRITICAL, f"nothing was collected in the last {found.minutes} minutes | {numbers}"
    age = int(found.age.total_seconds()) // 60
    text = (
        f"{found.parks} parks (at least {found.least_parks}) and {found.rides} rides (at least {found.least_rides})"
        f" in the last {found.minutes} minutes, the newest {age} minutes ago | {numbers} age={age}"
    )
    return (WARNING if found.is_thin else OK), text


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def ping(url: str) -> str:
    """Call a dead man's switch; what went wrong, or ""."""
    limits = Limits(PING_SECONDS / 2, attempts=2, deadline_seconds=PING_SECONDS, longest_pause_seconds=0)
    with Upstream(url, limits) as switch:
        try:
            switch.get("")
        except UpstreamError as error:
            accepted = error.status is not None and 200 <= error.status < 300  # some answer 202 or 204
            return "" if accepted else str(error)
    return ""
