"""One cycle of live collection (R-7): every park is asked, and what was good is stored, whatever else went wrong.

A cycle has one instant. A park's rows of that instant are written together or not at all, so a cycle may be
killed at any line and run again: parks that are stored already are left alone.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core import data_version
from core.database.querysets import BATCH_SIZE, retried_on_lock
from core.jobs.grids import Grid
from core.upstream.http import Reason, UpstreamError
from parks.catalog.identity import KeyName, returned
from parks.catalog.sample import real_parks
from parks.models import CatalogCorrection, EntityType, Park, Ride
from parks.upstreams import queue_times, themeparks_wiki
from snapshots.collection.change_mending import mend_changes
from snapshots.collection.feeds import (
    FROM_THE_FUTURE,
    ParkReading,
    is_too_late,
    read_queue_times_park,
    read_wiki_park,
)
from snapshots.collection.gaps import note_failures, note_returns
from snapshots.collection.issues import note_findings, note_future, note_silent, note_unknown, parted_keys
from snapshots.collection.rows import Known, ParkRows, known_before, overhanging, park_rows
from snapshots.last_operated import note_operation
from snapshots.models import (
    DataSource,
    ParkActivitySnapshot,
    QueueData,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.revisions import note_changed
from snapshots.storage.bulk import insert_new

log = logging.getLogger(__name__)

# A cycle that takes longer leaves the parks that have not answered to the next one (rules 2).
RUN_SECONDS = 240
# How far back a cycle looks for rows that were written after those of its own instant, by a clock put right since.
CLOCK_LOOKED_BACK = timedelta(days=1)
SILENT = "the answer lists no ride"

T = TypeVar("T", int, str)
Fetch = Callable[[Park], bytes]
Feed = themeparks_wiki.LiveFeed | queue_times.QueueTimesFeed


@dataclass(slots=True)
class CycleResult:
    """What came of a cycle."""

    at: datetime
    stored: list[Park] = field(default_factory=list)
    failed: dict[Park, str] = field(default_factory=dict)
    silent: dict[Park, str] = field(default_factory=dict)  # read well, but nothing is listed: unknown, and no failure
    unread: dict[str, str] = field(default_factory=dict)  # recordings of no park, by file name
    overtaken: set[int] = field(default_factory=set)  # parks whose rows of this instant are none: see overtaken_parks
    already: int = 0  # parks stored by an earlier try
    rides: int = 0
    queues: int = 0
    changes: int = 0
    issues: int = 0
    unmapped: int = 0
    created: int = 0  # rides

    def __str__(self) -> str:
        reported = [
            f"{len(self.stored)} parks, {self.rides} rides, {self.queues} queues, {self.changes} changes",
            f"{self.already} parks stored before" if self.already else "",
            f"{self.issues} issues" if self.issues else "",
            f"{self.created} new rides" if self.created else "",
            f"{self.unmapped} unknown entities" if self.unmapped else "",
            f"{len(self.silent)} parks silent" if self.silent else "",
            f"{len(self.failed)} parks FAILED" if self.failed else "",
            f"{len(self.unread)} files UNREAD" if self.unread else "",
        ]
        return f"{self.at:%Y-%m-%d %H:%M:%SZ}: {', '.join(filter(None, reported))}"


def slot_of(now: datetime) -> datetime:
    """The instant on the collection grid whose cycle `now` belongs to."""
    return Grid(settings.COLLECTION_INTERVAL_SECONDS).last(now)


def collected_parks() -> list[Park]:
    """The active parks that an upstream knows (R-4.1); sample parks exist nowhere but here."""
    known = Q(themeparks_wiki_id__isnull=False) | Q(queue_times_id__isnull=False)
    return list(real_parks().filter(known).order_by("pk"))


@contextmanager
def upstream_fetch() -> Iterator[Fetch]:
    """Asks the park's own source (R-4.1): ThemeParks.wiki where it has an id there, else Queue-Times."""
    with themeparks_wiki.client() as wiki, queue_times.client() as times:

        def fetch(park: Park) -> bytes:
            if park.themeparks_wiki_id:
                return wiki.live(park.themeparks_wiki_id)
            if park.queue_times_id is None:
                raise UpstreamError(Reason.INVALID, "the park has no id at any source")
            return times.queue_times(park.queue_times_id)

        yield fetch


def collect(
    at: datetime,
    fetch: Fetch | None = None,
    parks: Sequence[Park] | None = None,
    auto_create: bool = True,
) -> CycleResult:
    """Run the cycle of the instant `at` over `parks` (default: all that are collected).

    `auto_create`: rides that are not known are created (N-13); else they are reported as unmapped. An instant later
    than now is refused (N-14).
    """
    at = at.replace(microsecond=0)
    wanted = collected_parks() if parks is None else list(parks)
    if is_too_late(at, timezone.now()):
        result = CycleResult(at, failed=dict.fromkeys(wanted, "the instant lies in the future"))
        result.issues += note_future(wanted, at, timezone.now())
        return result
    stored = stored_parks(wanted, at)
    overtaken = overtaken_parks(stored, at) if stored else set()
    done = stored - overtaken
    result = CycleResult(at, overtaken=overtaken, already=len(done))
    feeds: list[tuple[Park, Feed]] = []
    missing: list[tuple[Park, str]] = []
    with nullcontext(fetch) if fetch else upstream_fetch() as ask:
        for park, answer in answers([park for park in wanted if park.pk not in done], ask):
            if not isinstance(answer, UpstreamError):
                feeds.append((park, answer))
                continue
            result.failed[park] = str(answer)
            if answer.reason == Reason.NOT_FOUND:
                missing.append((park, str(answer)))
    feeds.sort(key=lambda pair: pair[0].pk)  # two cycles then lock in the same order
    readings = readings_of(feeds, at, result, auto_create)
    store_all([reading for reading in readings if reading.readings], at, result)
    result.issues += note_findings([(reading, False) for reading in readings if not reading.readings], at)
    if result.stored:
        data_version.move()
    if result.failed or result.silent:
        note_failures(result.failed | result.silent, at)
    result.issues += note_silent([*missing, *result.silent.items()], at)
    note_unknown(readings, at)
    return result


def stored_parks(parks: Sequence[Park], at: datetime) -> set[int]:
    """Those that a cycle has stored at this instant."""
    rows = ParkActivitySnapshot.objects.filter(park__in=parks, recorded_at=at, data_source=DataSource.LIVE)
    return set(rows.values_list("park_id", flat=True))


def overtaken_parks(parks: Collection[int], at: datetime) -> set[int]:
    """Those whose row at this instant was written before rows of earlier instants: by a clock that ran ahead (N-14).

    What it reported this instant was never observed, so the cycle is run, and its rows give way. (Recordings that are
    played again may look the same; to store such a cycle once more does no harm.)
    """
    written_later = ParkActivitySnapshot.objects.filter(
        park=OuterRef("park"),
        data_source=DataSource.LIVE,
        recorded_at__gte=at - CLOCK_LOOKED_BACK,
        recorded_at__lt=at,
        pk__gt=OuterRef("pk"),
    )
    rows = ParkActivitySnapshot.objects.filter(park__in=parks, recorded_at=at, data_source=DataSource.LIVE)
    return set(rows.filter(Exists(written_later)).values_list("park_id", flat=True))


# -- asking ----------------------------------------------------------------------------------------------


def answers(parks: Sequence[Park], fetch: Fetch) -> Iterator[tuple[Park, Feed | UpstreamError]]:
    """Ask several parks at a time; each gives a feed or the reason why not."""
    if not parks:
        return
    # A pool for each source: the one that is asked slowly does not hold up the other.
    pools = {
        True: ThreadPoolExecutor(settings.UPSTREAM_CONCURRENCY, thread_name_prefix="themeparks-wiki"),
        False: ThreadPoolExecutor(queue_times.AT_A_TIME, thread_name_prefix="queue-times"),
    }
    asked = {pools[bool(park.themeparks_wiki_id)].submit(answer_of, park, fetch): park for park in parks}
    try:
        for future in as_completed(list(asked), timeout=RUN_SECONDS):
            yield asked.pop(future), future.result()
    except TooLate:
        for park in asked.values():
            yield park, UpstreamError(Reason.TIMEOUT, f"no answer within {RUN_SECONDS} s")
    finally:
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def answer_of(park: Park, fetch: Fetch) -> Feed | UpstreamError:
    """Runs in a thread: no database here."""
    try:
        body = fetch(park)
        return themeparks_wiki.read_live(body) if park.themeparks_wiki_id else queue_times.read_queue_times(body)
    except UpstreamError as error:
        return error
    except Exception as error:  # one park's surprise is not the others'
        log.exception("park %s", park.pk)
        return UpstreamError(Reason.INVALID, f"the answer cannot be read: {error!r}")


# -- matching --------------------------------------------------------------------------------------------


class KnownRides(NamedTuple):
    """Rides by UUID and by Queue-Times id."""

    uuids: dict[str, Ride]
    numbers: dict[int, Ride]

    def with_more(self, rides: Iterable[Ride]) -> "KnownRides":
        """These, and `rides`, which the others' answers may name too."""
        for ride in rides:
            if ride.themeparks_wiki_id:
                self.uuids[ride.themeparks_wiki_id] = ride
            if ride.queue_times_id is not None:
                self.numbers[ride.queue_times_id] = ride
        return self


def readings_of(
    feeds: Sequence[tuple[Park, Feed]], at: datetime, result: CycleResult, auto_create: bool
) -> list[ParkReading]:
    """The feeds with our rides. An answer that names none of a park's rides counts as failed: it says nothing."""
    known = known_rides(feeds)
    found = []
    for park, feed in feeds:
        try:
            reading = reading_of(park, feed, known, at, auto_create)
        except UpstreamError as error:
            result.failed[park] = str(error)
            continue
        except Exception as error:  # one park's surprise is not the others'
            log.exception("park %s", park.pk)
            result.failed[park] = f"the answer cannot be read: {error!r}"
            continue
        found.append(reading)
        result.unmapped += len(reading.unmapped)
        result.created += len(reading.created)
        if reading.readings:
            continue
        if not reading.listed and not feed.problems:
            result.silent[park] = SILENT
        elif late := sum(finding.text == FROM_THE_FUTURE for finding in reading.findings):
            result.failed[park] = f"{late} states are dated later than now: our clock or theirs is wrong"
        else:
            reported = f"; of {len(reading.unmapped)} others, which sync_parks learns" if reading.unmapped else ""
            result.failed[park] = f"the answer has no state of any ride of ours{reported}"
    return found


def reading_of(park: Park, feed: Feed, known: KnownRides, at: datetime, auto_create: bool) -> ParkReading:
    """Raises UpstreamError when the answer is about another park."""
    reading = read_park(park, feed, known, at)
    if not auto_create or not reading.unmapped:
        return reading
    reading.joined = joined_rides(reading, feed)
    joined = {ride.pk for ride, _ in reading.joined}
    created = [ride for ride in created_rides(reading) if ride.pk not in joined]
    again = read_park(park, feed, known.with_more([*created, *(ride for ride, _ in reading.joined)]), at)
    again.created, again.joined = created, reading.joined
    return again


def read_park(park: Park, feed: Feed, known: KnownRides, at: datetime) -> ParkReading:
    """Raises UpstreamError when the answer is about another park."""
    now = timezone.now()
    if isinstance(feed, queue_times.QueueTimesFeed):
        return read_queue_times_park(park, feed, known.numbers, at, now)
    if feed.park_id != park.themeparks_wiki_id:
        raise UpstreamError(Reason.INVALID, f"the answer is about {feed.park_id}")
    return read_wiki_park(park, feed, known.uuids, at, now)


def known_rides(feeds: Sequence[tuple[Park, Feed]]) -> KnownRides:
    """The rides of the parks, and others that the feeds name."""
    rides = list(Ride.objects.filter(park__in=[park for park, _ in feeds]))
    uuids = {ride.themeparks_wiki_id: ride for ride in rides if ride.themeparks_wiki_id}
    numbers = {ride.queue_times_id: ride for ride in rides if ride.queue_times_id is not None}
    known = KnownRides(uuids, numbers)
    named = {entry.id for _, feed in feeds for entry in feed.entries}
    strangers = [str(key) for key in named if isinstance(key, str) and key not in uuids]
    for uuids_asked in chunks(sorted(strangers)):
        known = known.with_more(Ride.objects.filter(themeparks_wiki_id__in=uuids_asked))
    for numbers_asked in chunks(sorted(key for key in named if isinstance(key, int) and key not in numbers)):
        known = known.with_more(Ride.objects.filter(queue_times_id__in=numbers_asked))
    return known


def joined_rides(reading: ParkReading, feed: Feed) -> list[tuple[Ride, str]]:
    """The rides that came back under another key (N-13), with their old one; they have the new one now.

    A person who closes the note of a join as WONTFIX says that these are two rides: it is not made again.
    """
    rides = list(Ride.objects.filter(park=reading.park))
    back: dict[str, Ride] | dict[int, Ride]
    key: KeyName
    if isinstance(feed, queue_times.QueueTimesFeed):
        key = "queue_times_id"
        back = returned(rides, {entry.id: entry.name for entry in feed.entries}, key)
    else:
        key = "themeparks_wiki_id"
        rides_reported = (entry for entry in feed.entries if entry.entity_type == EntityType.ATTRACTION)
        back = returned(rides, {entry.id: entry.name for entry in rides_reported}, key)
    asked = {entry.id for entry in reading.unmapped} & back.keys()
    parted = parted_keys(map(str, asked)) if asked else set()
    found = []
    for new, ride in back.items():
        if new in asked and str(new) not in parted:
            found.append((ride, str(getattr(ride, key))))
            setattr(ride, key, new)
            ride.save(update_fields=[key, "updated_at"])
    return found


def created_rides(reading: ParkReading) -> list[Ride]:
    """What a feed says for the first time becomes a ride of its park at once (N-13); what has no name does not."""
    found = []
    for entry in reading.unmapped:
        if not entry.name:
            continue
        land = {"land_area": entry.land} if isinstance(entry, queue_times.QueueTimesEntry) else {}
        key = {"themeparks_wiki_id" if isinstance(entry.id, str) else "queue_times_id": entry.id}
        ride, _ = Ride.objects.get_or_create(**key, defaults={"park": reading.park, "name": entry.name, **land})
        found.append(ride)
    return found


# -- storing ---------------------------------------------------------------------------------------------


def store_all(readings: Sequence[ParkReading], at: datetime, result: CycleResult) -> None:
    """All parks in one transaction; when that fails, each by itself, so that one park's fault is not the others'."""
    if not readings:
        return
    try:
        store(readings, at, result)
        return
    except Exception:
        log.exception("the cycle of %s cannot be stored at once; its parks are stored one by one", at)
    for reading in readings:
        park = reading.park
        try:
            if not is_stored(park, at, result):
                store([reading], at, result)
        except Exception as error:
            if not is_stored(park, at, result):
                log.exception("park %s", park.pk)
                result.failed[park] = f"not stored: {error!r}"


def is_stored(park: Park, at: datetime, result: CycleResult) -> bool:
    """Did another process, which runs the same cycle, store the park? Then it is no failure of ours."""
    if not stored_parks([park], at) or overtaken_parks([park.pk], at):
        return False
    result.already += 1
    return True


def store(readings: Sequence[ParkReading], at: datetime, result: CycleResult) -> None:
    known = known_before(readings, at)
    rows = [park_rows(reading, known) for reading in readings]
    issues = write(rows, known, result.overtaken)
    result.stored += [reading.park for reading in readings]
    result.rides += sum(len(park.rides) for park in rows)
    result.queues += sum(len(park.queues) for park in rows)
    result.changes += sum(len(park.changes) for park in rows)
    result.issues += issues


@retried_on_lock
def write(rows: Sequence[ParkRows], known: Known, overtaken: set[int]) -> int:
    """One transaction; returns how many issues were written."""
    parks = [park.reading.park for park in rows]
    if overtaken:
        take_back([park.pk for park in parks if park.pk in overtaken], known.at)
    made_room = make_room(rows, known)
    # First the row with a unique key per park: whoever lost a race against another cycle fails here.
    insert_new(ParkActivitySnapshot, [park.park for park in rows])
    insert_new(RideStatusSnapshot, [row for park in rows for row in park.rides])
    insert_new(QueueData, [row for park in rows for row in park.queues])
    insert_new(RideStatusChange, [row for park in rows for row in park.changes])
    later = seen_later([park.pk for park in parks], known.at)
    mend_later_changes([park for park in rows if park.reading.park.pk in later], known.at)
    note_changed([*later, *made_room, *(park.pk for park in parks if park.pk in overtaken)], known.at)
    note_operation([ride for park in rows for ride in park.operating], known.at)
    note_lands(rows)
    note_returns(parks, known.parks, known.at)
    return note_findings([(park.reading, park.is_open) for park in rows], known.at)


def make_room(rows: Sequence[ParkRows], known: Known) -> set[int]:
    """Cut what reaches over this instant, and take away archive rows that stand at it: live ones win (A-17).

    Returns the parks of which rows were taken away.
    """
    at = known.at
    parks = [row.reading.park.pk for row in rows]
    rides = [row.ride.pk for park in rows for row in park.reading.readings]
    for begun, ids in overhanging(known.rides, rides, at).items():
        seconds = int((at - begun).total_seconds())
        for chunk in chunks(ids):
            RideStatusSnapshot.objects.filter(ride__in=chunk, recorded_at=begun).update(duration_seconds=seconds)
    for begun, ids in overhanging(known.parks, parks, at).items():
        seconds = int((at - begun).total_seconds())
        ParkActivitySnapshot.objects.filter(park__in=ids, recorded_at=begun).update(duration_seconds=seconds)
    archived = RideStatusSnapshot.objects.filter(park__in=parks, recorded_at=at, data_source=DataSource.ARCHIVE)
    # A ride the feed leaves out keeps its archive row.
    known_parks = dict(archived.values_list("ride_id", "park_id"))
    replaced = known_parks.keys() & set(rides)
    for chunk in chunks(sorted(replaced)):
        RideStatusSnapshot.objects.filter(ride__in=chunk, recorded_at=at).delete()
        RideStatusChange.objects.filter(ride__in=chunk, changed_at=at).delete()
    # An archive event that only moved a return window has a queue row and no other.
    queued = {row.ride.pk for park in rows for row in park.reading.readings if row.queues}
    for chunk in chunks(sorted(replaced | queued)):
        QueueData.objects.filter(ride__in=chunk, recorded_at=at).delete()
    own = ParkActivitySnapshot.objects.filter(park__in=parks, recorded_at=at, data_source=DataSource.ARCHIVE)
    parks_replaced = set(own.values_list("park_id", flat=True))
    own.delete()
    return parks_replaced | {known_parks[ride] for ride in replaced}


def take_back(parks: Sequence[int], at: datetime) -> None:
    """Delete what live collection stored of these parks at this instant."""
    rows = RideStatusSnapshot.objects.filter(park__in=parks, recorded_at=at, data_source=DataSource.LIVE)
    for chunk in chunks(list(rows.values_list("ride_id", flat=True))):
        RideStatusSnapshot.objects.filter(ride__in=chunk, recorded_at=at).delete()
        RideStatusChange.objects.filter(ride__in=chunk, changed_at=at).delete()
        QueueData.objects.filter(ride__in=chunk, recorded_at=at).delete()
    ParkActivitySnapshot.objects.filter(park__in=parks, recorded_at=at, data_source=DataSource.LIVE).delete()


def seen_later(parks: Collection[int], at: datetime) -> set[int]:
    """The parks of which there are observations after this instant: the past is reported again."""
    later = Exists(ParkActivitySnapshot.objects.filter(park=OuterRef("pk"), recorded_at__gt=at))
    return set(Park.objects.filter(later, pk__in=parks).values_list("pk", flat=True))


def mend_later_changes(rows: Sequence[ParkRows], at: datetime) -> None:
    """Where the past is reported again, the change after this instant was noted without knowing of it."""
    rides = [row.ride.pk for park in rows for row in park.reading.readings]
    if rides:
        mend_changes(rides, at + timedelta(seconds=1))


def chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    for n in range(0, len(ids), BATCH_SIZE):
        yield ids[n : n + BATCH_SIZE]


def note_lands(rows: Iterable[ParkRows]) -> None:
    """Queue-Times says the land of each ride (R-4.3), unless a person does."""
    moved: list[Ride] = []
    for park in rows:
        for row in park.reading.readings:
            land = park.reading.lands.get(row.ride.pk, "")[:100]
            if land and land != row.ride.land_area:
                row.ride.land_area = land
                moved.append(row.ride)
    if moved:
        said = CatalogCorrection.objects.of_rides(moved).filter(field="land_area").standing()
        moved = [ride for ride in moved if (ride.pk, "land_area") not in said]
    Ride.objects.bulk_update(moved, ["land_area"], batch_size=BATCH_SIZE)
