"""Lines of the log as text and as JSON, with what belongs to them."""

import json
import logging
import logging.config

import pytest
from structlog.contextvars import bound_contextvars

from core.monitoring import masking
from core.monitoring.logs import JsonFormatter, TextFormatter, logging_settings


def line(formatter: logging.Formatter, message: str, *args: object, **more: object) -> str:
    record = logging.LogRecord("ridewatch.x", logging.WARNING, "", 0, message, args, None)
    vars(record).update(more)
    return formatter.format(record)


@pytest.fixture
def text() -> TextFormatter:
    return TextFormatter("{levelname} {name}: {message}", style="{")


def test_a_line_of_text_ends_with_what_belongs_to_it(text):
    with bound_contextvars(request_id="r1"):
        assert line(text, "%s is away", "it") == "WARNING ridewatch.x: it is away [request_id=r1]"
    assert line(text, "alone") == "WARNING ridewatch.x: alone"
    assert line(text, "given", job="j", request=object()) == "WARNING ridewatch.x: given [job=j]"


def test_a_line_of_json_is_one_object_with_all_that_is_known():
    with bound_contextvars(job="collect_snapshots", slot="2026-07-04T12:00:00+00:00", runner="h:b:1:2"):
        said = json.loads(line(JsonFormatter(), "two\nlines %d", 3, status=200, request=object()))
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "message": "two\nlines 3",
        "level": "warning",
        "logger": "ridewatch.x",
        "job": "collect_snapshots",
        "slot": "2026-07-04T12:00:00+00:00",
        "runner": "h:b:1:2",
        "status": 200,
    }
    assert "\n" not in line(JsonFormatter(), "two\nlines")


def test_secrets_are_masked_in_json_too_however_it_would_spell_them(monkeypatch):
    monkeypatch.setattr(masking, "secrets", {'kä"se-and-more'})
    try:
        raise RuntimeError('no kä"se-and-more at redis://:s3cret@r/0')
    except RuntimeError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", (error,), (type(error), error, None))
    said = json.loads(JsonFormatter().format(record))
    assert said["message"] == "no *** at redis://:***@r/0"
    assert said["exception"].endswith("RuntimeError: no *** at redis://:***@r/0")


def test_what_cannot_be_written_as_it_is_breaks_no_line():
    assert json.loads(line(JsonFormatter(), "%s", "\ud800", path=b"\xff"))["message"] == "\ud800"


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_settings_can_be_used_and_the_access_log_is_an_option(form):
    settings = logging_settings(form, "INFO", with_access=False)
    assert settings["loggers"]["ridewatch.access"]["level"] == "CRITICAL"
    configurator = logging.config.DictConfigurator(settings)
    formatter = configurator.configure_formatter(settings["formatters"]["line"])
    assert "hello" in line(formatter, "hello")
