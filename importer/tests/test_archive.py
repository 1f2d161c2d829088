from datetime import date

import boto3
import pytest
from moto import mock_aws

from importer.archive import ArchiveError, DirectoryArchive, archive_file, open_archive
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
