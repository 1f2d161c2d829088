"""Could the awards of a day be true (R-22.5)? Judged by the stored rows that the awards of a closed day rest on."""

import logging
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from core.periods import Period
from stats.audit.plausibility import (
    Problem,
    downtime_problem,
    existence_problem,
    failed_check,
    wait_problem,
    zero_waits_problem,
)
from stats.audit.scope import Scope
from stats.measures.ride_measures import hours

log = logging.getLogger(__name__)

MOST_AWARDS = 20
A_DAY = Period.YESTERDAY  # whose bounds are those of one day


def implausible_awards(scope: Scope) -> list[Problem]:
    """What cannot be right in the awards of the day; four queries. A check that fails is a problem itself."""
    try:
        return problems_of(scope)
    except Exception as error:
        log.exception("the check of the awards failed")
        return [failed_check("awards", error)]


def problems_of(scope: Scope) -> list[Problem]:
    rides = scope.ride_rows().exclude(ride=None)
    parks = scope.park_rows().exclude(park=None)
    down = rides.filter(downtime_minutes__gt=0).order_by("-downtime_minutes", "ride_id")
    unreliable_rides = list(down.values_list("ride__name", "downtime_minutes")[:MOST_AWARDS])
    unreliable_parks = list(parks.filter(shame_score__gt=0).values_list("pk")[:MOST_AWARDS])
    ride_waits = longest_waits(rides, "ride")
    park_waits = longest_waits(parks, "park")
    candidates = [
        *(downtime_problem(name, hours(minutes * 60), A_DAY) for name, minutes in unreliable_rides),
        *(wait_problem(name, wait, A_DAY) for name, wait in (*ride_waits, *park_waits)),
        zero_waits_problem("rides", [wait for _, wait in ride_waits], A_DAY),
        zero_waits_problem("parks", [wait for _, wait in park_waits], A_DAY),
    ]
    if scope.park is None:  # one park alone may well have had a day without downtime
        candidates.append(existence_problem(len(unreliable_rides), len(unreliable_parks), A_DAY))
    return [problem for problem in candidates if problem is not None]


def longest_waits(rows: QuerySet[Any], owner: str) -> list[tuple[str, Decimal]]:
    """The twenty longest average waits, with the name of their ride or park; one query."""
    known = rows.filter(avg_wait_time__isnull=False).order_by("-avg_wait_time", f"{owner}_id")
    return list(known.values_list(f"{owner}__name", "avg_wait_time")[:MOST_AWARDS])
