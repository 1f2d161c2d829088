"""A question has one answer, wherever it is asked: every place of `docs/quantities.md` against the oracle."""

import pytest

from config.tests.agreement.net import Net, check, summary
from config.tests.agreement.readers import READERS
from config.tests.agreement.readers_pages import PAGES
from config.tests.agreement.readers_stored import STORED

pytestmark = pytest.mark.django_db
EVERY_READER = {**STORED, **READERS, **PAGES}


@pytest.mark.parametrize("reader", EVERY_READER)
def test_every_place_says_what_the_raw_rows_say(net: Net, reader: str):
    readings = list(EVERY_READER[reader](net))
    found = list(check(net, readings))
    if found:
        pytest.fail(summary(found, len(readings)), pytrace=False)
