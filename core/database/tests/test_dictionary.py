"""The data dictionary is what the models say, and says of each index which query it serves."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from core.database import dictionary


def test_the_written_dictionary_is_up_to_date():
    call_command("data_dictionary", "--check")


def test_a_stale_file_fails_the_check_and_is_written_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(dictionary, "PLACE", tmp_path / "dictionary.md")
    with pytest.raises(CommandError, match="out of date"):
        call_command("data_dictionary", "--check")
    call_command("data_dictionary", "--write")
    call_command("data_dictionary", "--check")
    with (tmp_path / "dictionary.md").open("a") as file:
        file.write("| a column that is gone |\n")
    with pytest.raises(CommandError, match="out of date"):
        call_command("data_dictionary", "--check")


def test_every_table_of_the_project_is_described_and_no_other(capsys):
    call_command("data_dictionary")
    printed = capsys.readouterr().out
    tables = [line.removeprefix("## ") for line in printed.splitlines() if line.startswith("## ")]
    known = {model._meta.db_table for model in apps.get_models()}
    foreign = {table for table in known if table.startswith(("auth_", "django_", "otp_"))}
    assert tables == sorted(known - foreign)


@pytest.mark.parametrize("model", dictionary.project_models(), ids=lambda model: model._meta.db_table)
def test_every_key_and_index_names_what_it_serves(model):
    for line in dictionary.key_lines(model, dictionary.remarks(model)):
        kind, columns, serves = (cell.strip() for cell in line.strip("|").split("|"))
        assert serves, f"{kind} of {columns} has no comment with its query"


def test_a_column_has_its_help_text_its_comment_and_the_unit_of_its_name():
    lines = dictionary.table(apps.get_model("snapshots", "RideStatusSnapshot")).splitlines()
    wait = "Minutes; readings of 480 and more are kept and left out of every statistic"
    assert f"| `wait_time` | uint16 | min | yes | {wait} |" in lines
    assert "| `ride_id` | int32 → `rides`.`ride_id` |  |  |  |" in lines


def test_a_comment_beside_a_column_counts_too():
    assert dictionary.remarks(apps.get_model("importer", "HistoryCall"))["body"] == "the answer, zlib"


def test_columns_of_an_abstract_model_have_the_units_of_their_names():
    lines = dictionary.table(apps.get_model("weather", "WeatherObservation")).splitlines()
    assert "| `wind_direction_degrees` | int16 | ° | yes | 0 = north |" in lines
