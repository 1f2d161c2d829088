"""Forked processes that do the work of one command, and end with it."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import wait

from django.db import connection, connections

MOST_WORKERS = 64
PR_SET_PDEATHSIG = 1

# Called now and then by a worker: it ends the process when its parent is gone.
CheckParent = Callable[[], None]
Work = Callable[[int, CheckParent], None]


def default_workers() -> int:
    """A process per core; one on SQLite, which has a single writer."""
    return min(MOST_WORKERS, os.cpu_count() or 1) if connection.vendor == "mysql" else 1


def may_fork() -> bool:
    """What an open transaction wrote no other process sees, and a worker of Celery may have no processes."""
    return not connection.in_atomic_block and not multiprocessing.current_process().daemon


def run_forked(work: Work, workers: int, look: Callable[[], object], every: float) -> list[int]:
    """Run `work(number, check_parent)` in so many processes, `look` every so many seconds; returns their exit codes.

    An exception here, such as Ctrl-C, ends them all. A code is negative for a process that a signal killed.
    """
    connections.close_all()  # a connection must not be shared over a fork
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=in_child, args=(os.getpid(), work, number)) for number in range(workers)]
    try:
        for process in processes:
            process.start()
        running = processes
        while running:
            wait([process.sentinel for process in running], every)
            running = [process for process in running if process.is_alive()]
            look()
    finally:
        started = [process for process in processes if process.pid is not None]
        for process in started:
            process.terminate()
        for process in started:
            process.join()
    return [process.exitcode or 0 for process in processes]


def end_with_parent(parent: int, by: int = signal.SIGKILL) -> None:
    """Have Linux end this process with the signal `by` when `parent`, which started it, ends, be it killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        raise SystemExit("the process that started this one is gone")


def in_child(parent: int, work: Work, number: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal; the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent(parent)

    def check_parent() -> None:
        if os.getppid() != parent:
            raise SystemExit(1)

    work(number, check_parent)
