"""How long the outages of rides were, for `stats.reliability`."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Count

from core.periods import Days
from outages.readings.selection import Selection
from stats.readings.selection import IDS_A_LIST

ANY_TIME = datetime.max.replace(tzinfo=UTC)  # asked of what lasts alone


def lengths_of_outages(rides: Collection[int], days: Days) -> Mapping[int, Counter[int]]:
    """How many outages of each ride that touch the days have so many seconds in all; one query.

    Lengths come in few sizes, so that the database counts and hands over little.
    """
    rows = Selection(days.first, days.last, settings.METRICS_VERSION).listed(ANY_TIME)
    if len(rides) <= IDS_A_LIST:
        rows = rows.filter(ride__in=list(rides))
    found: dict[int, Counter[int]] = {}
    counted = rows.order_by().values_list("ride_id", "total_seconds").annotate(times=Count("started_at"))
    for ride, seconds, times in counted:
        found.setdefault(ride, Counter())[seconds] = times
    return {pk: found[pk] for pk in rides if pk in found}
