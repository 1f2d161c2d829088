"""Which parks, rides and rows a question is about."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from core.periods import Asked
from parks.models import Park, Ride
from stats.measures.windows import days_in_list
from stats.readings.shared import is_shared, shared

# Ids in one list: MariaDB makes a subquery of a thousand, and then reads every ride's whole history.
IDS_A_LIST = 500
# What no list reports its rides; instants take longer to read than all else.
UNREAD = (
    "created_at",
    "updated_at",
    "classification__classified_at",
    "classification__updated_at",
    "classification__reasoning_text",
    "classification__research_sources",
)
UNREAD_OF_PARK = ("park__created_at", "park__updated_at")


def chosen_parks(disney_universal_only: bool, former: bool = False) -> list[Park]:
    """The parks by name, shared; one query at most. `former`: also those that are no longer active (N-15)."""
    parks = (Park.objects.all() if former else Park.objects.active()).order_by("name", "pk")
    asked = parks.disney_universal() if disney_universal_only else parks
    return list(shared(("parks", disney_universal_only, former), timezone.now(), lambda: tuple(asked)))


def parks_to_read(parks: list[Park], former: bool = False) -> list[Park]:
    """Whose rows a question about these parks reads: everybody's where that is shared, so that it is read once."""
    return chosen_parks(False, former) if is_shared(parks) else parks


# The attractions of parks are what ride lists and counts show. `former`: also rides that are no longer active:
# lists of days that are over keep them (N-15).


def attractions_of(parks: Iterable[Park], former: bool = False) -> QuerySet[Ride]:
    """Parks and classifications loaded."""
    rides = Ride.objects.in_history() if former else Ride.objects.active()
    rides = rides.attractions().filter(park__in=[park.pk for park in parks])
    return rides.select_related("park", "classification").defer(*UNREAD, *UNREAD_OF_PARK)


def every_attraction(former: bool) -> Mapping[int, Ride]:
    """All attractions that lists show, shared; by id."""
    key = ("attractions", former)
    return shared(key, timezone.now(), lambda: attractions_of(chosen_parks(False, former), former).in_bulk())


def park_by_attraction(parks: Sequence[Park], former: bool = False) -> dict[int, int]:
    """The park of each attraction of these parks; one query at most."""
    if not is_shared(parks):
        return dict(attractions_of(parks, former).order_by().values_list("pk", "park_id"))
    wanted = {park.pk for park in parks}
    return {pk: ride.park_id for pk, ride in every_attraction(former).items() if ride.park_id in wanted}


def attractions_by_id(parks: Sequence[Park], ids: Collection[int], former: bool = False) -> dict[int, Ride]:
    """Those of the rides that are attractions of these parks, parks and classifications loaded; one query at most."""
    if not is_shared(parks):
        return attractions_of(parks, former).in_bulk(list(ids))
    wanted, every = {park.pk for park in parks}, every_attraction(former)
    return {pk: every[pk] for pk in ids if pk in every and every[pk].park_id in wanted}


def by_zone(members: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """Ids by time zone, from pairs of both."""
    zones: dict[str, list[int]] = defaultdict(list)
    for pk, zone in members:
        zones[zone].append(pk)
    return zones


def observed(members: Iterable[tuple[int, str]], column: str, period: Asked, now: datetime) -> Q:
    """A condition on snapshots: those of a period of a list (N-1), today's until now, each park's or ride's in its own
    zone.
    """
    return begun_within(members, column, lambda zone: days_in_list(period, now, zone).utc_range(zone)) & Q(
        recorded_at__lte=now
    )


def begun_within(
    members: Iterable[tuple[int, str]], column: str, span: Callable[[str], tuple[datetime, datetime]]
) -> Q:
    """A condition on snapshots: those that begin in a span of time, [start, end) in UTC by zone.

    `members` are pairs of an id and a zone, `column` is what the ids stand in: `park`, or `ride`, by which the
    table is ordered.
    """
    condition = Q(pk__in=[])
    for zone, ids in by_zone(members).items():
        start, end = span(zone)
        for n in range(0, len(ids), IDS_A_LIST):
            some = ids[n : n + IDS_A_LIST]
            condition |= Q(**{f"{column}__in": some}, recorded_at__gte=start, recorded_at__lt=end)
    return condition
