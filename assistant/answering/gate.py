"""The gate between a language model and the visitor: what it wrote is sent only if every number and every name holds.

The model cites with the numbers of `sources`. A sentence passes when each number in it is the value of the footnote
that follows, after unit and rounding; when each footnote stands behind the name, hour or date that it is of; and when
each name and date has a footnote. What the gate cannot read, it refuses: the composer then answers.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from assistant.answering.answer import Note
from assistant.answering.sources import DAY, TIME, Source, instants_in, padded
from core.rounding import half_up

LONGEST, MOST_SENTENCES = 2_000, 40
FIRST_NAME, LAST_NAME = 0xE000, 0xF8FF  # names are put away in letters of the private use area while the rest is read
MOST_NAMES = 6_000
SHORTEST_NAME = 5  # letters of a name of the catalogue that is looked for, with the blanks around it
MARK = re.compile(r"\[(\d{1,4})\]")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
PLAIN_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
# Signs of links, markup and code: footnotes are the only way to an address.
MARKUP = re.compile(r"[<>`\\{}|]|://|\]\(|\bwww\.", re.IGNORECASE)
# Words that are numbers, or deny something, which no footnote can show.
NUMBER_WORDS = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|"
    "hundreds|thousand|thousands|million|millions|billion|dozen|dozens|half|halves|third|thirds|quarter|"
    "quarters|once|twice|thrice|double|doubled|triple|tripled|couple|pair|single|first|second|fourth|"
    "fifth|several|few|many|always|all|every|no|not|none|never|nothing|nobody|without|neither|nor|cannot|"
    "both"
)
WORDS = re.compile(rf"(?<!\w)(?:{NUMBER_WORDS})(?!\w)|n't\b", re.IGNORECASE)
COMPOUNDS = re.compile(
    r"\b(?:twen|thir|for|fif|six|seven|eigh|nine)ty|\w-?fold\b|\b(?:january|february|april|june|july|august|september)\b"
    r"|\b(?:october|november|december)\b",
    re.IGNORECASE,
)
# How a unit is written, and what one of it is in the unit of the figure.
UNITS: Mapping[str, tuple[tuple[str, Decimal], ...]] = {
    "min": ((r"minutes?|mins?", Decimal(1)), (r"hours?|hrs?|h", Decimal(60))),
    "%": ((r"%|percent|per cent", Decimal(1)),),
    "°C": ((r"°C|degrees Celsius|degrees", Decimal(1)),),
    "mm": ((r"mm", Decimal(1)),),
    "km/h": ((r"km/h", Decimal(1)),),
}
ANY_UNIT = re.compile(
    r"\s?(%|°C|km/h"
    r"|(?:percent|per cent|degrees Celsius|degrees|minutes?|mins?|hours?|hrs?|h|mm|seconds?|days?|weeks?)(?!\w))"
)
INSTANT = re.compile(rf"{DAY}(?:[T ]{TIME}(?::\d\d)?(?:[+-]\d\d:\d\d|Z)?)?|{TIME}")
# After the last footnote a sentence may still say when.
TAIL = re.compile(
    r"on|from|to|in|at|between|and|the|local|time|of|that|day|until|by|park's|clock|during", re.IGNORECASE
)
# What a sentence must say so that a figure is not sold as another one, and what it must not.
SAYS: Mapping[str, tuple[str, str]] = {
    "downtime_minutes": (r"down", r"up ?time|available|availab"),
    "availability_percentage": (r"availab|reliab", r"\bup ?time"),
    "uptime_percentage": (r"up ?time", r"availab|\bdown"),
    "opening_delay_minutes": (r"delay|late", r"$^"),
    "open_minutes": (r"\bopen", r"\bdown|delay|unknown|closed"),
    "closed_minutes": (r"closed", r"\bdown|unknown|\bopen\b"),
    "unknown_minutes": (r"unknown", r"\bdown|\bup\b"),
    "wait_avg": (r"wait|queue|line", r"\bdown|longest"),
    "wait_max": (r"wait|queue|line", r"\bdown|average|shortest"),
    "wait_time": (r"wait|queue|line", r"\bdown|average"),
    "walk_on_percentage": (r"walk", r"\bdown"),
    "shame_score": (r"shame|score", r"$^"),
    "observations": (r"observ|report", r"$^"),
    "coverage_percentage": (r"observed|coverage|known", r"unknown|\bdown"),
    "observed_minutes": (r"observed", r"unknown|\bdown"),
    "gap_minutes": (r"gap|unknown|unobserved", r"\bdown"),
}
STATES: Mapping[str, str] = {
    "DOWN": r"\bdown\b",
    "OPERATING": r"\b(?:running|operating|open)\b",
    "UNKNOWN": r"\bunknown\b",
    "CLOSED": r"\bclosed\b",
    "PARK_CLOSED": r"\bclosed\b",
    "REFURBISHMENT": r"\brefurbish",
}
CALENDAR = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?")
UNKNOWN_METRICS = ("unknown_minutes", "gap_minutes")
PRESENT = r"\b(?:is|are)\b.*\b(?:down|running|operating|open|closed)\b"
MINUTES_OF_AN_HOUR = 60
MOST_OFF = Decimal("0.02")  # of a value that was turned into another unit


class Refused(Exception):
    """A text that is not sent; the words say why, without any of the text."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Lines with footnotes from 1, and the footnotes."""

    lines: list[str]
    notes: list[Note]


def check(text: str, sources: Mapping[int, Source], catalogue: Iterable[str]) -> Passed:
    """The text with its footnotes renumbered; raises Refused. `catalogue`: the names of all rides and parks."""
    if not text.strip() or len(text) > LONGEST:
        raise Refused(f"the text is empty or longer than {LONGEST} characters")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if any(not letter.isprintable() or is_name(letter) for line in lines for letter in line):
        raise Refused("there are characters in it that are none")
    names = Names(sources.values())
    hidden = [names.hide(line) for line in lines]
    check_letters("\n".join(hidden), catalogue)
    sentences = [sentence for line in hidden for sentence in re.split(r"(?<=[.!?])\s+", line)]
    if len(sentences) > MOST_SENTENCES:
        raise Refused("there are too many sentences")
    for sentence in sentences:
        check_sentence(sentence, sources, names)
    found = renumbered(hidden, sources, names)
    if not found.notes:
        raise Refused("nothing is said in it")
    return found


class Names:
    """The rides and parks of this turn as they may be written. While the rest is read each is a letter."""

    def __init__(self, sources: Iterable[Source]) -> None:
        found: dict[str, set[tuple[str, str]]] = {}
        self.places: dict[str, set[str]] = {}
        for source in sources:
            for name in (*source.subjects, source.place, source.name):
                if name:
                    found.setdefault(plain(name), set()).add((name, ""))
            if source.name:
                self.places.setdefault(source.name, set()).add(source.place)
            if source.name and source.place:
                for form in ("{0} at {1}", "{0} ({1})", "{0} in {1}", "{1}'s {0}"):
                    written = plain(form.format(source.name, source.place))
                    found.setdefault(written, set()).add((source.name, source.place))
        self.texts = sorted(found, key=lambda text: (-len(text), text))[:MOST_NAMES]
        self.meanings = [found[text] for text in self.texts]
        self.numbers = {text: number for number, text in enumerate(self.texts)}
        either = "|".join(re.escape(text) for text in self.texts)
        self.pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE) if either else None
        self.written: list[str] = []  # what was hidden, in order

    def hide(self, line: str) -> str:
        def letter(match: re.Match[str]) -> str:
            number = self.numbers.get(plain(match[0]))
            if number is None:
                return match[0]
            self.written.append(match[0])
            return chr(FIRST_NAME + number)

        line = line.replace("’", "'")
        return self.pattern.sub(letter, line) if self.pattern else line

    def meaning(self, letter: str) -> set[tuple[str, str]]:
        return self.meanings[ord(letter) - FIRST_NAME]

    def means(self, letter: str, source: Source) -> bool:
        """Is the footnote of what the name says? Where two have the name, the park must stand with it."""
        meaning = self.meaning(letter)
        if not source.name:
            return any(name in source.subjects for name, _ in meaning)
        is_alone = len(self.places[source.name]) == 1
        return (source.name, source.place) in meaning or (is_alone and (source.name, "") in meaning)

    def is_cited(self, letter: str, source: Source) -> bool:
        return self.means(letter, source) or any(
            name == source.place or name in source.subjects for name, _ in self.meaning(letter)
        )


def plain(name: str) -> str:
    return " ".join(name.replace("’", "'").split()).lower()


def is_name(letter: str) -> bool:
    return FIRST_NAME <= ord(letter) <= LAST_NAME


def check_letters(hidden: str, catalogue: Iterable[str]) -> None:
    """No markup, no number but in digits, no ride or park but those of this turn's results."""
    bare = MARK.sub("", hidden)
    if MARKUP.search(bare) or "[" in bare or "]" in bare:
        raise Refused("there is markup in it, or a footnote that is none")
    if any(letter.isnumeric() and letter not in "0123456789" for letter in bare):
        raise Refused("a number is written in other signs than digits")
    if WORDS.search(bare) or COMPOUNDS.search(bare):
        raise Refused("a number or a month is written in words, or something is denied")
    folded = words_of(bare)
    for name in catalogue:
        words = words_of(name)
        if len(words) > SHORTEST_NAME and words in folded:
            raise Refused("it names a ride or park that no result of this turn has")


def words_of(text: str) -> str:
    """The words in small letters with a blank around each, so that one text stands in another word by word."""
    return " ".join(["", *re.findall(r"[^\W_]+", plain(text)), ""])


def check_sentence(sentence: str, sources: Mapping[int, Source], names: Names) -> None:
    marks = list(MARK.finditer(sentence))
    cited = [sources.get(int(mark[1])) for mark in marks]
    if not any(letter.isalnum() or is_name(letter) for letter in sentence):
        return
    known = [source for source in cited if source is not None]
    if not marks or len(known) < len(marks):
        raise Refused("a sentence has no footnote, or one that does not exist")
    check_capitals(sentence)
    segment, begin, before = "", 0, None
    for mark, source in zip(marks, known, strict=True):
        is_next_to = not sentence[begin : mark.start()].strip(" ,") and begin > 0
        if is_next_to and source.is_figure:
            raise Refused("a figure's footnote has no number before it")
        segment = segment if is_next_to else sentence[begin : mark.start()]
        check_subject(sentence[: mark.start()], source, names)
        if not (is_next_to and before is not None and before.is_figure):
            check_segment(segment, source, before)
        begin, before = mark.end(), source
    check_tail(sentence[begin:], known[-1])
    for letter in filter(is_name, sentence):
        if not any(names.is_cited(letter, source) for source in known):
            raise Refused("a ride or park is named without a footnote")


def check_capitals(sentence: str) -> None:
    """What else begins with a capital may be the name of a ride that there is not."""
    words = re.findall(r"[\w'\ue000-\uf8ff]+", MARK.sub(" ", INSTANT.sub(" ", sentence)))
    if any(word[0].isupper() and not CALENDAR.fullmatch(word) for word in words[1:]):
        raise Refused("something is named that no result of this turn has")


def check_subject(before: str, source: Source, names: Names) -> None:
    """The name nearest before a footnote is what the footnote is of, and so are the date and the hour."""
    if source.name or source.subjects:
        last = next((letter for letter in reversed(before) if is_name(letter)), None)
        if last is None or not names.means(last, source):
            raise Refused("a footnote does not belong to the name before it")
    if source.label:
        wanted = sorted(instants_in(source.label))
        for pattern in (DAY, TIME):
            of_kind = [text for text in wanted if re.fullmatch(pattern, text)]
            said = [padded(text) for text in re.findall(pattern, before)]
            if of_kind and said[-1:] != of_kind:
                raise Refused("a footnote does not belong to the date or hour before it")
        if not wanted and words_of(source.label) not in words_of(before):
            raise Refused("a footnote does not belong to what stands before it")


def check_segment(segment: str, source: Source, before: Source | None) -> None:
    """What stands between the footnote before and this one."""
    check_instants(segment, source)
    text = INSTANT.sub(" ", segment)
    quantities = quantities_of(text)
    is_unknown = re.search(r"\bunknown\b", text, re.IGNORECASE) is not None
    if not source.is_figure:
        if quantities:
            raise Refused("a number stands before a footnote without a figure")
        check_state(text, source, is_unknown)
        return
    if re.search(PRESENT, text, re.IGNORECASE):
        raise Refused("a state is claimed that the footnote does not show")
    value = source.note.value
    if value is None:
        if quantities or not is_unknown:
            raise Refused("what is unknown is not said to be unknown")
    elif len(quantities) != 1 or not is_equal(quantities[0], Decimal(str(value)), source.note.unit or ""):
        raise Refused("a number differs from its footnote")
    elif is_unknown and source.metric not in UNKNOWN_METRICS:
        raise Refused("what is known is said to be unknown")
    check_metric(text, source, before)


def check_metric(text: str, source: Source, before: Source | None) -> None:
    """The words that tell one figure from another; where none stand, they are those of the figure before."""
    wanted, unwanted = SAYS.get(source.metric, ("", r"$^"))
    if re.search(unwanted, text, re.IGNORECASE):
        raise Refused("a figure is called by the name of another")
    if re.search(wanted, text, re.IGNORECASE):
        return
    is_same = before is not None and before.metric == source.metric
    if not is_same or any(re.search(words, text, re.IGNORECASE) for words, _ in SAYS.values()):
        raise Refused("a figure is not called by its name")


def check_state(text: str, source: Source, is_unknown: bool) -> None:
    if source.state:
        said = {state for state, words in STATES.items() if re.search(words, text, re.IGNORECASE)}
        same = {state for state, words in STATES.items() if words == STATES.get(source.state)}
        if not said or not said <= same:
            raise Refused("a state is not that of its footnote")
    elif source.name and (is_unknown or (re.search(PRESENT, text, re.IGNORECASE) and source.note.kind != "outage")):
        raise Refused("a state is claimed that the footnote does not show")


def check_instants(text: str, source: Source) -> None:
    if not instants_in(*INSTANT.findall(text)) <= source.instants:
        raise Refused("a date or time is none of its footnote's")


def check_tail(text: str, source: Source) -> None:
    """After the last footnote nothing is claimed but when."""
    check_instants(text, source)
    words = re.findall(r"[^\s.,;:!?()–-]+", INSTANT.sub(" ", text))
    if not all(TAIL.fullmatch(word) for word in words):
        raise Refused("something is said behind the last footnote of a sentence")


Quantity = tuple[Decimal, int, str]  # number, decimals, unit as it is written


def quantities_of(text: str) -> list[Quantity]:
    """The numbers of a text with their units; hours with minutes behind them are one number of minutes."""
    found: list[Quantity] = []
    end_before, unit_before = -1, ""
    for match in NUMBER.finditer(text):
        before = text[match.start() - 1 : match.start()]
        is_negative = before in ("-", "−") and not text[: match.start() - 1][-1:].strip()
        unit = ANY_UNIT.match(text, match.end())
        after = text[match.end() : match.end() + 1]
        if not PLAIN_NUMBER.fullmatch(match[0]) or (before.strip() and before not in "(~" and not is_negative):
            raise Refused("a number is written in a way that cannot be read")
        if unit is None and after and (after.isalnum() or after in "%°/$€:-"):
            raise Refused("a number is written in a way that cannot be read")
        number = Decimal(match[0].replace(",", "")) * (-1 if is_negative else 1)
        decimals = len(match[0].partition(".")[2])
        said = unit[1] if unit else ""
        between = text[end_before : match.start()].strip(" ,") if end_before >= 0 else "?"
        if is_hour(unit_before) and between in ("", "and") and said.startswith("m") and said != "mm":
            hours, parts, _ = found.pop()
            if parts or decimals or number >= MINUTES_OF_AN_HOUR:
                raise Refused("a number is written in a way that cannot be read")
            number, said = hours * MINUTES_OF_AN_HOUR + number, "minutes"
        found.append((number, decimals, said))
        end_before, unit_before = unit.end() if unit else match.end(), said
    return found


def is_hour(unit: str) -> bool:
    return unit.startswith("h")


def is_equal(quantity: Quantity, value: Decimal, unit: str) -> bool:
    """Is it the value, after unit and rounding? Nothing but zero is zero."""
    number, decimals, said = quantity
    if not unit:
        factor = None if said else Decimal(1)
    else:
        factor = next((each for words, each in UNITS.get(unit, ()) if re.fullmatch(words, said)), None)
    if factor is None or (number == 0) != (value == 0):
        return False
    is_near = factor == 1 or abs(number * factor - value) <= MOST_OFF * abs(value)
    return is_near and half_up(value / factor, decimals) == number


def renumbered(hidden: Iterable[str], sources: Mapping[int, Source], names: Names) -> Passed:
    """With footnotes from 1; the same evidence has the same."""
    notes: list[Note] = []
    written = iter(names.written)

    def ordinal(match: re.Match[str]) -> str:
        note = sources[int(match[1])].note
        if note not in notes:
            notes.append(note)
        return f"[{notes.index(note) + 1}]"

    lines = []
    for line in hidden:
        marked = MARK.sub(ordinal, line)
        lines.append("".join(next(written) if is_name(letter) else letter for letter in marked))
    return Passed(lines, notes)
