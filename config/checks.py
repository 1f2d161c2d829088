"""System checks for deployment mistakes (`manage.py check --deploy --database default`)."""

from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from django.db.models import Q
from django.utils import timezone

from core import data_version
from core.database.uuid_columns import other_uuid_columns
from snapshots.storage.partition_care import LEAST_MONTHS_AHEAD, months_ahead
from snapshots.storage.partitions import PARTITIONED_TABLES, has_partitions

MINIMUM_VERSIONS = {"MariaDB": (10, 6), "MySQL": (8, 0)}


@register(Tags.security, deploy=True)
def secret_key_is_private(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.E001: the keys of the source and of .env.example are known to everyone."""
    is_published = settings.SECRET_KEY == settings.DEFAULT_SECRET_KEY or settings.SECRET_KEY.startswith("put-fifty-")
    if settings.DEBUG or not is_published:
        return []
    return [
        Error(
            "SECRET_KEY is one that everybody knows, although DEBUG is off.",
            hint="Set SECRET_KEY to at least 50 random characters.",
            id="ridewatch.E001",
        )
    ]


@register(Tags.security, deploy=True)
def placeholders_are_replaced(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.E008: what .env.example has in the place of an operator's own values."""
    values = {
        "ALLOWED_HOSTS": " ".join(settings.ALLOWED_HOSTS),
        "DATABASE_URL": str(settings.DATABASES["default"].get("PASSWORD")),
        "EMAIL_URL": f"{settings.EMAIL_HOST} {settings.EMAIL_HOST_PASSWORD}",
        "EMAIL_FROM": settings.DEFAULT_FROM_EMAIL,
        "UPSTREAM_USER_AGENT": settings.UPSTREAM_USER_AGENT,
    }
    found = [name for name, value in values.items() if "example.org" in value or "password" in value.split()]
    hint = "Set your own value; that of .env.example is a placeholder."
    return [Error(f"{name} is a placeholder.", hint=hint, id="ridewatch.E008") for name in found]


@register(Tags.security, deploy=True)
def clients_can_be_told_apart(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.W010: behind a proxy that is not trusted, all clients share one address and one rate limit."""
    if not settings.API_RATE_LIMIT or settings.TRUSTED_PROXIES or not settings.BEHIND_TLS_PROXY:
        return []
    hint = "Set TRUSTED_PROXIES to the number of your proxies that add to X-Forwarded-For."
    return [Warning("Behind a proxy, all clients count as one.", hint=hint, id="ridewatch.W010")]


@register(Tags.database, deploy=True)
def second_factors_are_asked_for(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """ridewatch.W011: administrators without the device that is required, or with one that nobody asks for."""
    if not databases:
        return []
    staff = get_user_model().objects.filter(is_staff=True, is_active=True).order_by("username")
    with_device = Q(totpdevice__confirmed=True)
    wrong = staff.filter(with_device) if settings.ADMIN_TOTP == "off" else staff.exclude(with_device)
    try:
        names = [] if settings.ADMIN_TOTP == "optional" else [user.get_username() for user in wrong.distinct()]
    except DatabaseError:
        return []  # not there, or without its tables: others report it
    if not names:
        return []
    if settings.ADMIN_TOTP == "off":
        text, hint = "have set up a second factor that nobody asks for", "Set ADMIN_TOTP to optional or required."
    else:
        text, hint = "have no second factor yet", "They set one up at /admin/second-factor/ when they log in."
    return [Warning(f"{len(names)} administrators {text}: {', '.join(names[:10])}.", hint=hint, id="ridewatch.W011")]


@register(Tags.database, deploy=True)
def answers_starve_no_jobs(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """ridewatch.W009: Redis drops stored answers, which expire, before it runs full, and never jobs, which do not."""
    if not settings.CACHE_REDIS_URL or not databases:
        return []
    try:
        memory = data_version.client(settings.CACHE_REDIS_URL).info("memory")
    except redis.RedisError as error:
        text = f"The Redis of stored answers does not answer ({type(error).__name__})."
        return [Warning(text, hint="Check CACHE_REDIS_URL and REDIS_URL.", id="ridewatch.W009")]
    return badly_bounded(int(memory.get("maxmemory", 0)), str(memory.get("maxmemory_policy", "")))


def badly_bounded(most: int, policy: str) -> list[CheckMessage]:
    """The warning about a Redis of `most` bytes (0: no bound) that makes room by `policy`."""
    is_shared = settings.CACHE_REDIS_URL == settings.REDIS_URL
    if most and (policy.startswith("volatile-") or (policy.startswith("allkeys-") and not is_shared)):
        return []
    hint = "Set maxmemory (256mb) and maxmemory-policy volatile-lru there."
    text = f"Redis stores answers with maxmemory {most} and the policy {policy!r}: jobs may find no room."
    return [Warning(text, hint=hint, id="ridewatch.W009")]


@register()
def sqlite_serves_one_process(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.E002: SQLite takes one writer at a time; several worker processes would lock each other out."""
    is_sqlite = str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3")
    if not is_sqlite or settings.WEB_CONCURRENCY == 1:
        return []
    return [
        Error(
            f"SQLite with {settings.WEB_CONCURRENCY} worker processes.",
            hint="Set WEB_CONCURRENCY=1, or DATABASE_URL to MariaDB 10.6+ or MySQL 8+.",
            id="ridewatch.E002",
        )
    ]


@register()
def figures_follow_the_rules_of_the_code(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.W008: the days of an older metrics version were computed by older rules."""
    if settings.METRICS_VERSION >= settings.RULES_VERSION:
        return []
    return [
        Warning(
            f"METRICS_VERSION={settings.METRICS_VERSION}, but the rules of this code are {settings.RULES_VERSION}.",
            hint=f"Set METRICS_VERSION={settings.RULES_VERSION}, or leave it out, and run recompute_daily_stats.",
            id="ridewatch.W008",
        )
    ]


@register()
def celery_hosts_share_a_broker(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.E003: without Redis no message reaches a worker, and no cache is shared."""
    if settings.CELERY_WORKER_HOSTS == 1 or settings.REDIS_URL:
        return []
    return [
        Error(
            f"Celery is to run on {settings.CELERY_WORKER_HOSTS} machines, but REDIS_URL is not set.",
            hint="Set REDIS_URL to a Redis every machine reaches, or CELERY_WORKER_HOSTS=1.",
            id="ridewatch.E003",
        )
    ]


@register()
def classifier_is_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.E006: half a configuration would classify every ride without the model, and nobody would know."""
    return half_configured("CLASSIFIER", "classifier", "ridewatch.E006")


@register()
def assistant_is_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.E010: as E006, of the model that phrases answers."""
    return half_configured("ASSISTANT", "assistant's model", "ridewatch.E010")


def half_configured(prefix: str, what: str, number: str) -> list[CheckMessage]:
    url, model, key = (getattr(settings, f"{prefix}_{part}") for part in ("URL", "MODEL", "KEY"))
    missing = [name for name, value in ((f"{prefix}_URL", url), (f"{prefix}_MODEL", model)) if not value]
    if not missing or not (url or model or key):
        return []
    return [
        Error(
            f"The {what} is half configured: {' and '.join(missing)} not set.",
            hint=f"Set {prefix}_URL and {prefix}_MODEL ({prefix}_KEY too where the service wants one), or none.",
            id=number,
        )
    ]


@register(Tags.database)
def database_is_supported(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """ridewatch.E004/E005: the server's version is one we test on, and it can be reached."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection: Any = connections[alias]  # the versions are attributes of one backend
        if connection.vendor != "mysql":
            continue
        try:
            version = connection.mysql_version
            kind = "MariaDB" if connection.mysql_is_mariadb else "MySQL"
        except OperationalError:
            hint = "Check host, port, user and password in DATABASE_URL."
            messages.append(Error("The database does not answer.", hint=hint, id="ridewatch.E005"))
            continue
        messages += unsupported_version(kind, version)
    return messages


def unsupported_version(kind: str, version: tuple[int, ...]) -> list[CheckMessage]:
    """An error when `version` of `kind` ("MariaDB" or "MySQL") is older than we support."""
    minimum = MINIMUM_VERSIONS[kind]
    if version[:2] >= minimum:
        return []
    found, needed = (".".join(map(str, parts)) for parts in (version, minimum))
    hint = f"Upgrade {kind} to {needed} or newer."
    return [Error(f"{kind} {found} is older than supported.", hint=hint, id="ridewatch.E004")]


@register(Tags.database)
def uuid_columns_are_native(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """ridewatch.E009: a MariaDB upgraded to 10.7 or later keeps CHAR(32), in which no row is found any more."""
    mysql = [connections[alias] for alias in databases or [] if connections[alias].vendor == "mysql"]
    try:
        wrong = [column for connection in mysql for column in other_uuid_columns(connection)]
    except OperationalError:
        return []  # ridewatch.E005 reports it
    if not wrong:
        return []
    columns = ", ".join(f"{table}.{column}" for table, column, _ in wrong)
    hint = "dumpdata visits assistant as XML, migrate both to zero and up again, loaddata (docs/operations.md)."
    return [Error(f"UUID columns of before the server's upgrade: {columns}.", hint=hint, id="ridewatch.E009")]


@register(Tags.database)
def months_are_ahead(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """ridewatch.W007: the months to come have partitions, so that no row falls into the catch-all.

    A warning, because `migrate` runs this check too and must not be kept from a database that was left alone for long.
    """
    if DEFAULT_DB_ALIAS not in (databases or []) or not has_partitions(connections[DEFAULT_DB_ALIAS]):
        return []
    today = timezone.now().date()
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            there = connections[DEFAULT_DB_ALIAS].introspection.table_names(cursor)
        found = {table: months_ahead(table, today) for table in PARTITIONED_TABLES if table in there}
    except OperationalError:
        return []  # ridewatch.E005 reports it
    return [too_few_months(table, ahead) for table, ahead in found.items() if (ahead or 0) < LEAST_MONTHS_AHEAD]


def too_few_months(table: str, ahead: int | None) -> CheckMessage:
    """The warning about one table; `ahead` None: it has no partitions."""
    if ahead is None:
        hint = "Run `manage.py partitions rebuild`."
        return Warning(f"{table} is a plain table, not cut into months.", hint=hint, id="ridewatch.W007")
    hint = "Run `manage.py partitions ensure`; the clock does so every day (`manage.py jobs`)."
    return Warning(f"{table} has partitions for only {ahead} months ahead.", hint=hint, id="ridewatch.W007")
