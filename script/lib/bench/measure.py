"""Everything that is measured, one function for each kind of figure."""

import importlib
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.test import Client, override_settings

from bench.api import small_set, small_url
from bench.loading import Size, ride_snapshot_size
from bench.report import WARM_UPS, Figure, bar, own_cpu_ms, timed
from bench.rows import Parameters
from bench.traffic import database_cpu_ms
from bench.writing import checksum, compute_history, forget, recompute_range
from bench.yardstick import Question, answer, bytes_of, open_parquet, questions, select, within

NO_CACHE = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
RECOMPUTE_SECONDS = 60
SMALL_ROWS_A_SECOND, SMALL_RUNS = 540_000 / 1.5, 3
BYTES_A_ROW = 50


def size_figures(parquet: Path, live: Size) -> Iterator[Figure]:
    """`live`: a week written in the order of live collection, which leaves pages less full."""
    size = ride_snapshot_size()
    duckdb = bytes_of(parquet) / size.rows
    yield Figure(
        "a ride snapshot, loaded in order", "bytes", BYTES_A_ROW, size.bytes_a_row, duckdb, f"{size.rows:,} rows"
    )
    yield Figure(
        "a ride snapshot, collected live", "bytes", BYTES_A_ROW, live.bytes_a_row, None, f"{live.rows:,} rows"
    )


def computed() -> float:
    """Milliseconds that this process and the database have computed."""
    return own_cpu_ms() + database_cpu_ms()


def recompute_figures(parameters: Parameters, parquet: Path, workers: int) -> Iterator[Figure]:
    name = f"recompute {parameters.days} days"
    small = small_set(parameters)
    short = f"recompute {small.days} days of {small.ride_rows:,} rows"
    try:
        compute_history(parameters)
        forget(parameters)
        before = computed()
        first = recompute_range(parameters, workers)
        cpu = computed() - before
        rows = checksum()
        again = recompute_range(parameters, workers)
        same = checksum() == rows
        quick = min(recompute_range(small, workers, small_url(parameters)) for _ in range(SMALL_RUNS))
    except subprocess.CalledProcessError as error:
        yield Figure(name, "s", RECOMPUTE_SECONDS, None, None, f"the command failed with {error.returncode}")
        return
    whole_range = within(parameters.first.isoformat(), parameters.last.isoformat())
    began = time.perf_counter()
    answer(open_parquet(parquet, parameters), select("ride_id, local_at::DATE", whole_range), {})
    duckdb = time.perf_counter() - began
    yield Figure(f"{name}, from nothing", "s", RECOMPUTE_SECONDS, first, duckdb, f"{workers} workers", cpu_ms=cpu)
    yield Figure(f"{name}, again", "s", RECOMPUTE_SECONDS, again)
    yield Figure("rows that differ after the repeat", "sets", 0, float(not same), None, f"SHA-256 {rows[:16]}…")
    yield Figure(short, "s", small.ride_rows / SMALL_ROWS_A_SECOND, quick, note=f"the quickest of {SMALL_RUNS}")


def settle() -> None:
    """Bring the heap into the state the server's is in."""
    importlib.import_module("config.wsgi")


def ask(client: Client, question: Question) -> str | None:
    """What went wrong with one request; None when it was answered."""
    response = client.get(question.path, question.params)
    text = b"".join(response) if response.streaming else response.content
    return None if response.status_code == 200 else f"HTTP {response.status_code}: {text[:120]!r}"


def analytics_figures(parameters: Parameters, parquet: Path, runs: int) -> Iterator[Figure]:
    """The 95th percentile of whole requests through Django, uncached; DuckDB in this process, beside it."""
    connection = open_parquet(parquet, parameters)
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    settle()
    asked = questions(parameters)
    calls = len(asked) * 2 * (runs + WARM_UPS)
    with bar("asking", calls, "request") as progress, override_settings(CACHES=NO_CACHE, SHARED_READING_SECONDS=0):
        for question in asked:
            progress.set_description(question.name)
            to_duckdb = partial(answer, connection, question.sql, question.values)
            duckdb = timed(to_duckdb, runs, progress.update)
            wrong = ask(client, question)
            if wrong:
                yield Figure(question.name, "ms", question.target_ms, None, duckdb.p95, wrong)
                progress.update(runs + WARM_UPS)
                continue
            times = timed(partial(ask, client, question), runs, progress.update, computed)
            note = f"p50 {times.p50:.0f}, longest {times.longest:.0f}"
            yield Figure(question.name, "ms", question.target_ms, times.p95, duckdb.p95, note, cpu_ms=times.cpu)
