"""Lists of few parks are answered from shared readings too, as those of all parks are in production."""

import pytest

from stats.readings import shared


@pytest.fixture(autouse=True)
def _few_parks_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "MANY_PARKS", 1)
