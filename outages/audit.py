"""The audit's question to the ledger: do the outages of a ride's day add up to its stored downtime?"""

from django.db.models import Exists, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from outages.models import COUNTED, LedgerDay, Outage
from stats.audit.scope import Scope, Severity
from stats.audit.validation import Check, Found, sampled


def days_that_do_not_add_up(scope: Scope) -> Found:
    """Ride rows of the day whose ledger has another sum; days whose ledger nobody has written are left out."""
    written = LedgerDay.objects.filter(
        park=OuterRef("ride__park"), stat_date=OuterRef("stat_date"), metrics_version=OuterRef("metrics_version")
    )
    outages = Outage.objects.filter(
        ride=OuterRef("ride"),
        stat_date=OuterRef("stat_date"),
        metrics_version=OuterRef("metrics_version"),
        state__in=COUNTED,
    )
    total = outages.order_by().values("ride").annotate(total=Sum("seconds")).values("total")
    rows = (
        scope.ride_rows()
        .filter(Exists(written))
        .annotate(ledger_seconds=Coalesce(Subquery(total), 0), stored_seconds=Coalesce(F("down_seconds"), 0))
        .exclude(ledger_seconds=F("stored_seconds"))
        .order_by("ride_id", "pk")
    )
    names = {"ride_name": F("ride__name"), "park_name": F("ride__park__name")}
    return sampled(rows, "ride_id", "stat_date", "stored_seconds", "ledger_seconds", **names)


LEDGER_CHECK = Check(
    "ledger_vs_daily_mismatch",
    Severity.CRITICAL,
    0,
    "The outages of a ride's day do not add up to its stored downtime",
    days_that_do_not_add_up,
)
