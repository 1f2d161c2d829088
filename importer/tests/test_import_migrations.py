"""What the migrations of the ledger do with rows of the release before."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from importer.tests.archives import COASTER, DESTINATION

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def step() -> Iterator[Callable[[str], Any]]:
    """Goes to a migration of the importer and gives its models; afterwards all are applied again."""

    def go(name: str) -> Any:
        executor = MigrationExecutor(connection)
        executor.migrate([("importer", name)])
        return MigrationExecutor(connection).loader.project_state(("importer", name)).apps

    yield go
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("importer"))


def test_of_imports_that_are_at_work_on_one_destination_the_oldest_goes_on(step):
    before = step("0004_mapping_decisions").get_model("importer", "ImportCheckpoint").objects
    reported = [
        ("imp_1", DESTINATION, "COMPLETED"),
        ("imp_2", DESTINATION, "IN_PROGRESS"),
        ("imp_3", DESTINATION, "PENDING"),
        ("imp_4", COASTER, "PENDING"),
    ]
    for import_id, destination, status in reported:
        before.create(import_id=import_id, destination_uuid=destination, status=status)
    after = step("0005_one_active_import").get_model("importer", "ImportCheckpoint").objects
    assert dict(after.values_list("import_id", "status")) == {
        "imp_1": "COMPLETED",
        "imp_2": "IN_PROGRESS",
        "imp_3": "PAUSED",
        "imp_4": "PENDING",
    }
    after.all().delete()


def test_slices_that_are_done_are_numbered_in_the_order_in_which_they_finished(step):
    models = step("0005_one_active_import")
    one, two = (
        models.get_model("importer", "ImportCheckpoint").objects.create(
            import_id=f"imp_{number}", destination_uuid=destination, status="COMPLETED"
        )
        for number, destination in enumerate([DESTINATION, COASTER])
    )
    reported = [(one, 1, "DONE", 12), (one, 2, "DONE", 11), (two, 3, "DONE", 13), (one, 4, "FAILED", None)]
    for job, number, state, hour in reported:
        day = date(2026, 7, number)
        at = hour and datetime(2026, 7, 9, hour, tzinfo=UTC)
        models.get_model("importer", "ImportSlice").objects.create(
            job=job, first_date=day, last_date=day, state=state, finished_at=at
        )
    after = step("0006_finish_numbers").get_model("importer", "ImportSlice").objects
    assert list(after.order_by("first_date").values_list("finish_number", flat=True)) == [2, 1, 1, 0]
    after.all().delete()
    two._meta.model.objects.all().delete()
