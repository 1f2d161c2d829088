"""Reads the archive of one destination, day by day, into snapshots (R-26.4, design §4).

A park-local day is written when every file that can hold its events has been read. Each day is one
transaction whose rows follow from the events alone, so an import may be killed at any line and run again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from importer.archive import Archive, ArchiveFile, UnreadableFile
from importer.days import DayRows, Interval, ParkDay, RideMemory, build_day
from importer.decoding import decode
from importer.events import Event, parse_event
from importer.mapping import Mapping, Report
from importer.models import ImportCheckpoint, ImportStatus
from importer.problems import Problem, ProblemLog, start_of
from importer.storing import (
    has_archive_rows,
    instant,
    live_intervals,
    memory_before,
    note_operation,
    ride_facts,
    seconds,
    store_day,
)
from parks import data_version
from parks.models import Park, ParkSchedule, ScheduleType
from parks.zones import day_range, local_date
from snapshots.partitions import refresh_statistics
from snapshots.quality import LogType

ONE_DAY = timedelta(days=1)
MANY_ROWS = 10_000  # written by one import: the database's idea of its tables is out of date


@dataclass
class ImportSummary:
    """What an import did. `days` are the park-local days it touched, by park."""

    files: int = 0
    events: int = 0
    duplicates: int = 0
    parks_created: int = 0
    rides_created: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    problems_new: int = 0
    days: dict[int, tuple[date, date]] = field(default_factory=dict)

    def add(self, other: "ImportSummary") -> None:
        for name in ("files", "events", "duplicates", "parks_created", "rides_created", "problems_new"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("skipped", "rows", "problems"):
            getattr(self, name).update(getattr(other, name))
        self.days.update(other.days)

    @property
    def rows_written(self) -> int:
        return sum(self.rows[word] for word in ("created", "updated", "deleted"))


@dataclass
class ParkStream:
    """The events of one park that are not written yet, and what is remembered of its rides."""

    park: Park
    next_day: date
    memory: dict[int, RideMemory]
    feed_before: int | None = None
    has_written: bool = False
    events: dict[int, list[Event]] = field(default_factory=dict)  # by ride
    feed: list[int] = field(default_factory=list)


class DestinationImport:
    """One import of one destination (or of one of its parks) over a range of park-local days."""

    def __init__(
        self,
        archive: Archive,
        destination: str,
        *,
        park: Park | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> None:
        self.archive = archive
        self.destination = destination
        self.only_park = park
        self.start = start
        self.end = end
        self.mapping = Mapping(destination)
        self.summary = ImportSummary()
        self.streams: dict[int, ParkStream] = {}
        self.complete: set[date] = set()  # UTC days whose file was read whole
        self.covered_until = 0
        self.checkpoint = ImportCheckpoint(destination_uuid=destination, park=park)
        self.problems = ProblemLog(self.checkpoint.import_id)

    @cached_property
    def all_files(self) -> list[ArchiveFile]:
        return self.archive.files(self.destination)

    def files(self) -> list[ArchiveFile]:
        """The files to read: the range, and two days more at both ends.

        Local days straddle UTC days, the day before the range tells the state it begins in, and the end of a
        day is known only when something later is.
        """
        first = self.start - 2 * ONE_DAY if self.start else date.min
        last = self.end + 2 * ONE_DAY if self.end else date.max
        return [file for file in self.all_files if first <= file.day <= last]

    def run(self, progress: Callable[[int], object] = lambda files: None) -> ImportSummary:
        """Import everything; `progress` is called with the number of files done. Raises ArchiveError."""
        ImportCheckpoint.fail_abandoned(self.destination)
        self.checkpoint.save()
        self.checkpoint.enter(ImportStatus.IN_PROGRESS)
        try:
            self.read_files(progress)
        except BaseException:
            self.checkpoint.enter(ImportStatus.FAILED)
            raise
        self.checkpoint.enter(ImportStatus.COMPLETED)
        return self.summary

    def read_files(self, progress: Callable[[int], object]) -> None:
        files = self.files()
        expected = files[0].day if files else None
        for file in files:
            while expected is not None and expected < file.day:
                self.tell_missing(expected)
                expected += ONE_DAY
            last_event = self.read_file(file)
            expected = file.day + ONE_DAY
            # The newest file of all may be partial: only what it tells of is known.
            is_newest = file.day == self.all_files[-1].day
            covered = last_event if is_newest else seconds(start_of(expected))
            self.covered_until = max(self.covered_until, covered)
            self.write_days(is_last=False)
            self.note_progress(file)
            progress(1)
        self.write_days(is_last=True)
        if files:
            self.note_progress(files[-1])
        self.finish()

    def finish(self) -> None:
        for stream in self.streams.values():
            note_operation(stream.memory)
        self.summary.problems_new += self.problems.flush()
        self.summary.problems = self.problems.counts
        self.summary.parks_created = self.mapping.parks_created
        self.summary.rides_created = self.mapping.rides_created
        self.summary.skipped = self.mapping.skipped
        if self.summary.rows_written > MANY_ROWS:
            refresh_statistics()
        data_version.move()

    def note_progress(self, file: ArchiveFile) -> None:
        self.summary.problems_new += self.problems.flush()
        self.checkpoint.last_processed_date = file.day
        self.checkpoint.last_processed_file = file.key
        self.checkpoint.records_imported = self.summary.rows["created"] + self.summary.rows["updated"]
        self.checkpoint.errors_encountered = self.problems.counts.total()
        self.checkpoint.save(
            update_fields=[
                "last_processed_date",
                "last_processed_file",
                "records_imported",
                "errors_encountered",
                "updated_at",
            ]
        )

    def tell_missing(self, day: date) -> None:
        key = f"{self.destination}/{day:%Y/%m/%d}.json.gz"
        at = start_of(day)
        self.problems.add(Problem(LogType.GAP, "archive_file", key, "the file is missing", at, at + ONE_DAY))

    # -- reading ------------------------------------------------------------------------------------------

    def read_file(self, file: ArchiveFile) -> int:
        """Add a file's events to the streams; returns the instant of its last one (0 without any)."""
        place = file.key
        try:
            data = self.archive.read(file)
        except UnreadableFile as error:
            self.problems.add(
                Problem(LogType.PARSE_ERROR, "archive_file", f"{place}#0", str(error), start_of(file.day))
            )
            return 0
        if data is None:
            self.tell_missing(file.day)
            return 0
        decoded = decode(data)
        self.summary.files += 1
        self.summary.events += len(decoded.events)
        if decoded.reason is None:
            self.complete.add(file.day)
        else:
            place = f"{file.key}#{decoded.position}"
            self.problems.add(Problem(LogType.PARSE_ERROR, "archive_file", place, decoded.reason, start_of(file.day)))
        now = timezone.now()
        found = [self.parsed(file, position, raw, now) for position, raw in enumerate(decoded.events)]
        # Sorted before it is used: the first event of a park decides where its first day begins.
        events = sorted((pair for pair in found if pair is not None), key=lambda pair: pair[0].millis)
        for event, report in events:
            self.take(event, report)
        return max((event.at for event, _ in events), default=0)

    def parsed(self, file: ArchiveFile, position: int, raw: object, now: datetime) -> tuple[Event, Report] | None:
        """One event of a file, with the way to report what is wrong with it."""

        def report(kind: LogType, reason: str) -> None:
            place = f"{file.key}#{position}"
            self.problems.add(Problem(kind, "archive_event", place, reason, start_of(file.day), raw=raw))

        event = parse_event(raw, self.destination, now, report)
        if event is None:
            return None
        if abs(instant(event.at).date() - file.day) > ONE_DAY:
            report(LogType.INVALID, f"eventTime {instant(event.at):%Y-%m-%d} is far from the file's day")
            return None
        return event, report

    def take(self, event: Event, report: Report) -> None:
        """Put an event into its park's stream."""
        if self.only_park is not None and not self.mapping.concerns(event, self.only_park):
            return
        park, ride = self.mapping.resolve(event, report)
        if park is None:
            return
        stream = self.stream_of(park, event)
        if instant(event.at) < day_range(stream.next_day, park.timezone)[0]:
            if self.start is None:
                report(LogType.INVALID, "the event is older than the days already written; skipped")
            return
        stream.feed.append(event.at)
        if ride is not None:
            stream.events.setdefault(ride.pk, []).append(event)

    def stream_of(self, park: Park, event: Event) -> ParkStream:
        stream = self.streams.get(park.pk)
        if stream is None:
            # The day before the range warms the memory up; without a range the first event begins it.
            day = self.start - ONE_DAY if self.start else local_date(instant(event.at), park.timezone)
            memory = memory_before(park, seconds(day_range(day, park.timezone)[0]))
            stream = self.streams[park.pk] = ParkStream(park, day, memory)
        return stream

    # -- writing ------------------------------------------------------------------------------------------

    def write_days(self, is_last: bool) -> None:
        """Write the days whose end is known: the feed went on, or a day's worth of later files tells nothing."""
        for stream in self.streams.values():
            while stream.feed or self.is_wanted(stream):
                start, end = map(seconds, day_range(stream.next_day, stream.park.timezone))
                went_on = max(stream.feed, default=0) >= end and self.covered_until > end
                if not (is_last or went_on or self.covered_until >= end + ONE_DAY.total_seconds()):
                    break
                self.write_day(stream, start, end)
                stream.next_day += ONE_DAY

    def is_wanted(self, stream: ParkStream) -> bool:
        """Is the next day, though nothing is told of it, one that the files read so far speak of?"""
        last = local_date(instant(self.covered_until), stream.park.timezone) if self.covered_until else None
        return bool(stream.memory) and last is not None and stream.next_day < last and self.in_range(stream.next_day)

    def write_day(self, stream: ParkStream, start: int, end: int) -> None:
        window = self.window_of(stream, start, end)
        if window is None:
            self.skip_day(stream, end)
            return
        day = self.park_day(stream, start, *window)
        rows = build_day(day)
        if self.in_range(stream.next_day) and (day.feed or rows.rides):
            self.summary.rows.update(self.store(stream.park, window, rows))
            self.tell_gaps(stream.park, rows)
            first = self.summary.days.get(stream.park.pk, (stream.next_day, stream.next_day))[0]
            self.summary.days[stream.park.pk] = (first, stream.next_day)
        stream.memory = rows.memory
        stream.feed_before = day.feed[-1] if day.feed else stream.feed_before

    @staticmethod
    def store(park: Park, window: tuple[int, int], rows: DayRows) -> Counter[str]:
        try:
            return store_day(park, *window, rows)
        except IntegrityError:
            # Another importer wrote the same day meanwhile; the second try compares with its rows.
            return store_day(park, *window, rows)

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
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def park_day(self, stream: ParkStream, midnight: int, start: int, end: int) -> ParkDay:
        """The part `[start, end)` of a day; takes its events out of the stream."""
        stream.has_written = True
        feed = sorted(at for at in stream.feed if start <= at < end)
        stream.feed = [at for at in stream.feed if at >= end]
        events: dict[int, list[Event]] = {}
        for ride, found in stream.events.items():
            mine = [event for event in found if start <= event.at < end]
            if mine:
                events[ride] = self.in_order(mine)
                stream.events[ride] = [event for event in found if event.at >= end]
        live, live_park = live_intervals(stream.park, start, end)
        return ParkDay(
            start=start,
            end=end,
            midnight=midnight,
            events=events,
            feed=feed,
            feed_before=stream.feed_before,
            feed_after=min(stream.feed, default=None),
            covered_until=self.covered_until,
            now=seconds(timezone.now()),
            memory=stream.memory,
            rides=ride_facts(stream.park),
            reports_down=stream.park.reports_down,
            schedule=scheduled_spans(stream.park, stream.next_day, start, end),
            live=live,
            live_park=live_park,
            max_silence=settings.MAX_FEED_SILENCE_SECONDS,
            grid=settings.COLLECTION_INTERVAL_SECONDS,
        )

    def in_order(self, events: list[Event]) -> list[Event]:
        """Events by instant, file order breaking ties; the same event twice counts once."""
        unique: dict[int, Event] = {}
        for event in events:
            known = unique.get(event.millis)
            unique[event.millis] = event
            if known is None:
                continue
            self.summary.duplicates += 1
            if known != event:
                self.tell_contradiction(event)
        return [unique[millis] for millis in sorted(unique)]

    def tell_contradiction(self, event: Event) -> None:
        at = datetime.fromtimestamp(event.millis / 1000, UTC)
        reason = "two events of one instant differ; the later in the file wins"
        self.problems.add(Problem(LogType.DUPLICATE, "ride", event.entity, reason, at))

    def tell_gaps(self, park: Park, rows: DayRows) -> None:
        for start, end in rows.gaps:
            place = park.themeparks_wiki_id or f"park {park.pk}"
            reason = "the park's feed was silent in opening hours"
            self.problems.add(Problem(LogType.GAP, "park", place, reason, instant(start), instant(end), park.pk))


def scheduled_spans(park: Park, day: date, start: int, end: int) -> list[Interval] | None:
    """OPERATING windows of the date, and what of the evening before reaches into it; None: none stored (R-6.1)."""
    windows = ParkSchedule.objects.filter(
        park=park,
        schedule_type=ScheduleType.OPERATING,
        schedule_date__in=[day - ONE_DAY, day],
        opening_time__isnull=False,
        closing_time__isnull=False,
    ).values_list("schedule_date", "opening_time", "closing_time")
    if not any(scheduled == day for scheduled, _, _ in windows):
        return None
    spans = [
        (max(seconds(opening), start), min(seconds(closing), end))
        for _, opening, closing in windows
        if opening and closing
    ]
    return [span for span in spans if span[0] < span[1]]
