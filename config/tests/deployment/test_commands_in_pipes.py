"""A command whose reader ends early, as `head` does, ends without a traceback."""

import os
import subprocess
import sys

import pytest

from config.tests.processes import ROOT

pytestmark = [pytest.mark.slow]

READER_GONE = 141


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (["help"], {READER_GONE}),
        (["jobs", "--help"], {0, READER_GONE}),  # argparse says nothing of it
        (["spectacular"], {READER_GONE}),
        (["data_dictionary"], {READER_GONE}),
        (["check"], {READER_GONE}),
    ],
)
def test_a_reader_that_has_gone_ends_a_command_without_a_word(arguments, codes, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    variables = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", *arguments]
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            command, cwd=ROOT, env=variables, stdout=closed, stderr=subprocess.PIPE, timeout=120, check=False
        )
    assert done.stderr == b""
    assert done.returncode in codes


def test_another_broken_pipe_is_not_hidden():
    code = (
        "import manage, sys; manage.run = lambda: (_ for _ in ()).throw(BrokenPipeError(32, 'socket')); manage.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "BrokenPipeError" in done.stderr
