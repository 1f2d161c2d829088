"""Secrets in texts of errors and logs."""

import logging

import pytest

from core.monitoring import masking
from core.monitoring.masking import MaskingFormatter, masked, remember


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch):
    monkeypatch.setattr(masking, "secrets", set())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mysql://rw:s3cret@db:3306/rw", "mysql://rw:***@db:3306/rw"),
        ("'redis://:s3cret@r/0', 'smtp+tls://a%40b:s3cret@m:587'", "'redis://:***@r/0', 'smtp+tls://a%40b:***@m:587'"),
        ("http://host:8000/a@b", "http://host:8000/a@b"),
        ("at 12:30 mail a@b", "at 12:30 mail a@b"),
        ("://" * 9 + ":" * 900, "://" * 9 + ":" * 900),
    ],
)
def test_passwords_of_urls_are_masked(text, expected):
    assert masked(text) == expected


def test_known_secrets_are_masked_everywhere_and_short_ones_never():
    remember("a-long-secret-key", "GET")
    assert masked("GET with a-long-secret-key") == "GET with ***"


def test_log_lines_and_tracebacks_are_masked():
    try:
        raise RuntimeError("cannot reach redis://:s3cret@r/0")
    except RuntimeError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", (error,), (type(error), error, None))
    text = MaskingFormatter().format(record)
    assert "s3cret" not in text
    assert text.count("redis://:***@r/0") == 2
