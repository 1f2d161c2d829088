"""Rides that their park's feed no longer reports: listed as MISSING_DATA, once, until they return (R-22.1).

Only cycles that read the park count. A feed that failed as a whole says nothing about its rides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.database.querysets import retried_on_lock
from parks.models import Category, EntityType, Park, Ride
from snapshots.collection.issues import source_of
from snapshots.current import with_latest
from snapshots.models import (
    DataQualityIssue,
    DataSource,
    IssueType,
    ParkActivitySnapshot,
    RideStatusSnapshot,
    nominal_interval,
)

# A ride has vanished when so much time of successful fetches reported nothing of it.
MISSING_FOR = timedelta(hours=24)
# A park that was not read for so much time within this window lists nothing: it bounds the queries.
LOOKED_BACK = timedelta(days=31)
VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class VanishedNews:
    """How many rides are newly listed, and how many of those listed are back."""

    vanished: int
    returned: int


@retried_on_lock
def note_vanished(now: datetime, parks: Iterable[Park]) -> VanishedNews:
    """List the rides that vanished from their park's feed and resolve those that are back; seven queries."""
    by_id = {park.pk: park for park in parks}
    returned = note_returned(now)
    since = watched_since(by_id, now)
    missing = rides_missing(by_id, since, now)
    listed = set(listed_issues().filter(ride__in=missing).values_list("ride_id", flat=True))
    last_seen = seen_last([pk for pk in missing if pk not in listed], now)
    fresh = [
        issue(ride, by_id[ride.park_id], last_seen.get(pk), now)
        for pk, ride in missing.items()
        if pk not in listed
        # A ride that we know for less time cannot have been missed for so long.
        and (pk in last_seen or ride.created_at <= since[ride.park_id])
    ]
    DataQualityIssue.objects.bulk_create(fresh)
    return VanishedNews(len(fresh), returned)


def listed_issues() -> QuerySet[DataQualityIssue]:
    """The rides that are listed now."""
    return DataQualityIssue.objects.filter(
        issue_type=IssueType.MISSING_DATA, is_resolved=False, ride__isnull=False, details__kind=VANISHED
    )


def note_returned(now: datetime) -> int:
    """Resolve the issues of rides that were seen after they were listed."""
    seen = RideStatusSnapshot.objects.filter(
        ride=OuterRef("ride"),
        data_source=DataSource.LIVE,
        recorded_at__gt=OuterRef("detected_at"),
        recorded_at__lte=now,
    )
    back = list(listed_issues().filter(Exists(seen)).values_list("pk", flat=True))
    return DataQualityIssue.objects.filter(pk__in=back).update(is_resolved=True, resolved_at=now)


def watched_since(parks: Iterable[int], now: datetime) -> dict[int, datetime]:
    """When the last 24 hours of successful fetches of each park began; parks with fewer are missing."""
    fetches = MISSING_FOR // timedelta(seconds=nominal_interval())
    rows = ParkActivitySnapshot.objects.filter(
        park=OuterRef("pk"),
        data_source=DataSource.LIVE,
        recorded_at__lte=now,
        recorded_at__gt=now - LOOKED_BACK,
    ).order_by("-recorded_at")
    begun = with_latest(Park.objects.filter(pk__in=list(parks)), rows[fetches - 1 :], ("recorded_at",))
    return {pk: at for pk, at in begun if at is not None}


def rides_missing(parks: Mapping[int, Park], since: Mapping[int, datetime], now: datetime) -> dict[int, Ride]:
    """The active rides that no cycle since reported, by id."""
    if not since:
        return {}
    rows = RideStatusSnapshot.objects.filter(
        ride=OuterRef("pk"),
        data_source=DataSource.LIVE,
        recorded_at__lte=now,
        recorded_at__gte=min(since.values()),
    ).order_by("-recorded_at")
    rides = Ride.objects.active().filter(reported_of(parks[pk] for pk in since))
    latest = dict(with_latest(rides, rows, ("recorded_at",)))
    seen = {pk for pk, at in latest.items() if at is not None}
    return {ride.pk: ride for ride in rides if ride.pk not in seen or latest[ride.pk] < since[ride.park_id]}


def reported_of(parks: Iterable[Park]) -> Q:
    """The rides that the sources of these parks report: ThemeParks.wiki of attractions, else Queue-Times (R-4)."""
    wiki: list[int] = []
    times: list[int] = []
    for park in parks:
        (wiki if park.themeparks_wiki_id else times).append(park.pk)
    attraction = Q(entity_type=EntityType.ATTRACTION) | Q(entity_type=None)
    return Q(attraction, park__in=wiki, themeparks_wiki_id__isnull=False) | Q(
        park__in=times, queue_times_id__isnull=False, category=Category.ATTRACTION
    )


def seen_last(rides: Iterable[int], now: datetime) -> dict[int, datetime]:
    """When live collection last saw each ride; those it never saw are missing."""
    rows = RideStatusSnapshot.objects.filter(
        ride=OuterRef("pk"), data_source=DataSource.LIVE, recorded_at__lte=now
    ).order_by("-recorded_at")
    latest = with_latest(Ride.objects.filter(pk__in=list(rides)), rows, ("recorded_at",))
    return {pk: at for pk, at in latest if at is not None}


def issue(ride: Ride, park: Park, last_seen: datetime | None, now: datetime) -> DataQualityIssue:
    """An unsaved row; the age is that of the ride's last observation, in minutes."""
    hours = MISSING_FOR // timedelta(hours=1)
    seen = f"last seen {last_seen:%Y-%m-%d %H:%MZ}" if last_seen else "never seen"
    return DataQualityIssue(
        data_source=source_of(park),
        issue_type=IssueType.MISSING_DATA,
        detected_at=now,
        park=park,
        ride=ride,
        themeparks_wiki_id=ride.themeparks_wiki_id,
        queue_times_id=ride.queue_times_id,
        entity_name=ride.name,
        data_age_minutes=int((now - last_seen).total_seconds()) // 60 if last_seen else None,
        details={
            "kind": VANISHED,
            "text": f"in no answer for {hours} hours of successful fetches; {seen}",
        },
    )
