"""A part of script/chaos in a process of its own: `python -m chaos.part NAME ROUNDS`; its last line is the result."""

import sys

from chaos import clock, disk, processes, servers
from chaos.result import Result
from chaos.world import World

PARTS = {"processes": processes.run, "disk": disk.run, "clock": clock.run, "servers": servers.run}


def main(name: str, rounds: int) -> Result:
    world = World()
    try:
        return PARTS[name](world, rounds)
    finally:
        world.end()


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])).as_json())
