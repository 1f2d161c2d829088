"""What is installed is what was locked: every requirement has a version and hashes, so pip takes nothing else."""

import re

import pytest

from config.tests.processes import ROOT


@pytest.mark.parametrize("name", ["base", "mysql", "dev", "bench"])
def test_every_requirement_is_pinned_with_its_hashes(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if re.match(r"[A-Za-z]", line)]
    assert lines
    for line in lines:
        assert re.match(r"[\w.\[\]-]+==\S+", line), line[:60]
        assert "--hash=sha256:" in line, line[:60]
