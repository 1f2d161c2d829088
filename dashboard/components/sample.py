"""Whether what the pages show is synthetic, for the banner on each of them."""

from django.db.models import Exists, OuterRef
from django.utils import timezone

from parks.catalog.sample import is_sample, real_parks, sample_parks
from parks.models import Park
from snapshots.models import ParkActivitySnapshot
from stats.readings.shared import shared

SOURCE = "synthetic sample"
NO_SAMPLE, SAMPLE_ALONE, SAMPLE_BESIDE_REAL = "", "alone", "beside real"


def sample_state() -> str:
    """NO_SAMPLE, SAMPLE_ALONE or SAMPLE_BESIDE_REAL; one query or two per state of the data."""
    return shared("sample on pages", timezone.now(), read_state)


def read_state() -> str:
    if not sample_parks().exists():
        return NO_SAMPLE
    activity = ParkActivitySnapshot.objects.filter(park=OuterRef("pk"))
    return SAMPLE_BESIDE_REAL if real_parks().filter(Exists(activity)).exists() else SAMPLE_ALONE


def source_of(park: Park) -> str:
    """Who reports of a park, in words."""
    if is_sample(park):
        return SOURCE
    return "ThemeParks.wiki" if park.themeparks_wiki_id else "Queue-Times"
