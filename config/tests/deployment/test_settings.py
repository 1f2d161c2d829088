"""Nonsense in the environment is refused with the variable's name (issue 2)."""

import runpy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.tests.processes import ROOT, manage

SETTINGS = ROOT / "config" / "settings.py"


def settings_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """The settings of a process that has these variables, and otherwise its own."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),  # a flag
        ("WEB_CONCURRENCY", "two"),  # a whole number
        ("MAX_FEED_SILENCE_SECONDS", "1"),  # out of range
        ("DATABASE_URL", "postgres://rw@127.0.0.1/rw"),  # a URL's scheme
        ("SITE_TIME_ZONE", "Mars/Olympus"),  # a zone
        ("COLLECTION_INTERVAL_SECONDS", "420"),  # does not divide a day
        ("SECRET_KEY", ""),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_command_refuses_nonsense_in_one_line(name, value):
    ended = manage("check", **{name: value})
    assert ended.returncode != 0
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"Configuration error: {name} must ")


BAD = {
    "DEBUG": ["2", "", "wahr"],
    "SECURE_SSL_REDIRECT": ["yes please"],
    "BEHIND_TLS_PROXY": ["nginx"],
    "WEB_CONCURRENCY": ["0", "-1", "257", "1.5", "", "0x2"],
    "CELERY_WORKER_HOSTS": ["0", "many"],
    "DATABASE_CONN_MAX_AGE": [],  # read for MariaDB only, see below
    "DATABASE_POOL_SIZE": ["-1", "1001", "five"],
    "DATABASE_POOL_OVERFLOW": ["-1"],
    "DATABASE_POOL_RECYCLE_SECONDS": ["0", "1h"],
    "DATABASE_POOL_TIMEOUT_SECONDS": ["0", "601"],
    "COLLECTION_INTERVAL_SECONDS": ["59", "3601", "7", "61", "1000", "301", "five"],
    "MAX_FEED_SILENCE_SECONDS": ["299", "86401"],
    "METRICS_VERSION": ["0", "v1"],
    "SECURE_HSTS_SECONDS": ["-1", "a year"],
    "DATABASE_URL": ["mysql2://h/db", "/var/lib/db.sqlite3", "mysql://127.0.0.1:3306", "mysql://127.0.0.1:3306/"],
    "REDIS_URL": ["localhost:6379", "http://localhost", "redis"],
    "THEMEPARKS_WIKI_URL": ["ftp://x", "api.themeparks.wiki"],
    "THEMEPARKS_WIKI_KEY": ["schlüssel", "a\nb"],
    "QUEUE_TIMES_URL": ["ftp://x", "queue-times.com"],
    "EMAIL_URL": ["localhost", "http://mail.example", "smtp://", "smtp+tls://:25"],
    "EMAIL_FROM": ["", "ridewatch", "a@b@c", "Ridewatch <a@b>"],
    "QUALITY_DIGEST_TO": ["ops", "a@b, c d@e"],
    "UPSTREAM_USER_AGENT": ["", "Ridewätch/1.0", "a\r\nHost: b"],
    "UPSTREAM_CONCURRENCY": ["0", "101", "ten"],
    "UPSTREAM_MIN_INTERVAL_MS": ["-1", "60001", "0.5"],
    "UPSTREAM_MAX_BYTES": ["0", "10MB"],
    "ARCHIVE_URL": ["https://archive.themeparks.wiki", "/archive"],
    "ARCHIVE_ENDPOINT_URL": ["s3://x", "minio:9000"],
    "ASSISTANT_URL": ["ftp://x", "api.openai.com/v1", "https://"],
    "CLASSIFIER_URL": ["ftp://x", "api.openai.com/v1", "https://"],
    "SITE_TIME_ZONE": ["", "PDT7", "America", "../etc/passwd", "america/los angeles"],
    "SECRET_KEY": [""],
    "LOG_LEVEL": ["", "TRACE"],
    "LOG_FORMAT": ["", "xml"],
    "ACCESS_LOG": ["perhaps"],
    "ADMIN_TOTP": ["", "yes"],
    "METRICS_TOKEN": ["short", "schlüsselschlüssel"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_every_variable_refuses_what_it_cannot_mean(name, value, monkeypatch):
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} ") as caught:
        settings_with(monkeypatch, **{name: value})
    assert "\n" not in str(caught.value)


def test_the_connection_age_is_checked_where_there_are_connections(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://rw@127.0.0.1/rw")
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_CONN_MAX_AGE must be a whole number, not 'long'"):
        settings_with(monkeypatch, DATABASE_CONN_MAX_AGE="long")


@pytest.mark.parametrize("word", ["1", "true", "True", "YES", " on "])
def test_a_flag_is_on(word, monkeypatch):
    assert settings_with(monkeypatch, DEBUG=word)["DEBUG"] is True


@pytest.mark.parametrize("word", ["0", "false", "No", "OFF"])
def test_a_flag_is_off(word, monkeypatch):
    assert settings_with(monkeypatch, DEBUG=word)["DEBUG"] is False


@pytest.mark.parametrize("seconds", ["60", "75", "100", "300", "450", "600", "900", "1200", "1800", "2700", "3600"])
def test_the_interval_divides_a_day(seconds, monkeypatch):
    interval = settings_with(monkeypatch, COLLECTION_INTERVAL_SECONDS=seconds)["COLLECTION_INTERVAL_SECONDS"]
    assert interval == int(seconds)


def test_sqlite_is_opened_for_several_writers_in_turn(monkeypatch):
    database = settings_with(monkeypatch, DATABASE_URL="sqlite:////tmp/some.sqlite3")["DATABASES"]["default"]
    assert database["NAME"] == "/tmp/some.sqlite3"  # noqa: S108  (never opened)
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_mariadb_keeps_checked_connections_and_takes_options_of_the_url(monkeypatch):
    url = "mysql://us%40er:p%2Fw@db.example.org:3307/rw?ssl_mode=VERIFY_IDENTITY&charset=latin1"
    database = settings_with(monkeypatch, DATABASE_URL=url)["DATABASES"]["default"]
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["CONN_MAX_AGE"] == 600
    assert (database["USER"], database["PASSWORD"], database["PORT"]) == ("us@er", "p/w", 3307)
    assert database["OPTIONS"]["ssl_mode"] == "VERIFY_IDENTITY"
    assert database["OPTIONS"]["charset"] == "utf8mb4", "not the URL's to choose"
    assert "time_zone='+00:00'" in database["OPTIONS"]["init_command"]


def test_redis_serves_as_broker_and_cache_when_there_is_one(monkeypatch):
    with_redis = settings_with(monkeypatch, REDIS_URL="redis://127.0.0.1:6379/5")
    assert with_redis["CELERY_BROKER_URL"] == with_redis["CACHES"]["default"]["LOCATION"] == "redis://127.0.0.1:6379/5"
    without = settings_with(monkeypatch, REDIS_URL="")
    assert without["CELERY_BROKER_URL"] == "memory://"
    assert "locmem" in without["CACHES"]["default"]["BACKEND"]


def test_a_proxys_word_on_tls_is_believed_only_when_reported_to(monkeypatch):
    assert "SECURE_PROXY_SSL_HEADER" not in settings_with(monkeypatch, BEHIND_TLS_PROXY="no")
    assert settings_with(monkeypatch, BEHIND_TLS_PROXY="yes")["SECURE_PROXY_SSL_HEADER"]


def test_a_mail_server_is_read_from_its_url(monkeypatch):
    found = settings_with(
        monkeypatch, EMAIL_URL="smtp+tls://rw%40x:p%2Fw@mail.example:587", QUALITY_DIGEST_TO="a@b, c@d"
    )
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("rw@x", "p/w")
    assert found["QUALITY_DIGEST_TO"] == ["a@b", "c@d"]
    assert settings_with(monkeypatch, EMAIL_URL="filemail:///srv/mail")["EMAIL_FILE_PATH"] == "/srv/mail"


@pytest.mark.parametrize(
    "value", ["redsi://u:s3cret-word@r/0", "redis://u:s3cret-word@r:99999/0", "redis://u:s3cret-word@"]
)
def test_a_refused_url_does_not_show_its_password(value):
    ended = manage("check", REDIS_URL=value)
    assert ended.returncode != 0
    assert "REDIS_URL must" in ended.stderr
    assert "s3cret-word" not in ended.stderr + ended.stdout
