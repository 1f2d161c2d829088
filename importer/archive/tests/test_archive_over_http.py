"""A bucket behind real sockets, which cut connections in mid-file and in mid-listing."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from importer.archive import files as archive_module
from importer.archive.files import ArchiveError, DirectoryArchive, open_archive
from importer.jobs.tests.test_importing import three_days
from importer.tests.archives import DESTINATION, write_events

PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>archive</Name><KeyCount>1</KeyCount>
<IsTruncated>{more}</IsTruncated>{token}
<Contents><Key>{key}</Key><ETag>"{size}"</ETag><Size>{size}</Size></Contents></ListBucketResult>"""


class Bucket(ThreadingHTTPServer):
    """Serves the files of a directory, one per page of a listing. `cuts`: how often what is asked for breaks off."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        self.files = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.glob("*/*/*/*.gz"))}
        self.cuts: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Bucket

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        key = unquote(parts.path).removeprefix("/archive").strip("/")
        if key:
            self.give(key, self.server.files[key])
            return
        place = int(query.get("continuation-token", ["0"])[0])
        keys = list(self.server.files)
        is_last = place + 1 == len(keys)
        token = "" if is_last else f"<NextContinuationToken>{place + 1}</NextContinuationToken>"
        size = len(self.server.files[keys[place]])
        page = PAGE.format(more=str(not is_last).lower(), token=token, key=keys[place], size=size)
        self.give(f"page {place}", page.encode())

    def give(self, what: str, body: bytes) -> None:
        self.server.asked[what] += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        is_cut = self.server.cuts[what] > 0
        self.server.cuts[what] -= 1
        self.wfile.write(body[: len(body) // 2] if is_cut else body)
        self.close_connection = is_cut

    def log_message(self, *reported: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def bucket(tmp_path, monkeypatch) -> Iterator[Bucket]:
    monkeypatch.setattr(archive_module, "FIRST_PAUSE_SECONDS", 0.001)
    write_events(tmp_path, three_days())
    server = Bucket(tmp_path)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def opened(bucket: Bucket):
    return open_archive("s3://archive", "eu-west-2", bucket.url)


def test_a_listing_goes_on_where_its_connection_was_cut(bucket, tmp_path):
    bucket.cuts["page 1"] = 2
    files = opened(bucket).files(DESTINATION)
    assert files == DirectoryArchive(tmp_path).files(DESTINATION)
    assert bucket.asked["page 0"] == 1
    assert bucket.asked["page 1"] == 3


def test_a_listing_that_is_cut_every_time_is_an_error_and_no_short_list(bucket):
    bucket.cuts["page 1"] = 99
    with pytest.raises(ArchiveError, match=f"cannot list s3://archive/{DESTINATION}/"):
        opened(bucket).files(DESTINATION)


def test_a_file_whose_connection_is_cut_in_the_middle_is_read_whole(bucket, tmp_path):
    archive = opened(bucket)
    file = archive.files(DESTINATION)[1]
    bucket.cuts[file.key] = 2
    assert archive.read(file) == (tmp_path / file.key).read_bytes()
    assert bucket.asked[file.key] == 3


def test_a_file_whose_connection_is_cut_every_time_is_an_error_with_its_name(bucket):
    archive = opened(bucket)
    file = archive.files(DESTINATION)[1]
    bucket.cuts[file.key] = 99
    with pytest.raises(ArchiveError, match=rf"cannot read s3://archive/{file.key}, tried 4 times"):
        archive.read(file)


def test_a_server_that_is_not_there_is_an_error(bucket):
    archive = open_archive("s3://archive", "eu-west-2", "http://127.0.0.1:1")
    with pytest.raises(ArchiveError, match="cannot list s3://archive/"):
        archive.files(DESTINATION)
