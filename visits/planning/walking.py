"""Minutes on foot between rides, from their coordinates."""

from math import ceil

from parks.catalog.places import Place, km_between
from visits.models import Pace

DETOUR = 1.4  # paths are longer than the way of a bird
METRES_A_MINUTE = {Pace.RELAXED: 54.0, Pace.NORMAL: 72.0, Pace.BRISK: 90.0}  # 0.9, 1.2 and 1.5 m/s
UNKNOWN_MINUTES = 5  # where a ride's place is not known, and from the gate


def walk_minutes(one: Place | None, other: Place | None, pace: Pace) -> int:
    """Whole minutes, rounded up; the default where one of the places is missing."""
    if one is None or other is None:
        return UNKNOWN_MINUTES
    return ceil(1000 * km_between(one, other) * DETOUR / METRES_A_MINUTE[pace])
