import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest

from importer.archive import decoding, formats
from importer.archive.decoding import EventStream, decode

pytestmark = pytest.mark.slow

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


PACKERS: list[Any] = [zlib.compress, gzip.compress]
MORE = [{"entityId": "d", "n": 4}, {"entityId": "e", "n": 5}]


@pytest.mark.parametrize("second", PACKERS)
@pytest.mark.parametrize("first", PACKERS)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("padding", [b"", b"\0\0\n"])
def test_every_document_of_a_file_of_two_streams_is_read(first, second, mark, padding):
    for shape in (lambda events: {"events": events}, list):
        texts = [mark + json.dumps(shape(events)).encode() for events in (EVENTS, MORE)]
        decoded = decode(first(texts[0]) + padding + second(texts[1]))
        assert (decoded.events, decoded.reason) == (EVENTS + MORE, None)
        assert decoded.met[formats.MEMBERS] == 1
        assert decoded.met[formats.PADDED] == (2 if mark else 0)


@pytest.mark.parametrize("cut", [1, 5, 12, 30, len(DOCUMENT) // 2, len(DOCUMENT) - 1])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("pack", PACKERS)
def test_a_document_split_over_two_streams_is_read(pack, mark, cut):
    decoded = decode(pack(mark + DOCUMENT[:cut]) + pack(mark + DOCUMENT[cut:]))
    assert (decoded.events, decoded.reason) == (EVENTS, None)


@pytest.mark.parametrize("pack", PACKERS)
def test_big_documents_of_several_streams_are_read_whole(pack):
    days = [busy_day(3_000), busy_day(2_000, showtimes=True), busy_day(1)]
    decoded = decode(b"".join(pack(json.dumps({"events": events, "next": []}).encode()) for events in days))
    assert decoded.reason is None
    assert decoded.events == [event for events in days for event in events]


def test_a_second_stream_that_ends_early_or_is_damaged_is_reported():
    second = zlib.compress(json.dumps({"events": busy_day(200)}).encode())
    early = decode(zlib.compress(DOCUMENT) + second[: len(second) // 2])
    assert "ends early" in early.reason
    assert early.events[:3] == EVENTS
    broken = bytearray(second)
    broken[-3] ^= 0xFF
    assert "damaged compression" in decode(zlib.compress(DOCUMENT) + bytes(broken)).reason


def test_bytes_behind_a_stream_that_only_begin_like_one_are_noted():
    decoded = decode(zlib.compress(DOCUMENT) + b"\x78\x9c\xff\xff\xff\xff")
    assert (decoded.events, decoded.reason, decoded.met) == (EVENTS, None, {formats.TRAILING: 1})


def test_a_decompression_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_UNPACKED_BYTES", 1_000_000)
    decoded = decode(zlib.compress(b"[" + b" " * 5_000_000 + b"]"))
    assert decoded.events == []
    assert "more than" in decoded.reason


def test_ten_megabytes_of_garbage_are_one_problem():
    decoded = decode(b"\x00\xff\x13\x37" * 2_500_000)
    assert decoded.events == []
    assert decoded.reason == "neither zlib, gzip nor JSON"


# -- piece by piece ---------------------------------------------------------------------------------------


def busy_day(count, showtimes=False):
    """A document of several pieces: `count` events of about 300 bytes."""
    nested = [{"type": "Performance", "startTime": "x"}, {"type": "Performance", "startTime": "y"}]
    return [
        {
            "entityId": f"entity {n}",
            "data": {"noise": f"{n * 7919 % 9973:0250d}", **({"showtimes": nested} if showtimes else {})},
        }
        for n in range(count)
    ]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n ", " : ")])
@pytest.mark.parametrize(
    "shape", [lambda events: {"events": events, "next": [1]}, list, lambda e: {"a": [], "events": e}]
)
def test_a_file_of_many_pieces_gives_every_event_once(separators, shape):
    events = busy_day(12_000, showtimes=True)
    decoded = decode(zlib.compress(json.dumps(shape(events), separators=separators).encode()))
    assert decoded.reason is None
    assert decoded.events == events


def test_a_break_in_the_middle_of_many_pieces_costs_one_event():
    events = busy_day(12_000)
    text = json.dumps({"events": events}).encode()
    broken = text.replace(b'"entity 6000"', b"\x01")
    decoded = decode(zlib.compress(broken))
    assert decoded.events == events[:6000] + events[6001:]
    assert decoded.position == broken.index(b'{"entityId": \x01')
    assert "not JSON" in decoded.reason


def test_memory_does_not_grow_with_what_a_file_unpacks_to():
    data = zlib.compress(b'{"events": [' + b",".join([json.dumps(busy_day(1)[0]).encode()] * 200_000) + b"]}")
    tracemalloc.start()
    count = sum(1 for _ in EventStream(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200_000  # 58 MB of text
    assert peak < 16 << 20


def test_a_bomb_without_events_is_refused_before_it_is_unpacked():
    stream = EventStream(zlib.compress(b"[" + b" " * (64 << 20) + b"]"))
    assert list(stream) == []
    assert not stream.is_believed
    assert "without an event" in stream.reason


def test_a_text_after_the_list_is_reported_and_the_events_are_kept():
    decoded = decode(DOCUMENT + b'{"more": 1}')
    assert decoded.events == EVENTS
    assert decoded.reason is not None


@pytest.mark.parametrize(
    ("data", "met"),
    [
        (zlib.compress(DOCUMENT), []),
        pytest.param(gzip.compress(DOCUMENT), [formats.GZIP], id="gzip"),
        pytest.param(zlib.compress(DOCUMENT) + b"garbage", [formats.TRAILING], id="trailing bytes"),
        pytest.param(zlib.compress(DOCUMENT) + b"\0\0\n", [], id="padding"),
        pytest.param(
            gzip.compress(DOCUMENT[:20]) + gzip.compress(DOCUMENT[20:]), [formats.GZIP, formats.MEMBERS], id="members"
        ),
        (DOCUMENT, [formats.PLAIN]),
        (b"\xef\xbb\xbf" + DOCUMENT, [formats.PADDED, formats.PLAIN]),
        (zlib.compress(json.dumps(EVENTS).encode()), [formats.BARE_LIST]),
    ],
)
def test_the_format_of_a_file_is_noted(data, met):
    assert decode(data).met == dict.fromkeys(met, 1)
