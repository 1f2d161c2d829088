"""Making the large set: files by two processes, loaded in primary-key order; and how much room the rows take."""

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import django
from django.apps import apps
from django.db import connection, connections

from bench.report import bar
from bench.rows import (
    SLOTS_A_DAY,
    TABLES,
    Chunk,
    Parameters,
    chunks_of,
    park_specs,
    ride_specs,
    slot_starts,
    wiki_key,
    write_chunk,
)
from parks.models import ClassificationMethod, Park, Ride, RideClassification
from snapshots.models import ParkActivitySnapshot, RideStatusChange, RideStatusSnapshot
from snapshots.storage.bulk import load_file
from snapshots.storage.tables import table_sizes

PROCESSES = 2
MODELS = (RideStatusSnapshot, ParkActivitySnapshot, RideStatusChange)
LIVE_DAYS = 7


def make_catalogue(parameters: Parameters) -> None:
    """Parks, rides and classifications; ids are the numbers of the specs."""
    parks = park_specs(parameters.parks)
    rides = [(park, ride) for park in parks for ride in ride_specs(park.number, parameters.rides, parameters.seed)]
    Park.objects.bulk_create(
        Park(
            pk=park.number,
            name=f"Park {park.number}",
            themeparks_wiki_id=wiki_key(1, park.number),
            city=park.zone.split("/")[-1].replace("_", " "),
            country=park.country,
            timezone=park.zone,
            is_disney=park.is_disney,
            is_universal=park.is_universal,
        )
        for park in parks
    )
    Ride.objects.bulk_create(
        Ride(
            pk=ride.number,
            park_id=park.number,
            name=f"Ride {ride.number}",
            themeparks_wiki_id=wiki_key(2, ride.number),
            tier=ride.tier,
            last_operated_at=None if ride.in_refurbishment else slot_starts(parameters.last, park.zone)[-1],
        )
        for park, ride in rides
    )
    RideClassification.objects.bulk_create(
        RideClassification(
            ride_id=ride.number,
            tier=ride.tier,
            tier_weight=ride.weight,
            classification_method=ClassificationMethod.MANUAL_OVERRIDE,
        )
        for _, ride in rides
    )


def load_chunk(chunk: Chunk, directory: Path) -> int:
    """Load the files of a chunk; returns the number of ride rows."""
    rows = {model: load_file(model, chunk.path(directory, model._meta.db_table)) for model in MODELS}
    return rows[RideStatusSnapshot]


def on_both_cores(work: Callable[[Chunk], int], chunks: list[Chunk], what: str, rows: int) -> None:
    """Do `work`, which returns ride rows, for all chunks in order."""
    connections.close_all()  # a connection must not be shared with a child process
    initializer = None if apps.ready else django.setup
    with bar(what, rows, "row") as progress, multiprocessing.Pool(PROCESSES, initializer) as pool:
        for done in pool.imap_unordered(work, chunks):
            progress.update(done)


def make_files(parameters: Parameters, directory: Path) -> None:
    work = partial(write_chunk, parameters=parameters, directory=directory)
    on_both_cores(work, chunks_of(parameters), "making rows", parameters.ride_rows)


def load_files(parameters: Parameters, directory: Path) -> None:
    """Load every file into the database, which holds no observations yet."""
    work = partial(load_chunk, directory=directory)
    on_both_cores(work, chunks_of(parameters), "loading into MariaDB", parameters.ride_rows)


def live_week(parameters: Parameters, directory: Path) -> tuple[Path, int]:
    """A file with the last week of all rides in the order in which live collection writes it, and its rows."""
    since = f"{parameters.last - timedelta(days=LIVE_DAYS)} 12:00:00"
    rows: list[tuple[str, int, str]] = []
    for path in sorted(directory.glob(f"{TABLES[0]}-*.tsv")):
        for line in path.open():
            ride, at, _ = line.split("\t", 2)
            if at >= since:
                rows.append((at, int(ride), line))
    rows.sort()
    target = directory / "live-week.tsv"
    with target.open("w") as out:
        out.writelines(line for _, _, line in rows)
    return target, len(rows)


def expected_rows(parameters: Parameters) -> str:
    return f"{parameters.ride_rows:,} ride rows ({parameters.parks} parks, {SLOTS_A_DAY} a ride and day)"


class Size(NamedTuple):
    rows: int
    total_bytes: int  # indexes included

    @property
    def bytes_a_row(self) -> float:
        return self.total_bytes / self.rows


def analyze() -> None:
    """Bring the optimizer's statistics and the sizes up to date."""
    with connection.cursor() as cursor:
        for model in MODELS:
            cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")
            cursor.fetchall()


def ride_snapshot_size() -> Size:
    """The counted rows of the ride snapshots, and the bytes of their table with its indexes on the disk."""
    table = RideStatusSnapshot._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"FLUSH TABLES {table} FOR EXPORT")  # pages are packed when they are written
        cursor.execute("UNLOCK TABLES")
    (size,) = [each for each in table_sizes() if each.name == table]
    return Size(RideStatusSnapshot.objects.count(), size.data_bytes + size.index_bytes)
