"""Raw answers of the upstream on disk: kept with --record, played again with --replay at their own instants."""

import gzip
import logging
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.upstream.http import Reason, UpstreamError
from parks.catalog.directory import park_from
from parks.catalog.known import facts_for
from parks.models import Park
from parks.upstreams.themeparks_wiki import read_live
from snapshots.collection.run import CycleResult, Fetch, collect

log = logging.getLogger(__name__)

# 20260203T212045Z, and 2026-04-14T2227Z
INSTANT = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)?Z")
QUEUE_TIMES = re.compile(r"queue-times-(\d{1,9})_")
LARGEST_FILE = 50_000_000


class RecordingError(Exception):
    """A directory that holds nothing to replay."""


def recorded(fetch: Fetch, directory: Path, at: datetime) -> Fetch:
    """`fetch` that also keeps every answer in `directory`, a file for each park and instant."""

    def fetch_and_keep(park: Park) -> bytes:
        body = fetch(park)
        source = park.themeparks_wiki_id or f"queue-times-{park.queue_times_id}"
        path = directory / f"live_{source}_{at:%Y%m%dT%H%M%SZ}.json.gz"
        try:
            path.write_bytes(gzip.compress(body, mtime=0))
        except OSError as error:  # a full disk must not cost the database its rows
            log.warning("%s cannot be kept: %s", path, error)
        return body

    return fetch_and_keep


@dataclass(frozen=True, slots=True)
class Recording:
    """One file: the answer about one park at one instant."""

    path: Path
    at: datetime

    def read(self) -> bytes:
        """The answer; raises UpstreamError."""
        try:
            body = self.path.read_bytes()
            if self.path.suffix != ".gz":
                return body
            unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, LARGEST_FILE)
        except (OSError, zlib.error) as error:
            raise UpstreamError(Reason.UNREACHABLE, f"{self.path.name}: {error}") from error
        return unpacked


def recordings_of(place: Path) -> list[Recording]:
    """The recordings of a directory, or one file, in order of their instants; raises RecordingError."""
    files = [place] if place.is_file() else sorted(place.glob("*.json*"))
    found = [Recording(path, at) for path in files if (at := instant_of(path.name)) is not None]
    if not found:
        raise RecordingError(f"{place} holds no file named like live_…_20260203T212045Z.json or .json.gz")
    return sorted(found, key=lambda recording: (recording.at, recording.path))


def instant_of(name: str) -> datetime | None:
    match = INSTANT.search(name)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def replay(recordings: list[Recording], auto_create: bool) -> Iterator[CycleResult]:
    """Run the cycle of every recorded instant, oldest first; answers that cannot be read fail their park."""
    cycles: dict[datetime, list[Recording]] = defaultdict(list)
    for recording in recordings:
        cycles[recording.at].append(recording)
    for at, files in sorted(cycles.items()):
        answers: dict[Park, bytes] = {}
        unread = CycleResult(at)
        for recording in files:
            try:
                body = recording.read()
                answers[park_of(recording.path.name, body, auto_create)] = body
            except UpstreamError as error:
                unread.unread[recording.path.name] = str(error)
        result = collect(at, answers.__getitem__, list(answers), auto_create)
        result.unread = unread.unread
        yield result


def park_of(name: str, body: bytes, auto_create: bool) -> Park:
    """The park a recording is about; raises UpstreamError when it is none of ours and not in the catalogue.

    A Queue-Times answer does not say whose it is; the name of its file does.
    """
    if number := QUEUE_TIMES.search(name):
        park = Park.objects.filter(queue_times_id=int(number[1])).first()
        if park is None or park.themeparks_wiki_id:
            raise UpstreamError(Reason.NOT_FOUND, f"no park is collected as Queue-Times {number[1]}; run sync_parks")
        return park
    feed = read_live(body)
    park = Park.objects.filter(themeparks_wiki_id=feed.park_id).first()
    if park is not None:
        return park
    facts = facts_for(feed.park_id)
    if facts is None or not auto_create:
        raise UpstreamError(Reason.NOT_FOUND, f"park {feed.park_id} ({feed.name}) is not known; run sync_parks")
    park = park_from(facts)
    park.save()
    return park
