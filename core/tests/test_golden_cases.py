"""Golden cases become tests of their own, and skipped ones where the shared data are absent."""

import json
from decimal import Decimal

import pytest

from core.tests.golden import golden_cases


@pytest.fixture
def write(settings, tmp_path):
    """Writes a golden file and lets the settings point at it."""
    settings.SHARED_DATA_DIR = str(tmp_path)
    (tmp_path / "golden").mkdir()

    def write(name, content):
        (tmp_path / "golden" / f"{name}.json").write_text(json.dumps(content))

    return write


def test_every_case_of_a_section_is_a_parameter_with_its_own_id(write):
    write("rules", {"part": {"cases": [{"id": "late", "wait": 0.1}, {"name": "Tower"}, {"wait": 5}]}})
    parameters = golden_cases("rules", "part", "cases")
    assert [parameter.id for parameter in parameters] == ["00-late", "01-Tower", "02"]
    assert parameters[0].values == ({"id": "late", "wait": Decimal("0.1")},)


def test_a_section_that_is_one_case_is_one_parameter(write):
    write("rules", {"drift": {"input": 1}})
    assert [parameter.values for parameter in golden_cases("rules", "drift")] == [({"input": 1},)]


def test_a_section_without_cases_is_a_mistake_and_not_a_pass(write):
    write("rules", {"cases": []})
    with pytest.raises(ValueError, match="no cases in rules"):
        golden_cases("rules", "cases")
    with pytest.raises(KeyError):
        golden_cases("rules", "case")


def test_without_the_shared_data_one_case_is_skipped(settings, tmp_path):
    settings.SHARED_DATA_DIR = str(tmp_path / "absent")
    (parameter,) = golden_cases("rules", "cases")
    assert [mark.name for mark in parameter.marks] == ["skip"]
