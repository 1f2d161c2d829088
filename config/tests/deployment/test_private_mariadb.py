"""The private MariaDB of the scripts in a temporary directory that the server's user may not enter."""

import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.tests.processes import ROOT

pytestmark = pytest.mark.mariadb
PATH = f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin"


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A directory of this user alone."""
    tmp_path.chmod(0o700)
    return tmp_path


def test_the_script_starts_a_server_where_the_temporary_directory_is_closed_to_it(closed: Path) -> None:
    driver = pytest.importorskip("MySQLdb")
    script = subprocess.Popen(
        ["script/mariadb"], cwd=ROOT, env={"PATH": PATH, "TMPDIR": str(closed)}, stdout=subprocess.PIPE, text=True
    )
    with script:
        assert script.stdout
        url = urlsplit(script.stdout.readline().strip().removeprefix("DATABASE_URL="))
        server = {"host": url.hostname, "port": url.port, "user": url.username, "passwd": url.password}
        with closing(driver.connect(**server)) as connection:
            assert connection.get_server_info()
        script.send_signal(signal.SIGTERM)
    assert list(closed.iterdir()) == [], "the data are gone"


@pytest.mark.skipif(os.getuid() != 0, reason="the server runs as another user for root alone")
def test_a_chosen_directory_that_the_server_cannot_enter_is_named(closed: Path) -> None:
    words = ". script/lib/common.sh; . script/lib/databases.sh; mariadb_start " + str(closed / "data")
    (closed / "data").mkdir()
    done = subprocess.run(
        ["sh", "-euc", words], cwd=ROOT, env={"PATH": PATH}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert f"may not enter {closed / 'data'} or a directory above it" in done.stderr
