"""Bodies as small as a client can read them: br or gzip (RFC 9110, 12.5.3)."""

import functools
import gzip
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import brotli

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

# The better one first. A body of 70 KB is packed in 2 ms each.
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": functools.partial(brotli.compress, quality=5, mode=brotli.MODE_TEXT),
    "gzip": functools.partial(gzip.compress, compresslevel=6, mtime=0),
}
LEAST_BYTES = 1_000  # less fits into one packet anyway
TEXTS = ("application/json", "application/vnd.oai.openapi", "text/")
# Its pages hold secrets beside what a request says, and how well the two pack together would give them away (BREACH).
UNPACKED = "/admin/"


@functools.lru_cache(maxsize=500)
def accepted(header: str) -> tuple[str, ...]:
    """The encodings of `Accept-Encoding` that we have, the best first; a quality of 0 refuses one."""
    quality: dict[str, float] = {}
    for part in header[:500].lower().split(","):
        name, _, how = part.partition(";")
        try:
            quality[name.strip()] = float(how.strip().removeprefix("q=") or 1)
        except ValueError:
            quality[name.strip()] = 0
    return tuple(name for name in PACKERS if quality.get(name, quality.get("*", 0)) > 0)


def packed(body: bytes, encodings: Iterable[str] = tuple(PACKERS)) -> dict[str, bytes]:
    """The body in each encoding; nothing of one that is too small to gain by it."""
    return {name: PACKERS[name](body) for name in encodings} if len(body) >= LEAST_BYTES else {}


class Packing:
    """A WSGI application around another one, whose texts it packs."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(UNPACKED):
            return self.application(environ, start_response)
        reported: list[Any] = []
        result = self.application(environ, lambda *args: reported.append(args))
        status, headers = reported[-1][:2]
        given = {name.lower(): value for name, value in headers}
        is_text = given.get("content-type", "").startswith(TEXTS)
        if not status.startswith("200") or not is_text or "content-encoding" in given:
            start_response(status, headers)
            return result
        try:
            body = b"".join(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        if len(body) < LEAST_BYTES:
            start_response(status, headers)
            return [body]
        kept = [(name, value) for name, value in headers if name.lower() not in ("content-length", "vary", "etag")]
        vary = ", ".join(filter(None, [given.get("vary"), "Accept-Encoding"]))
        if etag := given.get("etag"):  # of the unpacked bytes, so it is a weak one for these
            kept.append(("ETag", etag if etag.startswith("W/") else f"W/{etag}"))
        for name in accepted(environ.get("HTTP_ACCEPT_ENCODING", ""))[:1]:
            body = PACKERS[name](body)
            kept.append(("Content-Encoding", name))
        start_response(status, [*kept, ("Vary", vary), ("Content-Length", str(len(body)))])
        return [body]
