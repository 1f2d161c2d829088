"""Synthetic history in the upstream archive's layout, to try the product with and to load it.

One file per destination and UTC day, `<destination>/<YYYY>/<MM>/<DD>.json.gz`, a zlib stream in spite of its name
(sources.md 2). Every event says `"synthetic": true`, every UUID is a sample twin's (`parks.catalog.known`), so
nothing of it can be mixed up with real history. The same arguments give the same bytes, whatever the number of
workers.
"""

import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random

from importer.sample.days import Scope, park_day_events
from importer.sample.faults import BORDER_MILLISECONDS, repeated_at_border, with_faults
from importer.sample.rides import roster
from importer.sample.text import DAY, epoch
from parks.catalog.known import CATALOG, CatalogPark, sample_twin

LABEL_FILE = "SYNTHETIC.txt"
_LABEL = """\
Everything in this directory is SYNTHETIC. No park reported any of it.

Made by `manage.py generate_sample_archive` of Ridewatch, in the layout of the ThemeParks.wiki archive.
Park names (marked "(sample)"), zones and usual hours are those of real parks; rides, waits, breakdowns
and closures are invented. Every event carries "synthetic": true.

seed: {seed}
days: {days}
destinations: {destinations}
end: {end}
"""
_UNIX_EPOCH = date(1970, 1, 1).toordinal()
_MOST_DAYS_PER_CHUNK = 60
_LONG_BEFORE_DAYS = 10  # no entity reports its first state any more

# First both kinds of operators, spread around the world so that some park is always open; then the rest as the
# catalogue has it.
_FIRST_DESTINATIONS = (
    "Walt Disney World Resort",
    "Tokyo Disney Resort",
    "Disneyland Paris",
    "Dollywood",
    "Knott's Berry Farm",
    "Universal Orlando Resort",
    "Disneyland Resort",
    "Cedar Point",
    "Europa-Park Resort",
    "Hersheypark",
    "Efteling Theme Park Resort",
    "Six Flags Magic Mountain",
)


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What was written. `rides` counts shows and restaurants too, `events` every line, faulty ones included."""

    events: int
    files: int
    parks: int
    rides: int
    seconds: float
    events_per_second: float


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some UTC days of a destination: day numbers since 1970, [first, end). `history` is the whole archive's scope."""

    out: Path
    seed: int
    parks: tuple[CatalogPark, ...]
    first: int
    end: int
    history: Scope


def sample_destinations() -> tuple[tuple[CatalogPark, ...], ...]:
    """The catalogue's parks by destination, in the order in which a sample takes them."""
    grouped: dict[str, list[CatalogPark]] = {name: [] for name in _FIRST_DESTINATIONS}
    for park in CATALOG:
        grouped.setdefault(park.destination_name, []).append(park)
    return tuple(tuple(parks) for parks in grouped.values())


def write_sample_archive(
    out: Path,
    *,
    days: int,
    destinations: int,
    seed: int,
    ends_at: datetime,
    workers: int = 1,
    progress: Callable[[int], object] | None = None,
) -> SampleSummary:
    """Write `days` UTC days of `destinations` destinations, the last day being cut at `ends_at` (aware).

    `progress` is called with the number of files just written; `days × destinations` are written in all. Files of
    an earlier sample in `out` are removed. Raises ValueError when an argument makes no sense or `out` holds
    anything but an earlier sample, OSError when it cannot be written.
    """
    began = time.perf_counter()
    chosen = _checked(out, days, destinations, ends_at, workers)
    _prepare(out, days, destinations, seed, ends_at)
    # An end at midnight sharp belongs to the day before: events are earlier than the end.
    end = epoch(ends_at)
    last_day = (end - 1) // DAY
    history = Scope((last_day - days + 1) * DAY, end)
    chunks = [
        _Chunk(out, seed, parks, first, min(first + size, last_day + 1), history)
        for parks in chosen
        for size in (_chunk_size(days, destinations, workers),)
        for first in range(last_day - days + 1, last_day + 1, size)
    ]
    events = files = 0
    for chunk_files, chunk_events in _run(chunks, workers):
        files += chunk_files
        events += chunk_events
        if progress is not None:
            progress(chunk_files)
    seconds = time.perf_counter() - began
    twins = [sample_twin(park) for parks in chosen for park in parks]
    return SampleSummary(
        events=events,
        files=files,
        parks=len(twins),
        rides=sum(len(roster(twin)) for twin in twins),
        seconds=seconds,
        events_per_second=events / seconds,
    )


def write_sample_days(out: Path, chosen: Sequence[CatalogPark], *, first: date, seed: int, ends_at: datetime) -> int:
    """Write one destination's UTC days from `first` to the instant `ends_at` (aware), as the history before goes on.

    The events are those of an archive that began long before `first`, the last day being cut at `ends_at`; a later
    call writes the same ones and more. Files of the destination in `out` are replaced. Returns how many were written.
    """
    folder = out / sample_twin(chosen[0]).destination_id
    for path in folder.glob("*/*/*.json.gz"):
        path.unlink()
    day, end = first.toordinal() - _UNIX_EPOCH, epoch(ends_at)
    history = Scope((day - _LONG_BEFORE_DAYS) * DAY, end)
    files, _ = _write_chunk(_Chunk(out, seed, tuple(chosen), day, (end - 1) // DAY + 1, history))
    return files


def _checked(
    out: Path, days: int, destinations: int, ends_at: datetime, workers: int
) -> tuple[tuple[CatalogPark, ...], ...]:
    """The chosen destinations; raises ValueError for arguments that make no sense."""
    known = sample_destinations()
    if days < 1:
        raise ValueError(f"days must be at least 1, not {days}")
    if not 1 <= destinations <= len(known):
        raise ValueError(f"destinations must be between 1 and {len(known)}, not {destinations}")
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    if ends_at.tzinfo is None:
        raise ValueError("end must have a time zone, for example 2026-03-31T18:00:00Z")
    try:
        # A year to spare: refurbishments look back that far.
        starts = ends_at.astimezone(UTC) - timedelta(days=days + 366)
    except OverflowError:
        starts = datetime.min.replace(tzinfo=UTC)
    if starts.year < 1970 or ends_at.year > 9000:
        raise ValueError("the history must lie between the years 1972 and 9000")
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is not a directory")
    if out.is_dir() and any(out.iterdir()) and not (out / LABEL_FILE).is_file():
        raise ValueError(f"{out} is not empty and holds no earlier sample; name a new directory")
    return known[:destinations]


def _prepare(out: Path, days: int, destinations: int, seed: int, ends_at: datetime) -> None:
    """Make the directory, remove an earlier sample's files (two in one would be neither), put up the label."""
    out.mkdir(parents=True, exist_ok=True)
    for destination_id in {sample_twin(park).destination_id for park in CATALOG}:
        for path in (out / destination_id).glob("*/*/*.json.gz"):
            path.unlink()
    label = _LABEL.format(days=days, destinations=destinations, seed=seed, end=ends_at.astimezone(UTC).isoformat())
    (out / LABEL_FILE).write_text(label, encoding="utf-8")


def _chunk_size(days: int, destinations: int, workers: int) -> int:
    """Days per chunk: a few chunks per worker, long enough that the two days simulated twice do not matter."""
    return max(7, min(_MOST_DAYS_PER_CHUNK, days * destinations // (workers * 6)))


def _run(chunks: list[_Chunk], workers: int) -> Iterator[tuple[int, int]]:
    """(files, events) of each chunk as it is finished."""
    if workers == 1 or len(chunks) == 1:
        yield from map(_write_chunk, chunks)
        return
    # Fresh processes: a fork would share the parent's database connections.
    with ProcessPoolExecutor(min(workers, len(chunks)), mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_write_chunk, chunk) for chunk in chunks]):
            yield future.result()


def _write_chunk(chunk: _Chunk) -> tuple[int, int]:
    """Write the files of a chunk; returns (files, events)."""
    events = 0
    for number, texts in _days(chunk):
        day = date.fromordinal(_UNIX_EPOCH + number)
        destination_id = sample_twin(chunk.parks[0]).destination_id
        path = chunk.out / destination_id / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        body = '{"events":[' + ",\n".join(texts) + "]}\n"
        path.write_bytes(zlib.compress(body.encode(), 1))
        events += len(texts)
    return chunk.end - chunk.first, events


def _days(chunk: _Chunk) -> Iterator[tuple[int, list[str]]]:
    """(day number, event texts in file order) of the chunk's UTC days."""
    twins = [(park, sample_twin(park)) for park in chunk.parks]
    first_local = chunk.history.start // DAY
    pending: dict[int, list[tuple[int, str]]] = defaultdict(list)
    # Two minutes of the day before, which the first file may repeat.
    start = max(chunk.history.start, chunk.first * DAY - BORDER_MILLISECONDS)
    end = min(chunk.history.end, chunk.end * DAY)
    # A UTC day shows parts of three local days: west of Greenwich the evening before, east the morning after.
    for number in range(max(first_local, chunk.first - 1), chunk.end + 1):
        scope = Scope(start, end, opens_history=number == first_local)
        for park, twin in twins:
            today = date.fromordinal(_UNIX_EPOCH + number)
            for event in park_day_events(chunk.seed, park, twin, today, scope):
                pending[event[0] // DAY].append(event)
        done = number - 1
        if chunk.first <= done < chunk.end:
            yield done, _file_texts(chunk, done, pending)
            pending.pop(done - 1, None)


def _file_texts(chunk: _Chunk, number: int, pending: dict[int, list[tuple[int, str]]]) -> list[str]:
    """The event texts of a UTC day, with the faults upstream's files have."""
    rng = Random(f"{chunk.seed}|{chunk.parks[0].destination_id}|file|{number}")
    border = (number + 1) * DAY - BORDER_MILLISECONDS
    events = sorted(pending[number])
    if chunk.history.end < (number + 1) * DAY:
        # A day that is cut will be written again, longer: what it says already has to stay.
        texts = [text for _, text in events]
    else:
        texts = with_faults(rng, events, number, border)
    yesterday = [event for event in pending[number - 1] if event[0] >= border - DAY]
    return repeated_at_border(rng, yesterday) + texts
