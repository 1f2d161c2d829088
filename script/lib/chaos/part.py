"""A part of script/chaos in a process of its own: `python -m chaos.part NAME ROUNDS`; its last line is the result."""

import os
import signal
import sys

from chaos import clock, disk, processes, servers
from chaos.result import Result
from chaos.world import World
from core.jobs.forks import end_with_parent

PARTS = {"processes": processes.run, "disk": disk.run, "clock": clock.run, "servers": servers.run}


def main(name: str, rounds: int) -> Result:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started here ends here
    end_with_parent(os.getppid(), signal.SIGTERM)
    world = World()
    try:
        return PARTS[name](world, rounds)
    finally:
        world.end()


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])).as_json())
