"""The speed targets of the API: what is asked, and what came of it through the project's real server."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from bench.cycles import ROUNDS, Cycle, first_askers
from bench.report import Figure, bar, percentile
from bench.rows import Parameters
from bench.traffic import (
    CACHED,
    SLOW_QUERY_MS,
    USERS,
    Answers,
    Ask,
    asks,
    at_once,
    hammer,
    one_after_another,
    serving,
    slow_queries,
)
from bench.writing import compute_history, recompute_range
from stats.models import ParkDailyStats

SMALL_PARKS, SMALL_RIDES, SMALL_DAYS = 9, 9, 47  # 81 rides, 640,000 rows
# Connections of one run may all end at one worker; those of several reach both, and each has its answers stored.
WARM_UPS, WARM_UP_SECONDS, HAMMER_SECONDS = 5, 2, 10
CACHED_A_SECOND, CACHED_MS = 3_500, 7
SMALL_MEDIAN_MS, SMALL_LONGEST_MS = 10, 40
LARGE_MS = 150
CYCLE_SECONDS = 1
FIRST_MS = 25  # of lists, after a cycle
LARGE_ROUNDS = 2  # 40 answers of each kind
# Neither answers nor what was read for others: what one client alone would wait for.
UNCACHED = {"API_CACHE_SECONDS": "0", "SHARED_READING_SECONDS": "0"}
LISTS = ("/downtime", "/waittimes", "/trends", "/status-summary", "-reliable")
WORLDS = "77x1 700x1 2100x1 77x4 700x4"
SHAPES = {77: (7, 11), 700: (14, 50), 2_100: (42, 50)}  # parks, rides of each
MONTH = 30  # days
GROWTH_RUNS = 5


def small_set(parameters: Parameters) -> Parameters:
    """The set of one client: never larger than the large one."""
    return replace(
        parameters,
        parks=min(parameters.parks, SMALL_PARKS),
        rides=min(parameters.rides, SMALL_RIDES),
        days=min(parameters.days, SMALL_DAYS),
        history_days=0,
    )


def small_url(parameters: Parameters) -> str:
    """A database of its own, unless the whole set is small."""
    return os.environ["DATABASE_URL"] + ("_small" if small_set(parameters) != parameters else "")


def schema_asks() -> list[Ask]:
    """Every kind; with BENCH_KINDS at most so many of each endpoint, spread over what there is."""
    by_endpoint: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks(SchemaGenerator().get_schema(request=None, public=True)):
        by_endpoint[ask.endpoint].append(ask)
    most = int(os.environ.get("BENCH_KINDS") or 0)
    return [ask for kinds in by_endpoint.values() for ask in kinds[:: -(-len(kinds) // (most or len(kinds)))]]


def api_figures(directory: Path, parameters: Parameters, runs: int, workers: int) -> Iterator[Figure]:
    """All figures of the step. Times of each kind of request go to `api.json`, the servers' logs beside it."""
    if not ParkDailyStats.objects.filter(stat_date=parameters.last).exists():  # the step `recompute` was left out
        compute_history(parameters)
        recompute_range(parameters, workers)
    yield from cached_figures(directory, parameters, {}, "in each worker")
    if os.environ.get("BENCH_REDIS_URL"):
        yield from cached_figures(directory, parameters, {"REDIS_URL": os.environ["BENCH_REDIS_URL"]}, "with Redis")
    small, first = small_answers(directory, parameters, runs)
    found = {"small": small, "small, first": first}
    yield from small_figures(small, first)
    if small_set(parameters) != parameters:
        yield from large_figures(*(large := large_answers(directory, parameters)))
        found |= {"large": large[0], "large, first": large[1]}
        yield from cycle_figures(large[2])
    reported = {
        name: {f"{ask.method} {ask.target} {ask.body.decode()}".strip(): asdict(each) for ask, each in answers.items()}
        for name, answers in found.items()
    }
    (directory / "api.json").write_text(json.dumps(reported, indent=1) + "\n")
    for name in ("small", "large"):
        log = directory / f"{name}.log"
        slow = slow_queries(log) if log.exists() else []
        yield Figure(
            f"{name} set, statements over {SLOW_QUERY_MS} ms", "", 0, len(slow), None, " | ".join(slow[:1])[:120]
        )


def cached_figures(
    directory: Path, parameters: Parameters, variables: Mapping[str, str], where: str
) -> Iterator[Figure]:
    """Stored answers a second, and how long one takes, with USERS clients."""
    with serving(directory / "cached.log", parameters, variables) as served:
        for _ in range(WARM_UPS):
            hammer(served.port, CACHED, WARM_UP_SECONDS)
        before = served.cpu_ms()
        found = hammer(served.port, CACHED, HAMMER_SECONDS)
        computed = (served.cpu_ms() - before) / max(1, found.per_second * HAMMER_SECONDS)
    note = f"{found.failed} failed" if found.failed else f"longest {found.longest:,.0f} ms"
    rate = None if found.failed else found.per_second
    yield Figure(
        f"stored answers {where}, {USERS} users", "/s", CACHED_A_SECOND, rate, None, note, True, cpu_ms=computed
    )
    yield Figure(f"stored answers {where}, p95", "ms", CACHED_MS, None if found.failed else found.p95, None, note)


def small_answers(
    directory: Path, parameters: Parameters, runs: int
) -> tuple[Mapping[Ask, Answers], Mapping[Ask, Answers]]:
    """Every kind of request, one client: uncached, and once after each cycle."""
    small, asked, url = small_set(parameters), schema_asks(), small_url(parameters)
    with (
        serving(directory / "small.log", small, {**UNCACHED, "DATABASE_URL": url}) as served,
        bar("small set, one client", len(asked) * runs, "request") as progress,
    ):
        found = one_after_another(served, asked, small, runs, progress.update)
    with bar("small set, first asker", len(asked) * ROUNDS, "request") as progress:
        first, _ = first_askers(directory / "first.log", asked, small, url, progress.update)
    return found, first


def large_answers(
    directory: Path, parameters: Parameters
) -> tuple[Mapping[Ask, Answers], Mapping[Ask, Answers], list[Cycle]]:
    """Rankings, charts, heatmaps and details: USERS clients at once, uncached; and one, once after each cycle."""
    asked = [ask for ask in schema_asks() if ask.is_busy]
    with (
        serving(directory / "large.log", parameters, UNCACHED) as served,
        bar(f"large set, {USERS} users", len(asked) * LARGE_ROUNDS * USERS, "request") as progress,
    ):
        found = at_once(served.port, asked, parameters, LARGE_ROUNDS, progress.update)
    with bar("large set, first asker", len(asked) * ROUNDS, "request") as progress:
        url = os.environ["DATABASE_URL"]
        return found, *first_askers(directory / "first.log", asked, parameters, url, progress.update)


class Worst(NamedTuple):
    """The kind of request of an endpoint that took longest, by some measure."""

    milliseconds: float | None  # None: a request failed
    note: str
    cpu_ms: float | None = None
    load: float = 0


def worst(found: Mapping[Ask, Answers], share: int) -> dict[str, Worst]:
    """By endpoint: the highest of its kinds' percentiles, and which kind that was."""
    by_endpoint: dict[str, list[Worst]] = defaultdict(list)
    for ask, answers in found.items():
        text = f"{ask.target} {ask.body.decode()}".strip()
        wrong = f"{text}: {answers.wrong}" if answers.wrong or not answers.times else ""
        value = None if wrong else percentile(answers.times, share)
        note = wrong or f"{text}, {answers.largest:,} bytes"
        by_endpoint[ask.endpoint].append(Worst(value, note, answers.cpu_ms, answers.load))
    return {
        endpoint: max(kinds, key=lambda kind: float("inf") if kind.milliseconds is None else kind.milliseconds)
        for endpoint, kinds in by_endpoint.items()
    }


def figure_of(
    name: str, target: float, found: Worst, first: Worst | None = None, first_target: float | None = None
) -> Figure:
    return Figure(
        name,
        "ms",
        target,
        found.milliseconds,
        note=found.note,
        first=first and first.milliseconds,
        first_target=first_target,
        cpu_ms=found.cpu_ms,
        load=found.load,
    )


def small_figures(found: Mapping[Ask, Answers], first: Mapping[Ask, Answers]) -> Iterator[Figure]:
    medians, longest, first_medians = worst(found, 50), worst(found, 100), worst(first, 50)
    for endpoint, median in medians.items():
        name = f"small set, {endpoint}"
        yield figure_of(f"{name}, median", SMALL_MEDIAN_MS, median, first_medians.get(endpoint))
        yield figure_of(f"{name}, longest", SMALL_LONGEST_MS, longest[endpoint])


def large_figures(
    found: Mapping[Ask, Answers], first: Mapping[Ask, Answers], cycles: Sequence[Cycle] = ()
) -> Iterator[Figure]:
    first_medians = worst(first, 50)
    for endpoint, p95 in worst(found, 95).items():
        limit = FIRST_MS if endpoint.endswith(LISTS) else None
        yield figure_of(
            f"large set, {endpoint}, p95, {USERS} users", LARGE_MS, p95, first_medians.get(endpoint), limit
        )


def cycle_figures(cycles: Sequence[Cycle]) -> Iterator[Figure]:
    """The medians of what cycles took."""
    load = cycles[-1].load
    whole = percentile([cycle.seconds for cycle in cycles], 50)
    after = percentile([cycle.after_the_answers for cycle in cycles], 50)
    yield Figure("a cycle, the whole command", "s", None, whole, load=load)
    yield Figure("a cycle, after the last answer of the upstream", "s", CYCLE_SECONDS, after, load=load)


# -- growth ----------------------------------------------------------------------------------------------


def worlds(text: str, parameters: Parameters) -> dict[str, Parameters]:
    """Sets by name, such as "700x4": rides and months; raises ValueError."""
    found = {}
    for name in text.split():
        rides, _, months = name.partition("x")
        if int(rides) not in SHAPES or int(months or 1) < 1:
            raise ValueError(f"{name}: rides ({', '.join(map(str, SHAPES))}), x, months")
        parks, each = SHAPES[int(rides)]
        days = MONTH * int(months or 1)
        found[name] = replace(parameters, parks=parks, rides=each, days=days, history_days=0)
    return found


def run_step(environ: Mapping[str, str], *command: str) -> None:
    subprocess.run([sys.executable, *command], cwd=settings.BASE_DIR, env=environ, check=True)  # noqa: S603


def growth(directory: Path, sets: Mapping[str, Parameters]) -> dict[str, dict[str, dict[str, float | None]]]:
    """By set and endpoint: median uncached, CPU of it, median of the first asker; milliseconds. One client."""
    asked, url = schema_asks(), f"{os.environ['DATABASE_URL']}_growth"
    reported = {}
    for name, parameters in sets.items():
        environ = {**os.environ, **parameters.as_environ(), "DATABASE_URL": url}
        run_step(os.environ, "-m", "bench", "database", str(directory), "growth")
        run_step(environ, "manage.py", "migrate", "-v0")
        run_step(environ, "-m", "bench", "fill", str(directory))
        with (
            serving(directory / "growth.log", parameters, {**UNCACHED, "DATABASE_URL": url}) as served,
            bar(f"growth, {name}", len(asked) * (GROWTH_RUNS + ROUNDS), "request") as progress,
        ):
            found = one_after_another(served, asked, parameters, GROWTH_RUNS, progress.update)
        first, _ = first_askers(directory / "first.log", asked, parameters, url, progress.update)
        firsts = worst(first, 50)
        reported[name] = {
            endpoint: {
                "uncached": median.milliseconds,
                "cpu": median.cpu_ms,
                "first": firsts[endpoint].milliseconds,
                "load": median.load,
            }
            for endpoint, median in worst(found, 50).items()
        }
    return reported
