"""Noting that observations were changed otherwise than by newer ones: what was computed from them is not believed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from snapshots.models import ParkRevision

# Nothing that runs on from cycle to cycle is computed from older ones (`stats/running`).
LOOKED_BACK = timedelta(days=3)


def note_changed(parks: Iterable[int], last: datetime) -> None:
    """Move the revisions of these parks, in the transaction that changes their observations; `last`: the latest of
    the instants that are touched. Two statements, none when all of them are old."""
    ids = sorted(set(parks))
    if not ids or last < timezone.now() - LOOKED_BACK:
        return
    ParkRevision.objects.bulk_create([ParkRevision(park_id=pk) for pk in ids], ignore_conflicts=True)
    ParkRevision.objects.filter(pk__in=ids).update(number=F("number") + 1)
