"""Making the large set: files by two processes, loaded in primary-key order, and the same rows as Parquet."""

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import django
from django.apps import apps
from django.db import connections

from bench.chunks import TABLES, Chunk, chunks_of, write_chunk
from bench.days import ride_specs, slot_starts
from bench.parameters import SLOTS_A_DAY, Parameters, park_specs
from bench.progress import bar
from parks.models import ClassificationMethod, Park, Ride, RideClassification
from snapshots.models import ParkActivitySnapshot, RideStatusChange, RideStatusSnapshot
from snapshots.storage.bulk import load_file

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
