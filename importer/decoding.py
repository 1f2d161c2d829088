"""From the bytes of an archive file to its raw events (sources 2.1), however damaged."""

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import orjson

MAX_UNPACKED_BYTES = 1 << 30
ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
GZIP_HEADER = b"\x1f\x8b"
CHUNK = 1 << 20


@dataclass(slots=True)
class Decoded:
    """What a file holds: raw events, and what kept us from reading all of it (byte position, reason)."""

    events: list[Any] = field(default_factory=list)
    position: int | None = None
    reason: str | None = None


def unpack(data: bytes) -> tuple[bytes, str | None]:
    """Unpacked bytes, and the reason when the stream ends early or is damaged."""
    if data[:1] in (b"{", b"["):
        return data, None
    if data[:2] not in (*ZLIB_HEADERS, GZIP_HEADER):
        return b"", "neither zlib, gzip nor JSON"
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib or gzip, by the header
    parts: list[bytes] = []
    size = 0
    reason = None
    try:
        while data and not stream.eof:
            part = stream.decompress(data, CHUNK)
            data = stream.unconsumed_tail
            parts.append(part)
            size += len(part)
            if size > MAX_UNPACKED_BYTES:
                return b"", f"unpacks to more than {MAX_UNPACKED_BYTES} bytes"
    except zlib.error as error:
        reason = f"damaged compression: {error}"
    if reason is None and not stream.eof:
        reason = "the compressed stream ends early"
    return b"".join(parts), reason


def decode(data: bytes) -> Decoded:
    """Raw events of an archive file; a damaged file yields the events before the damage."""
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
    """The events that can be read one by one before a damage, and the position reached in the text."""
    events: list[Any] = []
    decoder = json.JSONDecoder()
    position = text.find("[") + 1
    if position == 0:
        return events, 0
    while position < len(text):
        while text[position : position + 1] in ("", ",", " ", "\n", "\r", "\t") and position < len(text):
            position += 1
        try:
            event, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        if not isinstance(event, dict):
            break
        events.append(event)
    return events, position
