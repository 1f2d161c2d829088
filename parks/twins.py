"""Rides that stand elsewhere too: of the same name, or else of the same kind as their upstream tags it."""

from parks.catalog.names import folded
from parks.models import Category, Ride

MOST_READ = 500  # rides of a kind that are looked through


def twins_of(ride: Ride, limit: int) -> list[Ride]:
    """Active attractions of other parks, those of the same name first, then those that share most tags; their parks
    are loaded. Two queries."""
    name = folded(ride.name)
    elsewhere = Ride.objects.active().attractions().exclude(park=ride.park_id)
    named = elsewhere.values_list("pk", "name").order_by("pk")
    same = [pk for pk, other in named if folded(other) == name][:limit]
    metadata = getattr(ride, "metadata", None)
    tags = set(map(str, (metadata and metadata.tags) or []))
    alike = []
    if len(same) < limit and tags:
        tagged = elsewhere.filter(metadata__tags__isnull=False, category=ride.category or Category.ATTRACTION)
        read = tagged.exclude(pk__in=same).values_list("pk", "metadata__tags").order_by("pk")[:MOST_READ]
        shared = [(len(tags & set(map(str, found or []))), pk) for pk, found in read]
        alike = [pk for number, pk in sorted(shared, key=lambda each: (-each[0], each[1])) if number]
    chosen = (same + alike)[:limit]
    found = Ride.objects.select_related("park").in_bulk(chosen)
    return [found[pk] for pk in chosen]
