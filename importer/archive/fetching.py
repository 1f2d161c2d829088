"""The next files of an archive are fetched while one is parsed."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from importer.archive.files import Archive, ArchiveFile

FILES_AHEAD = 3
# No further file is asked for while so much lies waiting. With the files under way, memory stays bounded.
MOST_WAITING_BYTES = 1 << 25


class ReadAhead:
    """Reads `files` of an archive in their order, a few ahead of the one asked for. Its threads end with it.

    A file asked for out of order is read at once; what was fetched for an earlier place is dropped.
    """

    def __init__(self, archive: Archive, files: Sequence[ArchiveFile]) -> None:
        self.archive = archive
        self.files = files
        self.places = {file.key: place for place, file in enumerate(files)}
        self.waiting: dict[int, Future[bytes | None]] = {}
        self.pool = ThreadPoolExecutor(FILES_AHEAD, thread_name_prefix="fetch")

    def read(self, file: ArchiveFile) -> bytes | None:
        """As `Archive.read`, errors included."""
        place = self.places[file.key]
        for earlier in [known for known in self.waiting if known < place]:
            self.waiting.pop(earlier).cancel()
        self.ask(place)
        for ahead in range(place + 1, min(place + 1 + FILES_AHEAD, len(self.files))):
            if self.waiting_bytes() >= MOST_WAITING_BYTES:
                break
            self.ask(ahead)
        return self.waiting.pop(place).result()

    def ask(self, place: int) -> None:
        if place not in self.waiting:
            self.waiting[place] = self.pool.submit(self.archive.read, self.files[place])

    def waiting_bytes(self) -> int:
        """Bytes that were fetched and not asked for yet."""
        done = [each for each in self.waiting.values() if each.done() and each.exception() is None]
        return sum(len(each.result() or b"") for each in done)
