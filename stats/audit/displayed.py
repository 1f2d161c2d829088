"""Is a displayed number right? It is computed again from the observations, step by step (public-api 4.17)."""

from datetime import datetime

from stats.audit.claims import Claim, Metric, Verified
from stats.audit.park_claims import verify_park
from stats.audit.ride_claims import verify_ride


def verify(claim: Claim, version: int, now: datetime) -> Verified:
    """What `/api/audit/verify` answers; raises Http404 for an unknown park or ride."""
    check = verify_park if claim.metric == Metric.PARK_SHAME_SCORE else verify_ride
    return check(claim, version, now)
