"""Reads the archive of one destination, day by day, into rows (R-26.4, design §4); `running.py` stores them.

A park-local day is handed out when every file that can hold its events has been read.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import chain, pairwise
from operator import attrgetter
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from msgspec import Raw

from core.instants import day_seconds, instant, seconds
from core.intervals import Interval
from core.shortcuts import by_identity
from core.zones import day_range, local_date
from importer.archive.decoding import EventStream, as_reported
from importer.archive.events import Event, Source, parse_event
from importer.archive.fetching import ReadAhead
from importer.archive.files import Archive, ArchiveFile, UnreadableFile
from importer.archive.formats import Met
from importer.archive.plain import PlainEvents
from importer.archive.problems import Problem, ProblemLog, start_of
from importer.days.build import build_day
from importer.days.carry import ParkStream, packed, unpacked
from importer.days.context import Context, has_archive_rows, memory_before, schedule_of
from importer.days.shapes import DayRows, ParkDay
from importer.jobs.summary import ImportSummary
from importer.mapping.resolve import Mapping, Report
from importer.models import ImportCheckpoint
from parks.models import Park
from snapshots.collection.apart import note_apart
from snapshots.models import LogType
from snapshots.status import is_operating

ONE_DAY = timedelta(days=1)
# Local days straddle UTC days, the day before the range says the state it begins in, and the end of a day is known
# only when something later is.
LOOK_BACK = LOOK_AHEAD = 2 * ONE_DAY
RIDE_GAP = timedelta(days=7)
PROBLEMS_KEPT = 500  # reported to the database together


class Route(NamedTuple):
    """Where events of one source go: signs of life to the park, news to the ride if it is one."""

    stream: ParkStream
    ride: int | None


Reported = tuple[int, LogType, str]  # position in the file, kind, reason
News = dict[Source, list[Event]]
MILLIS, AT, POSITION = attrgetter("millis"), attrgetter("at"), attrgetter("position")
IN_FILE = attrgetter("millis", "position")


def report_later(reported: list[Reported], position: int, kind: LogType, reason: str) -> None:
    reported.append((position, kind, reason))


DaySink = Callable[[Park, tuple[int, int], DayRows], object]


class DestinationImport:
    """Reads the files of one destination in order and hands out its park-local days, slice after slice.

    `start`: the first day handed out (None: from the first event). `carry`: what the slice before left. The rows
    follow from the files alone, wherever one slice ends and the next begins.
    """

    def __init__(
        self,
        archive: Archive,
        files: Sequence[ArchiveFile],
        job: ImportCheckpoint,
        *,
        start: date | None = None,
        carry: bytes | None = None,
    ) -> None:
        self.archive = ReadAhead(archive, files)
        self.all_files = files
        self.job = job
        self.start = start
        self.limit = date.min  # days after it wait
        self.mapping = Mapping(job.destination_uuid, job.auto_create, job.import_id)
        self.streams, self.mapping.no_rides = unpacked(carry) if carry else ({}, {})
        self.plain = PlainEvents(job.destination_uuid)
        self.surroundings: dict[int, Context] = {}  # by park, of the present slice
        self.problems = ProblemLog(job.import_id)
        self.tallies: dict[date, ImportSummary] = {}  # what was read, by the file's day
        self.written = ImportSummary()  # what the present slice wrote
        self.apart: dict[Park, dict[date, set[int]]] = {}  # rides that ran apart on its days, where activity decided
        self.complete: set[date] = set()  # UTC days whose file was read whole
        self.covered_until = 0
        self.position = next(
            (n for n, file in enumerate(files) if start is None or file.day >= start - LOOK_BACK), len(files)
        )
        self.expected = files[0].day if start is None else max(files[0].day, start - LOOK_BACK)

    def run_slice(self, last: date, sink: DaySink, on_file: Callable[[ArchiveFile], object]) -> None:
        """Hand out the days up to `last` that were not handed out yet; `on_file` follows each file read.

        A day is known when something later is: files are read up to two days behind the slice. Raises ArchiveError.
        """
        self.limit = last
        self.surroundings = {}
        self.written = ImportSummary()
        self.write_days(sink, is_last=False)
        while self.position < len(self.all_files) and self.last_read < last + LOOK_AHEAD:
            file = self.all_files[self.position]
            while self.expected < file.day:
                self.report_missing(self.expected)
                self.expected += ONE_DAY
            last_event = self.read_file(file)
            self.expected = file.day + ONE_DAY
            self.position += 1
            # The newest file of all may be partial: only what it reports is known.
            is_newest = self.position == len(self.all_files)
            covered = last_event if is_newest else seconds(start_of(self.expected))
            self.covered_until = max(self.covered_until, covered)
            self.write_days(sink, is_last=False)
            if len(self.problems.pending) > PROBLEMS_KEPT:
                self.problems.flush()
            on_file(file)
        if self.position == len(self.all_files):
            self.write_days(sink, is_last=True)
        self.problems.flush()
        for park, found in self.apart.items():
            note_apart(park, found)
        self.apart = {}

    @property
    def last_read(self) -> date:
        return self.all_files[self.position - 1].day if self.position else date.min

    def summary(self, first: date, last: date | None) -> ImportSummary:
        """What the present slice did: a file counts for the slice its day lies in, the earlier ones for the first
        slice of an import, the later ones for its last (None)."""
        total = self.written
        total.parks_created, self.mapping.parks_created = self.mapping.parks_created, 0
        total.rides_created, self.mapping.rides_created = self.mapping.rides_created, 0
        for day in [day for day in self.tallies if last is None or day <= last]:
            tally = self.tallies.pop(day)
            if day >= first:
                total.add(tally)
        return total

    def carry(self) -> bytes:
        return packed(self.streams.values(), self.mapping.no_rides)

    def tally(self, day: date) -> ImportSummary:
        return self.tallies.setdefault(day, ImportSummary())

    def log_problem(self, problem: Problem, day: date) -> None:
        self.problems.add(problem)
        self.tally(day).problems[problem.kind.value] += 1

    def report_missing(self, day: date) -> None:
        key = f"{self.job.destination_uuid}/{day:%Y/%m/%d}.json.gz"
        at = start_of(day)
        self.log_problem(Problem(LogType.GAP, "archive_file", key, "the file is missing", at, at + ONE_DAY), day)

    # -- reading ------------------------------------------------------------------------------------------

    def read_file(self, file: ArchiveFile) -> int:
        """Add a file's events to the streams; returns the instant of its last one (0 without any)."""
        place = file.key
        try:
            data = self.archive.read(file)
        except UnreadableFile as error:
            at = start_of(file.day)
            self.log_problem(Problem(LogType.PARSE_ERROR, "archive_file", f"{place}#0", str(error), at), file.day)
            return 0
        if data is None:
            self.report_missing(file.day)
            return 0
        tally = self.tally(file.day)
        stream = EventStream(data)
        now = timezone.now()
        self.plain.begin_file(file.day, now)
        found: list[list[Event]] = []  # of one source each; its object is the same nearly always

        def new_group(_: Source) -> list[Event]:
            found.append([])
            return found[-1]

        group_of = by_identity(new_group)
        for position, piece in enumerate(stream.pieces()):
            event = self.plain.event(piece, position) if isinstance(piece, Raw) else None
            if event is None:
                event = self.parsed(file, position, as_reported(piece), now, stream.met)
                if event is None:
                    continue
            group_of(event.source).append(event)
        news = by_source(found) if stream.is_believed else {}
        tally.files += 1
        tally.events += stream.count
        if stream.reason is None:
            self.complete.add(file.day)
        else:
            place = f"{file.key}#{stream.position}"
            at = start_of(file.day)
            self.log_problem(Problem(LogType.PARSE_ERROR, "archive_file", place, stream.reason, at), file.day)
        self.problems.add_formats(file.key, start_of(file.day), stream.met)
        tally.formats.update(stream.met.keys())
        self.mapping.meet((source.entity, events[0].at, events[-1].at) for source, events in news.items())
        self.mapping.note_shows(news)
        reported = self.take(news, tally)
        self.mapping.note_spans()
        if reported:
            places = {position for position, _, _ in reported}
            # Plain events are not kept as they came: the few that are reported are read again.
            raws = {n: as_reported(piece) for n, piece in enumerate(EventStream(data).pieces()) if n in places}
            for position, kind, reason in reported:
                self.report_event(file, position, kind, reason, raws[position])
        return max((events[-1].at for events in news.values()), default=0)

    def report_event(self, file: ArchiveFile, position: int, kind: LogType, reason: str, raw: object) -> None:
        place = f"{file.key}#{position}"
        self.log_problem(Problem(kind, "archive_event", place, reason, start_of(file.day), raw=raw), file.day)

    def parsed(self, file: ArchiveFile, position: int, raw: object, now: datetime, met: Met) -> Event | None:
        """One event of a file, read the careful way."""

        def report(kind: LogType, reason: str) -> None:
            self.report_event(file, position, kind, reason, raw)

        event = parse_event(raw, self.job.destination_uuid, now, report, met)
        if event is None:
            return None
        if abs(instant(event.at).date() - file.day) > ONE_DAY:
            report(LogType.INVALID, f"eventTime {instant(event.at):%Y-%m-%d} is far from the file's day")
            return None
        event.position = position
        return event

    def take(self, news: News, tally: ImportSummary) -> list[Reported]:
        """Put a file's events into the streams of their parks; returns what has to be reported which event."""
        reported: list[Reported] = []
        fresh: dict[tuple[int, int], list[list[Event]]] = {}  # by park and ride
        for source, route in self.routes(news, reported).items():
            events = news[source]
            if (route is None or route.ride is None) and (kind := self.mapping.skipped_as(source)) is not None:
                tally.skipped[kind] += len(events)
            if route is None:
                continue
            stream = route.stream
            begins = seconds(day_range(stream.next_day, stream.park.timezone)[0])
            late = bisect_left(events, begins, key=AT)
            if late and self.start is None:
                reason = "the event is older than the days already written; skipped"
                reported += [(event.position, LogType.INVALID, reason) for event in events[:late]]
            mine = events[late:]
            stream.feed += [event.at for event in mine]
            if route.ride is not None:
                fresh.setdefault((stream.park.pk, route.ride), []).append(mine)
        for (park, ride), parts in fresh.items():
            # Of two events of one instant the later one in the file wins.
            merged = parts[0] if len(parts) == 1 else sorted(chain.from_iterable(parts), key=IN_FILE)
            self.streams[park].events.setdefault(ride, []).extend(merged)
        return reported

    def routes(self, news: News, reported: list[Reported]) -> dict[Source, Route | None]:
        """Where the events of each source go. Once more from the start when an entity was mapped on the way: it may
        feed the ride of another."""
        while True:
            known = len(self.mapping.rides)
            found = {
                source: self.route_of(source, events[0], partial(report_later, reported, events[0].position))
                for source, events in news.items()
            }
            if len(self.mapping.rides) == known:
                return found

    def route_of(self, source: Source, first: Event, report: Report) -> Route | None:
        if self.job.park is not None and not self.mapping.concerns(source, self.job.park):
            return None
        park, ride = self.mapping.resolve(source, report)
        if park is None:
            return None
        return Route(self.stream_of(park, first), None if ride is None else ride.pk)

    def stream_of(self, park: Park, event: Event) -> ParkStream:
        stream = self.streams.get(park.pk)
        if stream is None:
            day = local_date(instant(event.at), park.timezone)
            if self.start is not None:
                day = max(day, self.start - ONE_DAY)  # the day before the range warms the memory up
            memory = memory_before(park, seconds(day_range(day, park.timezone)[0]))
            stream = self.streams[park.pk] = ParkStream(park, day, memory)
        return stream

    # -- writing ------------------------------------------------------------------------------------------

    def write_days(self, sink: DaySink, is_last: bool) -> None:
        """Hand out the days that a day's worth of later files can add nothing to.

        That depends on the files read alone, so it does not matter where slices end.
        """
        for stream in self.streams.values():
            while stream.next_day <= self.limit and (stream.feed or self.is_wanted(stream)):
                start, end = day_seconds(stream.next_day, stream.park.timezone)
                if not is_last and self.covered_until < end + ONE_DAY.total_seconds():
                    break
                self.write_day(stream, start, end, sink)
                stream.next_day += ONE_DAY

    def is_wanted(self, stream: ParkStream) -> bool:
        """Is the next day, though nothing is reported it, one that the files read so far speak of?"""
        last = local_date(instant(self.covered_until), stream.park.timezone) if self.covered_until else None
        return bool(stream.memory) and last is not None and stream.next_day < last

    def write_day(self, stream: ParkStream, start: int, end: int, sink: DaySink) -> None:
        window = self.window_of(stream, start, end)
        if window is None:
            self.skip_day(stream, end)
            return
        day = self.park_day(stream, start, *window)
        rows = build_day(day)
        if self.in_range(stream.next_day) and (day.feed or rows.rides):
            sink(stream.park, window, rows)
            self.report_gaps(stream, day, rows)
            if rows.apart is not None and not day.live_park:  # days of live collection are decided with its rows
                self.apart.setdefault(stream.park, {})[stream.next_day] = rows.apart
            self.report_overlap(stream, day)
            first = self.written.days.get(stream.park.pk, (stream.next_day, stream.next_day))[0]
            self.written.days[stream.park.pk] = (first, stream.next_day)
        stream.memory = rows.memory
        stream.feed_before = day.feed[-1] if day.feed else stream.feed_before

    def window_of(self, stream: ParkStream, start: int, end: int) -> tuple[int, int] | None:
        """The part of a day to write: all of it, unless an earlier import knew more of it than this one.

        None: leave the stored day alone, because a file of it is missing or damaged now, or ends earlier.
        """
        edges = [start, *self.utc_midnights(start, end), end]
        files = [(instant(a).date(), a) for a in edges[:-1]]
        if all(day in self.complete for day, _ in files) or not has_archive_rows(stream.park, start, end):
            return start, end
        before, after = self.all_files[0].day, self.all_files[-1].day
        if any(before <= day <= after and day not in self.complete for day, _ in files):
            return None
        if files[-1][0] > after and has_archive_rows(stream.park, self.covered_until + 1, end):
            return None
        begin = next(at for day, at in files if day >= before)
        if begin > start and not stream.has_written:
            stream.memory = memory_before(stream.park, begin)
        return begin, end

    @staticmethod
    def utc_midnights(start: int, end: int) -> list[int]:
        first = start - start % 86_400 + 86_400
        return list(range(first, end, 86_400))

    def skip_day(self, stream: ParkStream, end: int) -> None:
        """Leave a stored day alone whose files cannot be read now; go on with its state."""
        stream.feed = [at for at in stream.feed if at >= end]
        for ride, found in stream.events.items():
            stream.events[ride] = [event for event in found if event.at >= end]
        stream.memory = memory_before(stream.park, end)

    def in_range(self, day: date) -> bool:
        return self.start is None or self.start <= day

    def park_day(self, stream: ParkStream, midnight: int, start: int, end: int) -> ParkDay:
        """The part `[start, end)` of a day; takes its events out of the stream."""
        stream.has_written = True
        stream.feed.sort()
        first, after = bisect_left(stream.feed, start), bisect_left(stream.feed, end)
        feed, stream.feed = stream.feed[first:after], stream.feed[after:]
        events: dict[int, list[Event]] = {}
        for ride, found in stream.events.items():
            found.sort(key=MILLIS)  # what was read later stays behind what was read before
            first, after = bisect_left(found, start, key=AT), bisect_left(found, end, key=AT)
            if first < after:
                events[ride] = self.each_once(found[first:after])
            stream.events[ride] = found[after:]
        around = self.around(stream, start)
        live, live_park = around.live(start, end)
        planned = schedule_of(around.hours, stream.next_day, start, end)
        return ParkDay(
            start=start,
            end=end,
            midnight=midnight,
            events=events,
            feed=feed,
            feed_before=stream.feed_before,
            feed_after=stream.feed[0] if stream.feed else None,
            covered_until=self.covered_until,
            now=seconds(timezone.now()),
            memory=stream.memory,
            rides=around.facts_of(len(self.mapping.rides)),
            reports_down=stream.park.reports_down,
            schedule=planned.spans if planned.decides else None,
            night=[] if planned.decides else planned.spans,
            live=live,
            live_park=live_park,
            max_silence=settings.MAX_FEED_SILENCE_SECONDS,
            grid=settings.COLLECTION_INTERVAL_SECONDS,
        )

    def around(self, stream: ParkStream, start: int) -> Context:
        """What else is known of the park in the days from `start` to the end of the slice."""
        park, day = stream.park, stream.next_day
        if park.pk not in self.surroundings:
            end = seconds(day_range(max(day, self.limit), park.timezone)[1])
            now = seconds(timezone.now())
            self.surroundings[park.pk] = Context.of(park, day, max(day, self.limit), start, end, now)
        return self.surroundings[park.pk]

    def each_once(self, events: list[Event]) -> list[Event]:
        """Of events of one instant the last one counts."""
        unique = {event.millis: event for event in events}
        if len(unique) == len(events):
            return events
        self.written.duplicates += len(events) - len(unique)
        for one, other in pairwise(events):
            if one.millis == other.millis and not one.says_as(other):
                self.report_contradiction(other)
        return list(unique.values())

    def report_contradiction(self, event: Event) -> None:
        at = datetime.fromtimestamp(event.millis / 1000, UTC)
        reason = "two events of one instant differ; the later in the file wins"
        self.problems.add(Problem(LogType.DUPLICATE, "ride", event.source.entity, reason, at))
        self.written.problems[LogType.DUPLICATE.value] += 1

    def report_gaps(self, stream: ParkStream, day: ParkDay, rows: DayRows) -> None:
        """What is unknown of the park, and of rides that ran when they were last heard of: reported, never filled."""
        park = stream.park
        for start, end in rows.gaps:
            place = park.themeparks_wiki_id or f"park {park.pk}"
            reason = "the park's feed was silent in opening hours"
            self.problems.add(Problem(LogType.GAP, "park", place, reason, instant(start), instant(end), park.pk))
            self.written.problems[LogType.GAP.value] += 1
        for ride, (start, end) in ride_gaps(day).items():
            place = day.events[ride][0].source.entity
            reason = f"the ride was operating, and nothing was reported of it for more than {RIDE_GAP.days} days"
            self.problems.add(Problem(LogType.GAP, "ride", place, reason, instant(start), instant(end), ride))
            self.written.problems[LogType.GAP.value] += 1

    def report_overlap(self, stream: ParkStream, day: ParkDay) -> None:
        """Live collection was there too: its rows win (A-17)."""
        if not day.live and not day.live_park:
            return
        self.written.live_days[stream.park.pk] += 1
        place = stream.park.themeparks_wiki_id or f"park {stream.park.pk}"
        reason = "live collection covers part of the day; its rows win over the archive's"
        at, until = instant(day.midnight), instant(day.end)
        self.problems.add(Problem(LogType.DUPLICATE, "park", place, reason, at, until, stream.park.pk))
        self.written.problems[LogType.DUPLICATE.value] += 1


def by_source(found: Iterable[list[Event]]) -> News:
    """Events by who says them, each in order of time; of one instant in the order of the file. Who came first is
    first: the first event of a park decides where its first day begins."""
    news: News = {}
    for events in found:
        known = news.setdefault(events[0].source, events)
        if known is not events:
            known += events
            known.sort(key=POSITION)
    for events in news.values():
        events.sort(key=MILLIS)
    return dict(sorted(news.items(), key=lambda each: IN_FILE(each[1][0])))


def ride_gaps(day: ParkDay) -> dict[int, Interval]:
    """Rides that come back on a day after long silence in which they should have had news, with the silence."""
    found = {}
    for ride, events in day.events.items():
        known = day.memory.get(ride)
        if known is None or not is_operating(known.state[0], False):
            continue
        if events[0].at - known.last_event > RIDE_GAP.total_seconds():
            found[ride] = (known.last_event, events[0].at)
    return found
