"""The speed targets of the API, through the project's real server: stored answers, a small set, the large one."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

from drf_spectacular.generators import SchemaGenerator

from bench.parameters import Parameters
from bench.progress import bar
from bench.recompute import compute_history, recompute_range
from bench.report import Figure
from bench.requests import CACHED, Ask, asks
from bench.server import SLOW_QUERY_MS, serving, slow_queries
from bench.timing import percentile
from bench.traffic import USERS, Answers, at_once, hammer, one_after_another
from stats.models import ParkDailyStats

SMALL_PARKS, SMALL_RIDES, SMALL_DAYS = 9, 9, 47  # 81 rides, 640,000 rows
# Connections of one run may all end at one worker; those of several reach both, and each has its answers stored.
WARM_UPS, WARM_UP_SECONDS, HAMMER_SECONDS = 5, 2, 10
CACHED_A_SECOND, CACHED_MS = 3_500, 7
SMALL_MEDIAN_MS, SMALL_LONGEST_MS = 40, 100
LARGE_MS = 400
ROUNDS = 2  # 40 answers of each kind
NO_CACHE = {"API_CACHE_SECONDS": "0"}


def small_set(parameters: Parameters) -> Parameters:
    """The set of one client: never larger than the large one."""
    return replace(
        parameters,
        parks=min(parameters.parks, SMALL_PARKS),
        rides=min(parameters.rides, SMALL_RIDES),
        days=min(parameters.days, SMALL_DAYS),
        history_days=0,
    )


def small_url() -> str:
    return f"{os.environ['DATABASE_URL']}_small"


def schema_asks() -> list[Ask]:
    return list(asks(SchemaGenerator().get_schema(request=None, public=True)))


def api_figures(directory: Path, parameters: Parameters, runs: int, workers: int) -> Iterator[Figure]:
    """All figures of the step. Times of each kind of request go to `api.json`, the servers' logs beside it."""
    if not ParkDailyStats.objects.filter(stat_date=parameters.last).exists():  # the step `recompute` was left out
        compute_history(parameters)
        recompute_range(parameters, workers)
    yield from cached_figures(directory, parameters, {}, "in each worker")
    if os.environ.get("BENCH_REDIS_URL"):
        yield from cached_figures(directory, parameters, {"REDIS_URL": os.environ["BENCH_REDIS_URL"]}, "with Redis")
    small, large = small_answers(directory, parameters, runs), large_answers(directory, parameters)
    reported = {
        name: {f"{ask.method} {ask.target} {ask.body.decode()}".strip(): asdict(found) for ask, found in each.items()}
        for name, each in (("small", small), ("large", large))
    }
    (directory / "api.json").write_text(json.dumps(reported, indent=1) + "\n")
    yield from small_figures(small)
    yield from large_figures(large)
    for name in ("small", "large"):
        slow = slow_queries(directory / f"{name}.log")
        yield Figure(
            f"{name} set, statements over {SLOW_QUERY_MS} ms", "", 0, len(slow), None, " | ".join(slow[:1])[:120]
        )


def cached_figures(
    directory: Path, parameters: Parameters, variables: Mapping[str, str], where: str
) -> Iterator[Figure]:
    """Stored answers a second, and how long one takes, with USERS clients."""
    with serving(directory / "cached.log", parameters, variables) as port:
        for _ in range(WARM_UPS):
            hammer(port, CACHED, WARM_UP_SECONDS)
        found = hammer(port, CACHED, HAMMER_SECONDS)
    note = f"{found.failed} failed" if found.failed else f"longest {found.longest:,.0f} ms"
    rate = None if found.failed else found.per_second
    yield Figure(f"stored answers {where}, {USERS} users", "/s", CACHED_A_SECOND, rate, None, note, at_least=True)
    yield Figure(f"stored answers {where}, p95", "ms", CACHED_MS, None if found.failed else found.p95, None, note)


def small_answers(directory: Path, parameters: Parameters, runs: int) -> dict[Ask, Answers]:
    """Every kind of request, one client, no cache."""
    small, asked = small_set(parameters), schema_asks()
    variables = {**NO_CACHE, "DATABASE_URL": small_url()}
    with (
        serving(directory / "small.log", small, variables) as port,
        bar("small set, one client", len(asked) * runs, "request") as progress,
    ):
        return one_after_another(port, asked, small, runs, progress.update)


def large_answers(directory: Path, parameters: Parameters) -> dict[Ask, Answers]:
    """Rankings, charts, heatmaps and details, USERS clients at once, no cache."""
    asked = [ask for ask in schema_asks() if ask.is_busy]
    with (
        serving(directory / "large.log", parameters, NO_CACHE) as port,
        bar(f"large set, {USERS} users", len(asked) * ROUNDS * USERS, "request") as progress,
    ):
        return at_once(port, asked, parameters, ROUNDS, progress.update)


class Worst(NamedTuple):
    """The kind of request of an endpoint that took longest, by some measure."""

    milliseconds: float | None  # None: a request failed
    note: str


def worst(found: Mapping[Ask, Answers], share: int) -> dict[str, Worst]:
    """By endpoint: the highest of its kinds' percentiles, and which kind that was."""
    by_endpoint: dict[str, list[Worst]] = defaultdict(list)
    for ask, answers in found.items():
        text = f"{ask.target} {ask.body.decode()}".strip()
        wrong = f"{text}: {answers.wrong}" if answers.wrong or not answers.times else ""
        value = None if wrong else percentile(answers.times, share)
        by_endpoint[ask.endpoint].append(Worst(value, wrong or f"{text}, {answers.largest:,} bytes"))
    return {
        endpoint: max(kinds, key=lambda kind: float("inf") if kind.milliseconds is None else kind.milliseconds)
        for endpoint, kinds in by_endpoint.items()
    }


def small_figures(found: Mapping[Ask, Answers]) -> Iterator[Figure]:
    medians, longest = worst(found, 50), worst(found, 100)
    for endpoint, median in medians.items():
        name = f"small set, {endpoint}"
        yield Figure(f"{name}, median", "ms", SMALL_MEDIAN_MS, median.milliseconds, None, median.note)
        yield Figure(
            f"{name}, longest", "ms", SMALL_LONGEST_MS, longest[endpoint].milliseconds, None, longest[endpoint].note
        )


def large_figures(found: Mapping[Ask, Answers]) -> Iterator[Figure]:
    for endpoint, p95 in worst(found, 95).items():
        yield Figure(f"large set, {endpoint}, p95, {USERS} users", "ms", LARGE_MS, p95.milliseconds, None, p95.note)
