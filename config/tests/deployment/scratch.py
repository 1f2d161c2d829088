"""Empty databases that nobody else uses, of the kind of this run."""

import importlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import environ
from django.conf import settings
from django.db import connection
from django.db.utils import ConnectionHandler


@contextmanager
def new_database(file: Path) -> Iterator[str]:
    """The URL of an empty database: `file` on SQLite, one of the server of DATABASE_URL on MariaDB and MySQL."""
    if connection.vendor != "mysql":
        yield f"sqlite:///{file}"
        return
    driver = importlib.import_module("MySQLdb")
    name = f"test_scratch_{uuid.uuid4().hex}"
    given = settings.DATABASES["default"]
    server = {"host": given["HOST"], "port": int(given["PORT"] or 3306)}
    server |= {"user": given["USER"], "password": given["PASSWORD"]}
    with closing(driver.connect(**server)) as link, closing(link.cursor()) as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1)
        cursor.execute(f"DROP DATABASE {name}")


def tables_of(url: str) -> list[str]:
    """The tables of a database, seen from this process."""
    scratch = ConnectionHandler({"default": environ.Env.db_url_config(url)})["default"]
    try:
        return sorted(scratch.introspection.table_names())
    finally:
        scratch.close()
