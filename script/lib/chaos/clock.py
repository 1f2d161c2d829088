"""The clock of the machine is set, two hours forth and back, under a running server (a preloaded shim)."""

import struct
import subprocess
import time
from pathlib import Path

from chaos.result import Result
from chaos.world import INTERVAL, World, eventually
from core.jobs.ledger import JobStatus
from snapshots.models import DataQualityLog

SHIM = Path(__file__).with_name("clock_shim.c")
HOURS = 2


def run(world: World, rounds: int) -> Result:
    result = Result("clock")
    library, offset = world.directory / "clock_shim.so", world.directory / "offset"
    subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(SHIM)], check=True)  # noqa: S603, S607
    offset.write_bytes(struct.pack("q", 0))
    world.start(LD_PRELOAD=str(library), CHAOS_CLOCK=str(offset))
    if world.goes_on(0) is None:
        result.wrong("the server never began")
    for _ in range(rounds):
        for step in (HOURS, 0, -HOURS, 0):
            # Behind its time the machine hears of instants to come, and refuses them: the job stores nothing.
            ends = (JobStatus.FAILED, JobStatus.SUCCESS) if step < 0 else (JobStatus.SUCCESS,)
            before, since, issues = world.rows(), world.collections(ends), steps_told()
            with offset.open("r+b") as file:  # in place: every process has it mapped
                file.write(struct.pack("q", step * 3600))
            began = time.monotonic()
            seconds = world.goes_on(since, statuses=ends)
            took = None if seconds is None else time.monotonic() - began
            result.recovered(f"the clock is set to {step:+d} hours", took, 2 * INTERVAL)
            eventually(lambda issues=issues: steps_told() > issues, 10)  # type: ignore[misc]
            time.sleep(3)
            if steps_told() != issues + 1:
                result.wrong(f"{steps_told() - issues} issues tell of the step to {step:+d} hours")
            result.lost += len(before - world.rows())
    for each in world.stuck():
        result.wrong(each)
    world.stop()
    result.leaves(world.left_behind())
    return result


def steps_told() -> int:
    return DataQualityLog.objects.filter(entity_type="clock").count()
