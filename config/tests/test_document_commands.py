"""What the documents have operators type can be typed: each command line is read from them, the cheap ones run."""

import re
import shlex
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import click
import pytest
from celery.bin.worker import worker
from django.core.management import CommandParser, call_command, get_commands, load_command_class
from django.core.management.base import CommandError
from django.urls import resolve
from granian.cli import cli as granian

from importer.sample.rides import roster
from importer.sample.write import sample_destinations
from parks.catalog.known import sample_twin
from parks.models import Park
from parks.search.find import find
from parks.tests.factories import ParkFactory, RideFactory

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANY_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    (\S.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
PREFIX = re.compile(r"^(?:(?:\.venv/bin/)?python )?manage\.py ")
OURS = {name for name, app in get_commands().items() if not app.startswith("django.")}
# Words that stand for something of the reader's.
MEANT = {
    "NAME": "sync_schedules",
    "DATE": "2026-07-04",
    "START": "2026-07-01",
    "END": "2026-07-04",
    "YYYY-MM": "2021-01",
    "FILE": "queue_data-2021-01.jsonl.gz",
    "$(date -d yesterday +%F)": "2026-07-04",
}
# Those that ask an upstream, go on for ever, change files or take minutes: they are parsed, not run.
NOT_RUN = {
    *("import_historical", "sync_parks", "sync_schedules", "sync_metadata", "collect_snapshots", "collect_weather"),
    *("generate_sample_archive", "run_jobs", "data_dictionary", "migrate", "collectstatic", "check", "map_rides"),
    *("validation_report", "dumpdata", "loaddata", "mcp"),
}
CHANGES = ("ensure", "detach", "attach", "flatten", "rebuild")  # of partitions, which all tests share
CHECKS = {"check_collection", "check_weather"}  # they end with 2 where nothing comes in
# What the commands rightly say in a database of one park, or without partitions.
REFUSED_HERE = re.compile(r"SQLite|no daily rows|cannot be read")


def lines_of(document: Path) -> Iterator[str]:
    text = document.read_text()
    for block in FENCED.findall(text):
        yield from block.splitlines()
    yield from INDENTED.findall(text)
    for code in INLINE.findall(ANY_FENCE.sub("", text)):
        line = " ".join(code.split())
        words = line.split()
        if PREFIX.match(line) or (len(words) > 1 and words[0] in OURS):
            yield line if PREFIX.match(line) else f"manage.py {line}"


def words_of(line: str) -> list[str]:
    """The words of a command line, with something in place of what the reader has to fill in."""
    return [MEANT.get(word, word) for word in shlex.split(line, comments=True) if word != "…"]


def commands() -> list[tuple[str, list[str]]]:
    """Each `manage.py` line: where it stands, and its words from the command on."""
    found = {}
    for document in DOCUMENTS:
        for line in lines_of(document):
            if PREFIX.match(line):
                words = words_of(PREFIX.sub("", line))
                found[f"{document.name}: {' '.join(words)}"] = words
    return list(found.items())


def lines(beginning: str) -> list[str]:
    return [line for document in DOCUMENTS for line in lines_of(document) if line.startswith(beginning)]


COMMANDS = [pytest.param(words, id=place) for place, words in commands()]
CHEAP = [
    pytest.param(words, id=place)
    for place, words in commands()
    if words[0] not in NOT_RUN and words[:2] not in [["partitions", action] for action in CHANGES]
]


def test_there_are_many():
    assert len(COMMANDS) > 35
    assert len(lines("curl ")) > 10


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_of_the_documents_is_understood(words):
    name, *arguments = words
    command = load_command_class(get_commands()[name], name)
    parser: CommandParser = command.create_parser("manage.py", name)
    parser.parse_args(arguments)


@pytest.mark.django_db
@pytest.mark.parametrize("words", CHEAP)
def test_a_cheap_command_of_the_documents_runs(words, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ParkFactory.create(pk=4, name="Dollywood (sample)", timezone="America/New_York")
    name, *arguments = words
    assert ending(name, arguments) in ((2, 0) if name in CHECKS else (0, 1))


def ending(name: str, arguments: list[str]) -> int:
    """The exit code; 1 for what is refused only here."""
    try:
        call_command(name, *arguments, stdout=StringIO(), stderr=StringIO())
    except CommandError as error:
        return 1 if REFUSED_HERE.search(str(error)) else error.returncode
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_the_web_server_of_the_documents_listens_where_they_say():
    (line,) = lines(".venv/bin/granian")
    given = granian.make_context("granian", words_of(line)[1:]).params
    assert (given["host"], given["port"], given["respawn_failed_workers"]) == ("127.0.0.1", 8000, True)


def test_the_worker_of_the_documents_logs_what_it_does():
    (line,) = lines(".venv/bin/celery")
    words = words_of(line)
    assert words[1:4] == ["-A", "config", "worker"]
    context = click.Context(worker, obj=None)
    given = worker.make_parser(context).parse_args(words[4:])[0]
    assert given["loglevel"] == "INFO"


@pytest.mark.parametrize("line", lines("curl "))
def test_an_address_of_the_documents_exists(line):
    (address,) = [word for word in words_of(line) if word.startswith("http://127.0.0.1:8000")]
    resolve(urlsplit(address).path)


@pytest.mark.django_db
@pytest.mark.parametrize("line", [line for line in lines("curl ") if "/api/analytics/" in line])
def test_a_question_of_the_documents_is_answered(line, client):
    RideFactory.create(pk=7, park=ParkFactory.create(pk=4))
    parts = urlsplit(next(word for word in words_of(line) if word.startswith("http")))
    answer = client.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(script/[\w-]+)", "".join(map(Path.read_text, DOCUMENTS))))))
def test_a_script_of_the_documents_can_be_started(name):
    assert (ROOT / name).stat().st_mode & 0o100


@pytest.mark.django_db
def test_the_search_of_the_tour_finds_something_in_the_sample():
    parks = [park for destination in sample_destinations()[:5] for park in destination]
    for park in parks:
        made = ParkFactory.create(name=f"{park.name} (sample)")
        for ride in roster(sample_twin(park)):
            RideFactory.create(park=made, name=ride.name)
    tour = re.search(r"`/search(\?q=[^`]+)`", (ROOT / "README.md").read_text())
    assert tour is not None
    (text,) = parse_qs(tour[1].removeprefix("?"))["q"]
    assert not Park.objects.filter(name__icontains=text).exists(), "spelt wrongly"
    assert find(text, 5)
