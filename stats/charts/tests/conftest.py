"""What the charts' tests share: the moment at which they ask, and how they ask.

Charts of few parks are answered from shared readings too, as those of all parks are in production.
"""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from stats.charts.tests.chart_builders import NOW, chart_of, lines_of
from stats.readings import shared


@pytest.fixture(autouse=True)
def _few_parks_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "MANY_PARKS", 1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def chart(client: Any) -> Any:
    return functools.partial(chart_of, client)


@pytest.fixture
def lines(chart: Any) -> Any:
    return lambda *args, **query: lines_of(chart(*args, **query))
