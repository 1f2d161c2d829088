"""What a supervisor asks: does the process live, can it serve."""

import pytest
from django.db import OperationalError, connection

from parks.models import Park


def test_a_living_process_says_so_without_the_database(client):
    answer = client.get("/healthz")  # without the mark django_db a query would fail
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_a_server_is_ready_when_the_database_answers(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError(2003, "Can't connect to server on '10.0.0.7' (111)"), b"The database does not answer\n"),
        (OperationalError("no such table: parks"), b"A new database needs `manage.py migrate`\n"),
    ],
)
def test_a_server_without_its_database_says_the_cause_and_no_names(client, error, cause):
    def refuse(*arguments):
        raise error

    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, cause)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_is_read_only_and_never_redirected(client, settings, path, db):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
    assert not Park.objects.exists()
