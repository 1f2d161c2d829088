"""How many rides are in which state right now (R-4.7, public-api 4.8)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from core.periods import Period
from core.shapes import Shape, describe
from parks.models import Park
from snapshots.current import ParkNow, summary_status
from snapshots.models import RideStatusSnapshot
from snapshots.status import PARK_CLOSED, Status, operating
from stats.measures.buckets import LASTING
from stats.measures.ride_measures import OPEN
from stats.readings.selection import chosen_parks, observed, park_by_attraction
from stats.readings.today import parks_at, rides_at

SUMMARY = (*Status.values, PARK_CLOSED)


class StatusCounts(Shape):
    OPERATING: int
    DOWN: Annotated[int, describe("down, and operated today")]
    CLOSED: int
    REFURBISHMENT: int
    PARK_CLOSED: int
    total: Annotated[int, describe("the sum of the others")]


def status_summary(disney_universal_only: bool, park_id: int | None, now: datetime) -> StatusCounts:
    """Attractions by state, and `total`; those that were not heard of in the live window, or whose park was not, are
    left out (N-6).

    `park_id` restricts it to one park; an unknown one has no rides. Six queries.
    """
    parks = [park for park in chosen_parks(disney_universal_only) if park_id in (None, park.pk)]
    rides = rides_by_status(parks, parks_at(parks, now), now)
    counts = {status: len(rides[status]) for status in SUMMARY}
    return StatusCounts(**counts, total=sum(counts.values()))


def rides_by_status(parks: list[Park], states: Mapping[int, ParkNow], now: datetime) -> dict[str, list[int]]:
    """The ids of the attractions in each of the five states (R-4.7); `states` by park. Three queries."""
    by_id = {park.pk: park for park in parks}
    places = park_by_attraction(parks)
    current = [(pk, states[places[pk]], ride) for pk, ride in rides_at(parks, places, now).items()]
    seen = [(pk, park, ride) for pk, park, ride in current if park.is_open is not None]
    # Whether it ran today matters for few: those that are down, were it so.
    unsure = [pk for pk, park, ride in seen if summary_status(park, ride, True) != summary_status(park, ride, False)]
    ran = operated_today(unsure, places, by_id, now)
    found: dict[str, list[int]] = {status: [] for status in SUMMARY}
    for pk, park, ride in seen:
        found[summary_status(park, ride, pk in ran)].append(pk)
    return found


def operated_today(rides: Iterable[int], places: dict[int, int], parks: dict[int, Park], now: datetime) -> set[int]:
    """The rides that operated in the open park since its midnight (R-5.3); one query.

    A ride that is down is not counted as one that ran, at whatever park: here `DOWN` says that it broke down.
    """
    members = [(pk, parks[places[pk]].timezone) for pk in rides]
    rows = RideStatusSnapshot.objects.filter(observed(members, "ride", Period.TODAY, now), operating(), LASTING)
    return set(rows.filter(**OPEN).order_by().values_list("ride_id", flat=True).distinct())
