"""Every setting of Ridewatch, read from the environment (or a `.env` file beside manage.py).

`.env.example` lists each variable with its meaning. Nonsense is refused (`config/environment.py`).
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from config.environment import (
    BASE_DIR,
    MAIL_SCHEMES,
    addresses,
    directory,
    env,
    flag,
    header,
    rate,
    text,
    url,
    whole_number,
    zone,
)
from config.schedule import jobs
from core.monitoring.logs import FORMATS, logging_settings
from core.monitoring.masking import remember

# -- process ---------------------------------------------------------------------------------------------

DEFAULT_SECRET_KEY = "ridewatch-development-key-known-to-everyone-and-good-for-nothing-else"
SECRET_KEY = text("SECRET_KEY", DEFAULT_SECRET_KEY)
DEBUG = flag("DEBUG", False)
ALLOWED_HOSTS = [host.strip() for host in text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")]
# How the deployment is laid out; the system checks compare it with the database and the broker.
WEB_CONCURRENCY = whole_number("WEB_CONCURRENCY", 1, 1, 256)
CELERY_WORKER_HOSTS = whole_number("CELERY_WORKER_HOSTS", 1, 1, 1000)

DATA_DIR = directory("DATA_DIR", BASE_DIR / "var")
SHARED_DATA_DIR = Path(text("SHARED_DATA_DIR", str(BASE_DIR.parent / "shared" / "data")))

# -- applications ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "unfold",  # before the admin site, whose templates it replaces
    "unfold.contrib.filters",
    "django.contrib.admin",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "config.apps.ConfigConfig",
    "core",
    "parks",
    "snapshots",
    "stats",
    "weather",
    "importer",
    "outages",
    "opendata",
    "visits",
    "assistant",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.web.content_policy.ContentPolicyMiddleware",
    "core.web.slow_queries.EndpointMiddleware",
    "core.web.cors.CorsMiddleware",
    "core.web.rate_limit.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # For the admin site; they look at the session when they are asked, and the API never asks.
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "core.web.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.web.login_limits.LoginLimitMiddleware",
]
UNFOLD = {
    "SITE_TITLE": "Ridewatch",
    "SITE_HEADER": "Ridewatch",
    "SITE_SUBHEADER": "import and quality review",
    "SITE_SYMBOL": "attractions",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "core.web.second_factor.LoginForm"},
    "STYLES": [lambda request: static("parks/admin.css")],
}
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
# A path with a trailing slash is another path, and unknown (public-api 2.1).
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- database --------------------------------------------------------------------------------------------

DATABASE_ENGINES = {"sqlite": "django.db.backends.sqlite3", "mysql": "core.database.mysql"}
TLS_MODES = ("DISABLED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
TLS_FILES = {"ssl_ca": "ca", "ssl_cert": "cert", "ssl_key": "key"}


def tls_options(value: str) -> dict[str, Any]:
    """The driver's options for the `ssl-…` parameters of a database's URL.

    Who names a CA wants it checked: with one, no mode and REQUIRED mean VERIFY_CA.
    """
    query = parse_qsl(urlsplit(value).query, keep_blank_values=True)
    asked = {name.replace("-", "_"): given for name, given in query if name.startswith("ssl")}
    if unknown := sorted(set(asked) - {"ssl_mode", *TLS_FILES}):
        raise ImproperlyConfigured(f"DATABASE_URL knows ssl-mode, ssl-ca, ssl-cert and ssl-key, not {unknown[0]!r}")
    mode = asked.get("ssl_mode")
    if mode is not None and mode.upper() not in TLS_MODES:
        raise ImproperlyConfigured(f"DATABASE_URL must have an ssl-mode of {', '.join(TLS_MODES)}, not {mode!r}")
    files = {TLS_FILES[name]: given for name, given in asked.items() if name in TLS_FILES}
    if files and mode and mode.upper() == "DISABLED":
        raise ImproperlyConfigured("DATABASE_URL must not name TLS files with ssl-mode=DISABLED")
    if ("cert" in files) != ("key" in files):
        raise ImproperlyConfigured("DATABASE_URL must name ssl-cert and ssl-key together, or neither")
    for kind, path in files.items():
        if not is_pem(Path(path)):
            raise ImproperlyConfigured(f"DATABASE_URL must name a readable PEM file with ssl-{kind}, not {path!r}")
    if not asked:
        return {}
    word = (mode or "REQUIRED").upper()
    word = "VERIFY_CA" if word == "REQUIRED" and "ca" in files else word
    return {"ssl_mode": word} | ({"ssl": files} if files else {})


def is_pem(path: Path) -> bool:
    try:
        return bool(re.search(r"^-----BEGIN ", path.read_text(errors="replace"), re.MULTILINE))
    except OSError:
        return False


def database() -> dict[str, Any]:
    """The default database of DATABASE_URL: SQLite (WAL) or MariaDB/MySQL."""
    value = url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'ridewatch.sqlite3'}", tuple(DATABASE_ENGINES))
    parsed: dict[str, Any] = dict(env.db_url_config(value, engine=DATABASE_ENGINES[urlsplit(value).scheme]))
    max_age = whole_number("DATABASE_CONN_MAX_AGE", 600, 0, 86_400)
    pool = {
        "pool_size": whole_number("DATABASE_POOL_SIZE", 0, 0, 1_000),
        "max_overflow": whole_number("DATABASE_POOL_OVERFLOW", 10, 0, 1_000),
        "recycle": whole_number("DATABASE_POOL_RECYCLE_SECONDS", 3_600, 1, 86_400),
        "timeout": whole_number("DATABASE_POOL_TIMEOUT_SECONDS", 30, 1, 600),
    }
    if not parsed["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL names no database")
    if parsed["ENGINE"] == DATABASE_ENGINES["sqlite"]:
        parsed["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-49152;",
            # Take the write lock at BEGIN: two writers then wait for each other instead of failing.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
        }
        return parsed
    given: dict[str, Any] = dict(parsed.get("OPTIONS") or {})
    parsed["OPTIONS"] = {
        **{name: word for name, word in given.items() if not name.startswith("ssl")},
        **tls_options(value),
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        # UTC for the database's own clock too: it fills the timestamps nobody set.
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone='+00:00'",
    }
    # A connection of the pool goes back to it after each request, and is checked when it is taken out again.
    parsed["CONN_MAX_AGE"] = 0 if pool["pool_size"] else max_age
    parsed["CONN_HEALTH_CHECKS"] = True
    parsed["POOL"] = pool if pool["pool_size"] else None
    return parsed


DATABASES = {"default": database()}
# Statements that take longer are logged with their endpoint; 0: none.
SLOW_QUERY_MS = whole_number("SLOW_QUERY_MS", 1_000, 0, 3_600_000)
# What the database may fill; alerts about storage speak of percents of it.
STORAGE_CAPACITY_GB = whole_number("STORAGE_CAPACITY_GB", 100, 1, 1_000_000)

# -- broker and cache ------------------------------------------------------------------------------------

REDIS_URL = url("REDIS_URL", "", ("redis", "rediss", "unix"))
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}
    )
}
# Where answers are kept: a server of its own, or the broker's with a `maxmemory` and a `volatile-…` policy, which
# drops answers and never jobs (ridewatch.W009).
CACHE_REDIS_URL = url("CACHE_REDIS_URL", "", ("redis", "rediss", "unix")) or REDIS_URL
# Answers of the API are kept this long, and no longer than the data they were computed from; 0: not at all.
API_CACHE_SECONDS = whole_number("API_CACHE_SECONDS", 300, 0, 86_400)
# Lists, charts and awards share what was read for so long, and no longer than the data stay as they are; 0: never.
SHARED_READING_SECONDS = whole_number("SHARED_READING_SECONDS", 60, 0, 3_600)
DATA_VERSION_FILE = DATA_DIR / "data-version"
# Without Redis there is no broker and no worker: what is handed over waits in the database for `manage.py run_jobs`.
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
# A task is acknowledged when it is done, so a killed worker's task runs again; every write is an upsert.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # a long job keeps no short one waiting

# -- what the numbers mean -------------------------------------------------------------------------------

COLLECTION_INTERVAL_SECONDS = whole_number("COLLECTION_INTERVAL_SECONDS", 300, 60, 3_600)
if 86_400 % COLLECTION_INTERVAL_SECONDS:
    # Every day has the same slots. A park-local midnight between two slots cuts the row that reaches over it.
    raise ImproperlyConfigured("COLLECTION_INTERVAL_SECONDS must divide a day of 86400 seconds")
# What the clock runs.
JOBS = jobs(COLLECTION_INTERVAL_SECONDS)
MAX_FEED_SILENCE_SECONDS = whole_number("MAX_FEED_SILENCE_SECONDS", 7_200, 300, 86_400)
# Of the formulas in this code; raised when a decision moves stored figures.
RULES_VERSION = 2
METRICS_VERSION = whole_number("METRICS_VERSION", RULES_VERSION, 1, 1_000_000)
SITE_TIME_ZONE = zone("SITE_TIME_ZONE", "America/Los_Angeles")

# Days of weather that clean_weather keeps.
WEATHER_OBSERVATION_DAYS = whole_number("WEATHER_OBSERVATION_DAYS", 730, 1, 73_000)
WEATHER_FORECAST_DAYS = whole_number("WEATHER_FORECAST_DAYS", 90, 1, 73_000)
# How /api/analytics/* may group hours: the name, and the stats.answers.groups.Grouping that knows.
ANALYTICS_GROUPINGS = {
    "rain": "weather.groupings.RAIN",
    "temperature_band": "weather.groupings.TEMPERATURE_BAND",
    "storm": "weather.groupings.STORM",
}

# -- upstream --------------------------------------------------------------------------------------------

THEMEPARKS_WIKI_URL = url("THEMEPARKS_WIKI_URL", "https://api.themeparks.wiki/v1", ("http", "https"))
THEMEPARKS_WIKI_KEY = header("THEMEPARKS_WIKI_KEY", "")
QUEUE_TIMES_URL = url("QUEUE_TIMES_URL", "https://queue-times.com", ("http", "https"))
OPEN_METEO_URL = url("OPEN_METEO_URL", "https://api.open-meteo.com/v1", ("http", "https"))
OPEN_METEO_ARCHIVE_URL = url("OPEN_METEO_ARCHIVE_URL", "https://archive-api.open-meteo.com/v1", ("http", "https"))
OPEN_METEO_KEY = text("OPEN_METEO_KEY", "")
OPEN_METEO_CALLS_PER_MINUTE = whole_number("OPEN_METEO_CALLS_PER_MINUTE", 600, 1, 1_000_000)
UPSTREAM_USER_AGENT = header("UPSTREAM_USER_AGENT", "ridewatch/1.0 (+https://example.org/contact)")
UPSTREAM_CONCURRENCY = whole_number("UPSTREAM_CONCURRENCY", 10, 1, 100)
UPSTREAM_MIN_INTERVAL_MS = whole_number("UPSTREAM_MIN_INTERVAL_MS", 1_000, 0, 60_000)
UPSTREAM_MAX_BYTES = whole_number("UPSTREAM_MAX_BYTES", 10_000_000, 10_000, 1_000_000_000)
# The history endpoint has a budget of its own.
HISTORY_CALLS_PER_HOUR = whole_number("HISTORY_CALLS_PER_HOUR", 60, 0, 100_000)
# Reported by check_collection that all is well.
DEAD_MANS_SWITCH_URL = url("DEAD_MANS_SWITCH_URL", "", ("http", "https"))
ARCHIVE_URL = url("ARCHIVE_URL", "s3://archive.themeparks.wiki", ("s3", "file"))
ARCHIVE_REGION = text("ARCHIVE_REGION", "eu-west-2")
ARCHIVE_ENDPOINT_URL = url("ARCHIVE_ENDPOINT_URL", "", ("http", "https"))
# What an import stores in one transaction, and loses at most when it is killed.
IMPORT_SLICE_DAYS = whole_number("IMPORT_SLICE_DAYS", 7, 1, 366)

# -- classification of rides ------------------------------------------------------------------------------

CLASSIFICATION_OVERRIDES = Path(
    text("CLASSIFICATION_OVERRIDES", str(BASE_DIR / "parks" / "data" / "classification_overrides.csv"))
)
CLASSIFICATION_CACHE = DATA_DIR / "classification_cache.json"
# A language model behind an OpenAI-compatible API; off unless URL and model are set.
CLASSIFIER_URL = url("CLASSIFIER_URL", "", ("http", "https"))
CLASSIFIER_MODEL = text("CLASSIFIER_MODEL", "")
CLASSIFIER_KEY = text("CLASSIFIER_KEY", "")

# -- answers to questions ---------------------------------------------------------------------------------

# A language model that chooses tools and phrases answers at /ask; off unless URL and model are set.
ASSISTANT_URL = url("ASSISTANT_URL", "", ("http", "https"))
ASSISTANT_MODEL = text("ASSISTANT_MODEL", "")
ASSISTANT_KEY = text("ASSISTANT_KEY", "")

# -- open data --------------------------------------------------------------------------------------------

PUBLISHED_DIR = Path(text("PUBLISHED_DIR", str(DATA_DIR / "published")))
# Whose rows may go out: by default those whose licence allows it. opendata/sources.py knows the names.
PUBLISHED_SOURCES = text("PUBLISHED_SOURCES", "sample,open-meteo.com").replace(" ", "").split(",")
PUBLISHED_URL = url("PUBLISHED_URL", "", ("http", "https"))  # where readers find the files; it goes into descriptions

# -- mail -------------------------------------------------------------------------------------------------


MAIL = dict(env.email_url_config(url("EMAIL_URL", "smtp://localhost:25", MAIL_SCHEMES)))
EMAIL_BACKEND, EMAIL_FILE_PATH = MAIL["EMAIL_BACKEND"], f"/{MAIL['EMAIL_FILE_PATH']}"
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"] or "", MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.get("EMAIL_USE_TLS", False), MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 30  # seconds
MAIL_IS_CONFIGURED = "EMAIL_URL" in env.ENVIRON  # else there is no link to another device
DEFAULT_FROM_EMAIL = ", ".join(addresses(text("EMAIL_FROM", "ridewatch@localhost"), "EMAIL_FROM"))
# Who gets the daily mail about the quality of the data; nobody: there is none.
QUALITY_DIGEST_TO = addresses(text("QUALITY_DIGEST_TO", ""), "QUALITY_DIGEST_TO")

# -- time and text ---------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en"

# -- web -------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# script/server collects them when they have changed; production runs `manage.py collectstatic` once.
WHITENOISE_USE_FINDERS = DEBUG or not any(STATIC_ROOT.iterdir())
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.web.static_files.HashedFiles"},
}
# No script and no style inside a page, nothing from another host. `/api/docs/` widens it for itself,
# core/web/content_policy.py for the admin site.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'self'"],
    }
}
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
# The contract names this header's value (public-api 2.11); Django would rather have DENY.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", False)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # who asks stands beside the server
BEHIND_TLS_PROXY = flag("BEHIND_TLS_PROXY", False)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SECURE_SSL_REDIRECT or BEHIND_TLS_PROXY
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 12 * 3_600  # seconds: a working day
# The API knows no cookies; browsers send those of the admin site to the admin site alone.
CSRF_COOKIE_PATH = SESSION_COOKIE_PATH = "/admin/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# One-time codes beside the passwords of the admin site (core/web/second_factor.py).
ADMIN_TOTP = text("ADMIN_TOTP", "off").lower()
if ADMIN_TOTP not in ("off", "optional", "required"):
    raise ImproperlyConfigured(f"ADMIN_TOTP must be off, optional or required, not {ADMIN_TOTP!r}")
OTP_TOTP_ISSUER = "Ridewatch"
SECURE_HSTS_SECONDS = whole_number("SECURE_HSTS_SECONDS", 0, 0, 63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# What computes for long: by so many threads of each process, and no more (core/web/front.py).
DEAR_PATHS = ("/api/analytics/", "/api/tools/", "/explorer", "/mcp")
DEAR_QUESTIONS_AT_ONCE = whole_number("DEAR_QUESTIONS_AT_ONCE", 1, 1, 16)
# How many proxies in front of us add to X-Forwarded-For; 0: none, the header is not believed.
TRUSTED_PROXIES = whole_number("TRUSTED_PROXIES", 0, 0, 10)
SHORTEST_TOKEN = 16
# Who has it may read /metrics; empty: who asks from this machine, through no proxy.
METRICS_TOKEN = header("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < SHORTEST_TOKEN:
    raise ImproperlyConfigured(f"METRICS_TOKEN must have {SHORTEST_TOKEN} characters or more")
# What a client may ask that is not answered from stored bytes; a question to analytics counts ten times.
API_RATE_LIMIT = rate("API_RATE_LIMIT", "1200/minute")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["core.api.errors.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.errors.BoundedJsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.errors.AlwaysJson",
    "DEFAULT_METADATA_CLASS": "core.api.errors.NoMetadata",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.errors.error_response",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ridewatch API",
    "DESCRIPTION": "What was down, for how long, and how do you know? Downtime, waits and their evidence.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.schema.add_limits",
        "core.api.described.describe_parameters",
        "core.api.described.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RequestedPeriodEnum": "stats.api.serializers.PERIODS",
        "AnsweredPeriodEnum": "stats.api.serializers.ANSWERED_PERIODS",
        "PeriodEnum": "core.periods.Period.values",
        "PeriodOrDatesEnum": "core.periods.WORDS",
        "ResolutionEnum": "snapshots.models.quality.Resolution.values",
        "ParkSortEnum": "stats.api.serializers.PARK_SORTS",
        "RideSortEnum": "stats.api.serializers.RIDE_SORTS",
        "CitationKindEnum": "assistant.models.CitationKind.values",
        "ShelterEnum": "parks.models.Shelter.values",
        "OutageKindEnum": "outages.models.Kind.values",
        "PaceEnum": "visits.models.Pace.values",
    },
}

# -- logging ---------------------------------------------------------------------------------------------

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_LEVEL = text("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in LOG_LEVELS:
    raise ImproperlyConfigured(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {LOG_LEVEL!r}")
# Text for people, or JSON, an object a line, for what collects logs.
LOG_FORMAT = text("LOG_FORMAT", "text").lower()
if LOG_FORMAT not in FORMATS:
    raise ImproperlyConfigured(f"LOG_FORMAT must be one of {', '.join(FORMATS)}, not {LOG_FORMAT!r}")
# A line for each request that was answered.
ACCESS_LOG = flag("ACCESS_LOG", False)
LOGGING = logging_settings(LOG_FORMAT, LOG_LEVEL, ACCESS_LOG)

# Whatever text they get into.
remember(
    SECRET_KEY,
    str(DATABASES["default"].get("PASSWORD") or ""),
    *(urlsplit(address).password or "" for address in (REDIS_URL, CACHE_REDIS_URL)),
    EMAIL_HOST_PASSWORD,
    THEMEPARKS_WIKI_KEY,
    OPEN_METEO_KEY,
    CLASSIFIER_KEY,
    ASSISTANT_KEY,
    METRICS_TOKEN,
)
