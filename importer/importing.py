"""Reads the archive of one destination, day by day, into snapshots (R-26.4, design §4).

A park-local day is written when every file that can hold its events has been read. Each day is one
transaction whose rows follow from the events alone, so an import may be killed at any line and run again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from importer.archive import Archive, ArchiveFile
from importer.days import DayRows, Interval, ParkDay, RideMemory, build_day
from importer.decoding import decode
from importer.events import Event, parse_event
from importer.mapping import Mapping
from importer.models import ImportCheckpoint, ImportStatus
from importer.problems import Problem, ProblemLog, start_of
from importer.storing import (
    instant,
    live_intervals,
    memory_before,
    note_operation,
    ride_facts,
    seconds,
    store_day,
)
from parks.models import Park, ParkSchedule, ScheduleType
from parks.zones import day_range, local_date
from snapshots.quality import LogType

ONE_DAY = timedelta(days=1)


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
        self.checkpoint = ImportCheckpoint(destination_uuid=destination, park=park)
        self.problems = ProblemLog(self.checkpoint.import_id)

    def files(self) -> list[ArchiveFile]:
        """The files to read: the range, and a day more at both ends because local days straddle UTC days."""
        first = self.start - ONE_DAY if self.start else date.min
        last = self.end + ONE_DAY if self.end else date.max
        return [file for file in self.archive.files(self.destination) if first <= file.day <= last]

    def run(self, progress: Callable[[int], object] = lambda files: None) -> ImportSummary:
        """Import everything; `progress` is called with the number of files done. Raises ArchiveError."""
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
            self.read_file(file)
            expected = file.day + ONE_DAY
            self.write_days_before(file.day)
            self.note_progress(file)
            progress(1)
        self.write_days_before(None)
        for stream in self.streams.values():
            note_operation(stream.memory)
        self.summary.problems_new += self.problems.flush()
        self.summary.problems = self.problems.counts
        self.summary.parks_created = self.mapping.parks_created
        self.summary.rides_created = self.mapping.rides_created
        self.summary.skipped = self.mapping.skipped

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

    def read_file(self, file: ArchiveFile) -> None:
        data = self.archive.read(file)
        if data is None:
            self.tell_missing(file.day)
            return
        decoded = decode(data)
        self.summary.files += 1
        if decoded.reason is not None:
            place = f"{file.key}#{decoded.position}"
            at = start_of(file.day)
            self.problems.add(Problem(LogType.PARSE_ERROR, "archive_file", place, decoded.reason, at))
        now = timezone.now()
        for position, raw in enumerate(decoded.events):
            self.read_event(file, position, raw, now)

    def read_event(self, file: ArchiveFile, position: int, raw: object, now: datetime) -> None:
        self.summary.events += 1

        def report(kind: LogType, reason: str) -> None:
            at = start_of(file.day)
            place = f"{file.key}#{position}"
            self.problems.add(Problem(kind, "archive_event", place, reason, at, raw=raw))

        event = parse_event(raw, self.destination, now, report)
        if event is None:
            return
        park, ride = self.mapping.resolve(event, report)
        if park is None or (self.only_park is not None and park.pk != self.only_park.pk):
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

    def write_days_before(self, file_day: date | None) -> None:
        """Write the days that no file after `file_day` can add to; None: all that is left."""
        for stream in self.streams.values():
            while stream.feed:
                start, end = day_range(stream.next_day, stream.park.timezone)
                if file_day is not None and file_day < end.date():
                    break
                self.write_day(stream, seconds(start), seconds(end))
                stream.next_day += ONE_DAY

    def write_day(self, stream: ParkStream, start: int, end: int) -> None:
        day = self.park_day(stream, start, end)
        rows = build_day(day)
        if self.in_range(stream.next_day) and (day.feed or rows.rides):
            self.summary.rows.update(store_day(stream.park, start, end, rows))
            self.tell_gaps(stream.park, rows)
            first = self.summary.days.get(stream.park.pk, (stream.next_day, stream.next_day))[0]
            self.summary.days[stream.park.pk] = (first, stream.next_day)
        stream.memory = rows.memory
        stream.feed_before = day.feed[-1] if day.feed else stream.feed_before

    def in_range(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def park_day(self, stream: ParkStream, start: int, end: int) -> ParkDay:
        """The day's part of the stream; takes its events out."""
        feed = sorted(at for at in stream.feed if at < end)
        stream.feed = [at for at in stream.feed if at >= end]
        events: dict[int, list[Event]] = {}
        for ride, found in stream.events.items():
            mine = [event for event in found if event.at < end]
            if mine:
                events[ride] = self.in_order(mine)
                stream.events[ride] = [event for event in found if event.at >= end]
        live, live_park = live_intervals(stream.park, start, end)
        return ParkDay(
            start=start,
            end=end,
            events=events,
            feed=feed,
            feed_before=stream.feed_before,
            feed_after=min(stream.feed, default=None),
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
