"""A database, and imports into it: one in peace, and one that is killed and resumed until it is complete."""

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
            [sys.executable, "manage.py", *arguments],
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
        process = database.start("import_historical", "-v0", *arguments)
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
