"""A disk that is full for a while: DATA_DIR lies on one of 64 MB."""

import time
from pathlib import Path

from chaos.result import Result
from chaos.world import GOES_ON_WITHIN, INTERVAL, World, eventually
from core.jobs.ledger import JobRun, JobStatus


def run(world: World, rounds: int) -> Result:
    result = Result("disk")
    world.start()
    if world.goes_on(0) is None:
        result.wrong("the server never began")
    filler = world.directory / "filler"
    for _ in range(rounds):
        before, since = world.rows(), world.collections()
        last = JobRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        fill(filler)
        time.sleep(INTERVAL + 15)
        during = world.answers()
        said = world.log.read_text(errors="replace")
        if "disk" not in said and "No space left" not in said:
            result.wrong("nothing said that the disk is full")
        if not during:
            result.notes.append("stored answers did not come while the disk was full")
        filler.unlink()
        began = time.monotonic()
        seconds = world.goes_on(since)
        result.recovered("a full disk", None if seconds is None else time.monotonic() - began, GOES_ON_WITHIN)
        result.lost += len(before - world.rows())
        left = JobRun.objects.filter(pk__gt=last, status=JobStatus.RUNNING)
        if not eventually(lambda left=left: not left.exists(), 30):  # type: ignore[misc]
            result.wrong(f"a run is left: {left.first()}")
    result.doubled += world.overlapping()
    world.stop()
    result.leaves(world.left_behind())
    return result


def fill(path: Path) -> None:
    """A file of all that is left, to the last block."""
    with path.open("wb", buffering=0) as file:
        for block in (1 << 20, 4096):
            try:
                while True:
                    if not file.write(b"x" * block):
                        break
            except OSError:
                continue
