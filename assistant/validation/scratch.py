"""A database beside the configured one, on the same server: for checks that write."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path

from django.db import DatabaseError, connections

ALIAS = "validation"


class NoDatabase(Exception):
    """The user of DATABASE_URL may make none."""


@contextmanager
def scratch() -> Iterator[str]:
    """The alias of an empty database, dropped afterwards; raises NoDatabase."""
    given = deepcopy(connections["default"].settings_dict)
    with tempfile.TemporaryDirectory() as directory:
        is_sqlite = connections["default"].vendor == "sqlite"
        name = str(Path(directory) / "validation.sqlite3") if is_sqlite else f"validation_{uuid.uuid4().hex}"
        given["TEST"] = {**given["TEST"], "NAME": name, "CHARSET": None, "COLLATION": None, "MIRROR": None}
        connections.databases[ALIAS] = given
        connection = connections[ALIAS]
        try:
            try:
                connection.creation._create_test_db(verbosity=0, autoclobber=True)  # type: ignore[attr-defined]
            except (DatabaseError, SystemExit) as error:
                raise NoDatabase(f"the user of DATABASE_URL may make no database ({error})") from error
            connection.close()
            connection.settings_dict["NAME"] = name
            try:
                yield ALIAS
            finally:
                connection.close()
                connection.settings_dict["NAME"] = connections["default"].settings_dict["NAME"]
                with suppress(FileNotFoundError):
                    connection.creation._destroy_test_db(name, verbosity=0)  # type: ignore[attr-defined]
        finally:
            connection.close()
            del connections[ALIAS], connections.databases[ALIAS]
