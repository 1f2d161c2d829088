"""What script/chaos understands, and how it judges; what it breaks it breaks by itself, outside of these tests."""

import sys

import pytest
from django.conf import settings

sys.path.append(str(settings.BASE_DIR / "script" / "lib"))
from chaos.__main__ import MINUTES, PARTS, options_of, rounds_of
from chaos.result import Result, table


def test_all_parts_fit_into_the_minutes():
    options = options_of(["--minutes", "40"])
    assert options.only == list(PARTS)
    assert sum(rounds_of(name, options) * minutes for name, minutes in MINUTES.items()) <= 40


def test_quick_is_each_part_once():
    options = options_of(["--quick", "--minutes", "500"])
    assert {rounds_of(name, options) for name in MINUTES} == {1}


@pytest.mark.parametrize("words", [["--minutes", "0"], ["--only", "nothing"], ["--kills", "-1"], ["--fast"]])
def test_what_it_does_not_understand_ends_with_2(words, capsys):
    with pytest.raises(SystemExit) as ended:
        options_of(words)
    assert ended.value.code == 2


def test_a_part_that_tried_nothing_is_not_good():
    assert not Result("disk").is_good


@pytest.mark.parametrize(("seconds", "stuck"), [(119.0, 0), (121.0, 1), (None, 1)])
def test_what_goes_on_too_late_or_never_is_stuck(seconds, stuck, capsys):
    result = Result("clock")
    result.recovered("a step", seconds, 120)
    assert (result.tried, result.stuck, result.is_good) == (1, stuck, not stuck)


@pytest.mark.parametrize("found", [{"lost": 1}, {"doubled": 1}, {"orphaned": 1}])
def test_one_row_or_process_too_few_or_too_many_is_not_good(found):
    assert not Result("disk", tried=1, **found).is_good


def test_the_table_has_a_line_for_each_part_and_each_note():
    text = table([Result("disk", tried=2, seconds=[3.2, 61.7]), Result("clock", notes=["never began"])])
    assert text.splitlines()[1].split() == ["disk", "2", "0", "0", "0", "0", "3", "to", "62"]
    assert text.splitlines()[3].strip() == "never began"
