"""What was tried and how it went; servers, and waiting for them."""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]


class Tried:
    def __init__(self) -> None:
        self.good = self.bad = 0

    def that(self, what: str, is_so: bool, found: object = "") -> None:
        self.good, self.bad = self.good + is_so, self.bad + (not is_so)
        shown = f" ({found})" if str(found) else ""
        print(f"  {'ok  ' if is_so else 'FAIL'} {what}{shown}", flush=True)


class Answer(NamedTuple):
    status: int
    headers: "Message[str, str]"
    body: bytes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def ask(url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
    """The answer, whatever its status; 0 when there is none. Certificates are not checked: they are made here."""
    context = ssl._create_unverified_context()  # noqa: S323
    opener = urllib.request.build_opener(NoRedirects, urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(urllib.request.Request(url, body, dict(headers or {})), timeout=30) as found:  # noqa: S310
            return Answer(found.status, found.headers, found.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())
    except OSError:
        return Answer(0, Message(), b"")


def comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@contextlib.contextmanager
def running(command: list[str], log: Path, **how: object) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is ended, the hard way after twenty seconds."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, **how)  # type: ignore[call-overload]  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def manage(root: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """`manage.py` of a tree; what it says is printed when it fails."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=root, env={**os.environ, **variables}, check=False, text=True, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n", flush=True)
    return done


@contextlib.contextmanager
def serving(root: Path, log: Path, **variables: str) -> Iterator[int]:
    """The port of the web server of a tree, as deploy/ridewatch-web.service runs it; an older tree by WSGI."""
    port = free_port()
    unit = (ROOT / "deploy/ridewatch-web.service").read_text()
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).partition("=")[2].split()
    command[0] = str(Path(sys.executable).parent / "granian")
    command[command.index("8000")] = str(port)
    if not (root / "config/front.py").exists():
        command = [*command[:1], "--interface", "wsgi", "--port", str(port), "config.wsgi:application"]
    with running(command, log, cwd=root, env={**os.environ, **variables}):
        if not comes_true(lambda: ask(f"http://127.0.0.1:{port}/healthz").status != 0, 60):
            raise RuntimeError(f"the server does not answer: {log.read_text()[-2000:]}")
        yield port
