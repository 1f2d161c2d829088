"""An import in several processes goes on by itself when its database is killed and comes back."""

import re
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from config.tests.deployment.private_mariadb import DURABLE, directory, start
from config.tests.processes import ROOT, manage, python

pytestmark = pytest.mark.mariadb

RUNNING = """
import sys, time, django
django.setup()
from importer.models import ImportSlice
while ImportSlice.objects.filter(state="RUNNING", files_done__gt=0).count() < 2:
    time.sleep(0.02)
"""


def test_an_import_in_two_processes_survives_a_restart_of_the_database(tmp_path):
    sample = ("--days", "25", "--destinations", "2", "--workers", "1", "--end", "2026-04-01T00:00:00Z", "-v0")
    variables = {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
    assert manage("generate_sample_archive", "--out", str(tmp_path / "sample"), *sample, **variables).returncode == 0
    command = ("import_historical", "--source", str(tmp_path / "sample"), "--all-parks", "--no-recompute")
    with directory() as where:
        server = start(where, *DURABLE)
        address = urlsplit(server.url)
        variables["DATABASE_URL"] = server.url
        process = None
        try:
            assert manage("migrate", "-v0", **variables).returncode == 0
            line = [sys.executable, "manage.py", *command, "--workers", "2"]
            process = subprocess.Popen(line, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True)
            assert python("-c", RUNNING, **variables).returncode == 0
            server.kill()
            time.sleep(2)
            server = start(where, *DURABLE, mariadb_port=str(address.port), mariadb_password=str(address.password))
            _, complaints = process.communicate(timeout=240)
            assert (process.returncode, complaints) == (0, "")
            again = manage(*command, "--again", **variables)  # compares what is stored with all that is read
        finally:
            if process is not None:
                process.kill()
                process.wait()
            server.stop()
    assert re.search(r"Nothing changed: all [0-9]{3},[0-9]{3} rows were stored already", again.stdout)
