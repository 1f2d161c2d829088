"""How old the newest observation of each park is (public-api 5.3)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.db.models import OuterRef, TextChoices

from core.shapes import Shape, describe
from parks.models import Park
from snapshots.current import with_latest
from snapshots.models import DataSource, ParkActivitySnapshot

STALE_AFTER, VERY_STALE_AFTER = timedelta(minutes=30), timedelta(minutes=120)


class Age(TextChoices):
    FRESH = "FRESH"
    STALE = "STALE"
    VERY_STALE = "VERY_STALE"


class ParkFreshness(Shape):
    park_id: int
    park_name: str
    last_snapshot: datetime
    age_minutes: int
    status: Age
    source: DataSource


class FreshnessSummary(Shape):
    fresh: Annotated[int, describe("less than 30 minutes old")]
    stale: Annotated[int, describe("less than 120")]
    very_stale: int
    no_data: Annotated[int, describe("active parks that were never observed; they are not listed")]


class Freshness(Shape):
    parks: list[ParkFreshness]
    summary: FreshnessSummary
    timestamp: datetime


def freshness_of(age: timedelta) -> Age:
    if age < STALE_AFTER:
        return Age.FRESH
    return Age.STALE if age < VERY_STALE_AFTER else Age.VERY_STALE


def newest_by_park(parks: Any, now: datetime, **only: Any) -> dict[int, datetime]:
    """One index seek per park; parks without such rows are missing. The newest is the newest not after now (N-14)."""
    rows = ParkActivitySnapshot.objects.filter(park=OuterRef("pk"), recorded_at__lte=now, **only)
    rows = rows.order_by("-recorded_at")
    return {pk: at for pk, at in with_latest(parks, rows, ("recorded_at",)) if at is not None}


def park_freshness(now: datetime) -> Freshness:
    """Every active park that was ever observed, the freshest first; three queries.

    What an import or a filled gap wrote is no sign that anybody is watching: it counts only for a park that live
    collection never saw.
    """
    active = Park.objects.active()
    live = newest_by_park(active, now, data_source=DataSource.LIVE)
    newest = {**newest_by_park(active, now), **live}
    names = dict(active.values_list("pk", "name"))
    found = [
        ParkFreshness(
            park_id=pk,
            park_name=names[pk],
            last_snapshot=at,
            age_minutes=max(0, int((now - at).total_seconds()) // 60),
            status=freshness_of(now - at),
            source=DataSource.LIVE if pk in live else DataSource.ARCHIVE,
        )
        for pk, at in sorted(newest.items(), key=lambda each: (-each[1].timestamp(), each[0]))
        if pk in names
    ]
    counted = Counter(row.status for row in found)
    summary = FreshnessSummary(
        fresh=counted[Age.FRESH],
        stale=counted[Age.STALE],
        very_stale=counted[Age.VERY_STALE],
        no_data=len(names) - len(found),
    )
    return Freshness(parks=found, summary=summary, timestamp=now)
