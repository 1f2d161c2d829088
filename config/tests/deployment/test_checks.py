"""System checks for deployment mistakes: when they speak, and when they are silent (issue 2)."""

import socket
from typing import Any

import pytest
from django.core import checks
from django.test.utils import override_settings

from config.checks import (
    MINIMUM_VERSIONS,
    answers_starve_no_jobs,
    assistant_is_whole,
    badly_bounded,
    celery_hosts_share_a_broker,
    classifier_is_whole,
    clients_can_be_told_apart,
    database_is_supported,
    figures_follow_the_rules_of_the_code,
    secret_key_is_private,
    sqlite_serves_one_process,
    unsupported_version,
)
from config.tests.processes import manage

pytestmark = pytest.mark.slow

DEVELOPMENT_KEY = "ridewatch-development-key-known-to-everyone-and-good-for-nothing-else"
SQLITE = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
MYSQL = {"default": {"ENGINE": "django.db.backends.mysql"}}


def spoken(messages: list[checks.CheckMessage]) -> list[str | None]:
    for message in messages:
        assert message.level == checks.ERROR
        assert message.hint
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("settings", "ids"),
    [
        ({"SECRET_KEY": DEVELOPMENT_KEY, "DEBUG": False}, ["ridewatch.E001"]),
        ({"SECRET_KEY": DEVELOPMENT_KEY, "DEBUG": True}, []),
        ({"SECRET_KEY": "put-fifty-random-characters-of-your-own-here-0", "DEBUG": False}, ["ridewatch.E001"]),
        ({"SECRET_KEY": "another", "DEBUG": False}, []),
    ],
)
def test_the_development_key_is_for_development(settings, ids):
    with override_settings(**settings):
        assert spoken(secret_key_is_private(None)) == ids


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(
    ("databases", "workers", "ids"),
    [(SQLITE, 1, []), (SQLITE, 2, ["ridewatch.E002"]), (MYSQL, 1, []), (MYSQL, 16, [])],
)
def test_sqlite_is_for_one_process(databases, workers, ids):
    with override_settings(DATABASES=databases, WEB_CONCURRENCY=workers):
        assert spoken(sqlite_serves_one_process(None)) == ids


@pytest.mark.parametrize(("version", "ids"), [(1, ["ridewatch.W008"]), (2, []), (3, [])])
def test_figures_of_older_rules_are_reported(version, ids):
    with override_settings(METRICS_VERSION=version, RULES_VERSION=2):
        found = figures_follow_the_rules_of_the_code(None)
    assert [message.id for message in found] == ids
    assert all("METRICS_VERSION=2" in str(message.hint) for message in found)


@pytest.mark.parametrize(
    ("hosts", "redis", "ids"),
    [(1, "", []), (2, "", ["ridewatch.E003"]), (2, "redis://r", []), (1, "redis://r", [])],
)
def test_celery_on_several_machines_needs_redis(hosts, redis, ids):
    with override_settings(CELERY_WORKER_HOSTS=hosts, REDIS_URL=redis):
        assert spoken(celery_hosts_share_a_broker(None)) == ids


@pytest.mark.parametrize(
    ("url", "model", "key", "missing"),
    [
        ("", "", "", None),
        ("https://api.example.org/v1", "m", "k", None),
        ("http://127.0.0.1:11434/v1", "m", "", None),  # a model of one's own wants no key
        ("https://api.example.org/v1", "", "k", "MODEL"),
        ("https://api.example.org/v1", "", "", "MODEL"),
        ("", "m", "", "URL"),
        ("", "", "k", "URL and MODEL"),
    ],
)
@pytest.mark.parametrize(
    ("prefix", "check", "number"),
    [
        ("CLASSIFIER", classifier_is_whole, "ridewatch.E006"),
        ("ASSISTANT", assistant_is_whole, "ridewatch.E010"),
    ],
)
def test_a_model_is_configured_whole_or_not_at_all(prefix, check, number, url, model, key, missing):
    with override_settings(**{f"{prefix}_URL": url, f"{prefix}_MODEL": model, f"{prefix}_KEY": key}):
        messages = check(None)
    assert spoken(messages) == ([number] if missing else [])
    named = missing and missing.replace("URL", f"{prefix}_URL").replace("MODEL", f"{prefix}_MODEL")
    assert all(f": {named} not set" in message.msg for message in messages)


@pytest.mark.parametrize(
    ("kind", "version", "ids"),
    [
        ("MariaDB", (10, 5, 28), ["ridewatch.E004"]),
        ("MariaDB", (10, 6, 0), []),
        ("MariaDB", (11, 4, 2), []),
        ("MariaDB", (5, 5), ["ridewatch.E004"]),
        ("MySQL", (5, 7, 44), ["ridewatch.E004"]),
        ("MySQL", (8, 0, 0), []),
        ("MySQL", (9, 1), []),
    ],
)
def test_an_old_server_is_named_with_the_version_it_needs(kind, version, ids):
    messages = unsupported_version(kind, version)
    assert spoken(messages) == ids
    for message in messages:
        assert message.msg.startswith(f"{kind} {'.'.join(map(str, version))} ")
        assert message.hint == f"Upgrade {kind} to {'.'.join(map(str, MINIMUM_VERSIONS[kind]))} or newer."


@pytest.mark.django_db
def test_the_database_of_this_run_is_supported():
    assert database_is_supported(None, databases=["default"]) == []
    assert database_is_supported(None, databases=None) == [], "not asked for"


def test_a_server_that_does_not_answer_is_an_error_and_no_traceback(monkeypatch, django_db_blocker):
    pytest.importorskip("MySQLdb")
    from django.db.backends.mysql.base import DatabaseWrapper

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        settings: dict[str, Any] = {
            "HOST": "127.0.0.1",
            "PORT": closed.getsockname()[1],
            "NAME": "rw",
            "USER": "rw",
            "PASSWORD": "a secret",
            "OPTIONS": {},
            "CONN_HEALTH_CHECKS": False,
            "CONN_MAX_AGE": 0,
            "TIME_ZONE": None,
            "AUTOCOMMIT": True,
        }
        monkeypatch.setattr("config.checks.connections", {"far": DatabaseWrapper(settings, "far")})
        with django_db_blocker.unblock():
            messages = database_is_supported(None, databases=["far"])
    assert spoken(messages) == ["ridewatch.E005"]
    assert "secret" not in str(messages)


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (["--deploy"], {}, "ridewatch.E001"),
        ([], {"WEB_CONCURRENCY": "4"}, "ridewatch.E002"),
        ([], {"CELERY_WORKER_HOSTS": "3"}, "ridewatch.E003"),
    ],
)
def test_the_checks_are_registered(arguments, variables, expected):
    ended = manage("check", *arguments, **variables)
    assert ended.returncode == 1
    assert f"({expected})" in ended.stderr
    assert "HINT: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("most", "policy", "is_shared", "is_bad"),
    [
        (0, "volatile-lru", True, True),
        (1, "noeviction", True, True),
        (1, "allkeys-lru", True, True),  # it would drop jobs
        (1, "allkeys-lru", False, False),
        (1, "volatile-lru", True, False),
    ],
)
def test_stored_answers_may_not_starve_jobs(settings, most, policy, is_shared, is_bad):
    settings.REDIS_URL, settings.CACHE_REDIS_URL = "redis://a", "redis://a" if is_shared else "redis://b"
    assert [message.id for message in badly_bounded(most, policy)] == ["ridewatch.W009"] * is_bad


@pytest.mark.parametrize(("url", "ids"), [("", []), ("redis://:s3cret@127.0.0.1:1/0", ["ridewatch.W009"])])
def test_a_redis_that_does_not_answer_is_reported(settings, url, ids):
    settings.CACHE_REDIS_URL = url
    found = answers_starve_no_jobs(None, ["default"])
    assert [message.id for message in found] == ids
    assert "s3cret" not in str(found)
    assert answers_starve_no_jobs(None) == []


@pytest.mark.parametrize(
    ("proxies", "behind", "limit", "ids"),
    [(0, True, "9/day", ["ridewatch.W010"]), (1, True, "9/day", []), (0, False, "9/day", []), (0, True, None, [])],
)
def test_clients_behind_a_proxy_are_told_apart(settings, proxies, behind, limit, ids):
    settings.TRUSTED_PROXIES, settings.BEHIND_TLS_PROXY, settings.API_RATE_LIMIT = proxies, behind, limit
    assert [message.id for message in clients_can_be_told_apart(None)] == ids
