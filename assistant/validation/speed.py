"""10,000 tasks and conversations of one visitor: read by point and by list, then deleted; many sessions at once."""

import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from django.contrib.auth.models import User
from django.db import connections, models, transaction
from django.test.utils import CaptureQueriesContext

from assistant.models import Citation, Conversation, Message, Role, ToolCall
from assistant.validation.measured import Measured, p95_ms
from visits.models import Task

MOST_MS, AIM_MS = 50, 5
SESSIONS, POOL = 20, {"pool_size": 5, "max_overflow": 10, "recycle": 3_600, "timeout": 30}
MOST_STATEMENTS = 10
PAGE = 50


def visitor(alias: str) -> User:
    return User.objects.using(alias).create(username=f"validation-{time.monotonic_ns()}", password="!")  # noqa: S106


def fill(alias: str, rows: int) -> User:
    """A visitor with so many tasks and conversations (two messages, a tool call and a citation each); another, too."""
    chosen = visitor(alias)
    fill_for(alias, visitor(alias), rows // 10)
    fill_for(alias, chosen, rows)
    return chosen


def fill_for(alias: str, user: User, rows: int) -> None:
    with transaction.atomic(using=alias):
        tasks = [Task(user=user, title=f"Ride {n}", completed=bool(n % 3)) for n in range(rows)]
        Task.objects.using(alias).bulk_create(tasks, batch_size=1_000)
        conversations = [Conversation(user=user) for _ in range(rows)]
        Conversation.objects.using(alias).bulk_create(conversations, batch_size=1_000)
        asked = [Message(conversation=each, role=Role.USER, content="What was down?") for each in conversations]
        answers = [Message(conversation=each, role=Role.ASSISTANT, content="Nothing. [1]") for each in conversations]
        Message.objects.using(alias).bulk_create([*asked, *answers], batch_size=1_000)
        calls = [
            ToolCall(message=each, name="find", arguments={}, result_digest="0", ms=1, ok=True) for each in answers
        ]
        ToolCall.objects.using(alias).bulk_create(calls, batch_size=1_000)
        cited = {"kind": "figure", "permalink": "/", "metrics_version": 1, "data_revision": "0"}
        citations = [Citation(message=each, ordinal=1, **cited) for each in answers]
        Citation.objects.using(alias).bulk_create(citations, batch_size=1_000)


def questions(alias: str, user: User) -> dict[str, tuple[models.QuerySet[Any], str]]:
    """Queries by name, with the index that each must take ("" for the primary key)."""
    tasks, conversations = Task.objects.using(alias).filter(user=user), Conversation.objects.using(alias)
    task, conversation = tasks[0], conversations.filter(user=user)[0]
    return {
        "a task by its id": (tasks.filter(pk=task.pk), ""),
        "open tasks, first page": (tasks.completed(False).newest_first()[:PAGE], "tasks_open_newest"),
        "all tasks, first page": (tasks.newest_first()[:PAGE], "tasks_newest"),
        "a conversation by its id": (conversations.filter(pk=conversation.pk, user=user), ""),
        "conversations, first page": (
            conversations.filter(user=user).latest_first()[:PAGE],
            "conversations_latest",
        ),
        "messages of a conversation": (
            Message.objects.using(alias).filter(conversation=conversation).in_order()[:PAGE],
            "messages_in_order",
        ),
    }


def of_questions(alias: str, user: User) -> Iterator[Measured]:
    for name, (query, index) in questions(alias, user).items():
        ms = p95_ms(lambda query=query: list(query.all()))  # type: ignore[misc]
        plan = query.explain()
        takes = (index in plan) if index else takes_a_key(alias, plan)
        aim = "" if ms < AIM_MS else f", above the aim of {AIM_MS} ms"
        yield Measured(name, takes and ms < MOST_MS, f"p95 {ms:.1f} ms{aim}; {index or 'primary key'}")


def takes_a_key(alias: str, plan: str) -> bool:
    return "const" in plan if connections[alias].vendor == "mysql" else "SEARCH" in plan and "SCAN" not in plan


def of_deletion(alias: str, user: User) -> Measured:
    """All conversations of a visitor, and who is left without a parent."""
    chosen = Conversation.objects.using(alias).filter(user=user)
    rows = chosen.count()
    others = Message.objects.using(alias).exclude(conversation__user=user).count()
    began = time.perf_counter()
    with CaptureQueriesContext(connections[alias]) as captured:
        chosen.delete()
    seconds = time.perf_counter() - began
    orphans = {
        model._meta.db_table: model._base_manager.using(alias).filter(**{f"{parent}__isnull": True}).count()
        for model, parent in ((Message, "conversation__pk"), (ToolCall, "message__pk"), (Citation, "message__pk"))
    }
    left = Message.objects.using(alias).count() - others
    deletes = [query for query in captured.captured_queries if query["sql"].lstrip().upper().startswith("DELETE")]
    is_right = not any(orphans.values()) and not left and len(deletes) <= MOST_STATEMENTS
    text = f"{len(deletes)} statements, {seconds:.1f} s, {sum(orphans.values()) + left} orphans"
    return Measured(f"{rows:,} conversations deleted", is_right, text)


def of_sessions(alias: str, user: User) -> Measured:
    """Sessions at once, each with a connection of its own for a while: of a pool on MariaDB and MySQL."""
    is_pooled = connections[alias].vendor == "mysql"
    name = f"{alias} sessions"
    given = deepcopy(connections[alias].settings_dict)
    connections.databases[name] = {**given, "CONN_MAX_AGE": 0, **({"POOL": POOL} if is_pooled else {})}
    errors: list[str] = []
    began = time.perf_counter()
    try:
        at_once(lambda: ask(name, user), errors)
    finally:
        dispose(name)
        del connections.databases[name]
    over = "a pool of 5 + 10" if is_pooled else "connections of their own (SQLite has no server to pool)"
    text = f"{SESSIONS} over {over}, {time.perf_counter() - began:.2f} s, failed: {len(errors)} {' '.join(errors[:1])}"
    return Measured("sessions at once", not errors, text.strip())


def ask(name: str, user: User) -> None:
    for _ in range(5):
        list(Task.objects.using(name).filter(user=user).newest_first()[:PAGE])
        connections[name].close()


def at_once(act: Callable[[], None], errors: list[str]) -> None:
    barrier = threading.Barrier(SESSIONS)

    def session() -> None:
        try:
            barrier.wait(30)
            act()
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=session) for _ in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def dispose(name: str) -> None:
    """Close the pool that this check opened."""
    if connections.databases[name]["ENGINE"] != "core.database.mysql":
        return
    from core.database.mysql import base

    database = connections.databases[name]["NAME"]
    for key in [key for key in base.pools if key[-1] == database]:
        base.pools.pop(key).dispose()
