"""`manage.py partitions` on MariaDB: months ahead, no row lost on any way, nothing dropped by accident (issue 7)."""

import gzip
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from snapshots.models import QueueData, RideStatusSnapshot
from snapshots.storage import exports, partition_care
from snapshots.storage.partitions import (
    FIRST_MONTH,
    LAST_MONTH,
    PARTITIONED_TABLES,
    monthly_clause,
    months,
    next_month,
    partition_name,
)
from snapshots.storage.tables import partitions_of
from snapshots.tests.factories import QueueFactory, SnapshotFactory

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
TODAY = date(2026, 11, 21)
MODELS = (RideStatusSnapshot, QueueData)
AS_MIGRATED = [
    ("p_before", FIRST_MONTH),
    *((partition_name(month), next_month(month)) for month in months(FIRST_MONTH, LAST_MONTH)),
    ("p_future", None),
]


@pytest.fixture(autouse=True)
def _months_as_migrated(transactional_db):
    """Tests change what the whole run shares; afterwards the tables are empty, so cutting them anew is quick."""
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
        yield
    for model in MODELS:
        model.objects.all().delete()
    with connection.cursor() as cursor:
        for table in PARTITIONED_TABLES:
            for aside in partition_care.set_aside(table):
                cursor.execute(f"DROP TABLE {aside}")
            if [(each.name, each.below) for each in partitions_of(table)] != AS_MIGRATED:
                cursor.execute(f"ALTER TABLE {table} {monthly_clause(FIRST_MONTH, LAST_MONTH)}")


def observe(*instants: str) -> None:
    for text in instants:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        SnapshotFactory.create(recorded_at=at, wait_time=None)
        QueueFactory.create(recorded_at=at)


def stored() -> list[list[Any]]:
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def names(table: str = "ride_status_snapshots") -> list[str]:
    return [each.name for each in partitions_of(table)]


def run(*arguments: str) -> None:
    call_command("partitions", *arguments, verbosity=0)


def refused(*arguments: str, code: int = 2) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert error.value.returncode == code
    return str(error.value)


# -- ensure ----------------------------------------------------------------------------------------------


def test_ensure_does_nothing_while_the_months_ahead_are_there():
    before = names()
    run("ensure")
    assert names() == before


def test_ensure_cuts_the_months_ahead_out_of_the_last_catch_all_without_losing_its_rows():
    observe("2027-12-31 23:59:59", "2028-01-01 00:00:00", "2028-05-20 10:00:00", "2031-01-01 00:00:00")
    before = stored()
    with time_machine.travel(datetime(2027, 12, 15, tzinfo=UTC), tick=False):
        run("ensure")
    for table in PARTITIONED_TABLES:
        assert names(table)[-8:] == ["p202712", *(f"p20280{month}" for month in range(1, 7)), "p_future"]
        assert partition_care.rows_in(table, "p202801") == 1
        assert partition_care.rows_in(table, "p_future") == 1
    assert stored() == before


def test_ensure_twice_is_ensure_once():
    with time_machine.travel(datetime(2028, 3, 1, tzinfo=UTC), tick=False):
        run("ensure", "--months-ahead", "3")
        once = names()
        run("ensure", "--months-ahead", "3")
    assert names() == once
    assert once[-2] == "p202806"


def test_a_month_before_all_others_is_cut_out_of_the_first_catch_all():
    observe("2020-10-31 23:59:59", "2020-11-01 00:00:00", "2020-12-24 00:00:00")
    before = stored()
    run("ensure", "--month", "2020-11")
    assert names()[:4] == ["p_before", "p202011", "p202012", "p202101"]
    assert [partition_care.rows_in("queue_data", name) for name in names()[:3]] == [1, 1, 1]
    assert stored() == before


def test_a_month_that_has_its_partition_is_refused_and_nothing_changes():
    before = names()
    text = refused("ensure", "--month", "2024-02")
    assert "2024-02 has its partition already (p202402)" in text
    assert names() == before


def test_a_table_that_lags_behind_the_other_is_brought_up_to_it():
    partition_care.add_month("queue_data", date(2028, 1, 1))
    run("ensure", "--month", "2028-01")
    assert names() == names("queue_data")


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["--month", "2024"], "--month: '2024' is not a month"),
        (["--month", "2024-13"], "--month: '2024-13' is not a month"),
        (["--month", "9999-12"], "--month: '9999-12' is out of range"),
        (["--months-ahead", "0"], "--months-ahead: 0"),
        (["--months-ahead", "61"], "--months-ahead: 61"),
    ],
)
def test_a_bad_option_of_ensure_is_named(arguments, reported):
    assert refused("ensure", *arguments).startswith(reported)


def test_a_change_of_partitions_inside_a_transaction_is_refused():
    from django.db import transaction

    with transaction.atomic():
        assert "transaction" in refused("ensure", "--month", "2028-01", code=1)


def test_a_table_in_use_is_given_up_after_a_while_and_left_as_it_was(monkeypatch):
    monkeypatch.setattr(partition_care, "LOCK_WAIT_SECONDS", 1)
    observe("2024-02-01 00:00:00")
    reader = connection.copy("reader")
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM ride_status_snapshots")
            before = names()
            assert "in use for more than 1 s" in refused("ensure", "--month", "2028-01", code=1)
        assert names() == before
    finally:
        reader.close()


# -- verify and list -------------------------------------------------------------------------------------


def test_verify_counts_every_row_and_finds_nothing_wrong(capsys):
    observe("2024-02-01 00:00:00", "2024-02-29 23:59:59", "2024-03-01 00:00:00")
    run("verify")
    assert "ride_status_snapshots: 86 partitions, 3 rows: fine" in capsys.readouterr().out


def test_verify_names_rows_that_no_month_has():
    observe("2019-05-01 00:00:00")
    assert "queue_data: p_before holds 1 rows outside all months" in refused("verify", code=1)


def test_verify_names_a_month_that_was_dropped():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE queue_data DROP PARTITION p202402")
    text = refused("verify", "--quick", code=1)
    assert "queue_data: p202403 begins at 2024-02-01" in text
    assert "ride_status_snapshots" not in text


def test_rows_in_the_wrong_month_are_counted():
    observe("2024-03-15 00:00:00")
    problems: list[str] = []
    (march,) = [each for each in partitions_of("queue_data") if each.name == "p202403"]
    assert partition_care.checked_rows("queue_data", date(2024, 3, 1), march, problems) == 1
    assert problems == []
    assert partition_care.checked_rows("queue_data", date(2024, 3, 16), march, problems) == 1
    assert problems == ["queue_data: 1 rows of p202403 belong elsewhere; `partitions rebuild`"]


def test_verify_asks_for_three_months_ahead():
    with time_machine.travel(datetime(2027, 10, 1, tzinfo=UTC), tick=False):
        text = refused("verify", code=1)
    assert "only 2 months ahead have partitions; `partitions ensure` makes them" in text


def test_the_list_reports_range_rows_and_size(capsys):
    run("list")
    out = capsys.readouterr().out
    assert "ride_status_snapshots: 86 partitions" in out
    assert "  p202402    2024-02-01 to 2024-03-01" in out
    assert "  p_future   2028-01-01 to the end" in out


# -- there and back --------------------------------------------------------------------------------------


def test_partitioned_plain_partitioned_keeps_every_row_as_it_was():
    observe("2018-04-01 00:00:00", "2024-02-29 23:59:59", "2026-11-21 10:00:00", "2033-01-01 00:00:00")
    before, months = stored(), names()[1:]
    run("flatten", "--yes")
    assert names() == names("queue_data") == []
    assert stored() == before
    run("rebuild")
    assert names()[:3] == ["p_before", "p201804", "p201805"]
    assert set(months) <= set(names())
    assert stored() == before


def test_an_absurd_instant_does_not_make_a_thousand_months():
    observe("1985-01-01 00:00:00")
    run("rebuild")
    assert names()[1] == "p200001"
    assert partition_care.rows_in("queue_data", "p_before") == 1


def test_the_clock_leaves_plain_tables_plain_and_says_so():
    run("flatten", "--yes")
    assert "is a plain table; `partitions rebuild`" in refused("ensure", code=1)
    assert names() == []
    run("flatten", "--yes")


# -- detach and attach -----------------------------------------------------------------------------------

MONTH = ("2024-01-31 23:59:59", "2024-02-01 00:00:00", "2024-02-29 23:59:59", "2024-03-01 00:00:00")


def test_a_month_goes_to_files_and_comes_back_row_for_row(tmp_path):
    observe(*MONTH)
    before = stored()
    run("detach", "2024-02", "--to", str(tmp_path), "--yes")
    assert [len(rows) for rows in stored()] == [2, 2]
    assert "p202402" in names(), "its place stays"
    for table in PARTITIONED_TABLES:
        run("attach", str(tmp_path / f"{table}-2024-02.jsonl.gz"))
    assert stored() == before
    run("verify")


def test_the_oldest_month_is_given_to_the_first_catch_all(tmp_path):
    observe("2021-01-05 00:00:00")
    run("detach", "2021-01", "--to", str(tmp_path), "--yes")
    assert names()[:2] == names("queue_data")[:2] == ["p_before", "p202102"]
    run("verify")


@pytest.mark.parametrize("answer", ["", "yes", "2024-03", EOFError])
def test_nothing_is_detached_without_the_typed_month(monkeypatch, tmp_path, answer):
    def typed(question):
        assert "2024-02" in question
        if answer is EOFError:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", typed)
    observe(*MONTH)
    before = stored()
    assert "not confirmed, nothing was changed" in refused("detach", "2024-02", "--to", str(tmp_path))
    assert stored() == before
    assert not list(tmp_path.iterdir())


def test_the_typed_month_is_a_confirmation(monkeypatch, tmp_path):
    monkeypatch.setattr("builtins.input", lambda question: "2024-02")
    observe(*MONTH)
    run("detach", "2024-02", "--to", str(tmp_path))
    assert len(list(tmp_path.glob("*.gz"))) == 2


@pytest.mark.parametrize("month", ["2026-11", "2026-12", "2030-01"])
def test_a_month_that_has_not_ended_is_not_detached(month):
    assert f"{month} has not ended" in refused("detach", month, "--yes")


def test_a_month_in_a_catch_all_is_not_detached():
    assert "2019-01 has no partition of its own" in refused("detach", "2019-01", "--yes")


def test_a_file_that_exists_is_not_written_over_and_the_month_stays(tmp_path):
    observe(*MONTH)
    (tmp_path / "ride_status_snapshots-2024-02.jsonl.gz").write_text("precious")
    before = stored()
    assert "exists already" in refused("detach", "2024-02", "--to", str(tmp_path), "--yes")
    assert stored() == before
    assert (tmp_path / "ride_status_snapshots-2024-02.jsonl.gz").read_text() == "precious"


def test_a_directory_that_cannot_be_written_is_reported_and_the_month_stays(tmp_path):
    observe(*MONTH)
    (tmp_path / "file").touch()
    before = stored()
    assert "cannot be written" in refused("detach", "2024-02", "--to", str(tmp_path / "file"), "--yes")
    assert stored() == before


def test_rows_written_while_the_month_is_exported_are_not_lost(monkeypatch, tmp_path):
    observe(*MONTH)
    count = exports.count_rows

    def late(path, reported):
        found = count(path, reported)
        observe("2024-02-10 12:00:00")
        return found

    monkeypatch.setattr(exports, "count_rows", late)
    assert "were written while it was exported" in refused("detach", "2024-02", "--to", str(tmp_path), "--yes", code=1)
    assert [len(rows) for rows in stored()] == [5, 5]
    assert not list(tmp_path.iterdir()), "a file of rows that stayed would only confuse"
    assert partition_care.set_aside("ride_status_snapshots") == []


def test_a_detach_that_was_killed_is_taken_up_by_the_next_one(monkeypatch, tmp_path):
    observe(*MONTH)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(partition_care, "drop_aside", killed)
        with pytest.raises(KeyboardInterrupt):
            run("detach", "2024-02", "--to", str(tmp_path / "first"), "--yes")
    assert partition_care.set_aside("ride_status_snapshots") == ["ride_status_snapshots_p202402_detached"]
    assert "left of a `detach` that broke off" in refused("verify", code=1)
    run("detach", "2024-02", "--to", str(tmp_path / "second"), "--yes")
    for table in PARTITIONED_TABLES:
        run("attach", str(tmp_path / "second" / f"{table}-2024-02.jsonl.gz"))
    assert [len(rows) for rows in stored()] == [4, 4]
    run("verify")


def test_what_a_killed_detach_set_aside_is_not_mixed_with_new_rows(monkeypatch, tmp_path):
    observe(*MONTH)
    monkeypatch.setattr(partition_care, "drop_aside", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run("detach", "2024-02", "--to", str(tmp_path / "first"), "--yes")
    observe("2024-02-11 00:00:00")
    assert "has new rows beside those of" in refused("detach", "2024-02", "--to", str(tmp_path), "--yes", code=1)
    assert partition_care.rows_in("ride_status_snapshots", "p202402") == 1
    assert partition_care.set_aside("ride_status_snapshots") == ["ride_status_snapshots_p202402_detached"]


def test_an_empty_month_leaves_no_file(tmp_path, capsys):
    run("detach", "2024-02", "--to", str(tmp_path), "--yes")
    assert "p202402 is empty" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_packed_file_holds_a_line_a_row(tmp_path):
    observe(*MONTH)
    run("detach", "2024-02", "--to", str(tmp_path), "--yes")
    with gzip.open(tmp_path / "queue_data-2024-02.jsonl.gz", "rt") as file:
        assert len(file.readlines()) == 1 + 2
