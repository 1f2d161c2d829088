"""Which of our parks are sample parks: synthetic, labelled so, and asked of no upstream."""

from parks.catalog.known import SAMPLE_IDS
from parks.models import Park, ParkQuerySet


def sample_parks() -> ParkQuerySet:
    return Park.objects.filter(themeparks_wiki_id__in=SAMPLE_IDS)


def is_sample(park: Park) -> bool:
    return park.themeparks_wiki_id in SAMPLE_IDS


def real_parks() -> ParkQuerySet:
    """The active parks that exist outside this database."""
    return Park.objects.active().exclude(themeparks_wiki_id__in=SAMPLE_IDS)
