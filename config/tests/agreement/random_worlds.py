"""Worlds that nobody would think of: random stories, at a random moment of their last day."""

import time_machine
from django.conf import settings
from django.db import transaction
from hypothesis import strategies as st

from config.tests.agreement.designed import note_last_operation, score_newest
from config.tests.agreement.facts import ONE_DAY, date_at, day_span
from config.tests.agreement.net import Disagreement, Net, check
from config.tests.agreement.readers import READERS
from config.tests.agreement.readers_stored import STORED
from core.instants import instant
from core.web.tests.production_client import ProductionClient, writes
from parks.models import Ride
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from stats.daily.recompute import recompute_park_day, refresh_today
from stats.tests.random_days import KINDS, LIVE_GRAIN, ParkStory, stories, write

HALF_AN_HOUR = 1_800  # what zones differ by
# A park is never recorded without its own rows.
RECORDED = [kind for kind in KINDS if kind.has_activity]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[ParkStory], int]:
    """Parks with a history of one to three days, and an instant of the last of them or the day after."""
    stories_drawn = [story for story in draw(stories(draw(st.sampled_from(RECORDED)))) if story.kind.has_activity]
    last = day_span(stories_drawn[0].days[-1].day, stories_drawn[0].kind.zone)
    at = draw(st.integers(last[0] + 1, last[1] + 86_400))
    # Charts say nothing of an hour in its first minute.
    return stories_drawn, at if at % HALF_AN_HOUR >= 60 else at + 60


def disagreements(stories_drawn: list[ParkStory], at: int) -> list[Disagreement]:
    """What the net finds in a world, of which nothing is left."""
    now = instant(at)
    with time_machine.travel(now, tick=False), transaction.atomic():
        reported = [write(story) for story in stories_drawn]
        for rows in (RideStatusSnapshot, ParkActivitySnapshot):
            rows.objects.filter(recorded_at__gt=now).delete()
            # A park that is collected live has all rows of a cycle at one instant, by which it is decided again when
            # it was open. Other rows are those of files.
            said = zip(reported, stories_drawn, strict=True)
            from_files = [each.park for each, story in said if story.grain != LIVE_GRAIN]
            rows.objects.filter(park__in=from_files).update(data_source=DataSource.ARCHIVE)
        note_last_operation(list(Ride.objects.select_related("park")))
        for park in reported:
            for day in {day + n * ONE_DAY for day in park.days for n in (0, 1)}:
                if day < date_at(at, park.park.timezone):
                    recompute_park_day(park.park, day, settings.METRICS_VERSION)
        refresh_today(now, settings.METRICS_VERSION)
        score_newest(at)
        net = Net(ProductionClient(), now, settings.SITE_TIME_ZONE, stride=2)
        found = [each for reader in {**STORED, **READERS}.values() for each in check(net, net.readings(reader))]
        transaction.set_rollback(True)
    writes.happened()
    return found
