"""Readers of what is stored of days, and of the audit that computes displayed numbers again."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum

from config.tests.agreement.net import Net, Reading
from config.tests.agreement.readers import Reader
from config.tests.agreement.table import places
from outages.models import COUNTED, Outage
from stats.models import ParkDailyStats, RideDailyStats

# What the audit calls the periods.
NAMES = {"today": "today", "7days": "last_week", "30days": "last_month"}


def stored(kind: str, model: Any) -> Reader:
    """Every column of the table of places, of the days that have ended."""

    def read(net: Net) -> Iterator[Reading]:
        place = f"{model._meta.db_table}:"
        known = {field.name for field in model._meta.get_fields()}
        columns = [each.key for each in places().under(place) if each.key in known]
        rows = model.objects.filter(metrics_version=settings.METRICS_VERSION)
        for pk, day, *values in rows.values_list(kind, "stat_date", *columns):
            about = net.at(kind, pk, day)
            if net.oracle.is_complete(about.dates, about.window.zone):
                yield from net.row(place, dict(zip(columns, values, strict=True)), about, f"{place}{pk} {day}")

    return read


def verified(net: Net) -> Iterator[Reading]:
    """What the audit computes of lists; the displayed value does not matter."""
    for kind, name in (("park", "park_shame_score"), ("ride", "ride_downtime")):
        facts: Any = net.oracle.facts.parks if kind == "park" else net.oracle.facts.rides
        for number, pk in enumerate(net.parks if kind == "park" else net.rides[::2]):
            # An answer is dear: every ride in one of the periods.
            asked = net.some(tuple(NAMES), number, 3 if kind == "park" else 1)
            for name_of_period in asked if facts[pk].active else ():
                period = NAMES[name_of_period]
                body = {"type": name, "entity_id": pk, "period": name_of_period, "displayed_value": 1}
                answer = net.post("audit/verify", body)
                place = f"audit/verify?type={name}"
                about = net.listed(kind, pk, period)
                yield from net.row(f"{place}:", answer, about, str(body))
                yield from net.row(f"{place}:data_quality.", answer["data_quality"], about, str(body))


def ledger(net: Net) -> Iterator[Reading]:
    """The outages of each stored day of a ride that has ended: how many, and their seconds."""
    rows = Outage.objects.filter(metrics_version=settings.METRICS_VERSION, state__in=COUNTED).order_by()
    sums = {
        (ride, day): {"seconds": total, "number": number}
        for ride, day, total, number in rows.values_list("ride", "stat_date").annotate(
            Sum("seconds"), Count("seconds")
        )
    }
    days = RideDailyStats.objects.filter(metrics_version=settings.METRICS_VERSION).values_list("ride", "stat_date")
    assert sums.keys() <= set(days), "an outage stands on a day that is not stored"
    for pk, day in days:
        about = net.at("ride", pk, day)
        if net.oracle.is_complete(about.dates, about.window.zone):
            found = sums.get((pk, day), {"seconds": 0, "number": 0})
            yield from net.row("outage rows:", found, about, f"outages of {pk} {day}")


STORED: dict[str, Reader] = {
    "stored days of rides": stored("ride", RideDailyStats),
    "stored days of parks": stored("park", ParkDailyStats),
    "the ledger": ledger,
    "the audit": verified,
}
