import gzip
import json
import zlib

import pytest

from importer import decoding
from importer.decoding import decode

EVENTS = [{"entityId": "a", "n": 1}, {"entityId": "b", "n": 2}, {"entityId": "c", "n": 3}]
DOCUMENT = json.dumps({"events": EVENTS}).encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(zlib.compress(DOCUMENT), id="zlib"),
        pytest.param(zlib.compress(DOCUMENT, 1), id="zlib level 1"),
        pytest.param(zlib.compress(DOCUMENT, 9), id="zlib level 9"),
        pytest.param(gzip.compress(DOCUMENT), id="gzip"),
        pytest.param(DOCUMENT, id="plain"),
        pytest.param(zlib.compress(json.dumps(EVENTS).encode()), id="bare list"),
        pytest.param(json.dumps(EVENTS).encode(), id="plain bare list"),
    ],
)
def test_every_known_encoding_gives_the_events(data):
    decoded = decode(data)
    assert decoded.events == EVENTS
    assert decoded.reason is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"garbage" * 1000, "neither zlib, gzip nor JSON"),
        (zlib.compress(b'{"events": 5}'), "no list of events"),
        (zlib.compress(b"{}"), "no list of events"),
        (zlib.compress(b"nonsense"), "not JSON"),
    ],
)
def test_what_holds_no_events_says_why(data, reason):
    decoded = decode(data)
    assert decoded.events == []
    assert decoded.position == 0
    assert reason in decoded.reason


def test_a_truncated_stream_gives_the_events_before_the_end_and_the_position():
    many = [{"entityId": f"entity {n}", "noise": "x" * (n * 7919 % 97)} for n in range(2000)]
    whole = zlib.compress(json.dumps({"events": many}).encode())
    decoded = decode(whole[: len(whole) // 2])
    assert 0 < len(decoded.events) < len(many)
    assert decoded.events == many[: len(decoded.events)]
    assert decoded.position > 0
    assert "ends early" in decoded.reason


def test_damage_in_the_middle_of_the_stream_keeps_what_came_before():
    many = [{"entityId": f"entity {n}", "noise": str(hash(str(n)))} for n in range(20000)]
    whole = bytearray(zlib.compress(json.dumps(many).encode()))
    middle = len(whole) // 2
    whole[middle : middle + 50] = b"\xff" * 50
    decoded = decode(bytes(whole))
    assert decoded.reason is not None
    assert len(decoded.events) < len(many)
    assert decoded.events == many[: len(decoded.events)]


def test_broken_json_keeps_the_events_before_the_break():
    decoded = decode(DOCUMENT.replace(b'"c"', b"\x01"))
    assert decoded.events == EVENTS[:2]
    assert "not JSON" in decoded.reason


def test_a_decompression_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_UNPACKED_BYTES", 1_000_000)
    decoded = decode(zlib.compress(b"[" + b" " * 5_000_000 + b"]"))
    assert decoded.events == []
    assert "more than" in decoded.reason


def test_ten_megabytes_of_garbage_are_one_problem():
    decoded = decode(b"\x00\xff\x13\x37" * 2_500_000)
    assert decoded.events == []
    assert decoded.reason == "neither zlib, gzip nor JSON"
