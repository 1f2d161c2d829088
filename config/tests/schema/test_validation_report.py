"""The validation report: all that it measures is right on this run's database, and it can say that it is not."""

from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, models
from django.db.models.functions import Now
from django.db.utils import ConnectionHandler
from django.test.utils import isolate_apps

from assistant import data_model
from assistant.models import Message
from assistant.validation import report, schema, scratch, speed
from config.checks import uuid_columns_are_native
from config.tests.deployment.certificates import make_authority, make_certificate
from config.tests.deployment.private_mariadb import directory, running
from config.tests.deployment.test_settings import settings_with
from core.database.comparison import differences
from core.database.uuid_columns import other_uuid_columns
from visits.models import Task

ROWS = 10_000
TRIED = {
    "schema equals models",
    "UUID columns",
    "TLS to the database",
    "apply and inspect",
    "roll back and apply again, empty",
    "roll back and apply again, filled",
    "refused: a message of no conversation",
    "refused: a task of no user",
    "refused: a role that is none",
    "refused: a task without a title",
    "timestamps fill themselves",
    "a task by its id",
    "open tasks, first page",
    "all tasks, first page",
    "a conversation by its id",
    "conversations, first page",
    "messages of a conversation",
    "sessions at once",
    "10,001 conversations deleted",
}


@pytest.mark.slow
def test_ten_thousand_rows_keep_every_promise(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        connection.ensure_connection()
        before = set(connection.introspection.table_names())
        found = list(report.measured(ROWS))
        assert set(connection.introspection.table_names()) == before, "the configured database is only read"
    assert {each.name for each in found} == TRIED
    assert [each for each in found if each.ok is False] == []
    assert [each.name for each in found if each.ok is None] == ["TLS to the database"], (
        "the servers of tests have none"
    )
    assert scratch.ALIAS not in connections.databases


@pytest.mark.slow
@pytest.mark.mariadb
def test_a_verified_connection_is_reported_with_its_cipher(monkeypatch, django_db_blocker):
    with directory() as where:
        make_authority(where, "ours")
        certificate, key = make_certificate(where, "ours", "server", "IP:127.0.0.1,DNS:localhost")
        with running(f"--ssl-ca={where}/ours.pem", f"--ssl-cert={certificate}", f"--ssl-key={key}") as server:
            found = {}
            for query in ("", "?ssl-mode=REQUIRED", f"?ssl-mode=VERIFY_IDENTITY&ssl-ca={where}/ours.pem"):
                given = settings_with(monkeypatch, DATABASE_URL=f"{server.url}{query}")["DATABASES"]["default"]
                secured = ConnectionHandler({"default": given})["default"]
                with django_db_blocker.unblock():
                    found[query.partition("&")[0]] = schema.of_tls(secured)
                    secured.close()
    verified = found["?ssl-mode=VERIFY_IDENTITY"]
    assert verified.ok
    assert verified.text.startswith("TLS_")
    assert verified.text.endswith("VERIFY_IDENTITY")
    assert found["?ssl-mode=REQUIRED"].ok is None, "encrypted, but to whom?"
    assert "nothing is encrypted" in found[""].text


@pytest.mark.django_db
@isolate_apps("visits")
def test_what_a_table_has_otherwise_is_named(monkeypatch):
    class Other(models.Model):  # noqa: DJ008
        id = models.UUIDField(primary_key=True)
        title = models.CharField(max_length=50, null=True)  # noqa: DJ001
        completed = models.BooleanField(default=False)
        user = models.ForeignKey("visits.Other", models.CASCADE)
        due_at = models.DateTimeField(db_default=Now())

        class Meta:
            db_table = "tasks"
            app_label = "visits"
            indexes = [models.Index(fields=["user"], name="tasks_newest"), models.Index(fields=["title"], name="gone")]

    assert differences(connection, Task) == []
    found = "\n".join(differences(connection, Other))
    assert "tasks: title is ('varchar(200)', False), and the model says ('varchar(50)', True)" in found
    assert "tasks: description is ('varchar(1000)', True), and the model says None" in found
    assert "tasks: due_at is None" in found
    assert "tasks: due_at has no default" in found
    assert "tasks: gone is missing" in found
    assert "tasks: tasks_newest is of ['user_id', 'created_at', 'id'], and the model says ['user_id']" in found
    assert "tasks: user_id refers to ('auth_user', 'id'), and the model says ('tasks', 'id')" in found
    monkeypatch.setattr(schema, "MODELS", (Other,))
    assert schema.of_schema(connection).ok is False


@contextmanager
def before_the_upgrade(connection):
    """As Django sees a MariaDB older than 10.7."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.features, "has_native_uuid_field", False)
        vars(connection).pop("data_types", None)  # made of the features, and kept
        yield
    del connection.data_types


def rows_of(alias):
    return {model: list(model._base_manager.using(alias).order_by("pk").values()) for model in data_model.MODELS}


@pytest.mark.slow
@pytest.mark.mariadb
def test_the_uuids_of_a_server_that_was_upgraded_are_found_and_mended_as_operations_say(
    django_db_setup, django_db_blocker, tmp_path
):
    with django_db_blocker.unblock(), scratch.scratch() as alias:
        upgraded = connections[alias]
        if not upgraded.features.has_native_uuid_field:
            pytest.skip("MariaDB has the type from 10.7 on")
        with before_the_upgrade(upgraded):
            up(alias)
            speed.fill(alias, 3)
            assert Message._meta.pk.db_type(upgraded) == "char(32)"
            before = rows_of(alias)
        wrong = other_uuid_columns(upgraded)
        assert ("messages", "conversation_id", "char(32)") in wrong
        assert len(wrong) == 10
        (found,) = uuid_columns_are_native(None, databases=[alias])
        assert found.id == "ridewatch.E009"
        assert "messages.id" in found.msg
        kept = str(tmp_path / "kept.xml")
        call_command("dumpdata", "visits", "assistant", database=alias, format="xml", output=kept, verbosity=0)
        for label in ("assistant", "visits"):
            call_command("migrate", label, "zero", database=alias, verbosity=0, interactive=False)
        up(alias)
        call_command("loaddata", kept, database=alias, verbosity=0)
        assert uuid_columns_are_native(None, databases=[alias]) == []
        after = rows_of(alias)
        assert {model: sorted(map(repr, rows)) for model, rows in after.items()} == {
            model: sorted(map(repr, rows)) for model, rows in before.items()
        }


def up(alias):
    for target in schema.UP:
        call_command("migrate", *target, database=alias, verbosity=0, interactive=False)


@pytest.mark.parametrize("rows", ["0", "99", "1000001"])
def test_a_number_of_rows_that_says_nothing_is_refused(rows):
    with pytest.raises(CommandError, match="--rows must be between 100 and") as error:
        call_command("validation_report", "--rows", rows)
    assert error.value.returncode == 2
