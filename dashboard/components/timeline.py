"""Status strips: a ride's day as a bar. Height and hatching say states apart; colour only helps, words say all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.instants import instant
from dashboard.components.formatting import STATES, length
from snapshots.status import Status
from stats.measures.ride_measures import minutes
from stats.measures.timeline import UNKNOWN, Spell, Timeline
from stats.measures.windows import offset_of

WIDTH, HEIGHT, MIDDLE = 1000, 24, 12
# Top and height of a state's bar by its class: what is down stands out in grey too, unknown is hatched.
BARS = {"up": (7, 10), "down": (0, 24), "closed": (11, 2), "works": (9, 6)}
ONE_HOUR = 3600
MOST_TICKS = 6
MOST_WORDS = 12  # spells in the words of one strip; the table says all


@dataclass(frozen=True, slots=True)
class Axis:
    """The part of the local day that strips span, in seconds after midnight: full hours."""

    start: int
    end: int

    def place(self, seconds: int) -> float:
        inside = min(max(seconds, self.start), self.end)
        return round((inside - self.start) / (self.end - self.start) * WIDTH, 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """(percent of the way, clock) of some full hours, from the first on."""
        step = -(-(self.end - self.start) // (MOST_TICKS * ONE_HOUR)) * ONE_HOUR
        return [
            (self.place(at) * 100 / WIDTH, f"{at // ONE_HOUR % 24}:00") for at in range(self.start, self.end, step)
        ]


def after_midnight(at: int, zone: str) -> int:
    """What the clock shows, in seconds after the midnight it counts from."""
    return (at + offset_of(at, zone)) % 86_400


def axis_of(strips: Timeline) -> Axis | None:
    """Full hours around everything that the strips show; None: nothing."""
    zone = strips.park.timezone
    spans = [(spells[0].start, spells[-1].end) for spells in strips.spells.values() if spells]
    spans += [(opened[0][0], opened[-1][1]) for opened in strips.opened.values() if opened]
    if not spans:
        return None
    first = min(after_midnight(start, zone) for start, _ in spans)
    # An end at midnight is the end of the day, not its beginning.
    last = max(after_midnight(end - 1, zone) + 1 for _, end in spans)
    return Axis(first - first % ONE_HOUR, last + -last % ONE_HOUR)


def looks(spell: Spell) -> tuple[str, str, str]:
    """Class, sign and words of a spell's state."""
    return STATES.get(spell.state, STATES[None])


def clock(at: int, zone: str) -> str:
    return f"{instant(at + offset_of(at, zone)):%H:%M}"


def words(spells: Sequence[Spell], zone: str) -> str:
    """A strip for those who do not see it: "Operating 09:00–14:20, Down 14:20–15:05"."""
    reported = [
        f"{looks(spell)[2]} {clock(spell.start, zone)}–{clock(spell.end, zone)}" for spell in spells[:MOST_WORDS]
    ]
    if len(spells) > MOST_WORDS:
        reported.append(f"{len(spells) - MOST_WORDS} more in the table")
    return ", ".join(reported)


def strip(spells: Sequence[Spell], axis: Axis, zone: str) -> SafeString:
    """The bar of one day; nothing is drawn where the park was closed."""
    bars, hatched = [], []
    for spell in spells:
        # The clock's places: on a day on which the clock is changed an hour is missing or lies double.
        begin = axis.place(after_midnight(spell.start, zone))
        end = axis.place(after_midnight(spell.end - 1, zone) + 1)
        kind = looks(spell)[0]
        if kind in BARS:
            top, height = BARS[kind]
            bars.append((kind, begin, top, f"{max(end - begin, 1.5):.1f}", height))
        else:
            hatched.append(f"M{begin} {MIDDLE}H{end}")
    rects = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', bars)
    unknown = format_html('<path class="unknown" d="{}"/>', "".join(hatched)) if hatched else ""
    return format_html(
        '<svg class="strip" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>',
        WIDTH,
        HEIGHT,
        words(spells, zone) or "No report while the park was open",
        unknown,
        rects,
    )


def spell_table(caption: str, head: str, groups: Iterable[tuple[Any, Sequence[Spell]]], zone: str) -> SafeString:
    """The table beside strips: a row per spell. `groups`: what a strip is of, and its spells.

    Put together by hand, for it may have a thousand rows.
    """
    rows = (
        (name, *looks(spell)[1:], clock(spell.start, zone), clock(spell.end, zone), duration(spell.seconds))
        for name, spells in groups
        for spell in spells
    )
    shape = (
        '<tr><th scope="row">{}</th><td><span aria-hidden="true">{}</span> {}</td><td>{}</td><td>{}</td>'
        '<td class="n">{}</td></tr>\n'
    )
    return format_html(
        '<div class="scroll tall" role="region" aria-label="{}" tabindex="0"><table><caption>{}</caption><thead><tr>'
        '<th scope="col">{}</th><th scope="col">Status</th><th scope="col">From</th><th scope="col">To</th>'
        '<th scope="col" class="n">Length</th></tr></thead><tbody>{}</tbody></table></div>',
        caption,
        caption,
        head,
        format_html_join("", shape, rows),
    )


def duration(seconds: int) -> str:
    """ "2 h 05 min", short ones in seconds."""
    return length(minutes(seconds)) if seconds >= 60 else f"{seconds} s"


def legend() -> list[tuple[SafeString, str]]:
    """A piece of a strip and its words, for each state a strip can show."""
    axis = Axis(0, ONE_HOUR)
    spells = [Spell(0, ONE_HOUR, word) for word in (*Status.values, UNKNOWN)]
    return [(strip([spell], axis, "UTC"), looks(spell)[2]) for spell in spells]
