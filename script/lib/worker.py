"""Celery's worker with its clock, as script/server starts it: ends when the server does, even when that is killed."""

import ctypes
import os
import signal
import sys
import warnings

from celery.platforms import SecurityWarning

PR_SET_PDEATHSIG = 1


def main(parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the server is gone")
    # Containers run as root, and the broker of this machine is ours.
    warnings.simplefilter("ignore", SecurityWarning)
    sys.path.insert(0, os.getcwd())
    from config.celery import app

    app.worker_main(["-q", "worker", "-B", "--concurrency", "1", "--loglevel", "WARNING"])


if __name__ == "__main__":
    main(int(sys.argv[1]))
