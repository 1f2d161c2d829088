"""A question has one answer, wherever it is asked: every place of `docs/quantities.md` against the oracle."""

import pytest

from config.tests.agreement.keys import unlisted, unlisted_headings
from config.tests.agreement.net import Net, check, summary
from config.tests.agreement.quantities import QUANTITIES
from config.tests.agreement.readers import READERS
from config.tests.agreement.readers_lines import LINES
from config.tests.agreement.readers_pages import PAGES
from config.tests.agreement.readers_stored import STORED
from config.tests.agreement.table import defined, places

pytestmark = [pytest.mark.django_db, pytest.mark.uncounted]
EVERY_READER = {**STORED, **READERS, **PAGES, **LINES}


@pytest.mark.parametrize("reader", EVERY_READER)
def test_every_place_says_what_the_raw_rows_say(net: Net, reader: str):
    readings = net.readings(EVERY_READER[reader])
    found = list(check(net, readings))
    if found:
        pytest.fail(summary(found, len(readings)), pytrace=False)


def test_every_quantity_of_a_place_is_defined_and_computed():
    used = {place.quantity for place in places().all}
    assert used <= defined().keys()
    assert used <= QUANTITIES.keys()
    assert defined().keys() == QUANTITIES.keys(), "each is defined in the document and computed by the oracle"
    assert len({place.id for place in places().all}) == len(places().all), "a place has one quantity"


@pytest.mark.parametrize("net", ["autumn"], indirect=True)
def test_every_place_of_the_table_has_an_answer(net: Net):
    read = {reading.place.id for reader in EVERY_READER.values() for reading in net.readings(reader)}
    missing = [place.id for place in places().all if place.id not in read]
    if missing:
        pytest.fail("\n".join(["no answer has:", *missing]), pytrace=False)


@pytest.mark.parametrize("net", ["autumn"], indirect=True)
def test_no_figure_is_left_out_of_the_table(net: Net):
    for reader in EVERY_READER.values():
        net.readings(reader)
    found = unlisted(net)
    headings = unlisted_headings(net)
    if found or headings:
        lines = (f"{place}, such as {value!r} of {url}" for place, (value, url) in found.items())
        pytest.fail("\n".join(["docs/quantities.md does not know:", *lines, *headings]), pytrace=False)
