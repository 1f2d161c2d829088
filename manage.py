#!/usr/bin/env python
"""Entry point of every Ridewatch command: `python manage.py help`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration error: {error}")
    except OperationalError as error:
        sys.exit(f"The database does not answer: {error}. Check host, port, user and password in DATABASE_URL.")
    except KeyboardInterrupt:
        sys.exit("Interrupted. What was done is kept; the same command again goes on from there.")


if __name__ == "__main__":
    main()
