"""The worlds that are asked, each built once for a module and read only."""

from collections.abc import Iterator
from functools import partial

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from config.tests.agreement import sample
from config.tests.agreement.designed import AUTUMN, PLANS, SPRING, build
from config.tests.agreement.net import Net
from config.tests.contract.contract_world import stage
from core.web.tests.production_client import ProductionClient

# The second world is there for its clock: some of the parks, of whose rides a third is asked one by one.
MOMENTS = {"autumn": (AUTUMN, PLANS, 1), "spring": (SPRING, (PLANS[0], *PLANS[2:4]), 3)}


@pytest.fixture(scope="module", params=MOMENTS)
def net(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Net]:
    """A designed world at one of its moments."""
    now, plans, stride = MOMENTS[request.param]
    with stage(django_db_blocker, now, partial(build, now, plans)):
        yield Net(ProductionClient(), now, settings.SITE_TIME_ZONE, stride)


@pytest.fixture(scope="module")
def sample_net(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Net]:
    """The generator's world; it has so many rides that a tenth of them is asked one by one."""
    with stage(django_db_blocker, sample.NOW, partial(sample.build, tmp_path_factory.mktemp("archive"))):
        yield Net(ProductionClient(), sample.NOW, settings.SITE_TIME_ZONE, stride=10)
