import io
import threading
import time
from datetime import date

import boto3
import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from importer.archive import fetching
from importer.archive import files as archive_module
from importer.archive.fetching import FILES_AHEAD, ReadAhead
from importer.archive.files import ArchiveError, DirectoryArchive, UnreadableFile, archive_file, open_archive
from importer.tests.archives import DESTINATION, event, write_day

OTHER = "aaaaaaaa-1111-4111-8111-111111111111"


def test_a_key_names_destination_and_day():
    file = archive_file(f"{DESTINATION}/2024/02/29.json.gz")
    assert (file.destination, file.day) == (DESTINATION, date(2024, 2, 29))


@pytest.mark.parametrize(
    "key",
    [
        f"{DESTINATION}/2023/02/29.json.gz",
        f"{DESTINATION}/2024/2/29.json.gz",
        f"{DESTINATION}/2024/02/29.json",
        "readme/2024/02/28.json.gz",
        "",
    ],
)
def test_other_keys_are_no_archive_files(key):
    assert archive_file(key) is None


def test_a_directory_lists_its_destinations_and_files_by_day(tmp_path):
    for day in (date(2024, 1, 10), date(2024, 1, 2), date(2023, 12, 31)):
        write_day(tmp_path, day, [])
    write_day(tmp_path, date(2024, 5, 1), [], OTHER)
    (tmp_path / "README.txt").write_text("not of the layout")
    (tmp_path / "notes").mkdir()
    archive = open_archive(str(tmp_path), "eu-west-2")
    assert archive.destinations() == [DESTINATION, OTHER]
    assert [file.day for file in archive.files(DESTINATION)] == [
        date(2023, 12, 31),
        date(2024, 1, 2),
        date(2024, 1, 10),
    ]


def test_a_file_that_has_gone_is_none(tmp_path):
    path = write_day(tmp_path, date(2024, 1, 1), [])
    archive = DirectoryArchive(tmp_path)
    (file,) = archive.files(DESTINATION)
    path.unlink()
    assert archive.read(file) is None


def test_a_file_url_is_a_directory(tmp_path):
    write_day(tmp_path, date(2024, 1, 1), [])
    assert open_archive(tmp_path.as_uri(), "eu-west-2").destinations() == [DESTINATION]


@pytest.mark.parametrize("source", ["/does/not/exist", "https://example.org/archive", "ftp://x"])
def test_what_is_no_archive_is_refused_with_a_reason(source):
    with pytest.raises(ArchiveError):
        open_archive(source, "eu-west-2")


@pytest.fixture
def bucket(tmp_path):
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-2")
        client.create_bucket(
            Bucket="archive.example",
            CreateBucketConfiguration={"LocationConstraint": "eu-west-2"},
            ACL="public-read",
        )
        for day in (date(2024, 1, 2), date(2024, 1, 1)):
            path = write_day(tmp_path, day, [event(f"{day}T14:00:00Z")])
            key = path.relative_to(tmp_path).as_posix()
            for prefix in ("", "copy/of/"):
                client.put_object(
                    Bucket="archive.example", Key=prefix + key, Body=path.read_bytes(), ACL="public-read"
                )
        yield client


@pytest.mark.parametrize("source", ["s3://archive.example", "s3://archive.example/copy/of"])
def test_a_bucket_is_read_without_credentials(bucket, source):
    archive = open_archive(source, "eu-west-2")
    assert archive.destinations() == [DESTINATION]
    files = archive.files(DESTINATION)
    assert [file.day for file in files] == [date(2024, 1, 1), date(2024, 1, 2)]
    assert archive.read(files[0])[:1] == b"\x78"


def test_a_key_missing_from_the_bucket_is_none(bucket):
    archive = open_archive("s3://archive.example", "eu-west-2")
    assert archive.read(archive_file(f"{DESTINATION}/2030/01/01.json.gz")) is None


def test_a_missing_bucket_is_an_error_with_its_name(bucket):
    with pytest.raises(ArchiveError, match="no-such-bucket"):
        open_archive("s3://no-such-bucket", "eu-west-2").destinations()


# -- what goes wrong on the way ---------------------------------------------------------------------------


class Failing:
    """Stands in for an S3 client: makes the first `times` calls of an operation fail, then passes on."""

    def __init__(self, client, error, times):
        self.client, self.error, self.left, self.calls = client, error, times, 0

    def get_object(self, **options):
        self.calls += 1
        answer = self.client.get_object(**options)
        if self.left > 0:
            self.left -= 1
            answer["Body"] = StreamingBody(Cut(self.error), answer["ContentLength"])
        return answer


class Cut(io.BytesIO):
    """A body whose connection breaks off behind its first bytes."""

    def __init__(self, error):
        super().__init__(b"\x78\x9c")
        self.error = error

    def read(self, *size):
        raise self.error


@pytest.fixture
def no_pauses(monkeypatch):
    pauses = []
    monkeypatch.setattr(archive_module.time, "sleep", pauses.append)
    return pauses


def failing_archive(bucket, error, times):
    archive = open_archive("s3://archive.example", "eu-west-2")
    failing = Failing(bucket, error, times)
    archive.__dict__["client"] = failing
    return archive, failing, archive_file(f"{DESTINATION}/2024/01/01.json.gz")


CUT_OFF = [
    ProtocolError("Connection broken: IncompleteRead"),
    ReadTimeoutError(HTTPConnectionPool("archive"), "/", "Read timed out."),
    ConnectionResetError(104, "Connection reset by peer"),
]


@pytest.mark.parametrize("error", CUT_OFF, ids=lambda error: type(error).__name__)
def test_a_connection_cut_in_mid_file_is_tried_again_with_growing_pauses(bucket, no_pauses, error):
    archive, failing, file = failing_archive(bucket, error, times=2)
    assert archive.read(file)[:1] == b"\x78"
    assert failing.calls == 3
    assert len(no_pauses) == 2
    assert no_pauses[0] < no_pauses[1]


def test_a_body_shorter_than_reported_is_tried_again(bucket, no_pauses):
    archive, failing, file = failing_archive(bucket, IncompleteReadError(actual_bytes=2, expected_bytes=99), times=1)
    assert archive.read(file)[:1] == b"\x78"
    assert failing.calls == 2


def test_a_connection_that_is_cut_every_time_is_an_error_with_the_file_s_name(bucket, no_pauses):
    archive, failing, file = failing_archive(bucket, CUT_OFF[0], times=99)
    with pytest.raises(ArchiveError, match=rf"s3://archive.example/{DESTINATION}/2024/01/01.json.gz, tried 4 times"):
        archive.read(file)
    assert failing.calls == 4


def test_a_missing_bucket_is_an_error_when_a_file_is_read_too(bucket):
    with pytest.raises(ArchiveError, match="no-such-bucket"):
        open_archive("s3://no-such-bucket", "eu-west-2").read(archive_file(f"{DESTINATION}/2024/01/01.json.gz"))


def listed(day, **more):
    entry = {"Key": f"{DESTINATION}/2024/01/{day:02}.json.gz", "ETag": '"e"', "Size": 1}
    return {"IsTruncated": bool(more), "Contents": [entry], **more}


def test_a_long_listing_is_read_page_by_page(bucket):
    archive = open_archive("s3://archive.example", "eu-west-2")
    with Stubber(archive.client) as stubber:
        stubber.add_response("list_objects_v2", listed(2, NextContinuationToken="more"))
        stubber.add_response("list_objects_v2", listed(1))
        assert [file.day.day for file in archive.files(DESTINATION)] == [1, 2]
        stubber.assert_no_pending_responses()


def test_a_listing_that_is_interrupted_is_an_error_and_no_short_list(bucket):
    archive = open_archive("s3://archive.example", "eu-west-2")
    with Stubber(archive.client) as stubber:
        stubber.add_response("list_objects_v2", listed(1, NextContinuationToken="more"))
        stubber.add_client_error("list_objects_v2", "InternalError", "We encountered an internal error")
        with pytest.raises(ArchiveError, match=f"cannot list s3://archive.example/{DESTINATION}/"):
            archive.files(DESTINATION)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch, bucket):
    monkeypatch.setattr(archive_module, "MAX_PACKED_BYTES", 10)
    write_day(tmp_path, date(2024, 1, 1), [])
    for archive in (DirectoryArchive(tmp_path), open_archive("s3://archive.example", "eu-west-2")):
        with pytest.raises(UnreadableFile, match="larger than"):
            archive.read(archive.files(DESTINATION)[0])


# -- reading ahead ----------------------------------------------------------------------------------------


class Slow:
    """An archive of files that take a while; notes what was asked for and how many at a time."""

    def __init__(self, size=10):
        self.size = size
        self.asked, self.at_once, self.most_at_once = [], 0, 0
        self.lock = threading.Lock()

    def read(self, file):
        with self.lock:
            self.asked.append(file.day.day)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.02)
        with self.lock:
            self.at_once -= 1
        if file.day.day == 5:
            raise UnreadableFile("five")
        return bytes([file.day.day]) * self.size


def days(count):
    return [archive_file(f"{DESTINATION}/2024/01/{day:02}.json.gz") for day in range(1, count + 1)]


def test_the_next_files_are_fetched_while_one_is_used():
    slow, files = Slow(), days(4)
    ahead = ReadAhead(slow, files)
    assert ahead.read(files[0])[0] == 1
    time.sleep(0.1)
    assert sorted(slow.asked) == [1, 2, 3, 4]
    assert [ahead.read(file)[0] for file in files[1:]] == [2, 3, 4]
    assert sorted(slow.asked) == [1, 2, 3, 4]
    assert slow.most_at_once == FILES_AHEAD


def test_no_more_is_fetched_ahead_than_memory_allows(monkeypatch):
    monkeypatch.setattr(fetching, "MOST_WAITING_BYTES", 15)
    slow, files = Slow(), days(20)
    ahead = ReadAhead(slow, files)
    ahead.read(files[0])
    time.sleep(0.15)
    ahead.read(files[1])
    time.sleep(0.15)
    assert max(slow.asked) <= 4


def test_an_error_ahead_is_raised_where_its_file_is_asked_for():
    slow, files = Slow(), days(6)
    ahead = ReadAhead(slow, files)
    assert [ahead.read(file)[0] for file in files[:4]] == [1, 2, 3, 4]
    with pytest.raises(UnreadableFile, match="five"):
        ahead.read(files[4])
    assert ahead.read(files[5])[0] == 6


def test_files_may_be_left_out():
    slow, files = Slow(), days(20)
    ahead = ReadAhead(slow, files)
    assert ahead.read(files[0])[0] == 1
    assert ahead.read(files[10])[0] == 11
    assert len(ahead.waiting) <= FILES_AHEAD
