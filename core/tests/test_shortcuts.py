"""What the short cuts promise."""

import gc
from typing import NamedTuple

from core.shortcuts import by_identity, frozen_objects, new_row, no_collections


class Row(NamedTuple):
    ride: int
    at: int


def test_a_row_from_its_values_is_the_named_tuple():
    assert new_row(Row, (4, 60)) == Row(4, 60)
    assert new_row(Row, (4, 60)).at == 60


def test_an_object_is_looked_at_once_and_an_equal_one_again():
    asked = []
    look = by_identity(lambda thing: asked.append(thing) or len(asked))
    one, other = [1], [1]
    assert [look(one), look(other), look(one), look(other)] == [1, 2, 1, 2]


def test_an_object_that_nobody_else_keeps_lends_its_identity_to_no_other():
    look = by_identity(tuple)
    assert [look([number]) for number in range(100)] == [(number,) for number in range(100)]


def test_collections_are_as_before_afterwards():
    frozen = gc.get_freeze_count()
    with frozen_objects(), no_collections():
        assert not gc.isenabled()
        with no_collections():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the outer one still holds"
        assert gc.get_freeze_count() > frozen
    assert gc.isenabled()
