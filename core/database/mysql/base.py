"""The backend's connections: refused without the TLS that DATABASE_URL asks for, and pooled when settings say so.

`DATABASES[…]["POOL"]` holds the arguments of SQLAlchemy's QueuePool (sizes; ages and waits in seconds), or None.
"""

import os
import threading
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.mysql import base

from core.monitoring.metrics import process_metrics

if TYPE_CHECKING:
    from sqlalchemy.pool import QueuePool

CR_SSL_CONNECTION_ERROR, CR_CONNECTION_ERROR = 2026, 2002  # the client library's own codes

# The pools of this process, by server, user and database. A forked child must neither use nor close the connections
# of its parent, and a connection that is collected is closed: it keeps them, and makes pools of its own.
pools: dict[tuple[Any, ...], "QueuePool"] = {}
inherited: list[Any] = []
making = threading.Lock()


def leave_to_the_parent() -> None:
    inherited.extend(pools.values())
    pools.clear()
    making.release()


# The lock is held over the fork, so that no child is born while another thread holds it.
os.register_at_fork(before=making.acquire, after_in_parent=making.release, after_in_child=leave_to_the_parent)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection to the server, or one of the pool; raises the driver's OperationalError."""
        pooled = self.settings_dict.get("POOL")
        if not pooled or self.alias == NO_DB_ALIAS:
            return self.connect_to_server(conn_params)
        from sqlalchemy.exc import TimeoutError as NoneFree

        try:
            return self.pool(conn_params, pooled).connect()
        except NoneFree:
            raise self.Database.OperationalError(
                CR_CONNECTION_ERROR,
                f"no database connection became free within {pooled['timeout']} seconds; all"
                f" {pooled['pool_size']} + {pooled['max_overflow']} of the pool are in use",
            ) from None

    def connect_to_server(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if conn_params.get("ssl_mode", "DISABLED") != "DISABLED" and not is_encrypted(connection):
            # MariaDB's client library takes REQUIRED for a wish when the server has no TLS.
            connection.close()
            raise self.Database.OperationalError(
                CR_SSL_CONNECTION_ERROR, "TLS is required by ssl-mode, but the server does not support it"
            )
        return connection

    def pool(self, conn_params: dict[str, Any], pooled: dict[str, Any]) -> "QueuePool":
        """The pool of this database, made when it is first asked for."""
        key = tuple(conn_params.get(name) for name in ("host", "port", "unix_socket", "user", "database"))
        with making:
            if key not in pools:
                pools[key] = new_pool(lambda: self.connect_to_server(conn_params), self.Database, pooled)
            return pools[key]


def is_encrypted(connection: Any) -> bool:
    cursor = connection.cursor()
    try:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        row = cursor.fetchone()
    finally:
        cursor.close()
    return bool(row and row[1])


def new_pool(connect: Any, driver: Any, pooled: dict[str, Any]) -> "QueuePool":
    """A pool that rolls back what comes back, and asks whether a connection lives before it gives it out."""
    try:
        from sqlalchemy import event
        from sqlalchemy.dialects.mysql.mysqldb import MySQLDialect_mysqldb
        from sqlalchemy.pool import QueuePool
    except ImportError as error:
        raise ImproperlyConfigured(
            "DATABASE_POOL_SIZE needs SQLAlchemy: pip install -r requirements/mysql.txt"
        ) from error
    pool = QueuePool(connect, pre_ping=True, dialect=MySQLDialect_mysqldb(dbapi=driver), **pooled)
    event.listen(pool, "checkout", lambda *about: process_metrics().pool.inc())
    event.listen(pool, "checkin", lambda *about: process_metrics().pool.dec())
    return pool
