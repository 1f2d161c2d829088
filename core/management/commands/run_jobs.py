"""`manage.py run_jobs`: the clock. Runs every job when it is due, and what was handed over, until it is ended."""

import logging
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import get_commands, load_command_class

from core.commands import TeachingCommand
from core.jobs.forks import end_with_parent
from core.jobs.runner import Runner

log = logging.getLogger(__name__)

EXAMPLES = """
examples:
  run_jobs    until Ctrl-C or SIGTERM

The schedule stands in config/schedule.py, what ran in the ledger (`jobs`). Several may run, on one machine or many: a
slot is run once. What is killed is run again; script/server keeps one going, elsewhere the init system restarts it.
Exit code 0: it was ended.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Run the jobs of the clock and what was handed over, until it is ended."
    requires_system_checks = ()  # a database that is away now may be back when something is due

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--parent", type=int, metavar="PID", help="end when this process, which started it, does")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["parent"]:
            end_with_parent(options["parent"])  # killed, since what waits for a database does not listen
        for job in settings.JOBS.values():  # each process finds them loaded
            load_command_class(get_commands()[job.command], job.command)
        runner = Runner(settings.JOBS)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, runner.stop)
        log.info("running %s jobs by the clock, and what is handed over", len(settings.JOBS))
        runner.run()
