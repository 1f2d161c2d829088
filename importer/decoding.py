"""From the bytes of an archive file to its raw events (sources 2.1), however damaged."""

import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

import orjson

MAX_UNPACKED_BYTES = 1 << 30
ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
GZIP_HEADER = b"\x1f\x8b"
CHUNK = 1 << 20
EVENTS = re.compile(r'"events"\s*:\s*\[')
FIRST_LIST = re.compile(r"\s*\[")
NEXT_EVENT = re.compile(r'\{\s*"')
EVENT_KEYS = {"entityId", "eventTime"}


@dataclass(slots=True)
class Decoded:
    """What a file holds: raw events, and what kept us from reading all of it (byte position, reason)."""

    events: list[Any] = field(default_factory=list)
    position: int | None = None
    reason: str | None = None


def unpack(data: bytes) -> tuple[bytes, str | None]:
    """Unpacked bytes, and the reason when they are not all.

    Of a stream that ends early the beginning is sure. Of a damaged one nothing is: a wrong bit may have
    changed any number before the damage shows.
    """
    if data[:1] in (b"{", b"["):
        return data, None
    if data[:2] not in (*ZLIB_HEADERS, GZIP_HEADER):
        return b"", "neither zlib, gzip nor JSON"
    parts: list[bytes] = []
    size = 0
    while data:
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib or gzip, by the header
        try:
            while data and not stream.eof:
                parts.append(stream.decompress(data, CHUNK))
                data = stream.unconsumed_tail
                size += len(parts[-1])
                if size > MAX_UNPACKED_BYTES:
                    return b"", f"unpacks to more than {MAX_UNPACKED_BYTES} bytes"
        except zlib.error as error:
            return b"", f"damaged compression: {error}"
        if not stream.eof:
            return b"".join(parts), "the compressed stream ends early"
        data = stream.unused_data if stream.unused_data[:2] == GZIP_HEADER else b""  # a further gzip member
    return b"".join(parts), None


def decode(data: bytes) -> Decoded:
    """Raw events of an archive file; a damaged file yields the events before the damage."""
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \r\n\t") if data[:1] in b"\xef \r\n\t" else data
    if not data:
        return Decoded([], 0, "the file is empty")
    text, reason = unpack(data)
    if reason is None:
        try:
            return listed(orjson.loads(text))
        except orjson.JSONDecodeError as error:
            reason = f"not JSON: {error}"
    events, position = salvaged(text.decode("utf-8", errors="replace"))
    return Decoded(events, position, reason)


def listed(document: Any) -> Decoded:
    """The events of a whole document: an object with `events`, or a bare list."""
    events = document.get("events") if isinstance(document, dict) else document
    if isinstance(events, list):
        return Decoded(events)
    return Decoded([], 0, "the document holds no list of events")


def salvaged(text: str) -> tuple[list[Any], int]:
    """The events that can be read one by one around a damage, and the position of the first damage."""
    events: list[Any] = []
    decoder = json.JSONDecoder()
    begin = EVENTS.search(text) or FIRST_LIST.match(text)
    position = begin.end() if begin else 0
    damage = None
    while begin and position < len(text):
        following = NEXT_EVENT.search(text, position)
        if following is None:
            break
        if damage is None and text[position : following.start()].strip(" ,\r\n\t"):
            damage = position
        try:
            event, position = decoder.raw_decode(text, following.start())
        except (ValueError, RecursionError):
            damage = following.start() if damage is None else damage
            position = following.start() + 1
            continue
        if isinstance(event, dict) and event.keys() & EVENT_KEYS:
            events.append(event)
    return events, position if damage is None else damage
