"""Everything that is measured, one function for each kind of figure."""

import importlib
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.test import Client, override_settings

from bench.duck import answer, bytes_of, open_parquet, select, within
from bench.parameters import Parameters
from bench.progress import bar
from bench.questions import Question, questions
from bench.recompute import checksum, compute_history, forget, recompute_range
from bench.report import Figure
from bench.sizes import Size, ride_snapshot_size
from bench.timing import WARM_UPS, timed

NO_CACHE = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
RECOMPUTE_SECONDS = 180
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


def recompute_figures(parameters: Parameters, parquet: Path, workers: int) -> Iterator[Figure]:
    name = f"recompute {parameters.days} days"
    try:
        compute_history(parameters)
        forget(parameters)
        first = recompute_range(parameters, workers)
        rows = checksum()
        again = recompute_range(parameters, workers)
        same = checksum() == rows
    except subprocess.CalledProcessError as error:
        yield Figure(name, "s", RECOMPUTE_SECONDS, None, None, f"the command failed with {error.returncode}")
        return
    whole_range = within(parameters.first.isoformat(), parameters.last.isoformat())
    began = time.perf_counter()
    answer(open_parquet(parquet, parameters), select("ride_id, local_at::DATE", whole_range), {})
    duckdb = time.perf_counter() - began
    yield Figure(f"{name}, from nothing", "s", RECOMPUTE_SECONDS, first, duckdb, f"{workers} workers")
    yield Figure(f"{name}, again", "s", RECOMPUTE_SECONDS, again)
    yield Figure("rows that differ after the repeat", "sets", 0, float(not same), None, f"SHA-256 {rows[:16]}…")


def settle() -> None:
    """Bring the heap into the state the server's is in."""
    importlib.import_module("config.wsgi")


def ask(client: Client, question: Question) -> str | None:
    """What went wrong with one request; None when it was answered."""
    response = client.get(question.path, question.params)
    text = b"".join(response) if response.streaming else response.content
    return None if response.status_code == 200 else f"HTTP {response.status_code}: {text[:120]!r}"


def analytics_figures(parameters: Parameters, parquet: Path, runs: int) -> Iterator[Figure]:
    """The 95th percentile of whole requests through Django, without a cache."""
    connection = open_parquet(parquet, parameters)
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    settle()
    asked = questions(parameters)
    calls = len(asked) * 2 * (runs + WARM_UPS)
    with bar("asking", calls, "request") as progress, override_settings(CACHES=NO_CACHE):
        for question in asked:
            progress.set_description(question.name)
            to_duckdb = partial(answer, connection, question.sql, question.values)
            duckdb = timed(to_duckdb, runs, progress.update)
            wrong = ask(client, question)
            if wrong:
                yield Figure(question.name, "ms", question.target_ms, None, duckdb.p95, wrong)
                progress.update(runs + WARM_UPS)
                continue
            times = timed(partial(ask, client, question), runs, progress.update)
            note = f"p50 {times.p50:.0f}, longest {times.longest:.0f}"
            yield Figure(question.name, "ms", question.target_ms, times.p95, duckdb.p95, note)
