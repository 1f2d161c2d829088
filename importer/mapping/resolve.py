"""Which park and which ride an archive event speaks of (R-26.4): by UUID, by name, else created or reported.

Every answer for a ride is a stored decision, and a stored decision is obeyed by every later import. At any instant
at most one entity feeds a ride: an entity whose news overlaps with that of the ride's own entity is something else.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db import transaction
from django.utils import timezone

from core.instants import instant, seconds
from core.zones import is_zone
from importer.archive.events import PARK, Source
from importer.mapping.similarity import Match, best_match
from importer.models import SURE, MappingDecision, MappingMethod, decisions_of, stored
from parks.catalog.directory import UNKNOWN_CITY, UNKNOWN_COUNTRY, park_from
from parks.catalog.known import facts_for
from parks.models import EntityType, Park, Ride
from snapshots.models import LogType

CREATED_TIER = 2  # a ride met in the archive is a standard one until classified

Report = Callable[[LogType, str], None]
Seconds = tuple[int, int]


@dataclass
class Mapping:
    """UUID to park and ride, for one destination.

    `auto_create`: an entity that fits no ride becomes one; else it is reported as MAPPING_FAILED.
    `decided_by`: who stands in the decisions, an import's id.
    """

    destination: str
    auto_create: bool = True
    decided_by: str = "import"
    parks: dict[str, Park] = field(default_factory=dict)  # by UUID
    parks_by_id: dict[int, Park] = field(default_factory=dict)
    rides: dict[str, Ride] = field(default_factory=dict)  # by UUID of the entity, decided
    fed: dict[int, list[str]] = field(default_factory=dict)  # by ride, the entities decided for it
    own_rides: dict[str, Ride] = field(default_factory=dict)  # by UUID, as the catalogue says
    no_rides: dict[str, str] = field(default_factory=dict)  # by UUID of the entity, its kind
    failed: set[str] = field(default_factory=set)
    unplaced: set[str] = field(default_factory=set)  # of no park that we know or can create
    reported: set[str] = field(default_factory=set)
    parks_created: int = 0
    rides_created: int = 0
    methods: Counter[str] = field(default_factory=Counter)  # entities met, by how they were mapped
    present: dict[str, Seconds] = field(default_factory=dict)  # first and last news in the file being read
    spans: dict[str, Seconds] = field(default_factory=dict)  # the same over all files, where not stored yet
    known_spans: dict[str, Seconds] = field(default_factory=dict)

    @cached_property
    def decisions(self) -> dict[str, MappingDecision]:
        return {decision.entity_uuid: decision for decision in decisions_of(self.destination)}

    # -- a file -------------------------------------------------------------------------------------------

    def meet(self, spans: Iterable[tuple[str, int, int]]) -> None:
        """Note which entities a file reports, with their first and last instants, before they are resolved."""
        self.present = {}
        for entity, first, last in spans:
            known = self.present.get(entity, (first, last))
            self.present[entity] = (min(first, known[0]), max(last, known[1]))

    def note_shows(self, sources: Iterable[Source]) -> None:
        """Note what a file says to be a show or a restaurant by any event: others of the same entity may not say."""
        for source in sources:
            is_marked = source.kind not in (PARK, EntityType.ATTRACTION)
            if is_marked and source.entity not in self.no_rides and self.known_ride(source) is None:
                self.no_rides[source.entity] = source.kind

    def overlap(self, one: str, other: str) -> bool:
        """Do two entities report in the same stretch of the file?"""
        first, second = self.present.get(one), self.present.get(other)
        return bool(first and second and first[0] <= second[1] and second[0] <= first[1])

    def note_spans(self) -> None:
        """Note from when to when each entity of the file fed its ride."""
        for entity in self.present.keys() & self.rides.keys():
            first, last = self.present[entity]
            known = self.known_spans.get(entity)
            if known is None or first < known[0] or last > known[1]:
                low, high = known or (first, last)
                self.spans[entity] = self.known_spans[entity] = (min(first, low), max(last, high))

    def store_spans(self) -> None:
        """Store what was noted since `forget_spans`; to be called in the transaction that stores the rows."""
        MappingDecision.objects.all().widen(
            {entity: (instant(first), instant(last)) for entity, (first, last) in self.spans.items()}
        )

    def forget_spans(self) -> None:
        """What was noted is stored."""
        self.spans = {}

    # -- an event -----------------------------------------------------------------------------------------

    def concerns(self, source: Source, park: Park) -> bool:
        """Does an event speak of `park`, as far as the event and the known rides say?"""
        ride = self.known_ride(source)
        return ride.park_id == park.pk if ride else park.themeparks_wiki_id in (source.park, source.entity)

    def resolve(self, source: Source, report: Report) -> tuple[Park | None, Ride | None]:
        """Park and ride of an event. No park: the event is of no use (reported once per entity when it should be).

        A park without a ride: something else of the park, which still shows that its feed is alive.
        """
        ride = self.known_ride(source)
        if ride is not None:
            park = self.parks_by_id[ride.park_id]
            self.report_contradictions(source, park, report)
            is_alone = len(self.fed[ride.pk]) == 1
            return park, ride if is_alone or not self.is_second(source, ride, report) else None
        uuid = source.park or (source.entity if source.entity in self.parks else None)
        found = self.known_park(uuid) or self.create_park(source, report)
        if found is None:
            return None, None
        self.report_contradictions(source, found, report)
        if source.entity == found.themeparks_wiki_id:
            self.learn_name(found, source.name)
        is_ride = source.kind == EntityType.ATTRACTION and source.entity != found.themeparks_wiki_id
        if not is_ride or source.entity in self.no_rides:
            self.no_rides.setdefault(source.entity, source.kind)
            return found, None
        if source.entity in self.failed:
            return found, None
        return found, self.decide(source, found, report)

    def skipped_as(self, source: Source) -> str | None:
        """What it is if it is no ride, or of no known park; else None."""
        return self.no_rides.get(source.entity) or (source.kind if source.entity in self.unplaced else None)

    def known_ride(self, source: Source) -> Ride | None:
        entity = source.entity
        if entity in self.rides:
            return self.rides[entity]
        if entity in self.no_rides or entity in self.failed or source.kind == PARK:
            return None
        decision = self.decisions.get(entity)
        if decision is None:
            decision = MappingDecision.objects.filter(entity_uuid=entity).select_related("ride__park").first()
        if decision is not None and decision.ride is not None and not decision.is_failed:
            is_said = decision.method == MappingMethod.MANUAL
            return self.obey(decision) if is_said or not self.is_no_ride(entity, decision.ride) else None
        if decision is not None and decision.is_final:
            return None
        ride = self.own_rides.get(entity)
        if ride is None:
            ride = Ride.objects.select_related("park").filter(themeparks_wiki_id=entity).first()
        if ride is None or self.is_no_ride(entity, ride):
            return None
        return self.obey(self.store(source, ride.park, ride, MappingMethod.UUID))

    def is_no_ride(self, entity: str, known: Ride) -> bool:
        """Does the catalogue say that what has this UUID is a show or a restaurant? Then its events are skipped."""
        if known.entity_type not in (EntityType.SHOW, EntityType.RESTAURANT):
            return False
        self.no_rides[entity] = known.entity_type
        return True

    def is_second(self, source: Source, ride: Ride, report: Report) -> bool:
        """Does another entity of the ride report at the same time? The ride's own one wins, else the lower UUID."""
        entity, own = source.entity, ride.themeparks_wiki_id
        for other in self.fed[ride.pk]:
            loses = other == own or (entity != own and other < entity)
            if other != entity and loses and self.overlap(entity, other):
                self.report_once(
                    f"second {entity}",
                    report,
                    f"entity {entity} ({source.name}) is mapped to ride {ride.pk} ({ride.name}), but entity {other}"
                    " of the same ride reports at the same time; its events there are left out",
                )
                return True
        return False

    # -- decisions ----------------------------------------------------------------------------------------

    def obey(self, decision: MappingDecision) -> Ride | None:
        """The ride of a stored decision, remembered; None of one that failed."""
        entity, ride = decision.entity_uuid, decision.ride
        self.methods[decision.method] += 1
        if ride is None or decision.is_failed:
            self.failed.add(entity)
            return None
        self.remember_park(ride.park)
        self.rides[entity] = ride
        self.fed.setdefault(ride.pk, []).append(entity)
        if decision.first_event_at and decision.last_event_at:
            span = (seconds(decision.first_event_at), seconds(decision.last_event_at))
            self.known_spans[entity] = span
        return ride

    def decide(self, source: Source, park: Park, report: Report) -> Ride | None:
        """The ride of an entity that no UUID says: by name, else created, else MAPPING_FAILED."""
        decision = self.decisions.get(source.entity)
        if decision is None or not decision.is_final:
            match = best_match(source.name, self.candidates(source, park))
            decision = self.decided(source, park, match)
        ride = self.obey(decision)
        if ride is None:
            # One row per entity, wherever it was met first.
            text = f"entity {source.entity} ({source.name}) fits no ride of {park.name}"
            self.report_once(f"unmapped {source.entity}", report, text)
        return ride

    def decided(self, source: Source, park: Park, match: Match | None) -> MappingDecision:
        if match is not None:
            method = MappingMethod.FUZZY if match.edits else MappingMethod.EXACT_NAME
            return self.store(source, park, match.ride, method, match)
        if self.auto_create:
            return self.create_ride(source, park)
        return self.store(source, park, None, MappingMethod.FAILED)

    def candidates(self, source: Source, park: Park) -> list[Ride]:
        """The rides of the park whose entity may be this one: none that another entity reports at this time."""
        rides = park.rides.exclude(entity_type__in=(EntityType.SHOW, EntityType.RESTAURANT)).select_related("park")
        return [ride for ride in rides if not any(self.overlap(source.entity, other) for other in self.entities(ride))]

    def entities(self, ride: Ride) -> list[str]:
        """The entities that feed a ride, its own first, as far as is known."""
        return [*filter(None, [ride.themeparks_wiki_id]), *self.fed.get(ride.pk, ())]

    def store(
        self, source: Source, park: Park, ride: Ride | None, method: MappingMethod, match: Match | None = None
    ) -> MappingDecision:
        """Store a decision; the ride learns the entity's UUID if it has none. Another importer may have been first."""
        confidence = Decimal(0) if method == MappingMethod.FAILED else SURE
        with transaction.atomic():
            decision = stored(
                MappingDecision(
                    entity_uuid=source.entity,
                    entity_name=source.name,
                    destination_uuid=self.destination,
                    park=park,
                    ride=ride,
                    method=method,
                    edits=match.edits if match else None,
                    confidence=round(Decimal(str(match.confidence)), 2) if match else confidence,
                    decided_by=self.decided_by,
                )
            )
            if decision.ride is not None and not decision.is_failed:
                give_uuid(decision.ride, source.entity)
        self.decisions[source.entity] = decision
        return decision

    def create_ride(self, source: Source, park: Park) -> MappingDecision:
        with transaction.atomic():
            ride, is_new = Ride.objects.get_or_create(
                themeparks_wiki_id=source.entity,
                defaults={"park": park, "name": source.name or f"Ride {source.entity}", "tier": CREATED_TIER},
            )
            decision = self.store(source, park, ride, MappingMethod.CREATED)
        self.rides_created += is_new
        return decision

    # -- parks --------------------------------------------------------------------------------------------

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
        for ride in park.rides.exclude(themeparks_wiki_id=None).select_related("park"):
            self.own_rides[str(ride.themeparks_wiki_id)] = ride

    def create_park(self, source: Source, report: Report) -> Park | None:
        facts = facts_for(source.park) if source.park else None
        zone = facts.timezone if facts else source.zone
        if source.park is None or zone is None or not is_zone(zone):
            self.report_unmapped(source, zone, report)
            return None
        park = park_from(facts) if facts else self.unknown_park(source, zone)
        park.destination_id = self.destination
        park.save()
        self.parks_created += 1
        self.remember_park(park)
        return park

    @staticmethod
    def unknown_park(source: Source, zone: str) -> Park:
        """A park the catalogue does not hold: the slug is its name until its own entry says a better one."""
        return Park(
            themeparks_wiki_id=source.park,
            name=source.slug or f"Park {source.park}",
            city=UNKNOWN_CITY,
            country=UNKNOWN_COUNTRY,
            timezone=zone,
        )

    @staticmethod
    def learn_name(park: Park, name: str) -> None:
        if name and name != park.name and park.city == UNKNOWN_CITY:
            park.name = name
            Park.objects.filter(pk=park.pk).update(name=name, updated_at=timezone.now())

    # -- what is reported -------------------------------------------------------------------------------------

    def report_once(self, key: str, report: Report, text: str) -> None:
        if key not in self.reported:
            self.reported.add(key)
            report(LogType.MAPPING_FAILED, text)

    def report_contradictions(self, source: Source, park: Park, report: Report) -> None:
        """What an event says of its park and we know otherwise: reported once per entity, ours is kept."""
        if source.park not in (None, park.themeparks_wiki_id) and f"park of {source.entity}" not in self.reported:
            self.reported.add(f"park of {source.entity}")
            report(LogType.INVALID, f"the event names park {source.park}, the ride belongs to {park.name}; kept there")
        if source.zone not in (None, park.timezone) and f"zone of {park.pk}" not in self.reported:
            self.reported.add(f"zone of {park.pk}")
            report(LogType.INVALID, f"the event is in {source.zone}, {park.name} in {park.timezone}; kept there")

    def report_unmapped(self, source: Source, zone: str | None, report: Report) -> None:
        self.unplaced.add(source.entity)
        if source.entity in self.reported or (source.park is None and source.kind != EntityType.ATTRACTION):
            return
        self.reported.add(source.entity)
        if source.park is None:
            report(LogType.MAPPING_FAILED, f"entity {source.entity} ({source.name}) names no park")
        else:
            report(LogType.MAPPING_FAILED, f"park {source.park} is new and its time zone {zone!r} is not usable")


def give_uuid(ride: Ride, entity: str) -> None:
    """Save the wiki id on a ride that has none (R-26.4); one that another ride has stays there."""
    if ride.themeparks_wiki_id is None and not Ride.objects.filter(themeparks_wiki_id=entity).exists():
        claimed = Ride.objects.filter(pk=ride.pk, themeparks_wiki_id=None).update(themeparks_wiki_id=entity)
        if claimed:
            ride.themeparks_wiki_id = entity
