"""The work of script/chaos-import: `chaos_import.py ARCHIVE WORK_DIRECTORY KILLS SEED [MARIADB_URL]`."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

REPEAT_OF_NOTHING = 2  # the exit code of `--resume` when there is nothing to resume


class Database:
    """A new database, and the commands that work on it."""

    def __init__(self, name: str, work: Path, mariadb: str) -> None:
        url = f"{mariadb}_{name}" if mariadb else f"sqlite:///{work / name}.sqlite3"
        self.environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        if mariadb:
            self.create(mariadb, name)
        self.manage("migrate", "-v0").check_returncode()

    def create(self, mariadb: str, name: str) -> None:
        program = (
            "import django; django.setup(); from django.db import connection\n"
            f"connection.cursor().execute('CREATE DATABASE ridewatch_{name}')"
        )
        environment = {**self.environment, "DATABASE_URL": mariadb}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)  # noqa: S603

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, env=self.environment, check=False, text=True, capture_output=True)  # noqa: S603

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "manage.py", "import_historical", "-v0", *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def digests(self) -> str:
        command = [sys.executable, "script/lib/digests.py"]
        done = subprocess.run(command, env=self.environment, check=True, text=True, capture_output=True)  # noqa: S603
        return done.stdout


def undisturbed(database: Database, source: tuple[str, ...]) -> float:
    """Import in peace; returns the seconds it took."""
    began = time.monotonic()
    done = database.manage("import_historical", "-v0", *source)
    if done.returncode:
        sys.exit(f"the undisturbed import failed: {done.stdout}{done.stderr}")
    return time.monotonic() - began


def disturbed(database: Database, source: tuple[str, ...], chance: random.Random, longest: float, most: int) -> int:
    """Import, kill, resume … until it is complete; returns how often it was killed."""
    kills = 0
    arguments = source
    while True:
        process = database.start(*arguments)
        try:
            life = chance.uniform(0.2, longest) if kills < most else None
            code = process.wait(life)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            arguments = ("--resume",)
            continue
        if code == 0:
            return kills
        if code != REPEAT_OF_NOTHING or arguments == source:
            sys.exit(f"the import ended with {code} after {kills} kills")
        arguments = source  # killed before the import was planned, or behind its end


def main(archive: str, work: Path, kills: int, seed: int, mariadb: str) -> int:
    chance = random.Random(seed)
    source = ("--source", archive, "--all-parks")
    peace = Database("peace", work, mariadb)
    took = undisturbed(peace, source)
    expected = peace.digests()
    print(expected, f"undisturbed: {took:.0f} s", sep="", flush=True)
    done = rounds = 0
    while done < kills:
        rounds += 1
        database = Database(f"chaos{rounds}", work, mariadb)
        # Longer than it takes to start, so that every life gets somewhere.
        killed = disturbed(database, source, chance, 3 + 2 * took / kills, kills - done)
        done += killed
        found = database.digests()
        if found != expected:
            print(found, f"round {rounds}: rows differ after {killed} kills", sep="")
            return 1
        print(f"round {rounds}: killed {killed} times, every row as in the undisturbed import", flush=True)
        if not killed:
            break
    return 0 if done >= kills else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]))
