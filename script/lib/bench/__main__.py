"""The steps of script/bench: `python -m bench STEP DIRECTORY [NAME]`, as the script calls them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django

from bench.rows import Parameters, parameters_from

STEPS = ("size", "recompute", "analytics", "api", "import")
GROWTH = "growth"  # takes long, and is measured when it is asked for
IMPORT_EVENTS = 20_000_000


def how_to_measure(environ: Mapping[str, str]) -> tuple[int, int, list[str]]:
    """Runs of each request, processes of the recomputation, steps; raises ValueError."""
    runs, workers = int(environ.get("BENCH_RUNS") or 30), int(environ.get("BENCH_WORKERS") or 2)
    steps = (environ.get("BENCH_STEPS") or " ".join(STEPS)).split()
    if min(runs, workers) < 1 or set(steps) - {*STEPS, GROWTH}:
        raise ValueError(
            f"at least one run and one worker are needed, and BENCH_STEPS from: {' '.join(STEPS)} {GROWTH}"
        )
    return runs, workers, steps


def is_current(directory: Path, parameters: Parameters, steps: Collection[str]) -> bool:
    """Does the directory hold the whole set of these parameters, and what these steps need?"""
    try:
        kept = json.loads((directory / "set.json").read_text())
    except (OSError, ValueError):
        return False
    is_same = kept.get("parameters") == json.loads(parameters.as_json())
    return is_same and (kept.get("live") is not None or "size" not in steps)


def keep(directory: Path, parameters: Parameters, live: Sequence[int] | None) -> None:
    """The set is complete; the files that it was loaded from are not needed any more."""
    shutil.rmtree(directory / "tsv")
    (directory / "set.json").write_text(json.dumps({"parameters": json.loads(parameters.as_json()), "live": live}))


def make(directory: Path, parameters: Parameters, steps: Collection[str]) -> None:
    """Write the files, load them into an empty database, and keep the rows as Parquet."""
    from bench.loading import analyze, expected_rows, load_files, make_catalogue, make_files
    from bench.yardstick import write_parquet

    print(f"Making {expected_rows(parameters)} …", flush=True)
    make_files(parameters, directory / "tsv")
    make_catalogue(parameters)
    load_files(parameters, directory / "tsv")
    analyze()
    write_parquet(directory / "tsv", directory / "parquet", parameters)
    if "size" not in steps:
        keep(directory, parameters, None)


def make_database(name: str) -> None:
    """Another, empty database on the same server: the name of the first with `_NAME` behind it."""
    from django.db import connection

    quoted = connection.ops.quote_name(f"{connection.settings_dict['NAME']}_{name}")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
        cursor.execute(f"CREATE DATABASE {quoted}")


def empty_databases(directory: Path) -> dict[str, str]:
    """The URLs of an empty database of each kind, with our tables."""
    make_database("import")
    file = directory / "import.sqlite3"
    for old in directory.glob("import.sqlite3*"):
        old.unlink()
    urls = {"MariaDB": f"{os.environ['DATABASE_URL']}_import", "SQLite": f"sqlite:///{file}"}
    for url in urls.values():
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=True)  # noqa: S603
    return urls


def live(directory: Path, parameters: Parameters) -> None:
    """Load one week in the order of live collection, into a database of its own; the set is complete then."""
    from bench.loading import analyze, live_week, ride_snapshot_size
    from snapshots.models import RideStatusSnapshot
    from snapshots.storage.bulk import load_file

    print("Loading a week in the order of live collection …", flush=True)
    path, _ = live_week(parameters, directory / "tsv")
    load_file(RideStatusSnapshot, path)
    analyze()
    keep(directory, parameters, ride_snapshot_size())


def fill(directory: Path, chosen: Parameters, workers: int) -> None:
    """Load a set, with its statistics, into the database of DATABASE_URL, which is empty."""
    from bench.loading import analyze, expected_rows, load_files, make_catalogue, make_files
    from bench.writing import recompute_range

    print(f"Making {expected_rows(chosen)} …", flush=True)
    with TemporaryDirectory(dir=directory) as files:
        make_files(chosen, Path(files))
        make_catalogue(chosen)
        load_files(chosen, Path(files))
    analyze()
    recompute_range(chosen, workers)


def measure(directory: Path, parameters: Parameters, steps: Collection[str]) -> bool:
    """Measure, print the table, write results.json; returns whether every target was met."""
    from bench.api import WORLDS, api_figures, growth, worlds
    from bench.loading import Size
    from bench.measure import analytics_figures, recompute_figures, size_figures
    from bench.report import Figure, growth_table, table, write_json

    parquet = directory / "parquet"
    runs, workers, _ = how_to_measure(os.environ)
    busy = os.getloadavg()[0]
    figures: list[Figure] = []
    if "size" in steps:
        live_size = Size(*json.loads((directory / "set.json").read_text())["live"])
        figures += size_figures(parquet, live_size)
    if "recompute" in steps:
        figures += recompute_figures(parameters, parquet, workers)
    if "analytics" in steps:
        figures += analytics_figures(parameters, parquet, runs)
    if "api" in steps:
        figures += api_figures(directory, parameters, runs, workers)
    if "import" in steps:
        from bench.writing import import_figures

        events = int(os.environ.get("BENCH_IMPORT_EVENTS") or IMPORT_EVENTS)
        figures += import_figures(directory, events, empty_databases(directory), workers)
    grown = growth(directory, worlds(os.environ.get("BENCH_GROWTH") or WORLDS, parameters)) if GROWTH in steps else {}
    about: dict[str, Any] = {
        "growth": grown,
        "parameters": json.loads(parameters.as_json()),
        "runs": runs,
        "workers": workers,
        "cores": os.cpu_count(),
        "load_before": busy,
    }
    write_json(directory / "results.json", figures, about)
    if busy > 0.5:
        print(f"The machine was busy before (load {busy:.1f}): the figures may be too high.", file=sys.stderr)
    if figures:
        print(
            f"\nUncached, neither answers nor readings are kept; analytics: p95 of {runs} runs.\n\n{table(figures)}\n"
        )
    if grown:
        print(f"\n{growth_table(grown)}\n")
    return all(figure.verdict != "MISS" for figure in figures)


def main() -> int:
    step, directory = sys.argv[1], Path(sys.argv[2])
    try:
        parameters = parameters_from(os.environ)
        _, workers, steps = how_to_measure(os.environ)
    except ValueError as error:
        print(f"script/bench: {error}", file=sys.stderr)
        return 2
    if step == "current":
        return 0 if is_current(directory, parameters, steps) else 1
    django.setup()
    if step == "measure":
        return 0 if measure(directory, parameters, steps) else 1
    if step == "database":
        make_database(sys.argv[3])
    elif step == "undo-cycles":
        from bench.writing import undo_cycles

        undo_cycles(parameters)
    elif step == "fill":
        fill(directory, parameters, workers)
    elif step == "small":
        from bench.api import small_set

        fill(directory, small_set(parameters), workers)
    elif step == "live":
        live(directory, parameters)
    else:
        make(directory, parameters, steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
