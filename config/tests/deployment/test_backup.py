"""script/backup and script/restore: everything comes back, or it is said why not and nothing has changed.

The drill: back up, restore into an empty database, compute a day again, compare.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.tests.deployment.scratch import new_database, tables_of
from config.tests.processes import ROOT, python

Databases = Iterator[str]
HELD = {
    "mysql": [name for name in ("mariadb-dump", "mariadb") if not shutil.which(name)],
    "sqlite": [],
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(HELD[connection.vendor]), reason=f"needs {HELD[connection.vendor]}"),
    pytest.mark.skipif(not os.access(ROOT / ".venv" / "bin" / "python", os.X_OK), reason="needs script/setup"),
]

WORLD = r"""
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from config.tests.deployment.backup_world import build
build()
"""
CONTENT = r"""
import django
django.setup()
from config.tests.deployment.backup_world import report
print(report())
"""
RECOMPUTE = r"""
import django
django.setup()
from config.tests.deployment.backup_world import forget_and_recompute
forget_and_recompute()
"""


def run(script: str, *arguments: object, url: str, data: Path) -> "subprocess.CompletedProcess[str]":
    """A script with this database and its data directory."""
    return subprocess.run(
        [ROOT / "script" / script, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url, "DATA_DIR": str(data), "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def in_database(code: str, url: str, data: Path) -> str:
    variables = {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR", "DATA_DIR": str(data)}
    ended = python("-c", code, **variables, DATABASE_URL=url)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("data")
    return path


@pytest.fixture(scope="module")
def world(data) -> Databases:
    """The URL of a database with a park's day in it; nobody changes it."""
    with new_database(data / "world.sqlite3") as url:
        in_database(WORLD, url, data)
        yield url


@pytest.fixture(scope="module")
def backup(world, data) -> Path:
    """A backup of the world."""
    ended = run("backup", data / "backups", url=world, data=data)
    assert ended.returncode == 0, ended.stderr
    (path,) = (data / "backups").iterdir()
    return path


@pytest.fixture
def empty(tmp_path) -> Databases:
    with new_database(tmp_path / "empty.sqlite3") as url:
        yield url


@pytest.fixture
def damaged(backup, tmp_path) -> Path:
    """A copy of the backup, for a test to spoil."""
    path: Path = tmp_path / "damaged"
    shutil.copytree(backup, path)
    return path


def manifest_of(backup: Path) -> Any:
    return json.loads((backup / "manifest.json").read_text())


def seal(backup: Path) -> None:
    """Make the checksums right again."""
    names = [manifest_of(backup)["file"], "manifest.json"]
    lines = [f"{hashlib.sha256((backup / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (backup / "SHA256SUMS").write_text("".join(lines))


# -- the drill -----------------------------------------------------------------------------------------------


def test_what_is_restored_is_equal_and_a_day_computed_from_it_too(world, backup, empty, data):
    before = in_database(CONTENT, world, data)
    assert '"RideDailyStats"' in before
    ended = run("restore", backup, url=empty, data=data)
    assert ended.returncode == 0, ended.stderr
    assert in_database(CONTENT, empty, data) == before
    in_database(RECOMPUTE, empty, data)
    assert in_database(CONTENT, empty, data) == before


def test_force_drops_what_the_backup_does_not_know(backup, empty, data, django_db_blocker):
    in_database(STRAY, empty, data)
    ended = run("restore", backup, "--force", url=empty, data=data)
    assert ended.returncode == 0, ended.stderr
    with django_db_blocker.unblock():
        found = tables_of(empty)
    assert "stray" not in found
    assert "ride_status_snapshots" in found


STRAY = """
import django
django.setup()
from django.db import connection, models
class Stray(models.Model):
    class Meta:
        app_label, db_table = "parks", "stray"
with connection.schema_editor() as editor:
    editor.create_model(Stray)
"""


# -- the backup ----------------------------------------------------------------------------------------------


def test_the_manifest_reports_versions_and_rows(world, backup, data):
    manifest = manifest_of(backup)
    assert (manifest["engine"], manifest["metrics_version"]) == (connection.vendor, 2)
    assert "snapshots.0001_initial" in manifest["migrations"]
    counts = json.loads(in_database(CONTENT, world, data))["counts"]
    assert {table: manifest["rows"][table] for table in counts} == counts
    assert counts["ride_status_snapshots"] > 0


def test_it_has_a_checksum_of_each_file_and_is_for_its_owner_alone(backup):
    assert sorted(path.name for path in backup.iterdir()) == [
        "SHA256SUMS",
        manifest_of(backup)["file"],
        "manifest.json",
    ]
    names = [line.split()[1] for line in (backup / "SHA256SUMS").read_text().splitlines()]
    assert names == [manifest_of(backup)["file"], "manifest.json"]
    assert [path.stat().st_mode & 0o077 for path in (backup, *backup.iterdir())] == [0, 0, 0, 0]


def test_it_goes_below_the_data_directory_by_default(world, data, tmp_path):
    ended = run("backup", url=world, data=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "backups").glob("ridewatch-*"))) == 1


def test_it_is_of_one_moment_although_rows_are_written_meanwhile(world, backup, empty, data, tmp_path):
    """Each transaction writes a park and its ride; a backup has both or neither."""
    assert run("restore", backup, url=empty, data=data).returncode == 0
    stop = tmp_path / "stop"
    writer = threading.Thread(target=in_database, args=(WRITE.format(stop=stop), empty, data))
    writer.start()
    ended = run("backup", tmp_path / "backups", url=empty, data=data)
    stop.touch()
    writer.join()
    assert ended.returncode == 0, ended.stderr
    (taken,) = (tmp_path / "backups").iterdir()
    rows = manifest_of(taken)["rows"]
    before = manifest_of(backup)["rows"]
    assert rows["parks"] - before["parks"] == rows["rides"] - before["rides"]
    assert run("restore", taken, "--force", url=empty, data=data).returncode == 0, "the rows are as the manifest says"


WRITE = r"""
import django
django.setup()
from pathlib import Path
from django.db import transaction
from parks.models import Park, Ride
for number in range(100_000):
    with transaction.atomic():
        park = Park.objects.create(name=f"P{{number}}", city="C", country="US", timezone="UTC")
        Ride.objects.create(park=park, name="R")
    if Path("{stop}").exists():
        break
"""


@pytest.mark.on_sqlite
@pytest.mark.parametrize("arguments", [("--help",), ("a", "b"), ("",)])
def test_an_option_that_cannot_be_used_ends_with_2(arguments, world, data):
    ended = run("backup", *arguments, url=world, data=data)
    assert (ended.returncode, ended.stderr) == (2, "usage: script/backup [DIRECTORY]\n")


def test_a_database_without_tables_is_not_backed_up(empty, data, tmp_path):
    ended = run("backup", tmp_path / "backups", url=empty, data=data)
    assert ended.returncode == 2
    assert ended.stderr.strip().endswith("nothing to back up")
    assert not (tmp_path / "backups").exists()


def test_where_nothing_can_be_written_there_is_no_half_backup(world, data, tmp_path):
    (tmp_path / "file").touch()
    ended = run("backup", tmp_path / "file", url=world, data=data)
    assert ended.returncode == 2
    assert f"{tmp_path}/file cannot be made" in ended.stderr


# -- the restore ---------------------------------------------------------------------------------------------


def killed_backup(world: str, data: Path, target: Path, kill: Callable[[int, int], None]) -> Path:
    """What a backup had made when it was killed at its work."""
    variables = {"PATH": os.environ["PATH"], "DATABASE_URL": world, "DATA_DIR": str(data), "LOG_LEVEL": "ERROR"}
    command = [str(ROOT / "script" / "backup"), str(target)]
    script = subprocess.Popen(command, env=variables, start_new_session=True, stdout=subprocess.DEVNULL)
    left = wait_for(lambda: next(target.glob(".ridewatch-backup.*"), None))
    wait_for(lambda: any(left.iterdir()))
    kill(script.pid, signal.SIGKILL)
    script.wait()
    return left


def wait_for(find: Callable[[], Any]) -> Any:
    end = time.monotonic() + 60
    while not (found := find()):
        assert time.monotonic() < end, "in vain"
        time.sleep(0.01)
    return found


def test_a_killed_backup_leaves_nothing(world, data, tmp_path):
    left = killed_backup(world, data, tmp_path, os.kill)
    wait_for(lambda: not left.exists())
    assert list(tmp_path.iterdir()) == []


def test_what_a_backup_left_that_was_killed_with_all_its_processes_goes_with_the_next_one(world, data, tmp_path):
    left = killed_backup(world, data, tmp_path, os.killpg)
    assert left.exists()
    with_lock = tmp_path / ".ridewatch-backup.atwork"  # of one that lives
    with_lock.mkdir()
    holder = os.open(with_lock, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    assert run("backup", tmp_path, url=world, data=data).returncode == 0
    os.close(holder)
    assert not left.exists()
    assert with_lock.exists()
    assert len(list(tmp_path.glob("ridewatch-*"))) == 1


@pytest.fixture
def refused(data, django_db_blocker) -> Callable[..., str]:
    """A function that restores and is refused, after which nothing has changed; what was said."""

    def restore(backup: Path, url: str, *arguments: str) -> str:
        with django_db_blocker.unblock():
            before = tables_of(url)
            ended = run("restore", backup, *arguments, url=url, data=data)
            assert tables_of(url) == before
        assert ended.returncode in {1, 2}
        assert "Traceback" not in ended.stderr
        assert ended.stderr.rstrip().endswith("Nothing was changed.")
        return ended.stderr

    return restore


def test_a_damaged_dump_is_refused_even_with_force(damaged, empty, refused):
    dump = damaged / manifest_of(damaged)["file"]
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    said = refused(damaged, empty, "--force")
    assert "the backup is damaged" in said
    assert dump.name in said


def test_a_dump_that_was_cut_off_is_refused(damaged, empty, refused):
    dump = damaged / manifest_of(damaged)["file"]
    dump.write_bytes(dump.read_bytes()[:-1])
    assert "the backup is damaged" in refused(damaged, empty)


def test_a_missing_dump_is_refused(damaged, empty, refused):
    (damaged / manifest_of(damaged)["file"]).unlink()
    assert "the backup is damaged" in refused(damaged, empty)


@pytest.mark.on_sqlite
@pytest.mark.parametrize("name", ["SHA256SUMS", "manifest.json"])
def test_a_directory_that_is_no_backup_is_refused(name, damaged, empty, refused):
    (damaged / name).unlink()
    assert f"is not a backup: it has no {name}" in refused(damaged, empty)


@pytest.mark.on_sqlite
def test_checksums_that_leave_the_dump_out_are_refused(damaged, empty, refused):
    sums = damaged / "SHA256SUMS"
    sums.write_text(sums.read_text().splitlines(keepends=True)[1])
    assert "does not cover the dump" in refused(damaged, empty)


@pytest.mark.on_sqlite
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"engine": "oracle"}, "the backup is of oracle, and DATABASE_URL names"),
        ({"migrations": ["parks.0999_from_tomorrow"]}, "parks.0999_from_tomorrow is not known here; upgrade first"),
        ({"format": 99}, "the manifest has format 99"),
        ({"migrations": None}, "the manifest cannot be read"),
    ],
)
def test_a_backup_that_cannot_be_taken_is_refused(change, said, damaged, empty, refused):
    (damaged / "manifest.json").write_text(json.dumps(manifest_of(damaged) | change))
    seal(damaged)
    assert said in refused(damaged, empty, "--force")


def test_a_database_with_tables_is_not_replaced_without_force(backup, world, data, refused):
    before = in_database(CONTENT, world, data)
    assert "--force replaces all of them" in refused(backup, world)
    assert in_database(CONTENT, world, data) == before


def test_rows_that_differ_from_the_manifest_are_reported(damaged, empty, data):
    manifest = manifest_of(damaged)
    manifest["rows"]["parks"] += 1
    (damaged / "manifest.json").write_text(json.dumps(manifest))
    seal(damaged)
    ended = run("restore", damaged, url=empty, data=data)
    assert ended.returncode == 1
    assert f"rows differ from the manifest: parks {manifest['rows']['parks'] - 1} for" in ended.stderr


@pytest.mark.on_sqlite
@pytest.mark.parametrize("arguments", [(), ("--frce",), ("a", "b")])
def test_a_restore_that_is_not_understood_ends_with_2(arguments, empty, data):
    ended = run("restore", *arguments, url=empty, data=data)
    assert (ended.returncode, ended.stderr) == (2, "usage: script/restore BACKUP [--force]\n")
