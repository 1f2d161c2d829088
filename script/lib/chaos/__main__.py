"""The work of script/chaos: `python -m chaos DIRECTORY [OPTION…]`; MariaDB and Redis are in the environment."""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from chaos import commands
from chaos.result import Result, table

# What one round of a part takes, in minutes, besides what it takes to begin.
MINUTES = {"processes": 5.0, "disk": 2.5, "clock": 4.0, "servers": 3.0}
PARTS = (*MINUTES, "commands")
DISK_MEGABYTES = 64
EXAMPLES = """
parts:
  processes  kill -9 of every process of script/server: web, clock, a running command, all of them
  disk       a full disk (SQLite) that empties again
  clock      the machine's clock is set by two hours in both directions
  servers    MariaDB and Redis are killed and come back; broken messages in Redis
  commands   imports, recomputations and backups are killed and run again; every row is compared
"""


def options_of(words: list[str]) -> Namespace:
    parser = ArgumentParser(
        prog="script/chaos",
        description="Breaks a Ridewatch of its own and says what came of it. Exit code 1: not all as it should be.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="each part once, few kills")
    parser.add_argument("--minutes", type=int, default=20, metavar="N", help="as many rounds as fit (default: 20)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help="these parts")
    parser.add_argument("--kills", type=int, metavar="N", help="of imports (default: 12; quick: 4)")
    parser.add_argument("--archive", default="", metavar="DIRECTORY", help="what to import (default: a sample)")
    parser.add_argument("--mariadb", action="store_true", help="imports and recomputations on MariaDB")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random moments (default: 1)")
    found = parser.parse_args(words)
    if found.minutes < 1 or (found.kills is not None and found.kills < 1):
        parser.error("--minutes and --kills are at least 1")
    return found


def rounds_of(name: str, options: Namespace) -> int:
    """How often a part is repeated, so that all of them end in time."""
    mine = MINUTES[name]
    share = options.minutes * mine / sum(minutes for part, minutes in MINUTES.items() if part in options.only)
    return 1 if options.quick else max(1, int(share / mine))


def part(name: str, work: Path, rounds: int) -> Result:
    """Runs it in a process of its own, on a database of its own."""
    directory = work / name
    directory.mkdir()
    variables = {
        "DATA_DIR": str(directory),
        "DATABASE_URL": f"sqlite:///{directory}/chaos.sqlite3",
        "REDIS_URL": "",
    }
    if name == "servers":
        variables |= {"DATABASE_URL": os.environ["CHAOS_DATABASE_URL"], "REDIS_URL": os.environ["CHAOS_REDIS_URL"]}
    if name == "disk":
        size = ["-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(directory)]
        subprocess.run(["mount", *size], check=True)  # noqa: S603, S607
    command = [sys.executable, "-m", "chaos.part", name, str(rounds)]
    with subprocess.Popen(command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        last = ""
        for last in process.stdout or ():
            if not last.startswith("{"):
                print(last, end="", flush=True)
    if process.returncode or not last.startswith("{"):
        return Result(name, stuck=1, notes=[f"it ended with exit code {process.returncode}"])
    return Result(**json.loads(last))


def main(work: Path, words: list[str]) -> int:
    options = options_of(words)
    results = []
    for name in options.only:
        began = time.monotonic()
        print(f"\n{name}", flush=True)
        if name == "commands":
            kills = options.kills or (4 if options.quick else 12)
            mariadb = os.environ["CHAOS_DATABASE_URL"] if options.mariadb else ""
            found = commands.run(work, options.archive, kills, options.seed, mariadb)
        else:
            found = part(name, work, rounds_of(name, options))
        results.append(found)
        print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"\n{table(results)}\n")
    return 0 if all(each.is_good for each in results) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
