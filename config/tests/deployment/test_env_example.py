"""`.env.example` lists every setting, commented, with values good for production (issue 2)."""

import re

import environ
import pytest

from config.tests.processes import ROOT, manage

READ = re.compile(r"\b(?:rate|text|flag|whole_number|url|zone|header|directory)\(\s*\"([A-Z][A-Z0-9_]*)\"")
LINES = (ROOT / ".env.example").read_text().splitlines()


def listed() -> dict[str, str]:
    """The variables of `.env.example` with their values."""
    return dict(line.split("=", 1) for line in LINES if re.match("[A-Z]", line))


def test_it_lists_exactly_the_variables_that_the_settings_read():
    read = READ.findall((ROOT / "config" / "settings.py").read_text())
    assert len(read) > 20
    assert sorted(read) == sorted(set(read)), "each is read in one place"
    assert set(listed()) == set(read)


def test_no_other_module_reads_the_environment():
    readers = {
        str(path.relative_to(ROOT))
        for app in ("config", "parks", "snapshots", "stats", "weather", "importer", "visits", "assistant")
        for path in (ROOT / app).rglob("*.py")
        if "tests" not in path.parts and re.search(r"os\.environ\b(?!\.setdefault)|os\.getenv", path.read_text())
    }
    assert readers == set()


def test_every_variable_is_explained_right_above_with_its_default():
    for number, line in enumerate(LINES):
        if re.match("[A-Z]", line):
            above: list[str] = []
            while LINES[number - 1 - len(above)].startswith("# "):
                above.insert(0, LINES[number - 1 - len(above)])
            assert above, f"{line} has no comment"
            assert re.search("Default: |Replace it", " ".join(above)), f"{line} does not name its default"


def test_each_line_is_a_comment_a_variable_or_empty():
    assert [line for line in LINES if not re.fullmatch(r"(#.*)?|[A-Z][A-Z0-9_]*=(\S(.*\S)?)?", line)] == []


def test_the_reader_of_env_files_reads_the_same(monkeypatch):
    monkeypatch.setattr(environ.Env, "ENVIRON", {})
    environ.Env.read_env(ROOT / ".env.example")
    assert listed() == environ.Env.ENVIRON


def test_the_deployment_checks_are_clean_once_its_placeholders_are_replaced(tmp_path):
    pytest.importorskip("MySQLdb")
    own = {
        "SECRET_KEY": "x7Kq-9" * 10,
        "ALLOWED_HOSTS": "ridewatch.test",
        "DATABASE_URL": "mysql://ridewatch:of-our-own@127.0.0.1:3306/ridewatch",
        "EMAIL_URL": "smtp+tls://ridewatch:of-our-own@mail.ridewatch.test:587",
        "EMAIL_FROM": "ridewatch@ridewatch.test",
        "UPSTREAM_USER_AGENT": "ridewatch/1.0 (+https://ridewatch.test)",
    }
    ended = manage("check", "--deploy", **{**listed(), "DATA_DIR": str(tmp_path)})
    assert ended.returncode == 1
    assert "E001" in ended.stderr
    for name in set(own) - {"SECRET_KEY"}:
        assert f"(ridewatch.E008) {name} is a placeholder" in ended.stderr
    ended = manage("check", "--deploy", "--fail-level", "DEBUG", **{**listed(), **own, "DATA_DIR": str(tmp_path)})
    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout
    assert "?:" not in ended.stderr
