"""A bucket gets what it lacks, and says in words what is wrong."""

import boto3
import pytest
from moto import mock_aws

from opendata import mirror
from opendata.manifest import PublicationError, read_manifest
from opendata.publishing import publish_month
from opendata.tests.world import MONTH, NOW, fill, sample_park

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(tmp_path, monkeypatch):
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    fill(sample_park())
    publish_month(MONTH, tmp_path, NOW, lambda *_: None)
    return tmp_path


@mock_aws
def test_a_bucket_gets_every_file_once_and_what_is_about_them_each_time(published):
    client = boto3.client("s3")
    client.create_bucket(Bucket="open")
    bucket = mirror.bucket_of("s3://open/ridewatch/")
    files = read_manifest(published).files
    assert mirror.send(published, bucket) == len(files) + len(mirror.ABOUT)
    assert mirror.send(published, bucket) == len(mirror.ABOUT)
    for file in files:
        stored = client.get_object(Bucket="open", Key=f"ridewatch/{file.path}")["Body"].read()
        assert stored == (published / file.path).read_bytes()


@mock_aws
def test_a_bucket_that_is_not_there_is_named(published):
    with pytest.raises(PublicationError, match="s3://nowhere/"):
        mirror.send(published, mirror.bucket_of("s3://nowhere"))


@pytest.mark.parametrize("place", ["s3://", "s3:///prefix", "http://open"])
def test_an_address_that_names_no_bucket_is_refused(place):
    with pytest.raises(mirror.NoBucket, match="s3://bucket/prefix"):
        mirror.bucket_of(place)
