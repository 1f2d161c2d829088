"""Which process does something: known by host, boot, process id and start, so that no later one is taken for it."""

import os
import socket
from pathlib import Path
from typing import NamedTuple

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# A runner's name fits into the 100 characters of its columns.
HOST_LENGTH, BOOT_LENGTH = 50, 12


class Name(NamedTuple):
    host: str
    boot: str
    pid: str
    start: str

    def __str__(self) -> str:
        return ":".join(self)


class Process(NamedTuple):
    """What Linux says of a process: its state, and its start in ticks since the boot."""

    state: str
    start: str


def this_process() -> str:
    return runner_of(os.getpid())


def runner_of(pid: int) -> str:
    """The name of a process of this machine. Where no /proc says, boot and start are empty."""
    found = process(pid)
    return str(Name(host(), boot(), str(pid), found.start if found else ""))


def host() -> str:
    return socket.gethostname()[:HOST_LENGTH].replace(":", "-")


def boot() -> str:
    """The same for all containers of a machine, another one after it was started again."""
    try:
        return BOOT_ID.read_text().replace("-", "")[:BOOT_LENGTH]
    except OSError:
        return ""


def process(pid: int) -> Process | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return Process(fields[0], fields[19])
    except (OSError, IndexError):
        return None


def name_of(runner: str) -> Name | None:
    """None for what is no name, such as those of older versions: only a limit says whether they live."""
    parts = runner.split(":")
    return Name(*parts) if len(parts) == len(Name._fields) and parts[2].isdecimal() else None


def is_here(runner: str) -> bool:
    """Is it a process of this host, be it of an earlier boot?"""
    name = name_of(runner)
    return name is not None and name.host == host()


def is_alive(runner: str) -> bool:
    """Does the very process exist, and not only its exit code? Of other hosts nobody knows: only a limit says."""
    name = name_of(runner)
    if name is None or name.host != host():
        return True
    if name.boot != boot():
        return False
    found = process(int(name.pid))
    if found is None:
        return exists(int(name.pid))
    # An orphan that has ended stays a zombie until the first process asks: in a container perhaps for ever.
    return found.state not in "ZX" and found.start == name.start


def exists(pid: int) -> bool:
    """Asked where /proc does not say: on other systems, or of another user's process that is hidden."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's, but there
    return True
