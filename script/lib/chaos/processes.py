"""kill -9 of every process of script/server, and the drip of 200 connections beside it."""

import os
import signal
import time
from contextlib import suppress

from chaos.result import Result
from chaos.world import GOES_ON_WITHIN, World, command_of, descendants, eventually


def run(world: World, rounds: int) -> Result:
    result = Result("processes")
    world.start()
    if world.goes_on(0) is None:
        result.wrong("the server never began")
    for _ in range(rounds):
        for role in ("web worker", "clock", "command", "all but the first", "web parent"):
            before, since = world.rows(), world.collections()
            pids = of_role(world, role)
            if not pids:
                result.wrong(f"no process found: {role}")
                continue
            began = time.monotonic()
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if role == "web parent":
                restart(world, result)
            seconds = world.goes_on(since)
            result.recovered(f"kill -9 {role}", None if seconds is None else time.monotonic() - began, GOES_ON_WITHIN)
            result.lost += len(before - world.rows())
            result.leaves(world.left_behind())
    result.doubled += world.overlapping()
    for each in world.stuck():
        result.wrong(each)
    world.stop()
    if not eventually(world.port_is_free, 10):
        result.wrong("the port stays taken")
    result.leaves(world.left_behind())
    return result


def restart(world: World, result: Result) -> None:
    """What the init system does when the first process was killed: everything else has to be gone."""
    if world.server is not None:
        world.server.wait()
    if not eventually(world.port_is_free, 10):
        result.wrong("the port stays taken by what the killed server started")
    result.leaves(world.left_behind())
    time.sleep(5)
    world.start()


def of_role(world: World, role: str) -> list[int]:
    """The processes of a role; for a command it waits until the clock runs one."""
    first = world.server.pid if world.server is not None else 0
    if role == "web parent":
        return [first]
    found: list[int] = []

    def look() -> bool:
        below = descendants(first)
        clocks = [pid for pid in below if "run_jobs" in command_of(pid)]
        clock = [pid for pid in clocks if not any(pid in descendants(other) for other in clocks)]
        jobs = [pid for pid in clocks if pid not in clock]
        web = [pid for pid in below if pid not in clocks and "resource_tracker" not in command_of(pid)]
        found[:] = {"web worker": web, "clock": clock, "command": jobs, "all but the first": below}[role]
        return bool(found)

    eventually(look, 90)
    return found
