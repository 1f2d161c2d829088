"""Every regular expression of the product takes time in proportion to the text, whatever the text.

Each is tried on texts made of its own characters and words, repeated behind every beginning of a text that it
matches. One that grows with the square of the length takes a hundred times what is allowed here.
"""

import ast
import importlib
import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.api.queries import LimitField, Query
from parks.classification import patterns

parser: Any = re._parser

ROOT = Path(settings.BASE_DIR)
APPS = (
    "config",
    "core",
    "parks",
    "snapshots",
    "stats",
    "weather",
    "importer",
    "outages",
    "visits",
    "assistant",
    "dashboard",
)
# What multiplies with each character shows itself in the short texts. The long one has a square of 67 million steps,
# a third of a second at least.
LENGTHS = (*range(8, 44, 4), 8_192)
MOST_SECONDS = 0.05  # of processor time; a linear one takes a thousandth
SEARCHES = {"search", "finditer", "findall", "sub", "split", "subn"}
# Only ever searched for in texts that are cut first: their functions are tried below, and those of questions to the
# assistant and of its answers where they live.
BOUNDED = {
    "parks.classification.patterns",
    "assistant.answering.dates",
    "assistant.answering.gate",
    "assistant.answering.questions",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts) and path.name != "conftest.py":
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                yield name, ast.parse(path.read_text())


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Calls of methods of plain names: `re.search(…)`, `WORD.findall(…)`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            yield node, node.func.value.id, node.func.attr


def evaluated(node: ast.expr, module: Any) -> re.Pattern[str] | re.Pattern[bytes] | None:
    """The pattern of a call of `re`; None when only a running function knows it."""
    try:
        return re.compile(eval(compile(ast.Expression(node), "", "eval"), dict(vars(module))))  # noqa: S307
    except NameError:
        return None


def expressions() -> tuple[dict[str, tuple[Any, bool]], list[str]]:
    """Every pattern with whether it is searched for, and the places of those that only a function knows."""
    trees = dict(modules())
    searched = {name for tree in trees.values() for _, name, how in calls(tree) if how in SEARCHES}
    found: dict[str, tuple[Any, bool]] = {}
    unknown: list[str] = []
    for name, tree in trees.items():
        if name in BOUNDED or not any(True for _, owner, _ in calls(tree) if owner == "re"):
            continue
        module = importlib.import_module(name)
        for key, value in vars(module).items():
            if isinstance(value, re.Pattern):
                found[f"{name}.{key}"] = (value, key in searched)
        for node, owner, how in calls(tree):
            if owner != "re" or how in ("escape", "error"):
                continue
            pattern = evaluated(node.args[0], module)
            if pattern is None:
                unknown.append(f"{name}.{how}")
            elif not any(each.pattern == pattern.pattern for each, _ in found.values()) or how in SEARCHES:
                found[f"{name}:{node.lineno}"] = (pattern, how in SEARCHES or how == "compile")
    return found, unknown


# -- texts ------------------------------------------------------------------------------------------------


def sample(parsed: Any) -> list[str]:
    """The parts of a short text that a parsed pattern is likely to match."""
    parts: list[str] = []
    for what, value in parsed:
        kind = str(what)
        if kind == "LITERAL":
            parts.append(chr(value))
        elif kind in ("IN", "NOT_LITERAL", "ANY"):
            parts.append(member(value) if kind == "IN" else "x")
        elif kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            parts += sample(value[2]) * min(max(1, value[0]), 40)
        elif kind == "SUBPATTERN":
            parts += sample(value[3])
        elif kind == "BRANCH":
            parts += sample(value[1][0])
        elif kind == "ATOMIC_GROUP":
            parts += sample(value)
    return parts


CATEGORY = {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}


def member(items: Any) -> str:
    """A character of a set."""
    if str(items[0][0]) == "NEGATE":
        return next(each for each in "xX0 " if not re.match(f"[{each}]", "") and ("LITERAL", ord(each)) not in items)
    what, value = items[0]
    if str(what) == "RANGE":
        return chr(value[0])
    return CATEGORY.get(str(value), "-") if str(what) == "CATEGORY" else chr(value)


def texts(pattern: re.Pattern[Any]) -> Iterator[str]:
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    text = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    parts = sample(parser.parse(text, flags))
    whole = "".join(parts)
    pumps = {*parts, whole, " ", "0", "a", "\n", *(a + b for a, b in itertools.pairwise(parts))} - {""}
    beginnings = {"".join(parts[:n]) for n in range(len(parts))}
    for length in LENGTHS:
        for beginning in beginnings:
            for pump in pumps:
                yield beginning + pump * max(1, length // len(pump)) + "\0"


def slowest(pattern: re.Pattern[Any], is_searched: bool) -> tuple[float, str]:
    """The most seconds that a try took, and the beginning of its text."""
    ways: list[Callable[[Any], Any]] = [pattern.search if is_searched else pattern.fullmatch, pattern.match]
    worst = (0.0, "")
    for text in texts(pattern):
        subject = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
        for way in ways:
            worst = max(worst, (seconds(way, subject), text[:60]))
            if worst[0] > MOST_SECONDS:
                return worst
    return worst


def seconds(way: Callable[[Any], Any], subject: Any) -> float:
    """The better of two tries: in the other one garbage may have been collected."""
    tries = []
    for _ in range(2):
        began = time.process_time()
        way(subject)
        tries.append(time.process_time() - began)
    return min(tries)


def test_every_expression_takes_time_in_proportion_to_the_text():
    found, unknown = expressions()
    some = {"core.api.queries.WHOLE_NUMBER", "importer.archive.decoding.BETWEEN", "core.upstream.payloads.UUID"}
    assert some <= set(found)
    assert len(found) > 40
    # What it looks for are names of fields of our models.
    assert unknown == ["core.database.dictionary.search"]
    worst = {name: slowest(*each) for name, each in found.items()}
    assert {name: each for name, each in worst.items() if each[0] >= MOST_SECONDS} == {}


@pytest.mark.parametrize("text", [r"\+?0*([0-9]+)", r"(a|aa)+b", r"[ab]*a[ab]*c", r"\s*x?\s*y"])
def test_a_quadratic_expression_is_noticed(text):
    assert slowest(re.compile(text), False)[0] > MOST_SECONDS


@pytest.mark.parametrize("pump", ["spinning ", "encounter ", "wing ", "discovery", "meet", " "])
def test_names_are_cut_before_they_are_searched(pump):
    name = pump * (65_536 // len(pump))
    assert seconds(patterns.match_pattern, name) < MOST_SECONDS
    assert seconds(patterns.match_category, name) < MOST_SECONDS


def test_a_long_run_of_zeros_is_refused_before_it_is_parsed():
    field = LimitField(default=50, maximum=100)

    def refused(text: str) -> None:
        with pytest.raises(ValidationError, match="non-negative integer"):
            field.to_internal_value(text)
        with pytest.raises(ValidationError, match="2000 characters"):
            OneLimit.read(Request(RequestFactory().get("/", {"limit": text})))

    assert seconds(refused, "0" * 64_000 + "x") < MOST_SECONDS
    assert [field.to_internal_value(text) for text in ("0", "007", "+7", "000101")] == [0, 7, 7, 100]


class OneLimit(Query):
    limit = LimitField(default=50, maximum=100)
