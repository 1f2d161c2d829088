"""Processes by name: the very one is alive, or another that got its number, or nobody knows."""

import os
import subprocess
import sys

import pytest

from core.jobs import runners
from core.jobs.runners import Name, is_alive, is_here, name_of, this_process

HERE = name_of(this_process())
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says")


def test_a_name_has_host_boot_process_and_start_and_fits_its_columns():
    assert Name(runners.host(), runners.boot(), str(os.getpid()), runners.process(os.getpid()).start) == HERE
    longest = Name("h" * runners.HOST_LENGTH, "b" * runners.BOOT_LENGTH, "9" * 10, "9" * 20)
    assert len(str(longest)) <= 100


@ON_LINUX
@pytest.mark.parametrize(
    ("changed", "is_living"),
    [
        ({}, True),
        ({"start": "7"}, False),  # a container started again: the same host and process id
        ({"boot": "0" * 12}, False),  # the machine was started again
        ({"host": "elsewhere", "start": "7"}, True),  # nobody knows
        ({"pid": "999999999"}, False),
    ],
)
def test_a_process_is_alive_if_it_is_the_very_one(changed, is_living):
    assert is_alive(str(HERE._replace(**changed))) == is_living


def test_the_first_process_is_of_another_user_and_there():
    assert is_alive(runners.runner_of(1))


@pytest.mark.parametrize("runner", ["nonsense", "elsewhere:1", f"{runners.host()}:1", "a:b:c:d"])
def test_of_what_is_no_name_nobody_knows(runner):
    assert is_alive(runner)
    assert not is_here(runner)


def test_where_no_proc_says_the_process_id_does(monkeypatch):
    monkeypatch.setattr(runners, "process", lambda pid: None)
    assert is_alive(str(HERE))
    assert not is_alive(str(HERE._replace(pid="999999999")))
    assert this_process() == str(HERE._replace(start=""))


@ON_LINUX
def test_a_process_that_has_ended_unreaped_is_not_alive():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    runner = runners.runner_of(process.pid)
    assert is_alive(runner)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(runner)
    process.communicate()
    assert not is_alive(runner)
