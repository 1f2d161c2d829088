"""The same in worlds that were not designed for it: the generator's, and random ones.

RIDEWATCH_AGREEMENT_EXAMPLES says how many random worlds are tried.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from config.tests.agreement.net import Net, check, summary
from config.tests.agreement.random_worlds import disagreements, worlds
from config.tests.agreement.test_agreement import EVERY_READER
from stats.tests.random_days import AS_FOUND

pytestmark = [pytest.mark.django_db, pytest.mark.uncounted]
EXAMPLES = int(os.environ.get("RIDEWATCH_AGREEMENT_EXAMPLES", "2"))


@pytest.mark.parametrize("reader", EVERY_READER)
def test_the_sample_history_is_answered_as_the_raw_rows_say(sample_net: Net, reader: str):
    readings = sample_net.readings(EVERY_READER[reader])
    found = list(check(sample_net, readings))
    if found:
        pytest.fail(summary(found, len(readings)), pytrace=False)


@settings(
    max_examples=EXAMPLES,
    phases=AS_FOUND,
    derandomize=EXAMPLES < 20,  # the same few each time; a larger search finds new ones
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(worlds())
def test_random_worlds_are_answered_as_the_raw_rows_say(world):
    found = disagreements(*world)
    if found:
        pytest.fail(summary(found, 0), pytrace=False)
