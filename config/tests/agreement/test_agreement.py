"""A question has one answer, wherever it is asked: every place of `docs/quantities.md` against the oracle."""

import pytest

from config.tests.agreement.net import Net, check, summary
from config.tests.agreement.readers import READERS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("reader", READERS)
def test_every_place_says_what_the_raw_rows_say(net: Net, reader: str):
    readings = list(READERS[reader](net))
    found = list(check(net, readings))
    if found:
        pytest.fail(summary(found, len(readings)), pytrace=False)
