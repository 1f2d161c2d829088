"""Rides that come back under another key of their upstream (N-13): one decision for live collection and sync.

As the archive does by name and span (`importer.mapping.resolve`): the same name in the same park, while the old key
has fallen silent. Where a name stands for two rides, or for two entries, nothing is decided.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

from parks.catalog.names import folded
from parks.models import Ride

Key = TypeVar("Key", str, int)
KeyName = Literal["themeparks_wiki_id", "queue_times_id"]


def by_unique_name(rides: Iterable[Ride]) -> dict[str, Ride]:
    """Rides by folded name, those that share one left out."""
    found = [(folded(ride.name), ride) for ride in rides]
    times = Counter(name for name, _ in found)
    return {name: ride for name, ride in found if name and times[name] == 1}


def returned(rides: Iterable[Ride], reported: Mapping[Key, str], key: KeyName) -> dict[Key, Ride]:
    """Which ride each unknown key of a park's whole list stands for.

    `rides`: all of the park; `reported`: names by key, of every entry of the list.
    """
    active = [ride for ride in rides if ride.is_active]
    known = {getattr(ride, key) for ride in rides}
    names = by_unique_name(ride for ride in active if getattr(ride, key) is not None)
    silent = {name: ride for name, ride in names.items() if getattr(ride, key) not in reported}
    times = Counter(map(folded, reported.values()))
    unknown = {uuid: folded(name) for uuid, name in reported.items() if uuid not in known}
    return {uuid: silent[name] for uuid, name in unknown.items() if times[name] == 1 and name in silent}
