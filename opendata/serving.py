"""A published file over HTTP: whole, or the part of it that a reader asks for, with its checksum as ETag."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from core.web.cors import origin_headers
from opendata.manifest import Manifest, inside
from opendata.mirror import ABOUT

ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})\Z")
PIECE = 65_536  # bytes
TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
}
FOREVER = "public, max-age=31536000, immutable"


def serve(request: HttpRequest, directory: Path, manifest: Manifest, path: str) -> HttpResponseBase:
    """Of files that the manifest names, and those about them; raises Http404."""
    known = {file.path: file.sha256 for file in manifest.files}
    if path not in known and path not in ABOUT:
        raise Http404("No such file is published; /api/data/manifest lists them.")
    place = inside(directory, path)
    try:
        size = place.stat().st_size
        opened = place.open("rb")
    except OSError as error:
        raise Http404("This file is listed, and not to be had at this moment.") from error
    etag = f'"{known[path]}"' if path in known else None
    response = answer(request, opened, size, etag)
    response["Content-Type"] = TYPES.get(place.suffix, "text/plain; charset=utf-8")
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = FOREVER if etag else "public, max-age=300"
    for name, value in origin_headers(request.headers.get("Origin")).items():
        response[name] = value
    if etag:
        response["ETag"] = etag
    return response


def answer(request: HttpRequest, file: BinaryIO, size: int, etag: str | None) -> HttpResponseBase:
    asked = request.headers.get("Range", "")
    if etag and etag in request.headers.get("If-None-Match", ""):
        file.close()
        return HttpResponse(status=304)
    if not asked or request.headers.get("If-Range", etag) != etag:
        return FileResponse(file)
    span = range_of(asked, size)
    if span is None:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = span
    response = StreamingHttpResponse(pieces(file, first, last), status=206)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    return response


def range_of(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a `Range` with one part (RFC 9110, 14.2); None: not to be had."""
    found = ONE_RANGE.match(asked)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(size - int(found[2]), 0), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last < size else None


def pieces(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
