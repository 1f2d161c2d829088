"""The overrides file: what its lines mean, and how each mistake in it is reported (R-9.2, 1)."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from parks.catalog.known import CATALOG
from parks.classification.overrides import BadOverrides, Override, RideNames, all_rides, by_ride, read_overrides
from parks.models import Category
from parks.tests.factories import ParkFactory, RideFactory

HEADER = "park_id,ride_id,tier,category,reason,date_added"
LINE = "4,100,1,,headline coaster,2026-02-03"
RIDE = "b2260923-9315-40fd-9c6b-44dd811dbe64"
PARK = "75ea578a-adc8-4116-a54d-dccb60765ef9"


@pytest.fixture
def read(tmp_path):
    """The overrides of a file with this text."""

    def read_text(text: str | bytes) -> list[Override]:
        path = tmp_path / "overrides.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_overrides(path)

    return read_text


@pytest.fixture
def complaint(read, tmp_path):
    """What is said of a file with this text, without its path."""

    def complain(text: str | bytes) -> list[str]:
        with pytest.raises(BadOverrides) as caught:
            read(text)
        lines = str(caught.value).splitlines()
        assert all(line.startswith(f"{tmp_path / 'overrides.csv'}: ") for line in lines)
        return [line.partition("overrides.csv: ")[2] for line in lines]

    return complain


# -- the file that comes with the project ----------------------------------------------------------------


def test_the_projects_own_file_can_be_used_and_names_parks_of_the_catalogue():
    found = read_overrides(settings.BASE_DIR / "parks" / "data" / "classification_overrides.csv")
    assert len(found) > 10
    assert {each.park for each in found} <= {park.themeparks_wiki_id for park in CATALOG}
    assert {each.tier for each in found} == {1, 3}
    assert all(":" in each.reason for each in found), "the reason names the ride, for a UUID says nothing to anybody"


def test_the_setting_names_the_projects_file_unless_reported_otherwise():
    assert Path(settings.CLASSIFICATION_OVERRIDES).name == "classification_overrides.csv"
    assert Path(settings.CLASSIFICATION_OVERRIDES).is_file()


# -- good lines ------------------------------------------------------------------------------------------


def test_a_line_reports_park_ride_tier_reason_and_day(read):
    (only,) = read(f"{HEADER}\n{LINE}\n")
    assert only == Override(2, "4", "100", 1, None, "headline coaster", date(2026, 2, 3))


def test_a_line_may_report_the_category_too(read):
    (only,) = read(f"{HEADER}\n4,100,3,SHOW,a stage,2026-02-03\n")
    assert only.category is Category.SHOW


def test_a_ride_may_be_named_by_its_uuid_in_any_letter_case(read):
    (only,) = read(f"{HEADER}\n{PARK.upper()},{RIDE.upper()},1,,icon,2026-02-03\n")
    assert (only.park, only.ride) == (PARK, RIDE)


def test_comments_and_empty_lines_are_skipped_and_counted(read):
    found = read(f"# why\n\n{HEADER}\n# 4,1,1,,not this,2026-01-01\n\n{LINE}\n  \n4,101,2,,another,2026-02-03\n")
    assert [(each.line, each.ride) for each in found] == [(6, "100"), (8, "101")]


def test_the_columns_may_stand_in_any_order_with_blanks_around(read):
    (only,) = read("reason, tier ,ride_id,date_added,park_id,category\nicon , 1,100, 2026-02-03 ,4,\n")
    assert (only.park, only.ride, only.tier, only.reason) == ("4", "100", 1, "icon")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_files_of_other_systems_are_read(read, ends):
    text = f"\ufeff{HEADER}\n{LINE}\n".replace("\n", ends)
    assert [each.ride for each in read(text)] == ["100"]


def test_a_reason_in_quotation_marks_may_hold_a_comma(read):
    (only,) = read(f'{HEADER}\n4,100,1,,"coaster, the ""tallest""",2026-02-03\n')
    assert only.reason == 'coaster, the "tallest"'


def test_other_letters_are_kept(read):
    (only,) = read(f"{HEADER}\n4,100,1,,Achterbahn für Große – 過山車 🎢,2026-02-03\n")
    assert only.reason == "Achterbahn für Große – 過山車 🎢"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", f"{HEADER}\n"])
def test_a_file_without_lines_overrides_nothing(read, text):
    assert read(text) == []


# -- bad lines -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x,100,1,,why,2026-02-03", "park_id: 'x' is neither a number nor a UUID"),
        (",100,1,,why,2026-02-03", "park_id: '' is neither a number nor a UUID"),
        ("4,-1,1,,why,2026-02-03", "ride_id: '-1' is neither a number nor a UUID"),
        ("4,0100,1,,why,2026-02-03", "ride_id: '0100' is neither a number nor a UUID"),
        ("4,²,1,,why,2026-02-03", "ride_id: '²' is neither a number nor a UUID"),
        (f"4,{RIDE[:-1]},1,,why,2026-02-03", f"ride_id: '{RIDE[:-1]}' is neither a number nor a UUID"),
        ("4,100,0,,why,2026-02-03", "tier: '0' is not 1, 2 or 3"),
        ("4,100,4,,why,2026-02-03", "tier: '4' is not 1, 2 or 3"),
        ("4,100,,SHOW,why,2026-02-03", "tier: '' is not 1, 2 or 3"),
        ("4,100,1.0,,why,2026-02-03", "tier: '1.0' is not 1, 2 or 3"),
        ("4,100,1,show,why,2026-02-03", "category: 'show' is not one of ATTRACTION, MEET_AND_GREET, SHOW, EXPERIENCE"),
        ("4,100,1,,,2026-02-03", "reason: an override needs a reason"),
        (f"4,100,1,,{'x' * 501},2026-02-03", "reason: a reason has at most 500 characters"),
        ("4,100,1,,why,", "date_added: '' is not a date (YYYY-MM-DD)"),
        ("4,100,1,,why", "date_added: '' is not a date (YYYY-MM-DD)"),
        ("4,100,1,,why,03.02.2026", "date_added: '03.02.2026' is not a date (YYYY-MM-DD)"),
        ("4,100,1,,why,20260203", "date_added: '20260203' is not a date (YYYY-MM-DD)"),
        ("4,100,1,,why,2026-02-30", "date_added: '2026-02-30' is not a date (YYYY-MM-DD)"),
        ("4,100,1,,tall, fast,2026-02-03", "more than 6 fields; a reason with a comma needs quotation marks"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_field(complaint, line, says):
    assert complaint(f"# comment\n{HEADER}\n{LINE}\n{line}\n") == [f"line 4: {says}"]


def test_a_reason_of_500_characters_is_not_too_long(read):
    (only,) = read(f"{HEADER}\n4,100,1,,{'x' * 500},2026-02-03\n")
    assert len(only.reason) == 500


def test_all_bad_lines_are_reported_at_once_but_not_hundreds(complaint):
    bad = "".join(f"4,{ride},9,,why,2026-02-03\n" for ride in range(1, 33))
    reported = complaint(f"{HEADER}\n{bad}")
    assert reported[0] == "line 2: tier: '9' is not 1, 2 or 3"
    assert reported[9] == "line 11: tier: '9' is not 1, 2 or 3"
    assert reported[10:] == ["22 more"]


def test_a_ride_on_two_lines_is_reported_with_both(complaint):
    assert complaint(f"{HEADER}\n{LINE}\n\n{LINE}\n") == ["line 4: ride_id: 100 stands on line 2 already"]


@pytest.mark.parametrize("header", ["park_id,ride_id,tier,reason,date_added", f"{HEADER},author", LINE, "nonsense"])
def test_another_header_is_reported(complaint, header):
    assert complaint(f"# first\n{header}\n{LINE}\n") == [f"line 2: the header must be {HEADER}"]


def test_an_open_quotation_mark_is_reported(complaint):
    (reported,) = complaint(f'{HEADER}\n4,100,1,,"open,2026-02-03\n')
    assert re.match("line [23]: unexpected end of data", reported)


def test_what_is_no_text_is_reported(complaint):
    (reported,) = complaint(HEADER.encode() + b"\n4,100,1,,\xff\xfe,2026-02-03\n")
    assert reported == "not UTF-8 text: invalid start byte at byte 57"


def test_a_file_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(BadOverrides, match=r"gone.csv: No such file or directory"):
        read_overrides(tmp_path / "gone.csv")


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(BadOverrides, match="Is a directory"):
        read_overrides(tmp_path)


@given(
    st.binary(max_size=300) | st.text("0123,\"\n#'\x00 ", max_size=100).map(lambda text: f"{HEADER}\n{text}".encode())
)
def test_no_file_is_met_with_anything_but_lines_or_a_complaint(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        found = read_overrides(path)
    except BadOverrides:
        return
    assert all(each.tier in (1, 2, 3) and each.reason for each in found)


# -- which ride a line means -----------------------------------------------------------------------------

KNOWN = [RideNames(100, 4, RIDE, PARK), RideNames(101, 4, None, PARK), RideNames(102, 5, None, None)]


def override(park: str, ride: str, line: int = 2) -> Override:
    return Override(line, park, ride, 1, None, "why", date(2026, 2, 3))


@pytest.mark.parametrize("park", ["4", PARK])
@pytest.mark.parametrize("ride", ["100", RIDE])
def test_park_and_ride_are_found_by_number_and_by_uuid(park, ride):
    line = override(park, ride)
    assert by_ride([line], KNOWN) == ({100: line}, [])


def test_a_uuid_that_we_do_not_have_is_no_fault():
    assert by_ride([override(PARK, "00000000-0000-4000-8000-000000000001")], KNOWN) == ({}, [])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (override("4", "999"), "overrides, line 2: ride_id: ride 999 is not known"),
        (override("5", "100"), "overrides, line 2: park_id: ride 100 is of park 4, not 5"),
        (override(RIDE, "100"), f"overrides, line 2: park_id: ride 100 is of park 4, not {RIDE}"),
    ],
)
def test_a_line_that_fits_no_ride_is_reported_and_left_out(line, says):
    assert by_ride([line], KNOWN) == ({}, [says])


def test_of_two_names_for_one_ride_the_first_is_used():
    first, second = override("4", RIDE, 2), override("4", "100", 3)
    assert by_ride([first, second], KNOWN) == (
        {100: first},
        ["overrides, line 3: ride_id: line 2 names the same ride and is used"],
    )


@pytest.mark.django_db
def test_the_names_of_all_rides_are_one_query(django_assert_num_queries):
    park = ParkFactory.create(themeparks_wiki_id=PARK.upper())
    ride = RideFactory.create(park=park, themeparks_wiki_id=RIDE)
    bare = RideFactory.create(park=ParkFactory.create(themeparks_wiki_id=None), themeparks_wiki_id=None)
    with django_assert_num_queries(1):
        assert set(all_rides()) == {
            RideNames(ride.pk, park.pk, RIDE, PARK),
            RideNames(bare.pk, bare.park_id, None, None),
        }
