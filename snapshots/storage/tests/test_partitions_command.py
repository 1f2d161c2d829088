"""`manage.py partitions` where there are none, and its help."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from snapshots.management.commands.partitions import NO_PARTITIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def _sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("about a database without partitions")


@pytest.mark.usefixtures("_sqlite")
@pytest.mark.parametrize("action", ["list", "ensure", "verify"])
def test_a_database_without_partitions_is_reported_and_fine(action, capsys):
    call_command("partitions", action)
    assert capsys.readouterr().out.strip() == NO_PARTITIONS


@pytest.mark.usefixtures("_sqlite")
@pytest.mark.parametrize("arguments", [["detach", "2024-01", "--yes"], ["flatten", "--yes"], ["rebuild"]])
def test_what_needs_partitions_is_refused_without(arguments):
    with pytest.raises(CommandError, match="SQLite") as error:
        call_command("partitions", *arguments)
    assert error.value.returncode == 2


def test_an_action_is_needed():
    with pytest.raises(CommandError, match="ACTION"):
        call_command("partitions")


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit):
        call_command("partitions", "--help")
    assert "examples:" in capsys.readouterr().out
