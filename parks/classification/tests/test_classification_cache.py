"""Answers that are kept: which, under which key, and when they count (R-9.2, 2)."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from parks.classification.cache import answer_for, keep_answers, read_answers
from parks.classification.language_model import Answer
from parks.models import Category, Ride

pytestmark = pytest.mark.usefixtures("_debug")
RIDE = Ride(pk=100, park_id=4, name="Space Mountain")
OTHER = Ride(pk=101, park_id=4, name="Tiki Room")


@pytest.fixture
def _debug(caplog):
    caplog.set_level("DEBUG")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache.json"


def answer(confidence: str = "0.93", **members) -> Answer:
    reported = {"tier": 1, "category": Category.ATTRACTION, "reasoning": "icon", "sources": ("https://example.org",)}
    return Answer(confidence=Decimal(confidence), **{**reported, **members})


def entry(**members):
    reported = {"tier": 3, "category": "SHOW", "confidence": 0.9, "reasoning": "a stage", "sources": []}
    return {**reported, **members}


def write(path, classifications, version="2.0"):
    path.write_text(json.dumps({"schema_version": version, "classifications": classifications}))


def test_what_is_kept_is_found_again(path):
    keep_answers(path, {RIDE: answer(), OTHER: answer("0.87", tier=3, sources=())})
    kept = read_answers(path)
    assert answer_for(RIDE, kept) == answer()
    assert answer_for(OTHER, kept) == answer("0.87", tier=3, sources=())


def test_the_file_names_its_version_and_its_keys_are_park_and_ride(path):
    keep_answers(path, {RIDE: answer()})
    assert json.loads(path.read_text()) == {
        "schema_version": "2.0",
        "classifications": {
            "4:100": {
                "ride_name": "Space Mountain",
                "tier": 1,
                "category": "ATTRACTION",
                "confidence": 0.93,
                "reasoning": "icon",
                "sources": ["https://example.org"],
            }
        },
    }


@pytest.mark.parametrize(("confidence", "is_kept"), [("0.85", True), ("0.84", False), ("1.00", True), ("0.50", False)])
def test_only_sure_answers_are_kept(path, confidence, is_kept):
    keep_answers(path, {RIDE: answer(confidence)})
    assert path.exists() is is_kept
    assert (answer_for(RIDE, read_answers(path)) is not None) is is_kept


def test_later_answers_join_earlier_ones_and_replace_those_of_the_same_ride(path):
    keep_answers(path, {RIDE: answer(), OTHER: answer()})
    keep_answers(path, {RIDE: answer(tier=2)})
    kept = read_answers(path)
    assert answer_for(RIDE, kept) == answer(tier=2)
    assert answer_for(OTHER, kept) == answer()


def test_of_many_writers_none_loses_what_another_adds(path):
    rides = [Ride(pk=number, park_id=4, name=f"Ride {number}") for number in range(1, 41)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda ride: keep_answers(path, {ride: answer()}), rides))
    assert set(read_answers(path)) == {f"4:{number}" for number in range(1, 41)}


def test_without_a_file_nothing_is_known(path, caplog):
    assert read_answers(path) == {}
    assert caplog.text == ""


@pytest.mark.parametrize("version", ["1.0", "2.1", 2.0, None])
def test_a_cache_of_another_version_is_ignored_as_a_whole(path, version, caplog):
    write(path, {"4:100": entry()}, version)
    assert read_answers(path) == {}
    assert "not of version 2.0" in caplog.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 9_000, b"{}"])
def test_a_damaged_file_is_reported_and_starts_anew(path, content, caplog):
    path.write_bytes(content)
    assert read_answers(path) == {}
    assert "nothing is taken from it" in caplog.text
    keep_answers(path, {RIDE: answer()})
    assert answer_for(RIDE, read_answers(path)) == answer()


def test_classifications_that_are_no_object_are_none(path):
    path.write_text('{"schema_version": "2.0", "classifications": []}')
    assert read_answers(path) == {}


def test_a_damaged_entry_is_reported_and_the_others_count(path, caplog):
    write(path, {"4:100": entry(tier=9), "4:101": entry(), "4:102": "tier 1"})
    kept = read_answers(path)
    assert set(kept) == {"4:101"}
    assert "4:100" in caplog.text
    assert "4:102" in caplog.text


@pytest.mark.parametrize(
    ("name", "counts"), [({"ride_name": "Tiki Room"}, True), ({}, True), ({"ride_name": "Else"}, False)]
)
def test_an_answer_counts_while_the_ride_has_the_name_it_was_asked_about(path, name, counts):
    write(path, {"4:101": entry(**name)})
    assert (answer_for(OTHER, read_answers(path)) is not None) is counts


def test_a_ride_that_moved_to_another_park_is_asked_about_anew(path):
    write(path, {"5:101": entry()})
    assert answer_for(OTHER, read_answers(path)) is None


def test_a_failed_write_leaves_the_old_file_and_the_answers_in_use(path, monkeypatch, caplog):
    keep_answers(path, {RIDE: answer()})

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    keep_answers(path, {OTHER: answer()})
    assert "disk full" in caplog.text
    assert set(read_answers(path)) == {"4:100"}


def test_a_directory_that_is_not_there_costs_no_run(tmp_path, caplog):
    keep_answers(tmp_path / "gone" / "cache.json", {RIDE: answer()})
    assert "No such file" in caplog.text
