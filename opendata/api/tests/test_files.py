"""Manifest and files over HTTP, and the page about them."""

import io

import polars
import pytest
from django.db import transaction

from opendata.publishing import publish_month
from opendata.tests.world import MONTH, NOW, fill, sample_park

pytestmark = pytest.mark.django_db

PATH = "/data/files/observations/month=2025-12/observations-2025-12-r1.parquet"


@pytest.fixture(scope="module")
def publication(django_db_setup, django_db_blocker, tmp_path_factory):
    """Published once; the rows are taken back."""
    directory = tmp_path_factory.mktemp("published")
    with django_db_blocker.unblock(), transaction.atomic():
        fill(sample_park())
        publish_month(MONTH, directory, NOW, lambda *_: None)
        transaction.set_rollback(True)
    return directory


@pytest.fixture
def published(settings, publication):
    settings.PUBLISHED_DIR = publication
    return publication


ROWS, SECONDS = 17, 9_690  # 110 minutes and 51.5 of the two rides


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_manifest_lists_what_is_published(client, published):
    answer = client.get("/api/data/manifest?table=observations&month=2025-12").json()
    (file,) = answer["data"]
    assert (answer["total"], answer["files_below"] + file["path"]) == (1, PATH)
    assert file["rows"] == ROWS
    assert [source["name"] for source in answer["sources"]] == ["sample", "open-meteo.com"]


def test_nothing_published_is_an_empty_list(client, settings, tmp_path):
    settings.PUBLISHED_DIR = tmp_path / "nothing"
    assert client.get("/api/data/manifest").json()["data"] == []
    assert "Nothing is published yet" in client.get("/data").content.decode()


@pytest.mark.parametrize(
    ("query", "field"), [("table=rows", "table"), ("month=July", "month"), ("month=2025-12%00", "month")]
)
def test_bad_parameters_are_named(client, published, query, field):
    answer = client.get(f"/api/data/manifest?{query}")
    assert answer.status_code == 400
    assert field in answer.json()["error"]


def test_a_damaged_manifest_is_no_traceback(client, settings, tmp_path):
    settings.PUBLISHED_DIR = tmp_path
    (tmp_path / "manifest.json").write_text("{")
    assert client.get("/api/data/manifest").status_code == 503


def test_a_file_is_served_with_its_checksum_as_etag(client, published):
    response = client.get(PATH)
    assert body(response) == (published / PATH.removeprefix("/data/files/")).read_bytes()
    assert "immutable" in response["Cache-Control"]
    again = client.get(PATH, headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-8", 206, slice(-8, None)),
        ("bytes=4-99999999", 206, slice(4, None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
        ("bytes=0-1,4-5", 416, slice(0, 0)),
        ("pages=1-2", 416, slice(0, 0)),
    ],
)
def test_a_part_of_a_file(client, published, asked, status, part):
    whole = (published / PATH.removeprefix("/data/files/")).read_bytes()
    response = client.get(PATH, headers={"range": asked})
    assert (response.status_code, body(response)) == (status, whole[part])
    if status == 206:
        assert response["Content-Length"] == str(len(whole[part]))


def test_a_part_of_another_revision_is_the_whole(client, published):
    assert client.get(PATH, headers={"range": "bytes=0-3", "if-range": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path", ["../ridewatch.sqlite3", "%2e%2e/manifest.json", ".lock", "observations/none.parquet", "/etc/passwd"]
)
def test_what_is_not_published_is_not_served(client, published, path):
    assert client.get(f"/data/files/{path}").status_code == 404


def test_polars_reads_what_is_served(client, published):
    frame = polars.read_parquet(io.BytesIO(body(client.get(PATH))))
    assert (frame.height, frame["duration_seconds"].sum()) == (ROWS, SECONDS)


def test_the_page_shows_each_table_with_its_files(client, published):
    page = client.get("/data").content.decode()
    assert f'href="{PATH}"' in page
    assert "polars.read_parquet(" in page
    assert "CC0-1.0" in page
