"""The API against its own OpenAPI schema: no 500, no undocumented status, no answer of another shape."""

from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core.admin_keys import AdminKey
from importer.jobs.tasks import import_slice
from importer.jobs.tests.test_importing import a_day
from importer.tests.archives import write_events
from importer.tests.factories import CheckpointFactory
from stats.daily.recompute import recompute_park_day
from stats.tests.builders import local, make_park, make_ride, report, show_park

pytestmark = [pytest.mark.on_mariadb, pytest.mark.slow, pytest.mark.uncounted]

# Not among them: that everything the schema does not name is refused. Unknown parameters are ignored, and some
# values are corrected in silence, as the clients of the API are used to (public-api 2.1, 2.5).
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())


@pytest.fixture
def _a_park_with_a_day_behind_it(db):
    park = make_park(is_disney=True)
    for number in range(2):
        ride = make_ride(park, classified=number + 1, last_operated_at=datetime.now(UTC))
        report(ride, local(YESTERDAY, "09:00"), "O300 D60 O240", wait=30)
    show_park(park, local(YESTERDAY, "09:00"), 600, "2.5")
    recompute_park_day(park, YESTERDAY, settings.METRICS_VERSION)


@pytest.fixture
def _one_connection():
    """Requests that leave the test's connection, and the transaction it is in, alone, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def _an_archive(db, settings, tmp_path, monkeypatch):
    """An archive to import from, an import, and no worker that resumes what is started."""
    write_events(tmp_path, a_day())
    settings.ARCHIVE_URL = f"file://{tmp_path}"
    monkeypatch.setattr(import_slice, "delay", lambda import_id: None)
    CheckpointFactory.create()


@pytest.mark.usefixtures("_a_park_with_a_day_behind_it", "_an_archive", "_one_connection")
@schema.parametrize()
@hypothesis.settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_to_its_schema(case):
    # An unhealthy service says so with 503, as documented; the tests know no fresh data.
    checks = CHECKS[1:] if case.operation.path == "/api/health" else CHECKS
    is_admin = case.operation.path.startswith("/api/admin/")
    with transaction.atomic():  # each example meets the same data
        headers = {"Authorization": f"Bearer {AdminKey.issue('schema')[1]}"} if is_admin else {}
        case.call_and_validate(checks=checks, headers=headers)
        transaction.set_rollback(True)
