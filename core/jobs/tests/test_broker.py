"""Celery's broker: what is no message ends no worker."""

from queue import Empty

import pytest
from kombu.connection import Connection
from kombu.transport import redis as original

from core.jobs import broker

pytestmark = pytest.mark.on_sqlite


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "rediss://127.0.0.1:9/0"])
def test_celery_reads_redis_with_our_transport(url):
    broker.use()  # as config.celery does
    assert Connection(url).get_transport_cls() is broker.Transport


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no JSON"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
        KeyError("body"),
        TypeError("a list"),
        AttributeError("get"),
    ],
)
def test_a_message_that_cannot_be_read_is_dropped_and_logged(monkeypatch, caplog, error):
    def unreadable(channel):
        raise error

    monkeypatch.setattr(original.Channel, "_brpop_read", unreadable)
    assert broker.Channel._brpop_read(object.__new__(broker.Channel)) is True
    assert "cannot be read; it is dropped" in caplog.text


@pytest.mark.parametrize("error", [Empty(), ConnectionError("away")])
def test_an_empty_or_absent_broker_is_what_it_was(monkeypatch, error):
    def away(channel):
        raise error

    monkeypatch.setattr(original.Channel, "_brpop_read", away)
    with pytest.raises(type(error)):
        broker.Channel._brpop_read(object.__new__(broker.Channel))
