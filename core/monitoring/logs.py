"""One shape for all log lines: text for people, JSON for machines (`LOG_FORMAT`), with what belongs to each line.

A line of a request carries its `request_id`, one of a job its `job`, `slot` and `runner`, one of a task that was
handed over its `task`, whoever wrote it: they are bound to the thread (`structlog.contextvars`) meanwhile.
"""

import logging
from collections.abc import Iterator
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.monitoring.masking import MaskingFormatter, masked

FORMATS = ("text", "json")
# What a line may be given besides, by `extra`; the rest of a record is Django's own business.
FIELDS = (
    *("job", "slot", "runner", "task", "request_id"),
    *("method", "route", "path", "status", "ms", "bytes", "stored"),
)


def logging_settings(form: str, level: str, with_access: bool) -> dict[str, Any]:
    """Django's LOGGING: one handler, to standard error. `with_access`: a line for each request that was answered."""
    formatter = {
        "text": {
            "()": "core.monitoring.logs.TextFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "core.monitoring.logs.JsonFormatter"},
    }[form]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # httpx would say every single request at INFO.
            "httpx": {"level": "INFO" if level == "DEBUG" else "WARNING"},
            # It says each message that it refuses.
            "mcp": {"level": "ERROR"},
            "ridewatch.access": {"level": "INFO" if with_access else "CRITICAL"},
        },
    }


def belonging(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    """What is bound to the thread, and what the line was given."""
    given = {name: vars(record)[name] for name in FIELDS if name in vars(record)}
    yield from (structlog.contextvars.get_contextvars() | given).items()


class TextFormatter(MaskingFormatter):
    """The message and, in brackets behind it, what belongs to it; a traceback follows on lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        more = " ".join(f"{name}={value}" for name, value in belonging(record))
        line = super().formatMessage(record)
        return f"{line} [{more}]" if more else line


def mask(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Before it becomes JSON, where quotes and umlauts of a secret would be spelled otherwise."""
    return {name: masked(value) if isinstance(value, str) else value for name, value in event.items()}


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """One object a line: `timestamp` (UTC), `level`, `logger`, `message`, `exception`, and what belongs to it."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.ExtraAdder(allow=FIELDS),
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.EventRenamer("message"),
                mask,
                structlog.processors.JSONRenderer(default=repr),
            ],
        )
