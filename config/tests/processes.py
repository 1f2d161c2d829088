"""Commands in a process of their own, with an environment of their own."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` with these arguments and, besides PATH, only these variables."""
    return python("manage.py", *arguments, **variables)


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def migrated(file: Path) -> str:
    """The URL of a SQLite database at `file` with all tables, as `manage.py migrate` leaves it."""
    directory = _made_once()
    shutil.copy(Path(directory.name) / "made.sqlite3", file)
    return f"sqlite:///{file}"


@functools.cache
def _made_once() -> "tempfile.TemporaryDirectory[str]":
    """To migrate takes five seconds; the directory goes with this process."""
    directory = tempfile.TemporaryDirectory()
    variables = {"DATA_DIR": directory.name, "DATABASE_URL": f"sqlite:///{directory.name}/made.sqlite3"}
    done = manage("migrate", "-v0", **variables)
    assert done.returncode == 0, done.stderr
    return directory
