"""What tests of imports share."""

import pytest

from importer.jobs import tasks


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the imports that workers were asked to go on with."""
    ids: list[str] = []
    monkeypatch.setattr(tasks.import_slice, "delay", ids.append)
    return ids
