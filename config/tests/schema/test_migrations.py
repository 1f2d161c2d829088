"""Migrations are complete, reversible and quick, and say what every index is for (issue 2)."""

import json
import re
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from config.tests.deployment.scratch import new_database
from config.tests.processes import ROOT, python
from snapshots.models import DataQualityLog

pytestmark = [pytest.mark.slow, pytest.mark.uncounted]
OUR_APPS = ["parks", "snapshots", "stats", "weather", "importer", "outages", "visits", "assistant"]
OUR_MODELS = [model for label in OUR_APPS for model in apps.get_app_config(label).get_models()]
BIG_TABLES = {"ride_status_snapshots", "queue_data"}


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("label", OUR_APPS)
def test_every_index_is_commented_with_the_query_it_serves(label):
    uncommented = []
    for path in sorted((ROOT / label).glob("*.py")):
        lines = path.read_text().splitlines()
        uncommented += [
            f"{path.name}:{number + 1}"
            for number, line in enumerate(lines)
            if re.search(r"\bmodels\.Index\(", line) and not lines[number - 1].lstrip().startswith("# ")
        ]
    assert uncommented == []


def columns_of(found: dict[str, Any]) -> list[list[str]]:
    return [each["columns"] for each in found.values() if each["index"] or each["unique"] or each["primary_key"]]


@pytest.mark.django_db
@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model.__name__)
def test_the_database_has_the_indexes_and_foreign_keys_of_the_model(model):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    keyed = {}
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and field.db_constraint:
            target = field.related_model
            keyed[field.column] = (target._meta.db_table, target._meta.pk.column)
    real = {each["columns"][0]: each["foreign_key"] for each in found.values() if each["foreign_key"]}
    assert real == keyed
    if model._meta.db_table in BIG_TABLES:
        assert not real, "the engine forbids them on partitioned tables"
    for index in model._meta.indexes:
        columns = [model._meta.get_field(name).column for name, _ in index.fields_orders]
        assert found[index.name]["columns"] == columns
    for column in keyed:
        assert any(columns[0] == column for columns in columns_of(found)), f"{column} has no index of its own"


# With the primary key that stands behind every index, they serve a page of a list in order; longer ones cannot.
SERVE_PAGES = [["resolution_status"], ["issue_type"]]


@pytest.mark.django_db
@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model.__name__)
def test_no_index_is_the_beginning_of_another(model):
    with connection.cursor() as cursor:
        columns = columns_of(connection.introspection.get_constraints(cursor, model._meta.db_table))
    for one in columns:
        if model is DataQualityLog and one in SERVE_PAGES:
            continue
        assert not [other for other in columns if other != one and other[: len(one)] == one], one
        assert columns.count(one) == 1, one


THERE_AND_BACK = """
import json, sys, time
import django
django.setup()
from django.core.management import call_command
from django.db import connection

def tables():
    return sorted(set(connection.introspection.table_names()))

def shape():
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints
        described = connection.introspection.get_table_description
        return {
            table: [
                sorted((name, repr(each)) for name, each in constraints(cursor, table).items()),
                [repr(column) for column in described(cursor, table)],
            ]
            for table in tables()
            if not table.startswith(("django_", "auth_", "otp_"))
        }

began = time.perf_counter()
call_command("migrate", verbosity=0)
seconds = time.perf_counter() - began
first = shape()
for label in json.loads(sys.argv[1]):
    call_command("migrate", label, "zero", verbosity=0)
left = tables()
call_command("migrate", verbosity=0)
print(json.dumps({"seconds": seconds, "tables": list(first), "left": left, "same": shape() == first}))
"""


@pytest.fixture
def scratch_database_url(tmp_path):
    """The URL of an empty database that nobody else uses."""
    with new_database(tmp_path / "scratch.sqlite3") as url:
        yield url


def test_every_migration_reverses_and_comes_back_the_same(scratch_database_url, tmp_path):
    ended = python(
        "-c",
        THERE_AND_BACK,
        json.dumps(list(reversed(OUR_APPS))),
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=scratch_database_url,
        DATA_DIR=str(tmp_path),
    )
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    ours = {model._meta.db_table for model in OUR_MODELS}
    assert set(result["tables"]) == ours
    assert not ours & set(result["left"])
    assert result["same"]
    if connection.vendor == "mysql":
        assert result["seconds"] < 30, "issue 2 promises it"
