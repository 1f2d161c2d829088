"""Which park and which ride an archive event speaks of; parks and rides met first are created."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from importer.events import PARK, Event
from parks.catalog import facts_for
from parks.directory import UNKNOWN_CITY, UNKNOWN_COUNTRY, park_from
from parks.models import EntityType, Park, Ride
from parks.zones import is_zone
from snapshots.quality import LogType

CREATED_TIER = 2  # a ride met in the archive is a standard one until classified

Report = Callable[[LogType, str], None]


@dataclass
class Mapping:
    """UUID to park and ride, for one destination. `skipped` counts the events of what is no ride, by kind."""

    destination: str
    parks: dict[str, Park] = field(default_factory=dict)  # by UUID
    parks_by_id: dict[int, Park] = field(default_factory=dict)
    rides: dict[str, Ride] = field(default_factory=dict)  # by UUID
    no_rides: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    parks_created: int = 0
    rides_created: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def concerns(self, event: Event, park: Park) -> bool:
        """Does an event speak of `park`, as far as the event and the known rides tell?"""
        ride = self.known_ride(event)
        return ride.park_id == park.pk if ride else park.themeparks_wiki_id in (event.park, event.entity)

    def resolve(self, event: Event, report: Report) -> tuple[Park | None, Ride | None]:
        """Park and ride of an event. No park: the event is of no use (told once per entity when it should be).

        A park without a ride: something else of the park, which still shows that its feed is alive.
        """
        ride = self.known_ride(event)
        if ride is not None:
            self.tell_contradictions(event, self.parks_by_id[ride.park_id], report)
            return self.parks_by_id[ride.park_id], ride
        uuid = event.park or (event.entity if event.entity in self.parks else None)
        park = self.known_park(uuid) or self.create_park(event, report)
        if park is None:
            return None, None
        self.tell_contradictions(event, park, report)
        if event.entity == park.themeparks_wiki_id:
            self.learn_name(park, event.name)
        is_ride = event.kind == EntityType.ATTRACTION and event.entity != park.themeparks_wiki_id
        if not is_ride or event.entity in self.no_rides:
            self.no_rides.add(event.entity)
            self.skipped[event.kind] += 1
            return park, None
        return park, self.create_ride(event, park)

    def known_ride(self, event: Event) -> Ride | None:
        if event.entity in self.rides:
            return self.rides[event.entity]
        if event.entity in self.no_rides or event.kind == PARK:
            return None
        ride = Ride.objects.select_related("park").filter(themeparks_wiki_id=event.entity).first()
        if ride is not None:
            self.remember_park(ride.park)
            self.rides[event.entity] = ride
        return ride

    def known_park(self, uuid: str | None) -> Park | None:
        if uuid is None or uuid in self.parks:
            return self.parks.get(uuid or "")
        park = Park.objects.filter(themeparks_wiki_id=uuid).first()
        if park is not None:
            self.remember_park(park)
        return park

    def remember_park(self, park: Park) -> None:
        if park.pk in self.parks_by_id:
            return
        if park.destination_id is None:
            park.destination_id = self.destination
            park.save(update_fields=["destination_id", "updated_at"])
        self.parks_by_id[park.pk] = park
        if park.themeparks_wiki_id:
            self.parks[park.themeparks_wiki_id] = park
        for ride in park.rides.exclude(themeparks_wiki_id=None):
            self.rides[str(ride.themeparks_wiki_id)] = ride

    def create_park(self, event: Event, report: Report) -> Park | None:
        facts = facts_for(event.park) if event.park else None
        zone = facts.timezone if facts else event.zone
        if event.park is None or zone is None or not is_zone(zone):
            self.tell_unmapped(event, zone, report)
            return None
        park = park_from(facts) if facts else self.unknown_park(event, zone)
        park.destination_id = self.destination
        park.save()
        self.parks_created += 1
        self.remember_park(park)
        return park

    @staticmethod
    def unknown_park(event: Event, zone: str) -> Park:
        """A park the catalogue does not hold: the slug is its name until its own entry tells a better one."""
        return Park(
            themeparks_wiki_id=event.park,
            name=event.slug or f"Park {event.park}",
            city=UNKNOWN_CITY,
            country=UNKNOWN_COUNTRY,
            timezone=zone,
        )

    def tell_contradictions(self, event: Event, park: Park, report: Report) -> None:
        """What an event says of its park and we know otherwise: told once per entity, ours is kept."""
        if event.park not in (None, park.themeparks_wiki_id) and f"park of {event.entity}" not in self.told:
            self.told.add(f"park of {event.entity}")
            report(LogType.INVALID, f"the event names park {event.park}, the ride belongs to {park.name}; kept there")
        if event.zone not in (None, park.timezone) and f"zone of {park.pk}" not in self.told:
            self.told.add(f"zone of {park.pk}")
            report(LogType.INVALID, f"the event is in {event.zone}, {park.name} in {park.timezone}; kept there")

    def tell_unmapped(self, event: Event, zone: str | None, report: Report) -> None:
        if event.entity in self.told or (event.park is None and event.kind != EntityType.ATTRACTION):
            self.skipped[event.kind] += 1
            return
        self.told.add(event.entity)
        if event.park is None:
            report(LogType.MAPPING_FAILED, f"entity {event.entity} ({event.name}) names no park")
        else:
            report(LogType.MAPPING_FAILED, f"park {event.park} is new and its time zone {zone!r} is not usable")

    @staticmethod
    def learn_name(park: Park, name: str) -> None:
        if name and name != park.name and park.city == UNKNOWN_CITY:
            park.name = name
            park.save(update_fields=["name", "updated_at"])

    def create_ride(self, event: Event, park: Park) -> Ride:
        ride = Ride.objects.create(
            park=park,
            themeparks_wiki_id=event.entity,
            name=event.name or f"Ride {event.entity}",
            tier=CREATED_TIER,
        )
        self.rides_created += 1
        self.rides[event.entity] = ride
        return ride
