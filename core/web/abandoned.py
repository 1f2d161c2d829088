"""Work whose client has gone: it ends at its next statement."""

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# Of the request that this thread answers; None: nobody can leave.
gone: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("gone", default=None)


class Abandoned(BaseException):
    """No error of anybody's, so no handler of errors takes it for one."""


def watch(sender: Any, connection: BaseDatabaseWrapper, **more: Any) -> None:
    """Receiver of `connection_created`: look before each statement whether anybody still wants the answer."""
    if unless_gone not in connection.execute_wrappers:
        connection.execute_wrappers.append(unless_gone)


def unless_gone(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    left = gone.get()
    # What writes is finished: it may be half of something.
    if left is not None and left.is_set() and sql.lstrip(" (").upper().startswith(("SELECT", "WITH")):
        raise Abandoned
    return execute(sql, params, many, context)
