"""A test's database that other processes and threads see too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper


@contextmanager
def shared_database(directory: Path) -> Iterator[str]:
    """The URL of the test's database; SQLite's is moved from memory to a file in `directory` for as long."""
    own = connections["default"]
    reported = {
        name: quote(str(own.settings_dict[name]), safe="") for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    }
    if own.vendor == "mysql":
        yield "mysql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**reported)
        return
    path = directory / "ridewatch.sqlite3"
    with own.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    named = own.settings_dict["NAME"]
    connections["default"] = DatabaseWrapper({**own.settings_dict, "NAME": str(path)}, "default")
    own.settings_dict["NAME"] = str(path)  # what a new thread connects to
    connections.settings["default"]["NAME"] = str(path)
    try:
        yield f"sqlite:///{path}"
    finally:
        own.settings_dict["NAME"] = connections.settings["default"]["NAME"] = named
        connections["default"].close()
        connections["default"] = own
