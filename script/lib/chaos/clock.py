"""The clock of the machine is set, two hours forth and back, under a running server (libfaketime)."""

import time
from pathlib import Path

from chaos.result import Result
from chaos.world import INTERVAL, World, eventually
from snapshots.models import DataQualityLog

LIBRARIES = "*/faketime/libfaketimeMT.so.1"
HOURS = 2


def run(world: World, rounds: int) -> Result:
    result = Result("clock")
    library = next(Path("/usr/lib").glob(LIBRARIES))
    offset = world.directory / "offset"
    offset.write_text("+0")
    world.start(
        LD_PRELOAD=str(library), FAKETIME_TIMESTAMP_FILE=str(offset), FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1",
    )  # fmt: skip
    if world.goes_on(0) is None:
        result.wrong("the server never began")
    for _ in range(rounds):
        for step in (HOURS, 0, -HOURS, 0):
            before, since, issues = world.rows(), world.collections(), steps_told()
            offset.write_text(f"{step * 3600:+d}")
            began = time.monotonic()
            seconds = world.goes_on(since)
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
