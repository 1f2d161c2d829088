"""A MariaDB of a test's own, started as script/test starts one: with TLS, or to be killed and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.tests.processes import ROOT

# The shell ends the server when it is reported to end, and with the test process that started it.
START = """
. script/lib/common.sh
. script/lib/databases.sh
mariadb_pid=
clean_up_more() { [ -z "$mariadb_pid" ] || stop "$mariadb_pid"; }
mariadb_start "$@"
mariadb_ready
say "$mariadb_pid $mariadb_url"
cat >/dev/null
"""
DURABLE = ("--innodb-flush-log-at-trx-commit=1", "--innodb-doublewrite=1")


@dataclass
class Mariadb:
    """A running server: its address, and what it takes to start it again at the same one."""

    directory: Path
    url: str
    pid: int
    shell: "subprocess.Popen[str]"

    def kill(self) -> None:
        """End the server as a power cut would: without a word."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        with suppress(OSError):
            self.shell.stdin.close()  # type: ignore[union-attr]
        self.shell.wait(60)
        self.shell.stdout.close()  # type: ignore[union-attr]


@contextmanager
def directory() -> Iterator[Path]:
    """A place for a server's data that the server's own user reaches, which pytest's directories are not."""
    path = Path(tempfile.mkdtemp(prefix="ridewatch."))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def start(where: Path, *options: str, **environment: str) -> Mariadb:
    """Start a server in a directory; the test is skipped where there is none.

    `mariadb_port` and `mariadb_password` bring it back where it was.
    """
    pytest.importorskip("MySQLdb")
    path = f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin"
    if not shutil.which("mariadbd", path=path):
        pytest.skip("no mariadbd")
    data = where / "mariadb"
    data.mkdir(exist_ok=True)
    shell = subprocess.Popen(
        ["sh", "-euc", START, "sh", str(data), *options],
        cwd=ROOT,
        env={"PATH": path, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout
    line = shell.stdout.readline()
    if not line:
        shell.wait(60)
        pytest.fail(f"MariaDB did not start in {where}")
    pid, url = line.split()
    return Mariadb(where, url, int(pid), shell)


@contextmanager
def running(*options: str) -> Iterator[Mariadb]:
    with directory() as where:
        server = start(where, *options)
        try:
            yield server
        finally:
            server.stop()
