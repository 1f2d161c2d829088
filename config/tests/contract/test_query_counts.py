"""How many SQL queries each question of the legacy API takes, uncached, against the baseline in `query_counts.json`.

More than the baseline is a step back, fewer a step forward that nobody wrote down: both fail. The numbers are the same
for few and for many parks and rides, and on both databases; further time zones cost more in a few places alone.
To write the file anew:

    RIDEWATCH_UPDATE_QUERY_COUNTS=1 .venv/bin/python -m pytest config/tests/contract/test_query_counts.py

Such a run skips the comparison, never passes it, and is refused where `CI` is set; the file's diff is reviewed.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from config.tests.contract.contract_bodies import POSTED
from config.tests.contract.contract_table import ENDPOINTS, Endpoint, Query
from config.tests.contract.contract_world import NOW, World, build_larger_world, build_world, stage
from config.tests.contract.test_contract import filled, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.uncounted]
PLAIN = Client()  # nothing is shared, nothing is stored
BASELINE = Path(__file__).with_name("query_counts.json")
UPDATE = "RIDEWATCH_UPDATE_QUERY_COUNTS"
FURTHER_ZONES = (("America/Denver", "Asia/Seoul"),)
SIZES: dict[str, Callable[[], World]] = {
    "few": build_world,
    "many": build_larger_world,
    "zones": lambda: build_larger_world(FURTHER_ZONES),
}

# Where the site's yesterday is not the day before of a park, its lines by the clock are read from rows, zone by zone.
READ_BY_ZONE = re.compile(r"/api/trends/heatmap-data period=yesterday type=\S+")
MOST_PER_ZONE = 6


def questions() -> dict[str, tuple[Endpoint, Query]]:
    """By name: each period with each kind of answer, the other parameters at their defaults."""
    found: dict[str, tuple[Endpoint, Query]] = {}
    for endpoint in ENDPOINTS:
        free = {"period", endpoint.variant, *endpoint.base()}
        for query in endpoint.queries():
            chosen = {name: value for name, value in query.items() if name in free}
            if chosen.get("period") == endpoint.periods.get(chosen.get("period", "")):
                name = " ".join([endpoint.path, *(f"{key}={value}" for key, value in chosen.items())])
                found.setdefault(name, (endpoint, chosen))
    return found


QUESTIONS = questions()
CLAIMS = {
    " ".join([posted.path, *(str(posted.body.get(name, "")) for name in ("type", "period"))]).strip(): posted
    for posted in POSTED
    if posted.status == 200 and isinstance(posted.body, dict) and "date" not in posted.body
}
NAMES = (*QUESTIONS, *CLAIMS)


Measured = dict[str, dict[str, list[str]]]  # statements, by size and question


@pytest.fixture(scope="module")
def measured(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Measured:
    """What each question takes in each world; the worlds stand one after the other."""
    found: Measured = {}
    for size, build in SIZES.items():
        with stage(django_db_blocker, NOW, build) as world:
            found[size] = {name: queries_of(world, name) for name in NAMES}
    return found


def queries_of(world: World, name: str) -> list[str]:
    """The statements of a question; an answer that is not 200 has no number."""
    with CaptureQueriesContext(connection) as captured:
        if name in QUESTIONS:
            response = PLAIN.get(url_of(world, *QUESTIONS[name]))
        else:
            posted = CLAIMS[name]
            response = PLAIN.post(posted.path, filled(world, posted.body), content_type="application/json")
    assert response.status_code == 200, response.content
    return [query["sql"] for query in captured.captured_queries]


def stored() -> dict[str, int]:
    counts: dict[str, int] = json.loads(BASELINE.read_text())
    return counts


@pytest.mark.parametrize("name", NAMES)
def test_a_question_takes_the_queries_of_the_baseline(measured, name):
    if os.environ.get(UPDATE):
        pytest.skip("the baseline is being written")
    queries = measured["few"][name]
    assert len(queries) == stored()[name], "\n".join(queries)


@pytest.mark.parametrize("name", NAMES)
def test_more_parks_and_rides_take_no_more_queries_and_more_time_zones_a_few_in_hourly_lines(measured, name):
    few, many, zones = (measured[size][name] for size in SIZES)
    assert len(few) == len(many), "\n".join(many)
    if READ_BY_ZONE.fullmatch(name):
        assert 0 < len(zones) - len(few) <= MOST_PER_ZONE * 2 * len(FURTHER_ZONES)
    else:
        assert len(few) == len(zones), "\n".join(zones)


def test_the_baseline_has_each_question_and_no_other():
    assert list(stored()) == sorted(NAMES)


@pytest.mark.skipif(not os.environ.get(UPDATE), reason=f"writes the baseline, with {UPDATE}=1")
def test_the_baseline_is_written_anew(measured):
    assert not os.environ.get("CI"), "a baseline is changed by people"
    counts = {name: len(measured["few"][name]) for name in sorted(NAMES)}
    BASELINE.write_text(json.dumps(counts, indent=2) + "\n")
