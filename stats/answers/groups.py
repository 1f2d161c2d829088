"""Hours by a property that another layer knows, such as the weather: what `group_by` of the analytics means.

`ANALYTICS_GROUPINGS` names each grouping and where it stands; this layer only imports what is named there.
"""

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from parks.models import Park
from stats.measures.windows import BucketKey, Groups, Window, pieces, unit_within_hours

UNKNOWN = "unknown"


class Grouping(Protocol):
    """Groups by name, in the order in which they are reported, and which of them each hour at a park belongs to."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def what(self) -> str:
        """What the groups mean, for the documentation."""
        ...

    @property
    def attribution(self) -> Mapping[str, str]:
        """Whose data they come from."""
        ...

    def hours(self, parks: Collection[int], start: datetime, end: datetime) -> Mapping[int, Mapping[int, int]]:
        """By park, the number of the group of UTC hours (since 1970) of [start, end), where it is known."""
        ...


@functools.cache
def groupings() -> dict[str, Grouping]:
    """Every grouping by its name."""
    return {name: import_string(path) for name, path in settings.ANALYTICS_GROUPINGS.items()}


def group_name(grouping: Grouping, key: BucketKey) -> str:
    """What hours without a group belong to comes after all groups."""
    return (*grouping.names, UNKNOWN)[key] if isinstance(key, int) else UNKNOWN


def groups_of(
    grouping: Grouping, parks: Iterable[Park], window: Window, now: datetime
) -> Iterator[tuple[Park, Groups]]:
    """The groups of each park's hours in a window; one query."""
    ranges = {park: window.utc_range(park.timezone) for park in parks}
    if not ranges:
        return
    start, end = min(start for start, _ in ranges.values()), max(end for _, end in ranges.values())
    hours = grouping.hours([park.pk for park in ranges], start, min(end, now))
    for park in ranges:
        unit = unit_within_hours(pieces(window, park.timezone))
        yield park, Groups(hours.get(park.pk, {}), len(grouping.names), unit)
