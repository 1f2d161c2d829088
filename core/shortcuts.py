"""Short cuts of hot loops, each with the condition under which it is right."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
V = TypeVar("V")

# A named tuple from its values: its own constructor takes three times as long. There have to be exactly as many values
# as the class has fields, in their order: nobody checks, and defaults are not filled in.
new_row: Callable[[type[T], tuple[Any, ...]], T] = tuple.__new__  # type: ignore[assignment]


def by_identity(make: Callable[[T], V]) -> Callable[[T], V]:
    """`make`, called once for each object: where few objects occur many times, and comparing them costs.

    Objects must not change meanwhile; equal ones may be looked at twice. Each is kept alive as long as the function
    is, so that no other can get its identity.
    """
    made: dict[int, V] = {}
    alive: list[T] = []

    def look(thing: T) -> V:
        try:
            return made[id(thing)]
        except KeyError:
            alive.append(thing)
            value = made[id(thing)] = make(thing)
            return value

    return look


@contextmanager
def frozen_objects() -> Iterator[None]:
    """What is there already is looked at by no collection meanwhile; it must not become garbage in great numbers."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def no_collections() -> Iterator[None]:
    """Cycles are not looked for meanwhile: right where many small objects are made, and hardly a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def serve_from_here() -> None:
    """For a process that answers requests: what is loaded by now stays for good, and answers are short-lived. A full
    collection in the middle of a request costs more than the request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
