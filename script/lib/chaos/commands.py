"""Imports, recomputations and backups that are killed at random moments and run again: every row as in peace."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from chaos.imports import Database, disturbed, undisturbed
from chaos.result import Result

DAYS = 6
FIRST_AND_LAST = """
from django.db.models import Max, Min
from stats.models import ParkDailyStats
print(*ParkDailyStats.objects.aggregate(first=Min("stat_date"), last=Max("stat_date")).values())
"""


def run(work: Path, archive: str, kills: int, seed: int, mariadb: str) -> Result:
    result = Result("commands")
    if not archive:
        archive = str(work / "archive")
        sample = ["--out", archive, "--days", str(DAYS), "--destinations", "1"]
        make = [sys.executable, "manage.py", "generate_sample_archive", *sample]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    chance = random.Random(seed)
    source = ("--source", archive, "--all-parks")
    peace = Database("peace", work, mariadb)
    took = undisturbed(peace, source)
    expected = peace.digests()
    print(f"  an undisturbed import: {took:.0f} s", flush=True)
    rounds = 0
    while result.tried < kills:
        rounds += 1
        database = Database(f"chaos{rounds}", work, mariadb)
        began = time.monotonic()
        # Longer than it takes to start, so that every life gets somewhere.
        killed = disturbed(database, source, chance, 3 + 2 * took / kills, kills - result.tried)
        result.tried += killed
        result.lost += database.digests() != expected
        print(f"  import: killed {killed} times in {time.monotonic() - began:.0f} s, then compared", flush=True)
        if not killed:
            break
    recomputes(peace, expected, chance, max(2, kills // 3), result)
    backups(peace, work, chance, max(2, kills // 3), result)
    return result


def recomputes(database: Database, expected: str, chance: random.Random, kills: int, result: Result) -> None:
    """The statistics of all days, killed and run again."""
    first, last = database.manage("shell", "-v0", "-c", FIRST_AND_LAST).stdout.split()
    words = ("recompute_daily_stats", "--start-date", first, "--end-date", last)
    for number in range(kills):
        process = database.start(*words, *(["--resume"] if number else []))
        time.sleep(chance.uniform(1.5, 6))
        process.kill()
        process.wait()
        result.tried += 1
    database.manage(*words).check_returncode()
    result.lost += database.digests() != expected
    print(f"  recompute of {first} to {last}: killed {kills} times, then compared", flush=True)


def backups(database: Database, work: Path, chance: random.Random, kills: int, result: Result) -> None:
    """A killed backup leaves nothing that looks like one, and the next cleans up."""
    target = work / "backups"
    command = ["script/backup", str(target)]
    for _ in range(kills):
        process = subprocess.Popen(  # noqa: S603
            command,
            env=database.environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.3, 3))
        result.tried += 1
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(command, env=database.environment, check=False, capture_output=True, text=True)  # noqa: S603
    left = sorted(path.name for path in target.iterdir() if not path.name.startswith("ridewatch-"))
    if done.returncode or left:
        result.wrong(
            f"script/backup after {kills} kills: exit code {done.returncode}, left {left} {done.stderr[-200:]}"
        )
    print(f"  backup: killed {kills} times, the next one left nothing of them", flush=True)
