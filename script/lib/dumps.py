"""The part of script/backup and script/restore that needs the settings and the models.

Writes words for the shell to stdout, one clear line to stderr; exit code 2 for what cannot be used, 1 for what failed.
"""

import json
import os
import shlex
import sqlite3
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.chdir(ROOT)

import django  # noqa: E402
from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.db import DatabaseError, connection, connections, models  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.db.migrations.loader import MigrationLoader  # noqa: E402
from django.db.migrations.recorder import MigrationRecorder  # noqa: E402

FORMAT = 1
LOCK_SECONDS = 60
UNCHANGED = "Nothing was changed."


class Refused(Exception):
    """What cannot be done, in one line; exit code 2."""


def engine() -> str:
    return connection.vendor


def target() -> str:
    """The name of the database: of the schema, or the path of the file."""
    return str(settings.DATABASES["default"]["NAME"])


def report(**words: str) -> None:
    """Assignments for the shell."""
    print("\n".join(f"{name}={shlex.quote(word)}" for name, word in words.items()))


# -- backup --------------------------------------------------------------------------------------------------


def describe() -> None:
    """What is to be backed up; asks the server, so that what is wrong is said before anything is written."""
    if engine() == "sqlite" and not Path(target()).is_file():
        raise Refused(f"there is no database at {target()}: nothing to back up")
    if not connection.introspection.table_names():
        raise Refused(f"{target()} has no tables: nothing to back up")
    report(engine=engine(), database=target(), backups=str(Path(settings.DATA_DIR).resolve() / "backups"))


def client(path: str, flavour: str) -> None:
    """Write the option file of the client programs, which keeps the password off their command lines.

    `flavour`: `mariadb` or `mysql`, whose programs have different words for TLS.
    """
    given = settings.DATABASES["default"]
    options: dict[str, Any] = {"user": given["USER"], "password": given["PASSWORD"]}
    options["socket" if str(given["HOST"]).startswith("/") else "host"] = given["HOST"] or "localhost"
    options |= {"port": given["PORT"]} if given["PORT"] else {}
    mode = given["OPTIONS"].get("ssl_mode", "DISABLED")
    if mode != "DISABLED":
        options |= {f"ssl-{kind}": file for kind, file in given["OPTIONS"].get("ssl", {}).items()}
        verified = {"ssl-verify-server-cert": 1} if mode.startswith("VERIFY") else {}
        options |= {"ssl": 1, **verified} if flavour == "mariadb" else {"ssl-mode": mode}
    quoted = {name: str(word).replace("\\", "\\\\").replace('"', '\\"') for name, word in options.items()}
    lines = ["[client]", *(f'{name}="{word}"' for name, word in quoted.items())]
    Path(path).touch(0o600)
    Path(path).write_text("\n".join([*lines, ""]))


def copy(path: str) -> None:
    """Copy the SQLite database as it is at one moment; writers go on meanwhile."""
    source = sqlite3.connect(f"{Path(target()).resolve().as_uri()}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(path)) as copied:
        source.backup(copied, progress=patience())


def patience() -> Callable[[int, int, int], None]:
    """A progress function that gives up when somebody else keeps the lock."""
    deadline = time.monotonic() + LOCK_SECONDS

    def progress(status: int, remaining: int, total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > deadline:
            raise Refused(f"another process kept the database locked for {LOCK_SECONDS} s; stop it first")

    return progress


def manifest(directory: str, file: str, taken: str, counted: str) -> None:
    """Write `manifest.json`; `counted` is a file of `table rows` lines, or the copy of a SQLite database."""
    if engine() == "sqlite":
        connections.databases["copy"] = {**connections.databases["default"], "NAME": counted}
        rows: dict[str, int | None] = {**rows_of("copy")}
        connections["copy"].close()
    else:
        lines = map(str.split, Path(counted).read_text().splitlines())
        rows = {**dict.fromkeys(tables_of("default"), 0)}
        rows |= {table: None if count == "-" else int(count) for table, count in lines}
    reported = {
        "format": FORMAT,
        "taken_at": taken,
        "file": file,
        "engine": engine(),
        "database_version": ".".join(map(str, connection.get_database_version())),
        "ridewatch_version": settings.SPECTACULAR_SETTINGS["VERSION"],
        "django_version": django.get_version(),
        "metrics_version": settings.METRICS_VERSION,
        "migrations": sorted(map(".".join, MigrationRecorder(connection).applied_migrations())),
        "rows": dict(sorted(rows.items())),
    }
    (Path(directory) / "manifest.json").write_text(json.dumps(reported, indent=1) + "\n")


def counted_models() -> dict[str, type[models.Model]]:
    """Every model by table, Django's own among them."""
    known: list[type[models.Model]] = [*apps.get_models(include_auto_created=True), MigrationRecorder.Migration]
    return {model._meta.db_table: model for model in known}


def tables_of(alias: str) -> list[str]:
    return sorted(set(connections[alias].introspection.table_names()) & set(counted_models()))


def rows_of(alias: str) -> dict[str, int]:
    """The rows of each table that a model stands for."""
    known = counted_models()
    return {table: known[table]._base_manager.using(alias).count() for table in tables_of(alias)}


# -- restore -------------------------------------------------------------------------------------------------


def read_manifest(directory: str) -> dict[str, Any]:
    try:
        reported = json.loads((Path(directory) / "manifest.json").read_text())
        if reported["format"] != FORMAT:
            raise Refused(f"{directory}: the manifest has format {reported['format']}, this Ridewatch knows {FORMAT}")
        names = {line.split()[1].lstrip("*") for line in (Path(directory) / "SHA256SUMS").read_text().splitlines()}
        if not {reported["file"], "manifest.json"} <= names:
            raise Refused(f"{directory}: SHA256SUMS does not cover the dump and its manifest")
        if not reported["file"].endswith((".zst", ".gz")) or "/" in reported["file"]:
            raise Refused(f"{directory}: {reported['file']!r} is not the name of a dump")
        reported["migrations"], reported["rows"] = list(reported["migrations"]), dict(reported["rows"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Refused(f"{directory}: the manifest cannot be read ({error!r})") from None
    return dict(reported)


def admit(directory: str, *, force: bool) -> None:
    """Refuse a backup that this database or this Ridewatch cannot take, or that would overwrite something."""
    reported = read_manifest(directory)
    if reported["engine"] != engine():
        raise Refused(f"the backup is of {reported['engine']}, and DATABASE_URL names {engine()}")
    known = set(map(".".join, MigrationLoader(None).disk_migrations or {}))
    unknown = [name for name in reported["migrations"] if name not in known]
    if unknown:
        raise Refused(f"the backup is of a newer Ridewatch: {unknown[0]} is not known here; upgrade first")
    if not force and (engine() != "sqlite" or Path(target()).is_file()):
        tables = connection.introspection.table_names()
        if tables:
            raise Refused(f"{target()} holds {len(tables)} tables; --force replaces all of them")
    report(engine=engine(), database=target(), file=str(reported["file"]))


def clear() -> None:
    """Drop every table, also those that the backup does not know."""
    with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
        for table in connection.introspection.table_names():
            editor.execute(editor.sql_delete_table % {"table": editor.quote_name(table)})


def fill(path: str) -> None:
    """Replace the whole content of the SQLite database, in one transaction."""
    Path(target()).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target())) as filled:
        source.backup(filled, progress=patience())


def compare(directory: str) -> None:
    """Count what was restored, and let stored answers go."""
    from core import data_version

    reported = read_manifest(directory)
    rows = rows_of("default")
    different = [table for table, count in reported["rows"].items() if count not in {None, rows.get(table, count)}]
    if different:
        found = ", ".join(f"{table} {rows[table]} for {reported['rows'][table]}" for table in different)
        sys.exit(f"rows differ from the manifest: {found}")
    data_version.move()
    print(f"{sum(rows.values()):,} rows in {len(rows)} tables, as in the manifest of {reported['taken_at']}.")
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        print(f"{len(pending)} migrations are newer than the backup: run `manage.py migrate`.")


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("act", choices=["describe", "client", "copy", "manifest", "admit", "clear", "fill", "compare"])
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args()
    restoring = options.act in {"admit", "fill"}
    try:
        django.setup()
        if options.act == "admit":
            admit(*options.arguments, force=options.force)
        else:
            globals()[options.act](*options.arguments)
    except (Refused, ImproperlyConfigured) as error:
        print(f"{error}{f'. {UNCHANGED}' if restoring else ''}", file=sys.stderr)
        sys.exit(2)
    except (DatabaseError, sqlite3.Error, OSError) as error:
        print(f"{options.act}: {error}{f'. {UNCHANGED}' if restoring else ''}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
