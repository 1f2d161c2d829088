"""How much is known of the rides besides their state (R-26.6, public-api 5.3)."""

from decimal import Decimal
from typing import Annotated

from django.db.models import Count, Q

from core.rounding import half_up
from core.shapes import Shape, describe
from parks.models import Park, Ride


class Shares(Shape):
    coordinate_pct: float
    metadata_pct: float


class MetadataCoverage(Shape):
    coverage: Shares
    total_rides: Annotated[int, describe("rides with an upstream id")]
    with_coordinates: int
    with_height_requirement: int
    with_indoor_outdoor: int
    with_metadata: int


def metadata_coverage(park: Park | None = None) -> MetadataCoverage:
    """Counts over the rides with an upstream id, of one park or of all; percentages with one decimal. One query."""
    rides = Ride.objects.filter(themeparks_wiki_id__isnull=False)
    if park is not None:
        rides = rides.filter(park=park)
    placed = Q(metadata__latitude__isnull=False, metadata__longitude__isnull=False)
    limited = Q(metadata__height_min_cm__isnull=False) | Q(metadata__height_max_cm__isnull=False)
    counts = rides.aggregate(
        total_rides=Count("pk"),
        with_metadata=Count("metadata"),
        with_coordinates=Count("pk", filter=placed),
        with_indoor_outdoor=Count("metadata__indoor_outdoor"),
        with_height_requirement=Count("pk", filter=limited),
    )
    shares = Shares(
        coordinate_pct=share(counts["with_coordinates"], counts["total_rides"]),
        metadata_pct=share(counts["with_metadata"], counts["total_rides"]),
    )
    return MetadataCoverage(**counts, coverage=shares)


def share(part: int, whole: int) -> float:
    """In percent; 0 of nothing."""
    return float(half_up(Decimal(100 * part) / whole, 1)) if whole else 0
