"""What a worker has at hand before it takes the first request."""

from config.tests.processes import python

PROGRAM = """
import gc, sys
import config.wsgi
print("stats.api.detail_views" in sys.modules, "dashboard.views" in sys.modules, gc.get_freeze_count() > 100_000)
"""


def test_every_view_is_loaded_and_left_alone_by_the_garbage_collection(tmp_path):
    reported = python("-c", PROGRAM, DATA_DIR=str(tmp_path), DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert reported.stdout.split() == ["True"] * 3, reported.stderr
