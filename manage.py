#!/usr/bin/env python
"""Entry point of every Ridewatch command: `python manage.py help`."""

import os
import sys

READER_GONE = 141  # as of a program that the signal PIPE ends


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from core.commands import reader_is_gone

    try:
        try:
            run()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not reader_is_gone():
            raise
        sys.exit(READER_GONE)


def run() -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from core.commands import cause_of

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration error: {error}")
    except OperationalError as error:
        sys.exit(cause_of(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted. What was done is kept; the same command again goes on from there.")


if __name__ == "__main__":
    main()
