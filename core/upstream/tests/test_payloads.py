"""JSON is read to the letter, whatever library does it."""

import pytest

from core.upstream.payloads import NotJson, from_json

STRICT = [
    b"",
    b"NaN",
    b"[1,]",
    b'{"a": 1,}',
    b'"\\ud800"',
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b'"\t"',
    b"1e400",
    b"01",
    b"1 2",
    b"\xef\xbb\xbf1",
    b"9" * 5_000,
    b"[" * 100_000,
]


@pytest.mark.parametrize("text", STRICT, ids=lambda text: repr(text[:12]))
def test_what_is_not_json_to_the_letter_is_refused_with_a_reason(text):
    with pytest.raises(NotJson, match=r"\w"):
        from_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"18446744073709551616", 18_446_744_073_709_551_616),
        (b"-0", 0),
        (b"1e5", 100_000.0),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\u0000"', "\0"),
    ],
)
def test_what_is_unusual_but_json_is_read(text, value):
    found = from_json(text)
    assert (found, type(found)) == (value, type(value))
