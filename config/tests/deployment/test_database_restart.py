"""A database that is killed in the middle of the load, and comes back, has every write that was accepted."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import urlsplit

import pytest

from config.tests.deployment.private_mariadb import DURABLE, directory, start
from config.tests.processes import ROOT, manage, python

pytestmark = pytest.mark.mariadb
WRITERS, BEFORE, AFTER = 2, 30, 60  # accepted writes of each process before the kill, and in all

# Writes parks named A0, A1, … and says each that the database accepted; what fails is tried again with the same
# connection handling as a request or a job: Django drops the broken connection.
LOAD = r"""
import sys, time
import django
django.setup()
from django.db import OperationalError, InterfaceError, close_old_connections
from parks.models import Park
name, count = sys.argv[1], int(sys.argv[2])
number = 0
while number < count:
    try:
        if not Park.objects.filter(name=f"{name}{number}").exists():
            Park.objects.create(name=f"{name}{number}", city="C", country="US", timezone="UTC")
    except (OperationalError, InterfaceError):
        close_old_connections()
        time.sleep(0.1)
        continue
    print(number, flush=True)
    number += 1
    time.sleep(0.02)
"""
STORED = """
import django
django.setup()
from parks.models import Park
print(*Park.objects.order_by("pk").values_list("name", flat=True))
"""


@pytest.fixture
def data() -> Iterator[Path]:
    with directory() as where:
        yield where


def reported(loads: list["Popen[str]"], upto: int) -> None:
    """Wait until each process has reported so many accepted writes."""
    for load in loads:
        assert load.stdout
        for line in load.stdout:
            if int(line) + 1 >= upto:
                break


@pytest.mark.parametrize("pool", ["0", "5"])
def test_a_restart_in_mid_load_loses_no_accepted_write(pool, data, tmp_path):
    server = start(data, *DURABLE)
    address = urlsplit(server.url)
    again = {"mariadb_port": str(address.port), "mariadb_password": str(address.password)}
    variables = {
        "DATABASE_URL": server.url,
        "DATABASE_POOL_SIZE": pool,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "ERROR",
    }
    loads: list[Popen[str]] = []
    try:
        assert manage("migrate", "parks", "-v0", **variables).returncode == 0
        for writer in range(WRITERS):
            command = [sys.executable, "-c", LOAD, f"{'AB'[writer]}", str(AFTER)]
            loads.append(Popen(command, cwd=ROOT, env=variables, stdout=PIPE, text=True))
        reported(loads, BEFORE)
        server.kill()
        time.sleep(0.5)
        server = start(data, *DURABLE, **again)
        assert server.url == variables["DATABASE_URL"]
        reported(loads, AFTER)
        assert [load.wait(60) for load in loads] == [0] * WRITERS
        names = python("-c", STORED, **variables).stdout.split()
    finally:
        for load in loads:
            load.kill()
            load.wait()
            load.stdout.close()
        server.stop()
    assert sorted(names) == sorted(f"{letter}{number}" for letter in "AB" for number in range(AFTER))
