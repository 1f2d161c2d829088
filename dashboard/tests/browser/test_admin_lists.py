"""Lists of the admin site on a phone: whatever stands in a cell can be read."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from dashboard.tests.browser.conftest import DESK, PHONE, Visit
from importer.tests.factories import CheckpointFactory, DecisionFactory
from snapshots.tests.factories import QualityLogFactory

FILE = "e957da41-3552-4cf6-b636-5babc5cbc4e5/2024/07/12.json.gz"
REASON = f"2024-07-08 to 2024-07-14: cannot read s3://archive.example/{FILE}: the connection was cut after 3 tries"
CROPPED = """() => [...document.querySelectorAll("#result_list :is(td, th)")].filter(cell => cell.checkVisibility())
    .filter(cell => cell.scrollHeight > cell.clientHeight + 1 || cell.scrollWidth > cell.clientWidth + 1)
    .map(cell => cell.innerText)"""


@pytest.fixture
def staff(visit: Visit) -> Visit:
    """A window in which somebody has logged in."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    name = settings.SESSION_COOKIE_NAME
    value, url = client.cookies[name].value, f"{visit.site.host}/admin/"
    visit.page.context.add_cookies([{"name": name, "value": value, "url": url}])
    return visit


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize(
    "path", ["importer/importcheckpoint", "importer/mappingdecision", "snapshots/dataqualitylog"], ids=lambda p: p
)
def test_no_cell_of_a_list_is_cropped(staff: Visit, width: int, path: str) -> None:
    CheckpointFactory.create(status="FAILED", last_error=REASON)
    QualityLogFactory.create(external_id=f"{FILE}#29000", description=REASON, resolution_notes="wrote to them. " * 8)
    DecisionFactory.create(entity_name="The Long Name of an Attraction: " * 3)
    staff.page.goto(f"{staff.site.host}/admin/{path}/")
    assert staff.page.locator("#result_list").count() == 1
    assert staff.page.evaluate(CROPPED) == []
