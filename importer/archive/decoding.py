"""From the bytes of an archive file to its raw events (sources 2.1), however damaged.

The file is unpacked and read piece by piece: memory does not grow with what it unpacks to. It may be several
compressed streams behind one another: each a document of its own, or parts of one.
"""

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.upstream.payloads import NotJson, from_json
from importer.archive import formats
from importer.archive.formats import Met

MAX_UNPACKED_BYTES = 1 << 28  # a big destination's day is tens of megabytes
MAX_EVENT_BYTES = 1 << 23
ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
GZIP_HEADER = b"\x1f\x8b"
HEADERS = (*ZLIB_HEADERS, GZIP_HEADER)
CHUNK = 1 << 18
BOM = b"\xef\xbb\xbf"
BLANKS = b" \r\n\t"
PADDING = BLANKS + b"\0"  # of blocks, behind a compressed stream
EVENTS = re.compile(rb'"events"\s*:\s*\[')
FIRST_LIST = re.compile(rb"\s*\[")
FIRST_KEY = re.compile(rb'\s*\{\s*("[^"\\]{1,100}")')
BETWEEN = re.compile(rb"\}\s*,\s*\{\s*\Z")
LONGEST_BETWEEN = 200
CUTS_TRIED = 3
NEXT_EVENT = re.compile(r'\{\s*"')
EVENT_KEYS = {"entityId", "eventTime"}
PIECES = msgspec.json.Decoder(list[msgspec.Raw])


class NotBelieved(Exception):
    """Nothing of the file can be used: what was read of it already may be wrong, or it is too large."""


@dataclass(slots=True)
class Decoded:
    """What a file holds: raw events, what kept us from reading all of it (byte position, reason), its format."""

    events: list[Any] = field(default_factory=list)
    position: int | None = None
    reason: str | None = None
    met: Met = field(default_factory=Counter)


def decode(data: bytes) -> Decoded:
    """All raw events of an archive file at once; a damaged file yields the events around the damage."""
    stream = EventStream(data)
    events = list(stream)
    return Decoded(events if stream.is_believed else [], stream.position, stream.reason, stream.met)


def begins_stream(data: bytes) -> bool:
    """Does a compressed stream begin here? Two bytes of its header may stand there by chance."""
    try:
        zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(data, 1)
    except zlib.error:
        return False
    return data[:2] in HEADERS


class EventStream:
    """Iterates once over the raw events of an archive file.

    Afterwards say: `reason` and `position` (byte of the unpacked text) of the first damage, `count` of events,
    formats `met`. When `is_believed` is false, the events are to be thrown away: a damaged stream may have changed
    any number before the damage showed, and a bomb is refused whole.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.count = 0
        self.position: int | None = None
        self.reason: str | None = None
        self.is_believed = True
        self.met: Met = Counter()
        self.head = b""  # the text up to the list of events
        self.key = b""  # the first key of the first event, in quotes

    def __iter__(self) -> Iterator[Any]:
        return map(as_reported, self.pieces())

    def pieces(self) -> Iterator[Any]:
        """Each event as a piece of its text (`Raw`), or, around a damage, as it could be read: see `as_reported`."""
        try:
            for events in self.batches():
                self.count += len(events)
                yield from events
        except NotBelieved as error:
            self.is_believed, self.count = False, 0
            self.position, self.reason = 0, str(error)

    def damaged(self, position: int, reason: str) -> None:
        if self.reason is None:
            self.position, self.reason = position, reason

    # -- unpacking ----------------------------------------------------------------------------------------

    def text(self) -> Iterator[bytes | None]:
        """The unpacked text in pieces, with a None between two streams. Of a stream that ends early the beginning is
        sure, of a damaged one nothing."""
        data = self.data
        if data[:1] in (b"\xef", *(bytes([blank]) for blank in BLANKS)):
            self.met[formats.PADDED] += 1
            data = data.removeprefix(BOM).lstrip(BLANKS)
        if not data:
            raise NotBelieved("the file is empty")
        if data[:1] in (b"{", b"["):
            self.met[formats.PLAIN] += 1
            yield from (data[i : i + CHUNK] for i in range(0, len(data), CHUNK))
        elif data[:2] in HEADERS:
            yield from self.unpacked(data)
        else:
            raise NotBelieved("neither zlib, gzip nor JSON")

    def unpacked(self, data: bytes) -> Iterator[bytes | None]:
        if data[:2] == GZIP_HEADER:
            self.met[formats.GZIP] += 1
        size = 0
        while data:
            stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # zlib or gzip, by the header
            rest: bytes | memoryview = data
            begun = size
            while rest and not stream.eof:
                try:
                    part = stream.decompress(rest, CHUNK)
                except zlib.error as error:
                    raise NotBelieved(f"damaged compression: {error}") from None
                rest = stream.unconsumed_tail
                if size == begun:
                    if begun:
                        self.met[formats.MEMBERS] += 1
                        yield None
                    part = self.without_mark(part)
                size += len(part)
                if size > MAX_UNPACKED_BYTES:
                    raise NotBelieved(f"unpacks to more than {MAX_UNPACKED_BYTES} bytes")
                yield part
            if not stream.eof:
                self.damaged(size, "the compressed stream ends early")
            data = stream.unused_data.lstrip(PADDING)
            if data and not begins_stream(data):
                self.met[formats.TRAILING] += 1
                return

    def without_mark(self, part: bytes) -> bytes:
        """The beginning of a stream's text; a byte order mark there is none of it."""
        if part.startswith(BOM):
            self.met[formats.PADDED] += 1
        return part.removeprefix(BOM)

    # -- events -------------------------------------------------------------------------------------------

    def batches(self) -> Iterator[list[Any]]:
        """Lists of events; each piece of text is cut behind its last whole event."""
        buffer = b""
        begun = False
        offset = 0  # of the buffer, in the text
        for part in self.text():
            if part is None:
                events = self.complete(buffer) if begun else None
                if events is not None:  # the next stream is a document of its own; else it goes on with this one
                    yield events
                    begun, buffer, offset = False, b"", offset + len(buffer)
                    self.key = b""
                continue
            buffer += part
            if not begun:
                begun, buffer, offset = self.begin(buffer, offset)
            cuts = self.cuts(buffer) if begun and len(buffer) >= CHUNK else []
            for cut in cuts[:CUTS_TRIED]:
                found = split(b"[" + buffer[: cut.comma] + b"]")
                if found is not None:
                    yield found
                    buffer, offset = buffer[cut.following :], offset + cut.following
                    break
            else:
                if cuts:
                    cut = cuts[0]
                    yield self.salvage(buffer[: cut.comma], offset)
                    buffer, offset = buffer[cut.following :], offset + cut.following
            if len(buffer) > MAX_EVENT_BYTES:
                raise NotBelieved(f"more than {MAX_EVENT_BYTES} bytes without an event")
        if begun:
            yield self.ending(buffer, offset)
        elif self.reason is None:
            self.damaged(*self.without_list(buffer))
        else:
            self.position = 0

    def begin(self, buffer: bytes, offset: int) -> tuple[bool, bytes, int]:
        """Find the list of events; returns whether it was, and the text behind its bracket."""
        is_bare = FIRST_LIST.match(buffer)
        begin = is_bare or EVENTS.search(buffer)
        if begin is None:
            return False, buffer, offset
        if is_bare:
            self.met[formats.BARE_LIST] += 1
        self.head = buffer[: begin.end()]
        return True, buffer[begin.end() :], offset + begin.end()

    def cuts(self, buffer: bytes) -> list["Cut"]:
        """The last places where an event ends and one begins with the same key as the file's first event."""
        if not self.key:
            first = FIRST_KEY.match(buffer)
            self.key = first[1] if first else b'"entityId"'
        found: list[Cut] = []
        end = len(buffer)
        while len(found) < CUTS_TRIED:
            end = buffer.rfind(self.key, 0, end)
            if end < 0:
                break
            low = max(0, end - LONGEST_BETWEEN)
            between = BETWEEN.search(buffer[low:end])
            if between:
                brace = low + between.start()
                found.append(Cut(brace + 1, buffer.rindex(b"{", low, end)))
        return found

    def ending(self, buffer: bytes, offset: int) -> list[Any]:
        """The events of the last piece; what follows the list has to complete the document."""
        events = self.complete(buffer) if self.reason is None else None
        return self.salvage(buffer, offset) if events is None else events

    def complete(self, buffer: bytes) -> list[Any] | None:
        """The events of a document's last piece; None where it does not end the document."""
        end = buffer.find(b"]") if not buffer.lstrip(BLANKS).startswith(b"{") else buffer.rfind(b"]")
        for _ in range(CUTS_TRIED):
            if end < 0:
                break
            events = split(b"[" + buffer[:end] + b"]")
            if events is not None and is_json(self.head + buffer[end:]):
                return events
            end = buffer.rfind(b"]", 0, end)
        return None

    def salvage(self, text: bytes, offset: int) -> list[Any]:
        """The events that can be read one by one around a damage."""
        plain = text.decode("utf-8", errors="replace")
        events, position = salvaged(plain)
        try:
            from_json(b"[" + text.rstrip(BLANKS + b"]},") + b"}]")
            reason = "not JSON: the document is not complete"
        except NotJson as error:
            reason = f"not JSON: {error}"
        at = offset + len(plain[:position].encode())
        if self.reason is not None and self.position is not None and at < self.position:
            self.position = at
        self.damaged(at, reason)
        return events

    def without_list(self, text: bytes) -> tuple[int, str]:
        try:
            from_json(text)
        except NotJson as error:
            return 0, f"not JSON: {error}"
        return 0, "the document holds no list of events"


@dataclass(frozen=True, slots=True)
class Cut:
    """A place between two events: the comma's side of the first, the brace of the following."""

    comma: int
    following: int


def split(text: bytes) -> list[Any] | None:
    """The elements of the JSON list `text`, each as a piece of it, or None when it is none."""
    try:
        if not text.isascii():
            text.decode()
        return PIECES.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def as_reported(piece: Any) -> Any:
    """The value of a piece of text; what was read already stays as it is."""
    if not isinstance(piece, msgspec.Raw):
        return piece
    text = bytes(piece)
    try:
        return from_json(text)
    except NotJson:
        return json.loads(text)  # a number beyond all bounds


def is_json(text: bytes) -> bool:
    try:
        from_json(text)
    except NotJson:
        return False
    return True


def salvaged(text: str) -> tuple[list[Any], int]:
    """The events that can be read one by one around a damage, and the position of the first damage."""
    events: list[Any] = []
    decoder = json.JSONDecoder()
    position = 0
    damage = None
    while position < len(text):
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
