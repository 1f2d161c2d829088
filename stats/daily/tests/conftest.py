"""Whatever is computed here has the metrics version that the tests name."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _version_one(settings: Any) -> None:
    settings.METRICS_VERSION = 1
