"""What the ledger says, in short."""

from typing import Any

from django.db.models import Sum

from outages.models import COUNTED, Outage, State
from stats.models import RideDailyStats


def ledger(*names: str, **only: Any) -> list[Any]:
    """The outages in lists, in order of their beginning: the named columns of each."""
    rows = Outage.objects.filter(state=State.HOLDS, **only).order_by("started_at", "ride_id")
    return list(rows.values_list(*names, flat=len(names) == 1))


def differing_days() -> list[tuple[Any, ...]]:
    """Every ride-day whose ledger is not its stored downtime or number of outages, with both."""
    days = RideDailyStats.objects.exclude(ride=None)
    stored = {
        (ride, day, version): (down, outages, carried)
        for ride, day, version, down, outages, carried in days.values_list(
            "ride_id", "stat_date", "metrics_version", "down_seconds", "outages", "outages_carried"
        )
    }
    rows = Outage.objects.filter(state__in=COUNTED)
    key = ("ride_id", "stat_date", "metrics_version")
    sums = {each[:3]: each[3] for each in rows.values_list(*key).annotate(total=Sum("seconds"))}
    found: list[tuple[Any, ...]] = []
    for each, (down, outages, carried) in stored.items():
        listed = rows.filter(ride=each[0], stat_date=each[1], metrics_version=each[2], seconds__gt=0)
        goes_on = listed.filter(state=State.CONTINUES).count()
        if (sums.get(each, 0), listed.count(), goes_on) != (down or 0, outages or 0, carried or 0):
            found.append((each, (down, outages, carried), (sums.get(each, 0), listed.count(), goes_on)))
    return found + [(each, None, total) for each, total in sums.items() if total and each not in stored]
