"""Parks from the catalogue of well-known facts."""

from decimal import Decimal

from parks.catalog.known import CATALOG, CatalogPark
from parks.models import Park

# Where nobody reported a park's place.
UNKNOWN_CITY = "unknown"
UNKNOWN_COUNTRY = "ZZ"  # user-assigned in ISO 3166


def park_from(facts: CatalogPark) -> Park:
    """An unsaved park with the catalogue's facts."""
    return Park(
        queue_times_id=facts.queue_times_id,
        themeparks_wiki_id=facts.themeparks_wiki_id,
        destination_id=facts.destination_id,
        name=facts.name,
        city=facts.city,
        state_province=facts.state_province,
        country=facts.country,
        latitude=Decimal(str(facts.latitude)),
        longitude=Decimal(str(facts.longitude)),
        timezone=facts.timezone,
        operator=facts.operator,
        is_disney=facts.is_disney,
        is_universal=facts.is_universal,
    )


def load_catalog() -> int:
    """Create the catalogue's parks that are not known yet, by UUID; returns how many. Known ones stay as they are."""
    uuids = Park.objects.exclude(themeparks_wiki_id=None).values_list("themeparks_wiki_id", flat=True)
    numbers = Park.objects.exclude(queue_times_id=None).values_list("queue_times_id", flat=True)
    known = {*uuids, *numbers}
    missing = [
        park_from(facts)
        for facts in CATALOG
        if facts.themeparks_wiki_id not in known and facts.queue_times_id not in known
    ]
    Park.objects.bulk_create(missing)
    return len(missing)
