"""Which kind an outage is, and which rule says so: thresholds in one place (ADR 28)."""

from datetime import timedelta

from core.instants import seconds
from outages.ledger.evidence import Hours
from outages.models import Kind
from parks.models import Park
from stats.measures.ride_measures import Stretch

# A stop of a feed without DOWN that begins so shortly before the park closes, and lasts until then.
EARLY_CLOSING_WINDOW = timedelta(minutes=90)

RULES = {
    Kind.OPENING_DELAY: ("N-12", "down before the ride first ran that day, and not carried over midnight"),
    Kind.BREAKDOWN: ("R-5.1", "down in the open park on a day on which the ride operated"),
    Kind.EARLY_CLOSING: (
        "R-5.1",
        "closed from shortly before the park’s closing until then, in a feed that does not tell down from closed",
    ),
    Kind.WEATHER: ("R-5.1", "down together with many outdoor rides while the weather was bad"),
    Kind.INCIDENT: ("R-5.1", "down together with many rides of the park within minutes"),
}
CARRIED_RULE = ("N-11", "down since the day before, on which the ride operated")


def kind_of(stretch: Stretch, first_up: int | None, hours: Hours, park: Park) -> Kind:
    """Of a stretch of a local day. `first_up`: when the ride first ran that day, seconds since 1970."""
    if first_up is not None and seconds(stretch.start) < first_up and not stretch.is_carried:
        return Kind.OPENING_DELAY
    closes = any(
        closing == stretch.end and stretch.start >= closing - EARLY_CLOSING_WINDOW for _, closing in hours.windows
    )
    return Kind.EARLY_CLOSING if closes and hours.is_planned and not park.reports_down else Kind.BREAKDOWN
