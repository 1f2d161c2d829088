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


@pytest.mark.parametrize("place", ["middle", "checksum"])
def test_of_a_damaged_stream_nothing_is_believed(place):
    many = [{"entityId": f"entity {n}", "noise": str(n * 7919 % 9973)} for n in range(20000)]
    whole = bytearray(zlib.compress(json.dumps(many).encode()))
    where = len(whole) // 2 if place == "middle" else len(whole) - 3
    whole[where : where + 2] = b"\xff\xfe"
    decoded = decode(bytes(whole))
    assert decoded.events == []
    assert "damaged compression" in decoded.reason


def test_broken_json_keeps_the_events_before_the_break():
    decoded = decode(DOCUMENT.replace(b'"c"', b"\x01"))
    assert decoded.position == DOCUMENT.index(b'{"entityId": "c"')
    assert decoded.events == EVENTS[:2]
    assert "not JSON" in decoded.reason


@pytest.mark.parametrize("broken", [b"\x01", b'"b" oops', b"[" * 3000])
def test_one_broken_event_costs_only_itself(broken):
    decoded = decode(DOCUMENT.replace(b'"b"', broken))
    assert decoded.events == [EVENTS[0], EVENTS[2]]
    assert decoded.position == DOCUMENT.index(b'{"entityId": "b"')
    assert decoded.reason is not None


def test_other_lists_before_the_events_are_passed_over():
    text = b'{"tags": [{"a": 1}], "events": [{"entityId": "a", "n": 1}, {"entityId": "x"'
    assert decode(text).events == [EVENTS[0]]


def test_several_gzip_members_a_mark_and_blanks_are_read():
    half = len(DOCUMENT) // 2
    assert decode(gzip.compress(DOCUMENT[:half]) + gzip.compress(DOCUMENT[half:])).events == EVENTS
    assert decode(b"\xef\xbb\xbf" + DOCUMENT).events == EVENTS
    assert decode(b"  \n" + DOCUMENT).events == EVENTS


def test_a_decompression_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_UNPACKED_BYTES", 1_000_000)
    decoded = decode(zlib.compress(b"[" + b" " * 5_000_000 + b"]"))
    assert decoded.events == []
    assert "more than" in decoded.reason


def test_ten_megabytes_of_garbage_are_one_problem():
    decoded = decode(b"\x00\xff\x13\x37" * 2_500_000)
    assert decoded.events == []
    assert decoded.reason == "neither zlib, gzip nor JSON"
